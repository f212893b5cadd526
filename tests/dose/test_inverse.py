"""Inverse planning: optimal, exact in its total, within bounds, and honest about its worth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from mesogun.dose import Errors, Grid, Polygon, areal_dose, optimise
from mesogun.dose.inverse import _operator, _project
from mesogun.errors import InputError, Refused

from .shared import Floats

X, Y = np.meshgrid(np.arange(1.0, 13.0, 1.6), np.arange(1.0, 13.0, 1.6))
POINTS = np.column_stack([X.ravel(), Y.ravel()])
N = len(POINTS)
GRID = Grid(-3.0, -3.0, 0.65, 30, 30)
WEIGHTS = Polygon.of([[(0.2, 0.2), (12.6, 0.2), (12.6, 12.6), (0.2, 12.6)]]).weights(GRID)


def objective(volumes: Floats, total: float, sigma: float) -> float:
    dose = (_operator(POINTS, sigma, GRID) @ volumes).reshape(GRID.shape)
    return float((WEIGHTS * (dose - 100.0 * total / WEIGHTS.sum()) ** 2).sum() / WEIGHTS.sum())


def test_the_optimum_is_that_of_dense_nnls() -> None:
    """Against scipy's active-set NNLS of the dense problem, with the total as a heavy row."""
    total = 10.0 * N
    found = optimise(POINTS, total, 1.0, grid=GRID, weights=WEIGHTS)
    sigma = 0.6635576
    rows = _operator(POINTS, sigma, GRID).toarray() * np.sqrt(WEIGHTS.ravel() / WEIGHTS.sum())[:, None]
    wanted = 100.0 * total / WEIGHTS.sum() * np.sqrt(WEIGHTS.ravel() / WEIGHTS.sum())
    heavy = 1e5
    reference, _ = nnls(np.vstack([rows, heavy * np.ones((1, N))]), np.append(wanted, heavy * total))
    assert found.kkt <= 1e-8
    assert objective(found.volumes_ul, total, sigma) == pytest.approx(objective(reference, total, sigma), rel=1e-6)
    np.testing.assert_allclose(found.volumes_ul, reference, atol=2e-3)


def test_the_dose_becomes_more_even_and_the_total_stays() -> None:
    found = optimise(POINTS, 640.0, 1.0, grid=GRID, weights=WEIGHTS)
    assert found.volumes_ul.sum() == pytest.approx(640.0, rel=1e-12)
    assert found.cv_optimised < found.cv_constant
    assert found.worth_it
    assert found.advice.startswith("worth it")
    assert "%" in found.advice


def test_jitter_eats_the_gain_and_that_is_said() -> None:
    found = optimise(POINTS, 640.0, 1.0, grid=GRID, weights=WEIGHTS, errors=Errors(jitter_sd_mm=1.0, volume_cv=0.07))
    assert not found.worth_it
    assert found.advice.startswith("not worth it")
    assert "constant volumes are as good" in found.advice
    assert found.expected_cv_optimised > found.cv_optimised


@settings(max_examples=20)
@given(st.floats(0.0, 9.0), st.floats(11.0, 30.0), st.sampled_from([0.0, 0.01, 1.0]))
def test_bounds_hold_and_tighter_bounds_are_never_better(low: float, high: float, smoothness: float) -> None:
    total = 10.0 * N
    free = optimise(POINTS, total, 1.0, grid=GRID, weights=WEIGHTS)
    tight = optimise(POINTS, total, 1.0, grid=GRID, weights=WEIGHTS, low_ul=low, high_ul=high, smoothness=smoothness)
    assert tight.volumes_ul.min() >= low - 1e-9
    assert tight.volumes_ul.max() <= high + 1e-9
    assert tight.volumes_ul.sum() == pytest.approx(total, rel=1e-12)
    sigma = 0.6635576
    assert objective(tight.volumes_ul, total, sigma) >= objective(free.volumes_ul, total, sigma) * (1.0 - 1e-9)


def test_smoothness_brings_neighbours_together() -> None:
    rough = optimise(POINTS, 640.0, 1.0, grid=GRID, weights=WEIGHTS).volumes_ul
    smooth = optimise(POINTS, 640.0, 1.0, grid=GRID, weights=WEIGHTS, smoothness=10.0).volumes_ul
    assert smooth.std() < 0.5 * rough.std()


def test_a_prescribed_map_is_followed() -> None:
    truth = np.where(POINTS[:, 0] > 6.8, 14.0, 6.0)
    wanted = areal_dose(POINTS, 10.0, 1.0, grid=GRID, form="gaussian", factors=truth / 10.0)
    found = optimise(POINTS, float(truth.sum()), 1.0, grid=GRID, weights=WEIGHTS, prescribed=wanted)
    np.testing.assert_allclose(found.volumes_ul, truth, atol=0.15)


@given(st.lists(st.floats(-20.0, 20.0), min_size=2, max_size=20), st.floats(0.05, 0.95))
def test_projection_is_exact(values: list[float], share: float) -> None:
    v, low, high = np.array(values), 0.5, 12.0
    total = len(v) * (low + share * (high - low))
    cut = _project(v, total, low, high)
    assert cut.sum() == pytest.approx(total, rel=1e-12)
    assert low <= cut.min() <= cut.max() <= high
    free = (cut > low) & (cut < high)
    if free.sum() > 1:  # all free entries are shifted alike
        assert np.ptp((cut - v)[free]) < 1e-9


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match=r"cannot be split.*would do"):
        optimise(POINTS, 100.0, 1.0, grid=GRID, weights=WEIGHTS, low_ul=5.0)
    with pytest.raises(InputError, match="weights"):
        optimise(POINTS, 100.0, 1.0, grid=GRID, weights=np.zeros(GRID.shape))
    with pytest.raises(InputError, match="total_ul"):
        optimise(POINTS, -1.0, 1.0, grid=GRID, weights=WEIGHTS)
    with pytest.raises(Refused, match="no point reaches the area"):
        optimise(POINTS + 500.0, 100.0, 1.0, grid=GRID, weights=WEIGHTS)
