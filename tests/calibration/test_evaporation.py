"""What evaporates is found again: by blanks, and by a fit on both sides of a shot."""

from __future__ import annotations

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.calibration.evaporation import loss_from_blanks, step_by_regression
from mesogun.errors import CalibrationFailed, InputError


def stream(
    step_mg: float, loss_mg_per_s: float, noise_mg: float, seed: int = 1
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """A balance at 5 readings per second, 20 s on each side of a shot at 20 s."""
    noise = random.Random(seed)
    readings = [
        (i / 5, 500.0 - loss_mg_per_s * i / 5 + (step_mg if i > 100 else 0.0) + noise.gauss(0, noise_mg))
        for i in range(200)
        if i != 100
    ]
    return readings[:100], readings[100:]


def test_blanks_by_hand() -> None:
    loss = loss_from_blanks([-0.05, -0.03, -0.04])
    assert loss.loss_mg == pytest.approx(0.04)
    assert loss.standard_uncertainty_mg == pytest.approx(0.01 / math.sqrt(3))
    assert loss.degrees_of_freedom == 2


def test_a_cycle_of_ten_seconds_at_five_micrograms_per_second() -> None:
    """5 ug/s for 10 s takes 0.05 mg of a 25 mg shot; the blanks give it back."""
    noise = random.Random(5)
    cycles = [-0.05 + noise.gauss(0, 0.005) for _ in range(10)]
    shown = [25.0 - 0.05 + noise.gauss(0, 0.005) for _ in range(10)]
    corrected = statistics.fmean(shown) + loss_from_blanks(cycles).loss_mg
    assert abs(corrected - 25.0) < 0.01
    assert abs(corrected - 25.0) < abs(statistics.fmean(shown) - 25.0)


@given(st.floats(-5, 50), st.floats(-0.01, 0.05))
def test_without_noise_the_step_is_exact(step_mg: float, loss_mg_per_s: float) -> None:
    before, after = stream(step_mg, loss_mg_per_s, 0.0)
    step = step_by_regression(before, after, 20.0)
    assert step.step_mg == pytest.approx(step_mg, abs=1e-9)
    assert step.loss_mg_per_s == pytest.approx(loss_mg_per_s, abs=1e-9)
    assert step.standard_uncertainty_mg < 1e-9


def test_the_stated_uncertainty_is_the_scatter() -> None:
    """400 noisy streams: the spread of the steps is what each fit states, and their mean has no bias."""
    steps = [step_by_regression(*stream(25.0, 0.005, 0.02, seed), 20.0) for seed in range(400)]
    spread = statistics.stdev(step.step_mg for step in steps)
    stated = math.sqrt(statistics.fmean(step.standard_uncertainty_mg**2 for step in steps))
    assert stated == pytest.approx(spread, rel=0.1)
    assert abs(statistics.fmean(step.step_mg for step in steps) - 25.0) < 3 * spread / 20
    assert steps[0].degrees_of_freedom == 196


def test_few_readings_count_their_degrees_of_freedom() -> None:
    """Three on each side leave three degrees of freedom; dividing by six would state 0.7 of the scatter."""
    steps = []
    for seed in range(1_500):
        before, after = stream(25.0, 0.005, 0.02, seed)
        steps.append(step_by_regression(before[-3:], after[:3], 20.0))
    stated = math.sqrt(statistics.fmean(step.standard_uncertainty_mg**2 for step in steps))
    assert stated == pytest.approx(statistics.stdev(step.step_mg for step in steps), rel=0.07)
    assert steps[0].degrees_of_freedom == 3


def test_a_clock_that_starts_late_changes_nothing() -> None:
    before, after = stream(25.0, 0.005, 0.02)
    far = [[(time_s + 1e6, mass_mg) for time_s, mass_mg in side] for side in (before, after)]
    here, there = step_by_regression(before, after, 20.0), step_by_regression(far[0], far[1], 1e6 + 20.0)
    assert there.step_mg == pytest.approx(here.step_mg, abs=1e-6)


def test_what_cannot_be_used_is_refused() -> None:
    before, after = stream(25.0, 0.005, 0.02)
    with pytest.raises(InputError, match="at least two"):
        loss_from_blanks([-0.05])
    with pytest.raises(InputError, match="no number"):
        loss_from_blanks([-0.05, float("nan")])
    with pytest.raises(InputError, match="three on each side"):
        step_by_regression(before[:2], after, 20.0)
    with pytest.raises(InputError, match="wrong side"):
        step_by_regression(before, after, 19.0)
    with pytest.raises(InputError, match="no number"):
        step_by_regression([(0.0, math.inf), *before], after, 20.0)
    with pytest.raises(CalibrationFailed, match="one time each"):
        step_by_regression([(0.0, 1.0)] * 3, [(30.0, 26.0)] * 3, 20.0)
