"""A weak cell: it sags under the motor, is shown as low, gives way in a stroke, is a fault until it is changed."""

from __future__ import annotations

import math

import pytest

from mesogun.wire import messages as m
from mesogun.wire.codes import Fault, Flag, Outcome, Reason, State
from sim.campaign.draw import Draw
from sim.campaign.run import Treatment
from sim.faults import FaultPlan
from sim.firmware.table import Phase
from sim.invariants import Invariants
from sim.physics.battery import TAU_US, Sag
from sim.physics.profile import load
from sim.scenario import run
from tests.sim.host import Host, started

SHOTS = 60


def test_the_voltage_falls_under_the_motor_and_comes_back() -> None:
    sag = Sag(300.0)
    assert sag.at_mv(5_000) == 0.0
    sag.turn(10_000, on=True)
    tau = round(TAU_US)
    assert sag.at_mv(10_000 + tau) == pytest.approx(300.0 * (1 - math.exp(-1)))
    assert sag.until_us(300.0) is None
    room_mv = 250.0
    left_us = sag.until_us(room_mv)
    assert left_us is not None
    assert sag.at_mv(10_000 + left_us - 1) < room_mv <= sag.at_mv(10_000 + left_us)
    sag.turn(10_000 + 20 * tau, on=False)
    assert sag.at_mv(10_000 + 21 * tau) == pytest.approx(300.0 * math.exp(-1), rel=1e-6)
    sag.turn(10_000 + 21 * tau, on=True)  # it has not come back whole
    assert sag.until_us(100.0) == 0


def until_dead(host: Host) -> tuple[int, int]:
    """Fire until the gun goes off: the first shot behind which the battery was low, and the one that killed it."""
    machine, low = host.world.gun.machine, 0
    while host.world.gun.powered:
        if not machine.magazine:
            host.ok(m.Disarm())
            status = host.status()
            if status.syringe_left_nl < 60_000:
                host.world.hand.change_syringe()
                host.prime()
            host.ok(m.Ack(host.status().closed_shot_no))
            host.load(*[10_000] * 4, point=host.status().last_shot_no)
            host.arm(lead=255)
        status = host.status()
        if status.flags & Flag.LOW_BATTERY and not low:
            low = status.closed_shot_no
        host.ask(m.Renew(status.gun_clock_us, status.last_shot_no, 2_000))
        for _ in range(20):
            if host.world.gun.powered:
                host.clock.sleep_us(5_000)
        assert status.closed_shot_no < SHOTS
    return low, machine.store.log.last_shot_no


def test_the_weak_battery_is_low_after_some_shots_dead_later_and_a_fault_until_it_is_changed() -> None:
    world, host = started(profile="weak-battery")
    host.ready()
    invariants = Invariants(world)
    low, dead = until_dead(host)
    assert 5 < low < dead < SHOTS
    world.hand.leave()
    world.run_for(1.0)
    world.gun.power_on()
    assert world.gun.machine.phase is Phase.FAULT
    host.hello()
    status = host.status()
    assert (status.state, status.fault) == (State.FAULT, Fault.BATTERY)
    assert status.flags & Flag.LOW_BATTERY
    assert host.records()[-1].outcome == Outcome.INDETERMINATE
    shot = world.truth.per_shot[-1]
    assert 0.0 < shot.dispensed_nl < 10_000  # the motor ran until it had pulled the voltage down
    assert host.refusal(m.ClearFault(Fault.BATTERY)) == Reason.FAULT
    world.gun.charge()
    host.ok(m.ClearFault(Fault.BATTERY))
    status = host.status()
    assert (status.state, status.fault) == (State.DISARMED, Fault.NONE)
    assert not status.flags & Flag.LOW_BATTERY
    invariants.finish()
    assert invariants.breaches == []


@pytest.mark.parametrize("seed", range(3))
def test_a_whole_treatment_outlives_its_cell(seed: int) -> None:
    treatment = Treatment(Draw(seed, "weak-battery", SHOTS, 20_000, 2, FaultPlan()), FaultPlan())
    faults: set[Fault] = set()
    treatment.world.kernel.after_event.append(lambda: faults.add(treatment.world.gun.machine.fault))
    for _ in range(4):
        treatment.one_life()
        if treatment.is_over():
            break
        treatment.world.run_for(6.0)
    treatment.invariants.finish()
    assert treatment.invariants.breaches == []
    assert treatment.ended == "complete"
    assert Fault.BATTERY in faults
    outcomes = [shot.outcome for shot in treatment.world.truth.per_shot]
    assert outcomes.count(Outcome.INDETERMINATE) == 1


def test_a_restart_in_a_shot_with_a_good_cell_is_no_fault_of_the_battery() -> None:
    world, host = started()
    host.ready()
    host.load(40_000)
    host.arm()
    while world.gun.machine.phase is not Phase.STROKE:
        host.clock.sleep_us(1_000)
    world.hand.leave()
    world.power_cycle()
    host.hello()
    assert host.status().fault == Fault.NONE


def test_a_healthy_cell_adds_no_event() -> None:
    profile = load("standard")
    sag = Sag(profile["battery.sag_mv"])
    sag.turn(0, on=True)
    assert sag.until_us(profile["battery.open_mv"] - profile["battery.brownout_mv"]) is None


def test_the_scenario_shows_the_weak_cell_sagging_below_brown_out() -> None:
    found = run("brownout", profile="weak-battery")
    numbers = found.numbers
    assert 5 < numbers["low_from_shot"] < numbers["died_in_shot"] < SHOTS
    assert numbers["lowest_before_cut_mv"] == pytest.approx(numbers["brownout_mv"], abs=5.0)
    assert numbers["rest_before_mv"] > numbers["brownout_mv"] + 300
    assert numbers["booked_low_ul"] <= numbers["left_ul"] <= numbers["booked_high_ul"]
    assert 0.0 < numbers["left_ul"] < 20.0
    assert "fault BATTERY" in " ".join(found.notes)
    _, rest_mv = found.traces["at rest, by shot (mV)"]
    _, lowest_mv = found.traces["lowest, by shot (mV)"]
    assert rest_mv == sorted(rest_mv, reverse=True)
    assert all(low < rest for low, rest in zip(lowest_mv, rest_mv, strict=True))
    time_s, supply_mv = found.traces["supply (mV)"]
    assert min(supply_mv) == pytest.approx(numbers["brownout_mv"], abs=5.0)
    assert len(time_s) == len(found.traces["pressure (kPa)"][0])


def test_where_the_cell_holds_the_supply_is_cut() -> None:
    found = run("brownout", profile="standard")
    assert "the cell holds: the supply was cut" in found.notes
    assert min(found.traces["supply (mV)"][1]) == 0.0
    assert found.numbers["lowest_before_cut_mv"] == pytest.approx(4_100 - 150, abs=1.0)
