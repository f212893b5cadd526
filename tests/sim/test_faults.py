"""Faults in a world: each repairs only its own, reports are honest, and placement is as the plan says."""

from __future__ import annotations

import pytest

from mesogun.errors import NoDevice
from mesogun.wire import messages as m
from mesogun.wire.codes import FrameKind, Op
from mesogun.wire.frame import Frame, encode
from mesogun.wire.schema import pack
from sim.campaign.finding import Finder
from sim.doors.pump import Pump
from sim.faults import At, Fault, FaultPlan, HostKilled, Injector
from sim.firmware.table import Phase
from sim.invariants import Invariants
from sim.physics.profile import load
from sim.world import World
from tests.sim.host import REF, Host, started
from tests.trace import req

STROKE = At("phase", 1, phase="stroke")


def run(fault: Fault, profile: str = "standard") -> tuple[World, Host, Injector, Invariants]:
    """Primed, one TREAT shot of 40 uL with the fault placed in it."""
    world, host = started(profile=profile)
    host.ready()
    injector = Injector(world, FaultPlan((fault,)))
    invariants = Invariants(world)
    host.load(40_050, point=3)
    host.arm()
    world.run_for(8.0)
    return world, host, injector, invariants


@req("G2", "MG-28")
@pytest.mark.parametrize("keep", [0, 3, 20, 4096])
def test_a_torn_write_loses_no_counter(keep: int) -> None:
    for write in range(16, 30):
        world, host = started()
        host.hello()
        host.ok(m.OpenTreatment(REF))
        Injector(world, FaultPlan((Fault("gun.torn_write", At("write", write), {"keep": float(keep)}),)))
        invariants = Invariants(world)
        for step in range(12):
            world.run_for(0.5)
            if not world.gun.powered:
                continue
            host.hello()
            entry = host.status().entry_hwm + 1
            host.send(host.frame(m.Load(entry, 0, step, 3, 10_000, 0)))
            host.replies()
        assert invariants.breaches == []


LINE = ["drop", "duplicate", "flip", "insert", "truncate", "delay", "split", "hold_back", "echo", "stale", "outage"]


@req("MG-29", "MG-30", "MG-35")
@pytest.mark.parametrize("name", LINE)
@pytest.mark.parametrize("way", ["to_gun", "to_host"])
def test_a_fault_on_the_cable_changes_no_more_than_one_request(name: str, way: str) -> None:
    world, host = started(hand=False)
    host.hello()
    numbers = {"for_us": 500_000.0} if name == "outage" else {}  # past when the host asks again
    injector = Injector(world, FaultPlan((Fault(f"link.{name}", At("message", 1, way=way, op="LOAD"), numbers),)))
    frame = host.frame(m.Load(1, 0, 0, 3, 10_000, 0))
    for _ in range(4):  # a host that asks again, with the same bytes
        host.send(frame)
        end = host.clock.monotonic_us() + 400_000
        while host.clock.monotonic_us() < end:
            host.transport.read(4096, 100_000)
    assert injector.reports()[0].fired_us is not None
    host.reader = type(host.reader)()
    host.send(host.frame(m.GetStatus()))
    world.run_for(0.5)
    assert len(world.gun.machine.magazine) == 1
    assert world.gun.store.kept.entry_hwm == 1


def test_faults_of_the_host_act_at_its_next_touch_of_the_port() -> None:
    world, host = started()
    host.hello()
    now = world.kernel.now_us
    plan = (Fault("host.pause", At("time_us", now + 1)), Fault("host.kill", At("time_us", now + 60_000_000)))
    Injector(world, FaultPlan(plan))
    world.run_for(0.001)
    host.status()
    assert world.kernel.now_us > now + 30_000_000
    world.run_for(40.0)
    with pytest.raises(HostKilled):
        host.status()
    with pytest.raises(HostKilled):
        host.transport.write(b"not even this")


def test_calendar_jumps_change_no_monotonic_time() -> None:
    world, host = started()
    before = host.clock.utc()
    Injector(world, FaultPlan((Fault("host.clock_jump", At("time_us", 10)),)))
    world.run_for(1.0)
    assert (host.clock.utc() - before).total_seconds() == pytest.approx(3601.0, abs=0.01)
    assert host.clock.monotonic_us() == 1_000_000


def timed(name: str, at_us: int, **numbers: float) -> Fault:
    return Fault(name, At("time_us", at_us), numbers)


