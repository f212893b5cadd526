"""Looks at faults that are like no other one. Not responsible for which text says so (``test_catalogue``)."""

from __future__ import annotations

import pytest

from mesogun.errors import LinkLost, LinkTimeout, NoDevice
from mesogun.gun import Verdict, find_guns
from mesogun.identity import SIMULATED_KEY
from mesogun.link.usb import PortInfo
from mesogun.record import events as ev
from mesogun.wire import messages as m
from mesogun.wire.codes import Fault as Code
from mesogun.wire.codes import Flag, Outcome, State
from sim.campaign.draw import Draw
from sim.campaign.run import Treatment
from sim.doors.port import attach, port_names
from sim.faults import At, Fault, FaultPlan, Injector
from sim.world import World
from tests.sim.host import started
from tests.sim.looks import (
    ARMED,
    INSERT,
    SETTLE,
    STROKE,
    VOLUME_NL,
    driver,
    events,
    figures,
    several,
    shot,
    treatment,
)


def restarts(name: str) -> None:
    found = shot(Fault(name, STROKE))
    assert found.host.hello().boot_id == 2
    assert found.outcome == Outcome.INDETERMINATE


def lapses(name: str, key: str = "for_us") -> None:
    """An armed gun that hears nothing for long is disarmed by its lease; the driver has no answer."""
    world, host = started()
    host.ready()
    world.hand.leave()
    host.load(VOLUME_NL, point=3)
    host.arm(lease_ms=1_000)
    injector = Injector(world, FaultPlan((Fault(name, At("message", 1, op="STATUS"), {key: 3e6}),)))
    host.send(host.frame(m.GetStatus()))
    assert host.replies(2_500_000) == []
    assert world.gun.machine.phase.value == "disarmed"
    assert injector.reports()[0].state == "fired"


def no_answer(name: str) -> None:
    _, errors = figures(name, "to_gun", {"for_us": 5e6})
    assert "LinkTimeout" in errors


def lost_then_back(name: str) -> None:
    world = World("standard", seed=7, hand=False)
    gun = driver(world)
    injector = Injector(world, FaultPlan((Fault(name, At("message", 1, op="STATUS")),)))
    with pytest.raises((LinkLost, LinkTimeout)):
        several(gun)
    assert injector.reports()[0].state == "fired"
    gun.close()
    world.run_for(4.0)
    assert driver(world).status().state == State.DISARMED


def another_name(name: str) -> None:
    world = World("standard", seed=7, hand=False)
    (old,) = port_names(world)
    gun = driver(world, old)
    known = gun.welcome.device_id
    Injector(world, FaultPlan((Fault(name, At("message", 1, op="STATUS")),)))
    world.run_for(0.1)
    with pytest.raises(LinkLost, match="unplugged"):
        several(gun)
    assert port_names(world) == ()
    world.run_for(4.0)
    with pytest.raises(LinkLost, match="another name"):
        gun.link.hello()  # the handle of before is dead for good
    with pytest.raises(NoDevice, match=f"{old}: no such port"):
        attach(world, port=old)
    (found,) = find_guns(
        lambda _: SIMULATED_KEY,
        ports=lambda: tuple(PortInfo(port, product="mesogun") for port in port_names(world)),
        opener=lambda port: attach(world, port=port),
    )
    assert found.verdict is Verdict.GUN
    assert found.welcome is not None
    assert (found.port.device != old, found.welcome.device_id) == (True, known)
    assert driver(world, found.port.device).status().state == State.DISARMED


def found_again(name: str) -> None:
    ran = treatment(name)
    assert ran.stopped_by[0].startswith("LinkLost")
    assert (ran.finder.moved, ran.ended) == (1, "complete")


def killed(name: str) -> None:
    ran = treatment(name)
    assert ran.stopped_by == ["killed"]
    assert len(events(ran, ev.RunnerStarted)) == len(events(ran, ev.GunFound)) == 2
    assert [settled.how for settled in events(ran, ev.EntrySettled)] == ["hello"]  # what was loaded and not fired


def paused(name: str) -> None:
    ran = treatment(name)
    assert ran.stopped_by == []
    assert any("lease" in disarmed.why for disarmed in events(ran, ev.Disarmed))


def jumped(name: str) -> None:
    ran = treatment(name)
    assert "its clock was set (+3600.0 s)" in ran.stopped_by[0]
    assert len(events(ran, ev.LinkBroken)) == 1
    assert (ran.world.utc() - ran.world.start).total_seconds() > 3_600


def disk_full(name: str) -> None:
    plan = FaultPlan((Fault(name, At("phase", 4, phase="stroke")),))
    ran = Treatment(Draw(1, "standard", 5, 10_000, 2, plan), plan)
    ran.one_life()
    assert ran.stopped_by == ["RecordError: the disk is full; free some space, then go on"]
    assert ran.injector.reports()[0].state == "fired"
    ran.world.run_for(0.2)  # STOP is on its way
    assert ran.world.gun.machine.phase.value == "disarmed"
    assert ran.world.gun.machine.magazine == []


