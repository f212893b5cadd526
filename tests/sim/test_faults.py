"""Faults as data: strict JSON, every name fires, and what the operator sees of it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.errors import InputError, LinkLost, LinkTimeout
from mesogun.wire import messages as m
from mesogun.wire.codes import Fault as Code
from mesogun.wire.codes import Flag, Outcome, ShotFlag, State
from sim.campaign.draw import draw
from sim.faults import CATALOGUE, At, Fault, FaultPlan, HostKilled, Injector, from_json, to_json
from sim.firmware.table import Phase
from sim.invariants import Invariants
from sim.world import World
from tests.sim.host import REF, Host, started
from tests.trace import req

STROKE = At("phase", 1, phase="stroke")
SETTLE = At("phase", 1, phase="settle")


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


def last(world: World) -> tuple[int, int, int]:
    """Outcome, flags and booked volume of the newest closed record."""
    _, closing = world.gun.store.log.records[world.gun.store.log.closed_shot_no]
    assert closing is not None
    return closing.outcome, closing.flags, closing.delivered_nl


SHOT_FAULTS: dict[str, tuple[Outcome, int, Code, State]] = {
    "fluid.occlusion": (Outcome.PARTIAL, ShotFlag.OCCLUDED, Code.OCCLUSION, State.FAULT),
    "fluid.partial_occlusion": (Outcome.PARTIAL, ShotFlag.OCCLUDED, Code.OCCLUSION, State.FAULT),
    "fluid.bubble": (Outcome.INDETERMINATE, 0, Code.SYRINGE, State.FAULT),
    "fluid.leak": (Outcome.INDETERMINATE, 0, Code.SYRINGE, State.FAULT),
    "fluid.short_fill": (Outcome.PARTIAL, ShotFlag.EMPTY, Code.EMPTY, State.FAULT),
    "fluid.wrong_syringe": (Outcome.PARTIAL, 0, Code.SYRINGE, State.FAULT),
    "gun.lost_steps": (Outcome.PARTIAL, 0, Code.STALL, State.FAULT),
    "gun.pressure_stuck_low": (Outcome.INDETERMINATE, 0, Code.SENSOR, State.FAULT),
    "gun.pressure_stuck_high": (Outcome.INDETERMINATE, ShotFlag.OCCLUDED, Code.SENSOR, State.FAULT),
    "gun.hang": (Outcome.INDETERMINATE, 0, Code.WATCHDOG, State.FAULT),
    "gun.reset": (Outcome.INDETERMINATE, 0, Code.NONE, State.DISARMED),
    "gun.brownout": (Outcome.INDETERMINATE, 0, Code.NONE, State.DISARMED),
    "gun.too_hot": (Outcome.PARTIAL, 0, Code.TEMPERATURE, State.FAULT),
    "gun.self_test": (Outcome.PARTIAL, 0, Code.SENSOR, State.FAULT),
    "gun.bench_switch": (Outcome.PARTIAL, ShotFlag.STOPPED, Code.NONE, State.DISARMED),
    "gun.contact_stuck_off": (Outcome.PARTIAL, ShotFlag.CONTACT_LOST, Code.NONE, State.DISARMED),
    "gun.contact_bounce": (Outcome.PARTIAL, ShotFlag.CONTACT_LOST, Code.NONE, State.DISARMED),
    "gun.trigger_bounce": (Outcome.PARTIAL, ShotFlag.TRIGGER_RELEASED, Code.NONE, State.DISARMED),
    "gun.trigger_dead": (Outcome.PARTIAL, ShotFlag.TRIGGER_RELEASED, Code.NONE, State.DISARMED),
    "hand.early_release": (Outcome.PARTIAL, ShotFlag.TRIGGER_RELEASED, Code.NONE, State.DISARMED),
    "hand.early_lift": (Outcome.PARTIAL, ShotFlag.CONTACT_LOST, Code.NONE, State.DISARMED),
    "hand.syringe_change": (Outcome.PARTIAL, ShotFlag.STOPPED, Code.NONE, State.DISARMED),
}
ELSEWHERE = {"fluid.bubble": At("phase", 1, phase="armed")}  # air comes in at rest
STRONG = {"fluid.partial_occlusion": {"factor": 40.0}, "gun.pressure_stuck_low": {}}


@req("MG-15", "MG-17", "MG-18", "MG-33", "G5")
@pytest.mark.parametrize("name", sorted(SHOT_FAULTS))
def test_a_fault_in_the_stroke_is_booked_and_shown(name: str) -> None:
    outcome, flag, code, state = SHOT_FAULTS[name]
    world, host, injector, invariants = run(Fault(name, ELSEWHERE.get(name, STROKE), STRONG.get(name, {})))
    assert injector.reports()[0].fired_us is not None
    booked, flags, delivered_nl = last(world)
    assert booked == outcome
    assert flags & flag == flag
    assert 0 <= delivered_nl <= 40_050
    assert world.gun.machine.fault == code
    host.hello()
    assert host.status().state == state
    assert host.status().fault == code
    invariants.finish()
    assert invariants.breaches == []


@pytest.mark.parametrize("name", ["fluid.blocked_pin", "fluid.cold", "gun.battery_low", "gun.contact_stuck_on"])
def test_a_fault_that_the_shot_survives(name: str) -> None:
    profile = "five-pin" if name == "fluid.blocked_pin" else "standard"
    world, host, injector, invariants = run(Fault(name, STROKE), profile)
    assert injector.reports()[0].fired_us is not None
    assert last(world)[0] == Outcome.DONE
    if name == "gun.battery_low":
        assert host.status().flags & Flag.LOW_BATTERY
    if name == "fluid.cold":
        assert world.plant.peak > 60  # kPa; 51 when warm
    invariants.finish()
    assert invariants.breaches == []


@req("MG-23")
def test_a_dying_battery_leaves_an_indeterminate_shot() -> None:
    world, host, injector, invariants = run(Fault("gun.battery_dead", At("phase", 1, phase="insert")))
    assert injector.reports()[0].fired_us is not None
    assert last(world)[0] == Outcome.INDETERMINATE
    assert host.hello().boot_id == 2
    invariants.finish()
    assert invariants.breaches == []


def test_memory_that_takes_no_intent_moves_nothing() -> None:
    world, host, injector, invariants = run(Fault("gun.memory_stuck", At("message", 1, op="ARM")))
    assert injector.reports()[0].fired_us is not None
    assert world.gun.machine.fault == Code.MEMORY
    assert world.truth.dispensed_nl == pytest.approx(0.0, abs=1.0)
    assert host.status().last_shot_no == 1
    assert invariants.breaches == []


def test_a_bad_cell_locks_the_gun_at_its_next_start() -> None:
    world, host, _, _ = run(Fault("gun.memory_bad_cell", SETTLE))
    world.power_cycle()
    assert host.hello().status.state == State.LOCKED


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


def test_unplug_and_write_timeout_are_our_own_errors() -> None:
    for name, error in (("link.unplug", LinkLost), ("link.write_timeout", LinkTimeout)):
        world, host = started()
        host.hello()
        Injector(world, FaultPlan((Fault(name, At("time_us", world.kernel.now_us + 1_000)),)))
        world.run_for(0.01)
        with pytest.raises(error):
            host.ask(m.GetStatus())
        world.run_for(5.0)
        Host(world).hello()


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


@given(st.integers(0, 2**31))
def test_every_drawn_plan_survives_its_json(seed: int) -> None:
    plan = draw(seed).plan
    assert from_json(to_json(plan)) == plan


BAD = [
    ("[{}]", "needs 'fault' and 'at'"),
    ('[{"fault":"link.dorp","at":{"time_us":1}}]', "no fault called 'link.dorp'"),
    ('[{"fault":"link.drop","at":{"time_us":1,"byte":2}}]', "exactly one"),
    ('[{"fault":"link.drop","at":{"time_us":-1}}]', "start at 0"),
    ('[{"fault":"link.drop","at":{"message":1,"op":"FIRE"}}]', "operation 'FIRE' does not exist"),
    ('[{"fault":"link.drop","at":{"phase":1,"of":"dancing"}}]', "phase 'dancing' does not exist"),
    ('[{"fault":"link.drop","at":{"time_us":1},"numbers":{"count":0}}]', "outside 1 to 1000"),
    ('[{"fault":"link.drop","at":{"time_us":1},"numbers":{"bits":1}}]', "has no number 'bits'"),
    ('[{"fault":"link.drop","at":{"time_us":"soon"}}]', "must be numbers"),
    ("nonsense", "not JSON"),
]


@pytest.mark.parametrize(("text", "says"), BAD)
def test_a_plan_that_cannot_be_is_refused_in_one_line(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        from_json(text)
    assert "\n" not in str(caught.value)


def test_contradictions_are_refused() -> None:
    with pytest.raises(InputError, match="contradict"):
        FaultPlan((Fault("gun.trigger_stuck", STROKE), Fault("gun.trigger_dead", STROKE)))
    with pytest.raises(InputError, match="twice"):
        FaultPlan((Fault("gun.reset", STROKE), Fault("gun.reset", STROKE)))


def test_a_fault_whose_place_is_never_reached_says_so() -> None:
    _, _, injector, _ = run(Fault("gun.reset", At("phase", 99, phase="stroke")))
    assert injector.reports()[0].fired_us is None


def test_there_are_at_least_forty_and_each_is_shown_here_or_in_the_campaign() -> None:
    assert len(CATALOGUE) >= 40
    here = json.dumps([*SHOT_FAULTS, *(f"link.{name}" for name in LINE)])
    fired: set[str] = set()
    for seed in range(400):
        fired |= {fault.name for fault in draw(seed).plan.faults}
    missing = {name for name in CATALOGUE if name not in here and name not in fired} - {"gun.memory_bad_cell"}
    assert not missing


def test_phases_are_counted_from_where_the_plan_was_put_in() -> None:
    world, host = started()
    host.ready()
    injector = Injector(world, FaultPlan((Fault("gun.self_test", At("phase", 2, phase=Phase.INSERT.value)),)))
    host.load(10_000, 10_000, 10_000)
    host.arm()
    host.fire_all()
    assert injector.reports()[0].fired_us is not None
    assert host.status().last_shot_no == 3