def broken(*faults: Fault) -> tuple[World, Injector]:
    world = World("standard", seed=7, hand=False)
    return world, Injector(world, FaultPlan(faults))


def test_each_switch_sticks_by_itself_and_each_timer_frees_its_own() -> None:
    world, injector = broken(
        timed("gun.trigger_stuck", 1_000_000, for_us=5e6),
        timed("gun.contact_stuck_on", 2_000_000, for_us=1e6),
        timed("gun.trigger_stuck", 4_000_000, for_us=5e6),
    )
    panel = world.gun.panel
    levels = []
    for _ in range(10):
        world.run_for(1.0)
        levels.append((panel.trigger, panel.contact))
    assert [trigger for trigger, _ in levels] == [True] * 8 + [False] * 2  # from 1 s to 9 s, across the first's end
    assert [contact for _, contact in levels] == [False, True] + [False] * 8
    assert [report.state for report in injector.reports()] == ["fired"] * 3


def test_two_plans_in_one_world_hold_the_same_things() -> None:
    world, _ = broken(timed("gun.trigger_stuck", 1_000_000, for_us=5e6))
    Injector(world, FaultPlan((timed("gun.trigger_stuck", 2_000_000, for_us=1e6),)))
    world.run_for(4.0)
    assert world.gun.panel.trigger is True


def test_a_switch_that_comes_free_shows_where_the_finger_is() -> None:
    world, _ = broken(timed("gun.trigger_stuck", 1_000, for_us=1e6), timed("gun.trigger_dead", 3_000_000, for_us=1e6))
    world.run_for(2.0)
    assert world.gun.panel.trigger is False
    world.gun.press()
    world.run_for(1.5)
    assert world.gun.panel.trigger is False  # dead
    world.run_for(1.0)
    assert world.gun.panel.trigger is True  # the finger never left


def test_two_cables_pulled_at_once_are_back_with_the_last() -> None:
    world, _ = broken(timed("link.unplug", 1_000_000, for_us=1e6), timed("link.unplug", 1_500_000, for_us=3e6))
    seen = []
    for _ in range(5):
        world.run_for(1.0)
        seen.append(world.line.plugged)
    assert seen == [False, False, False, False, True]


def test_a_reset_does_not_end_a_brownout_nor_a_short_one_a_long_one() -> None:
    world, injector = broken(
        timed("gun.brownout", 1_000_000, for_us=2e6),
        timed("gun.reset", 1_500_000),
        timed("gun.brownout", 1_600_000, for_us=1e5),
    )
    powered = []
    for _ in range(4):
        world.run_for(0.9)
        powered.append(world.gun.powered)
    assert powered == [True, False, False, True]
    assert [report.state for report in injector.reports()] == ["fired", "never fired", "never fired"]


def test_an_occlusion_stays_when_an_intermittent_one_opens() -> None:
    world, _ = broken(timed("fluid.occlusion", 1_000_000), timed("fluid.intermittent_occlusion", 1_100_000))
    world.run_for(3.0)
    assert world.plant.blocked is True


def test_what_slips_does_not_bring_a_dead_motor_back() -> None:
    world, _ = broken(Fault("gun.motor_dead", At("byte", 1)), Fault("gun.lost_steps", At("byte", 2)))
    Host(world).hello()
    assert (world.plant.motor_dead, world.plant.lost_share) == (True, 0.5)


def test_a_short_outage_ends_no_long_one() -> None:
    world, _ = broken(timed("link.outage", 1_000_000, for_us=3e6), timed("link.outage", 1_500_000, for_us=1e5))
    world.run_for(2.0)
    host = Host(world)
    host.send(host.frame(m.Hello(1, m.FINGERPRINT), seq=0))
    assert host.replies() == []
    world.run_for(2.5)
    host.hello()


def test_repairs_leave_what_the_profile_leaks_and_what_others_hold() -> None:
    profile = load("standard").changed(syringe__leak_nl_per_kpa_s=2.0)
    world = World(profile, seed=7, hand=False)
    injector = Injector(
        world, FaultPlan((timed("fluid.leak", 1_000), timed("gun.contact_stuck_on", 1_000, for_us=9e6)))
    )
    world.run_for(1.0)
    assert world.plant.leak > 3.0
    world.power_cycle()
    assert world.plant.leak == 2.0
    assert world.gun.panel.contact is True
    injector.stop()
    assert world.gun.panel.contact is False