def torn(name: str) -> None:
    plan = FaultPlan((Fault(name, At("phase", 4, phase="stroke")),))
    ran = Treatment(Draw(1, "standard", 5, 10_000, 2, plan), plan)
    ran.one_life()
    assert ran.stopped_by == ["killed"]
    assert ran.journal.shot_no < ran.world.gun.store.log.closed_shot_no  # the transaction of that shot
    assert treatment(name).ended == "complete"


def rebuilt(name: str) -> None:
    ran = treatment(name, numbers={"share": 0.6})
    assert ran.stopped_by == ["killed"]
    assert ran.ended == "complete"
    assert len(events(ran, ev.ShotRecorded)) == 6


def fenced(name: str) -> None:
    assert "taken over by another runner; this one stops" in treatment(name).stopped_by[0]


def held_down(name: str) -> None:
    world, host = started()
    host.ready()
    before = world.gun.store.log.last_shot_no
    injector = Injector(world, FaultPlan((Fault(name, STROKE, {"for_us": 3e6}),)))
    host.load(10_000, 10_000, point=3)
    host.arm()
    for _ in range(14):
        host.ok_renew(host.status())
        host.clock.sleep_us(200_000)
    assert injector.reports()[0].state == "fired"
    assert world.gun.store.log.last_shot_no == before + 1
    host.fire_all()
    assert world.gun.store.log.last_shot_no == before + 2


def torn_write(name: str) -> None:
    world, host = started()
    host.ready()
    kept = world.gun.store.kept
    before = (kept.boot_id, kept.entry_hwm, world.gun.store.log.last_shot_no, world.gun.store.log.total_nl)
    write = world.gun.store.memory.writes + 1
    injector = Injector(world, FaultPlan((Fault(name, At("write", write)),)))
    host.send(host.frame(m.Load(kept.entry_hwm + 1, 77, 3, 3, 10_000, 1_500)))
    world.run_for(1.0)
    welcome = host.hello()
    status = host.status()
    after = (welcome.boot_id, status.entry_hwm, status.last_shot_no, status.running_total_nl)
    assert injector.reports()[0].state == "fired"
    assert after[0] == before[0] + 1
    assert all(now >= then for now, then in zip(after, before, strict=True))


def nothing_moves(name: str) -> None:
    world, host = started()
    host.ready()
    given_nl, shot_no = world.truth.dispensed_nl, host.status().last_shot_no
    injector = Injector(world, FaultPlan((Fault(name, At("message", 1, op="ARM")),)))
    host.load(VOLUME_NL, point=3)
    host.arm()
    world.run_for(4.0)
    assert injector.reports()[0].state == "fired"
    assert (host.status().fault, host.status().last_shot_no) == (Code.MEMORY, shot_no)
    assert world.truth.dispensed_nl == pytest.approx(given_nl, abs=1.0)


def locked(name: str, *, loads: bool = False) -> None:
    found = shot(Fault(name, SETTLE))
    if loads:
        found.host.load(10_000, point=4)
    found.world.power_cycle()
    assert (found.host.hello().status.state == State.LOCKED) is not loads


def dies(name: str) -> None:
    found = shot(Fault(name, INSERT))
    low_mv = found.world.profile.integer("battery.low_mv")
    assert found.outcome == Outcome.INDETERMINATE
    assert found.host.hello().boot_id == 2
    assert found.host.status().battery_mv > low_mv


def bench(name: str) -> None:
    world, host = started()
    host.ready()
    injector = Injector(world, FaultPlan((Fault(name, ARMED),)))
    host.load(VOLUME_NL, point=3)
    host.arm()
    world.run_for(0.1)
    dropped = host.hello().status
    assert injector.reports()[0].state == "fired"
    assert (dropped.flags & Flag.BENCH, dropped.magazine) == (Flag.BENCH, 0)
    world.run_for(1.0)
    assert not host.hello().status.flags & Flag.BENCH


def unseen_leak(name: str) -> None:
    found = shot(Fault(name, INSERT, {"ratio": 0.2}))
    assert found.outcome == Outcome.DONE
    assert found.injector.unseen_nl > 1_000


def another_syringe(name: str) -> None:
    world, host = started()
    host.ready()
    assert host.status().flags & Flag.PRIMED
    injector = Injector(world, FaultPlan((Fault(name, ARMED),)))
    host.load(VOLUME_NL, point=3)
    host.arm()
    world.run_for(0.5)
    status = host.status()
    assert injector.reports()[0].state == "fired"
    assert (status.magazine, status.flags & Flag.PRIMED) == (0, 0)
