"""Metrics by their definitions: known answers, and what must hold for every field."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mesogun.dose import Grid, areal_dose, metrics
from mesogun.dose.indices import conformity, cv, dx, homogeneity_icru, homogeneity_matrad, outside_share, vx
from mesogun.errors import InputError

from .shared import Floats

fields = arrays(np.float64, (6, 5), elements=st.floats(0.0, 100.0, width=32))
weights = arrays(np.float64, (6, 5), elements=st.floats(0.0625, 1.0, width=32))


def test_a_staircase_has_the_metrics_that_one_reads_off() -> None:
    dose = np.arange(1.0, 101.0).reshape(10, 10)
    found = metrics(dose, np.ones_like(dose), 50.0)
    assert (found.d2, found.d50, found.d90, found.d95, found.d98) == (99.0, 51.0, 11.0, 6.0, 3.0)
    assert (found.minimum, found.maximum) == (1.0, 100.0)
    assert found.mean == pytest.approx(50.5)
    assert found.v100 == pytest.approx(0.51)
    assert found.v150 == pytest.approx(0.26)
    assert found.coverage == pytest.approx(0.96)
    assert found.hi_matrad == pytest.approx((96.0 - 6.0) / 50.0)
    assert found.hi_icru == pytest.approx((99.0 - 3.0) / 51.0)
    assert found.christiansen == pytest.approx(1.0 - 25.0 / 50.5)
    assert found.du_low_quarter == pytest.approx(13.0 / 50.5)
    assert found.cv == pytest.approx(np.std(dose) / 50.5)
    assert found.hot_area == pytest.approx(26.0)
    assert found.cold_area == pytest.approx(24.0)


def test_an_even_field_is_perfect() -> None:
    grid = np.full((8, 8), 3.0)
    found = metrics(grid, np.random.default_rng(0).uniform(0.1, 1.0, (8, 8)), 3.0)
    assert (found.cv, found.hi_icru, found.hi_matrad) == (0.0, 0.0, 0.0)
    assert (found.v100, found.coverage, found.christiansen) == (1.0, 1.0, 1.0)
    assert found.d90 == 3.0
    assert found.du_low_quarter == pytest.approx(1.0)


@given(fields, weights, st.floats(0.1, 10.0))
def test_shares_and_ratios_do_not_change_with_the_unit(dose: Floats, weight: Floats, factor: float) -> None:
    assume(dose.sum() > 1.0)
    one, other = metrics(dose, weight, 20.0), metrics(dose * factor, weight * 3.0, 20.0 * factor)
    for name in ("cv", "v90", "v100", "v150", "coverage", "hi_matrad", "christiansen", "du_low_quarter"):
        assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-9, abs=1e-9), name
    for name in ("d2", "d50", "d90", "d95", "mean", "minimum", "maximum"):
        assert getattr(other, name) == pytest.approx(getattr(one, name) * factor, rel=1e-9, abs=1e-9), name


@given(fields, weights)
def test_order_of_cells_does_not_matter(dose: Floats, weight: Floats) -> None:
    assume(dose.sum() > 1.0)
    one, other = metrics(dose, weight, 20.0), metrics(dose[::-1, ::-1], weight[::-1, ::-1], 20.0)
    for name in one.__dataclass_fields__:
        assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-9, abs=1e-12), name


@given(fields, weights, arrays(np.float64, (6, 5), elements=st.floats(0.0, 20.0, width=32)))
def test_more_dose_never_lowers_dx_vx_or_coverage(dose: Floats, weight: Floats, more: Floats) -> None:
    assume(dose.sum() > 1.0)
    one, other = metrics(dose, weight, 20.0), metrics(dose + more, weight, 20.0)
    for name in ("d2", "d50", "d90", "d95", "d98", "v90", "v100", "v150", "coverage", "hot_area", "mean", "minimum"):
        assert getattr(other, name) >= getattr(one, name) - 1e-9, name
    assert other.cold_area <= one.cold_area + 1e-9


@given(fields, weights, st.floats(0.0, 100.0), st.floats(0.0, 100.0))
def test_dx_falls_with_x_and_vx_falls_with_level(dose: Floats, weight: Floats, one: float, two: float) -> None:
    low, high = sorted((one, two))
    assert dx(dose, weight, low) >= dx(dose, weight, high)
    assert vx(dose, weight, low) >= vx(dose, weight, high)


@given(fields, weights, st.floats(1.0, 99.0))
def test_dx_and_vx_are_inverse(dose: Floats, weight: Floats, percent: float) -> None:
    assert vx(dose, weight, dx(dose, weight, percent)) >= percent / 100.0 - 1e-9


@given(fields, weights)
def test_mixing_with_its_mean_makes_a_field_more_even(dose: Floats, weight: Floats) -> None:
    assume(dose.sum() > 1.0)
    mean = float((dose * weight).sum() / weight.sum())
    one, other = metrics(dose, weight, 20.0), metrics(0.5 * (dose + mean), weight, 20.0)
    assert other.cv <= one.cv + 1e-12
    assert other.hi_matrad <= one.hi_matrad + 1e-12
    if one.d50 > 0.0:  # the other homogeneity divides by the median
        assert other.hi_icru <= one.hi_icru * (1.0 + 1e-12) + 1e-12
    assert other.christiansen >= one.christiansen - 1e-12
    assert other.du_low_quarter >= one.du_low_quarter - 1e-12


def test_both_homogeneities_have_their_own_name() -> None:
    dose, weight = np.arange(1.0, 101.0).reshape(10, 10), np.ones((10, 10))
    assert homogeneity_matrad(dose, weight, 50.0) == metrics(dose, weight, 50.0).hi_matrad
    assert homogeneity_icru(dose, weight) == metrics(dose, weight, 50.0).hi_icru
    assert cv(dose, weight) == metrics(dose, weight, 50.0).cv


def test_conformity_is_one_only_for_the_target_and_nothing_else() -> None:
    target = np.zeros((10, 10))
    target[2:6, 2:6] = 1.0
    everywhere = np.ones((10, 10))
    assert conformity(target * 5.0, target, everywhere, 5.0) == pytest.approx(1.0)
    assert conformity(everywhere * 5.0, target, everywhere, 5.0) == pytest.approx(16.0 / 100.0)
    half = target.copy()
    half[2:4] = 0.0
    assert conformity(half * 5.0, target, everywhere, 5.0) == pytest.approx(8.0**2 / (16.0 * 8.0))
    assert conformity(target, target, everywhere, 5.0) == 0.0


@given(fields, arrays(np.bool_, (6, 5)), arrays(np.float64, (6, 5), elements=st.floats(0.0, 50.0, width=32)))
def test_dose_in_the_target_never_lowers_conformity_and_dose_beside_it_never_raises_it(
    dose: Floats, inside: npt.NDArray[np.bool_], more: Floats
) -> None:
    assume(inside.any() and dose.sum() > 1.0)
    target, everywhere = inside.astype(float), np.ones((6, 5))
    before = conformity(dose, target, everywhere, 40.0)
    assert conformity(dose + more * target, target, everywhere, 40.0) >= before - 1e-12
    assert conformity(dose + more * (1.0 - target), target, everywhere, 40.0) <= before + 1e-12
    assert outside_share(dose + more * (1.0 - target), target) >= outside_share(dose, target) - 1e-12
    assert outside_share(dose + more * target, target) <= outside_share(dose, target) + 1e-12


def test_dose_outside_the_area() -> None:
    grid = Grid(-5.0, -5.0, 0.25, 40, 40)
    dose = areal_dose([(0.0, 0.0)], 20.0, 1.0, grid=grid)
    left = np.zeros(grid.shape)
    left[:, :20] = 1.0
    assert outside_share(dose, left) == pytest.approx(0.5)
    with pytest.raises(InputError, match="0 to 1"):
        outside_share(dose, 2.0 * left)


@pytest.mark.parametrize(
    ("dose", "weight", "reference", "says"),
    [
        ([1.0, 2.0], [1.0], 1.0, "same"),
        ([1.0, np.nan], [1.0, 1.0], 1.0, "not finite"),
        ([1.0, -2.0], [1.0, 1.0], 1.0, "negative"),
        ([1.0, 2.0], [1.0, -1.0], 1.0, "negative"),
        ([1.0, 2.0], [0.0, 0.0], 1.0, "empty"),
        ([1.0, 2.0], [1.0, 1.0], 0.0, "reference"),
        ([1.0, 2.0], [1.0, 1.0], np.nan, "reference"),
        ([0.0, 0.0], [1.0, 1.0], 1.0, "no dose"),
    ],
)
def test_bad_input_is_refused(dose: list[float], weight: list[float], reference: float, says: str) -> None:
    with pytest.raises(InputError, match=says):
        metrics(dose, weight, reference)
