"""What is left in the syringe is read from the screw, not counted from records: low warns, empty stops (MG-21)."""

from __future__ import annotations

import pytest

from mesogun.wire import messages as m
from mesogun.wire.codes import Flag, Outcome, Reason, ShotKind, Verdict
from sim.faults import At, Fault, FaultPlan, Injector
from sim.firmware.trim import Trim
from tests.sim.host import REF, Host, started
from tests.trace import req

STROKE = At("phase", 1, phase="stroke")


def give(host: Host, *volumes_nl: int) -> None:
    host.load(*volumes_nl)
    assert host.arm().verdict == Verdict.OK
    host.fire_all()
    host.ok(m.Disarm())


@req("MG-21")
def test_the_screw_tells_what_is_left_whatever_the_records_say(monkeypatch: pytest.MonkeyPatch) -> None:
    world, host = started(profile="standard")
    host.ready()
    # A calibration that lets each stroke be 500 nL shorter than its record: counting records would be wrong by 5 uL.
    monkeypatch.setattr(type(world.gun.machine), "trim", Trim(offset_nl=500))
    before_nl, began_nl = host.status().syringe_left_nl, world.plant.encoder_nl
    give(host, *[20_000] * 10)
    recorded_nl = sum(record.delivered_nl for record in host.records() if record.kind == ShotKind.TREAT)
    travelled_nl = world.plant.encoder_nl - began_nl
    assert recorded_nl == 200_000
    assert travelled_nl == pytest.approx(195_000, abs=200)
    assert before_nl - host.status().syringe_left_nl == pytest.approx(travelled_nl, abs=2)


@req("MG-21")
def test_low_warns_and_empty_stops() -> None:
    world, host = started(profile="standard")
    low_nl = world.profile.integer("syringe.low_nl")
    world.gun.change_syringe(low_nl + 100_000)
    host.ready()
    assert not host.status().flags & Flag.LOW_SYRINGE
    most = 0
    while not host.status().flags & Flag.LOW_SYRINGE:
        give(host, 20_000)
        most += 1
        assert most < 10, "never low"
    left_nl = host.status().syringe_left_nl
    assert low_nl - 40_000 < left_nl < low_nl
    number = host.status().entry_hwm + 1
    while left_nl >= 20_000:
        host.ok(m.Load(number, REF, number, ShotKind.TREAT, 20_000, 1_500))
        number, left_nl = number + 1, left_nl - 20_000
    assert host.refusal(m.Load(number, REF, number, ShotKind.TREAT, 20_000, 1_500)) is Reason.SYRINGE_SHORT


@req("MG-21", "MG-20")
@pytest.mark.parametrize("name", ["fluid.occlusion", "gun.lost_steps", "hand.early_release", "hand.early_lift"])
def test_it_never_rises_and_a_doubted_screw_counts_as_a_whole_stroke(name: str) -> None:
    world, host = started(profile="standard")
    host.ready()
    before_nl = host.status().syringe_left_nl
    Injector(world, FaultPlan((Fault(name, STROKE),)))
    host.load(40_000)
    host.arm()
    seen = [before_nl]
    for _ in range(40):
        world.run_for(0.2)
        seen.append(world.gun.machine.syringe_left_nl)
    assert seen == sorted(seen, reverse=True)
    record = host.records()[-1]
    if record.outcome == Outcome.INDETERMINATE:
        assert seen[-1] <= before_nl - 40_000
    else:
        assert before_nl - 40_000 <= seen[-1] <= before_nl
