"""What goes wrong at a bench is recognised, explained, and costs one weighing at most; nothing is lost."""

from __future__ import annotations

import re

import pytest

from mesogun.calibration.procedure import implausible
from mesogun.calibration.state import CalibrationState, fold_run
from mesogun.calibration.steps import Do, Step
from mesogun.errors import CalibrationFailed, InputError, MesogunError
from mesogun.record import calibration_events as ce
from sim.balance.faults import parse
from tests.calibration.rigs import Bench, rig, script

SHORT = script(replicates=4, as_left_replicates=0, blanks=2, start_up=0)


def state() -> CalibrationState:
    with rig("standard", 1) as bench:
        calibrator = bench.calibrator()
        calibrator.run(SHORT, "check")
        return fold_run(row.event for row in bench.journal.rows(bench.run))


@pytest.fixture(scope="module")
def measured() -> CalibrationState:
    return state()


def weighed(mass_mg: str) -> ce.Weighed:
    return ce.Weighed(1, "after", 0, mass_mg, "0.01", True)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("0.00", "0.0249", "grams where milligrams are wanted"),
        ("0.00", "24900", "milligrams where grams are wanted"),
        ("100.00", "-900.00", "removed"),
        ("100.00", "95.00", "negative mass"),
        ("100.00", "104.00", "missed the vessel"),
        ("100.00", "164.00", "jumped"),
    ],
)
def test_a_change_that_cannot_be_a_shot_is_explained(
    measured: CalibrationState, before: str, after: str, said: str
) -> None:
    step = next(step for step in measured.steps if step.do is Do.SHOOT and step.set_nl == 25_000)
    why = implausible(measured, step, weighed(before), weighed(after))
    assert why is not None
    assert said in why


def test_a_good_shot_and_a_bad_gun_pass(measured: CalibrationState) -> None:
    step = next(step for step in measured.steps if step.do is Do.SHOOT and step.set_nl == 25_000)
    assert implausible(measured, step, weighed("0.00"), weighed("24.93")) is None
    assert implausible(measured, step, weighed("0.00"), weighed("17.00")) is None  # 30 % off: a result, no blunder


def test_a_blank_that_was_disturbed_is_void(measured: CalibrationState) -> None:
    step = Step(9, measured.steps[0].phase, Do.BLANK)
    assert implausible(measured, step, weighed("10.00"), weighed("9.98")) is None
    assert "without a shot" in str(implausible(measured, step, weighed("10.00"), weighed("14.00")))


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ("off@20+6", "switched on again"),
        ("mute@20+40", "no answer"),
        ("overload@20+8", "overload"),
        ("vessel@20+10", "vanished|below its range|removed|lighter"),
        ("jump@21*40000", "jumped|without a shot"),
        ("draught@20+60*20000", "no stable value"),
        ("noise@20+8", "no answer|answers"),
        ("milligrams@20", ""),
    ],
)
def test_trouble_at_the_balance_is_told_and_the_run_goes_on(faults: str, said: str) -> None:
    with rig("standard", 3, faults=parse(faults)) as bench:
        for _ in range(8):  # what stops a run is gone after a while, and the run goes on where it was
            try:
                bench.calibrate("volume", SHORT if bench.state.started is None else None)
            except MesogunError:
                bench.world.run_for(10.0)
                bench.balance.recover()
            else:
                break
        else:
            pytest.fail("the run did not come to its end")
        told = " / ".join(item.why for item in bench.state.voided)
        assert re.search(said, told) if said else not bench.state.voided
        # Nothing is lost and nothing wrong came through: the means are the gun's.
        numbers = [shot.shot_no for item in bench.state.measured for shot in item.shots]
        assert len(numbers) == len(set(numbers))
        for item in bench.state.measured:
            step = bench.state.steps[item.step - 1]
            if step.do is Do.SHOOT:
                assert abs(item.change_mg - step.set_nl / 1000) < 0.5


def test_an_unstable_balance_stops_the_run_after_three_voids_and_says_how_to_go_on() -> None:
    with rig("standard", 4, faults=parse("draught@12+600*50000")) as bench:
        with pytest.raises(CalibrationFailed, match=r"3 weighings in a row were void.*--resume") as caught:
            bench.calibrate("check", SHORT)
        assert "shield" in str(caught.value)


def test_a_coarse_balance_is_refused_before_it_wastes_a_syringe() -> None:
    with rig("standard", 5, readability_ug=1_000.0) as bench:
        with pytest.raises(CalibrationFailed, match="too coarse"):
            bench.calibrate("volume", SHORT)
        kinds = {shot.kind for shot in bench.world.truth.per_shot}
        assert kinds == {2}  # it was primed, nothing else


@pytest.mark.parametrize("water", ["14.9", "31", "nan"])
def test_temperature_outside_the_range_is_refused_and_the_run_can_go_on(water: str) -> None:
    with rig("standard", 6) as bench:
        bench.bench = Bench((water, "20", "101.3", "50"))
        with pytest.raises(InputError, match=r"water_c is|no Z factor"):
            bench.calibrate("check", SHORT)
        bench.bench = Bench()
        assert bench.calibrate("check", None).means