def test_nothing_breaks_any_more_behind_the_end_of_all_faults() -> None:
    world, injector = broken(timed("fluid.intermittent_occlusion", 1_000, for_us=8e6))
    world.run_for(3.0)
    assert world.plant.blocked is False
    injector.stop()
    world.run_for(2.0)  # it would have closed again
    assert world.plant.blocked is False


def test_a_fault_of_bytes_waits_for_bytes_and_fires_with_them() -> None:
    world, injector = broken(timed("link.drop", 1_000), Fault("gun.torn_write", At("time_us", 1_000)))
    world.run_for(2.0)
    assert [report.state for report in injector.reports()] == ["armed", "armed"]
    assert "armed (what it acts on has not come since)" in str(injector.reports()[0])
    host = Host(world)
    host.send(host.frame(m.Hello(1, m.FINGERPRINT), seq=0))
    assert host.replies() == []
    host.hello()
    host.send(host.frame(m.OpenTreatment(REF)))
    world.run_for(1.0)
    drop, write = injector.reports()
    assert (drop.armed_us, drop.fired_us, drop.state) == (1_000, 2_000_000, "fired")
    assert (write.armed_us, write.state) == (1_000, "fired")


NOTHING = [
    ("hand.away", "no hand is at this gun"),
    ("hand.early_release", "nobody was pulling the trigger"),
    ("hand.early_lift", "there was no contact"),
    ("gun.contact_bounce", "there was no contact"),
    ("link.outage", "nothing was on the cable meanwhile"),
]


@pytest.mark.parametrize(("name", "why"), NOTHING)
def test_a_fault_that_broke_nothing_never_fired_and_says_why(name: str, why: str) -> None:
    world, injector = broken(timed(name, 1_000))
    world.run_for(1.0)
    (report,) = injector.reports()
    assert (report.state, report.why) == ("never fired", why)
    assert str(report) == f"{name}: never fired ({why})"


@pytest.mark.parametrize("name", ["gun.reset", "gun.brownout", "gun.hang", "gun.too_hot", "gun.self_test"])
def test_a_gun_that_is_off_cannot_break(name: str) -> None:
    world, injector = broken(timed(name, 1_000_000))
    world.gun.power_off()
    world.run_for(2.0)
    assert not world.gun.powered
    assert injector.reports()[0].state == "never fired"


def test_a_fault_whose_place_is_never_reached_says_so() -> None:
    _, _, injector, _ = run(Fault("gun.reset", At("phase", 99, phase="stroke")))
    (report,) = injector.reports()
    assert (report.fired_us, report.armed_us, report.state) == (None, None, "never fired")
    assert "its place was not reached" in str(report)


def test_phases_are_counted_from_where_the_plan_was_put_in() -> None:
    world, host = started()
    host.ready()
    injector = Injector(world, FaultPlan((Fault("gun.self_test", At("phase", 2, phase=Phase.INSERT.value)),)))
    host.load(10_000, 10_000, 10_000)
    host.arm()
    host.fire_all()
    assert injector.reports()[0].fired_us is not None
    assert host.status().last_shot_no == 3


class Pipe:
    """A program at a server's door."""

    def __init__(self) -> None:
        self.sends = b""
        self.heard = b""

    def take(self, _wait_s: float) -> bytes:
        sends, self.sends = self.sends, b""
        return sends

    def give(self, data: bytes) -> None:
        self.heard += data


def test_a_server_keeps_the_name_that_it_announced() -> None:
    world, injector = broken(timed("link.renamed", 1_000, for_us=2_000.0))
    pipe = Pipe()
    pump = Pump(world, pipe, pace=None)
    pump.turn(0.0)
    assert injector.reports()[0].state == "fired"
    assert world.line.port == "sim1"
    pipe.sends = encode(Frame(FrameKind.REQ, Op.HELLO, 0, pack(m.Hello(1, m.FINGERPRINT))))
    for _ in range(20):
        pump.turn(0.0)
    assert pipe.heard


def test_a_host_that_looks_everywhere_says_what_it_found() -> None:
    world, _ = broken(timed("link.renamed", 1_000, for_us=2_000.0))
    finder = Finder(world)
    world.run_for(0.1)
    world.gun.power_off()
    with pytest.raises(NoDevice, match=r"sim0: no such port any more, .* \(sim1: no answer\)"):
        finder.connect()
    world.gun.power_on()
    assert finder.connect().welcome.device_id == world.gun.store.kept.device_id
    assert (finder.port, finder.moved) == ("sim1", 1)
