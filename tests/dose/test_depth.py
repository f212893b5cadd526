"""Planes, slices, layers and histograms over depth, from factors."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesogun.dose import Grid, areal_dose, semi_axes
from mesogun.dose.depth import DepthField
from mesogun.errors import InputError

from .shared import GRID, Floats, forms, plans

BORDERS = np.linspace(0.0, 9.0, 61)


@settings(max_examples=20)
@given(plans, forms, st.floats(0.0, 3.0))
def test_slabs_add_up_to_the_areal_dose(plan: tuple[Floats, Floats], form: str, depth: float) -> None:
    points, volumes = plan
    field = DepthField(points, volumes, depth, grid=GRID, form=form)
    areal = areal_dose(points, volumes, depth, grid=GRID, form=form)
    layers = field.layer_doses([0.0, 0.2, 1.4, np.inf])
    np.testing.assert_allclose(sum(layers), areal, atol=1e-10 * areal.max())
    assert field.layer_shares([0.0, 0.2, 1.4, np.inf]).sum() == pytest.approx(1.0, abs=1e-12)


def test_many_sizes_and_depths_take_the_joined_path_and_agree() -> None:
    rng = np.random.default_rng(2)
    points, volumes, depths = rng.uniform(-4, 4, (20, 2)), rng.uniform(3, 20, 20), rng.uniform(0.2, 2.0, 20)
    for form in ("erf", "gaussian"):
        field = DepthField(points, volumes, depths, grid=GRID, form=form)
        parts = sum(
            DepthField([p], v, d, grid=GRID, form=form).plane(0.5, 0.8)
            for p, v, d in zip(points, volumes, depths, strict=True)
        )
        np.testing.assert_allclose(field.plane(0.5, 0.8), parts, atol=1e-11 * field.plane(0.5, 0.8).max())


def test_peak_and_shape_of_a_gaussian_depot_under_the_surface() -> None:
    """Half-space with image: closed form at the depot's own depth, and no flux through the surface."""
    grid = Grid(-6.0, -6.0, 0.05, 240, 240)
    a, c = semi_axes([20.0])
    sigma_r, sigma_z = float(a[0]) / math.sqrt(5.0), float(c[0]) / math.sqrt(5.0)
    field = DepthField([(0.025, 0.025)], 20.0, 0.5, grid=grid, form="gaussian")
    thin = field.plane(0.495, 0.505)
    peak = 1000.0 * 20.0 / ((2 * math.pi) ** 1.5 * sigma_r**2 * sigma_z) * (1 + math.exp(-2 * 0.25 / sigma_z**2))
    assert thin.max() == pytest.approx(peak, rel=1e-3)
    top = field.plane(0.0, 0.01).max(), field.plane(0.01, 0.02).max()
    assert top[1] / top[0] == pytest.approx(1.0, abs=1e-3)


def test_slices_are_columns_of_the_volume() -> None:
    points = np.array([(0.3, 0.1), (-2.0, 1.0)])
    field = DepthField(points, [10.0, 6.0], [0.8, 1.2], grid=GRID)
    dense = field.volume(BORDERS)
    np.testing.assert_allclose(field.slice(BORDERS, row=31), dense[:, 31, :], atol=1e-12 * dense.max())
    np.testing.assert_allclose(field.slice(BORDERS, column=40), dense[:, :, 40], atol=1e-12 * dense.max())
    assert dense.sum() * GRID.cell_mm2 * 0.15 / 1000.0 == pytest.approx(16.0, rel=1e-12)


@pytest.mark.parametrize("volumes", [10.0, [10.0, 6.0]])
def test_the_histogram_from_factors_is_that_of_the_dense_volume(volumes: object) -> None:
    field = DepthField(np.array([(0.3, 0.1), (-2.0, 1.0)]), volumes, 0.8, grid=GRID)  # type: ignore[arg-type]
    weights = np.random.default_rng(1).uniform(0.0, 1.0, GRID.shape)
    dense = field.volume(BORDERS)
    levels = np.array([400.0, 0.0, 1.0, 50.0, 1e9])
    expected = [(weights[None] * (dense >= level)).sum() / (weights.sum() * 60) for level in levels]
    np.testing.assert_allclose(field.share_at_least(levels, BORDERS, weights), expected, atol=1e-12)
    d2 = field.dx(2.0, BORDERS, weights)
    order = np.argsort(-dense.ravel())
    reached = np.cumsum(np.broadcast_to(weights, dense.shape).ravel()[order]) / (weights.sum() * 60)
    assert d2 == pytest.approx(dense.ravel()[order][np.searchsorted(reached, 0.02)], rel=1e-6)


def test_volume_above_a_level_of_a_gaussian() -> None:
    """V(> 20 % of peak) = 4/3 pi sigma^3 (2 ln 5)^1.5 = 53.147 mm3 at sigma 1.3 mm, deep under the surface."""
    sphere = 0.9  # small depots are spheres, so one D t serves both axes
    diffused = (1.3**2 - sphere**2 / 5.0) / 2.0
    volume = 4.0 / 3.0 * math.pi * sphere**3
    assert semi_axes([volume])[0][0] == pytest.approx(sphere)
    grid = Grid(-3.0, -3.0, 0.025, 240, 240)
    borders = np.linspace(22.05, 28.05, 241)
    field = DepthField([(0.011, 0.007)], volume, 25.05, grid=grid, diffused_mm2=diffused, form="gaussian")
    peak = 1000.0 * volume / ((2.0 * math.pi) ** 1.5 * 1.3**3)
    found = field.share_at_least(0.2 * peak, borders, np.ones(grid.shape))[0] * 216.0
    assert found == pytest.approx(53.147, rel=1e-3)


def test_peak_memory_stays_far_below_the_dense_volume() -> None:
    grid = Grid(0.0, 0.0, 0.1, 512, 512)
    borders = np.linspace(0.0, 6.4, 129)
    x, y = np.meshgrid(np.arange(4.0, 48.0, 3.0), np.arange(4.0, 48.0, 3.0))
    points = np.column_stack([x.ravel(), y.ravel()])
    weights = np.ones(grid.shape)
    tracemalloc.start()
    field = DepthField(points, 10.0, 1.0, grid=grid, form="gaussian")
    field.share_at_least(np.linspace(0.0, 500.0, 200), borders, weights)
    field.dx(90.0, borders[:17], weights)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60e6, f"{peak / 1e6:.1f} MB"


def test_bad_requests_are_refused() -> None:
    field = DepthField([(0.0, 0.0)], 10.0, 1.0, grid=GRID)
    with pytest.raises(InputError, match="dense volume would take"):
        field.volume(BORDERS, max_bytes=1_000)
    with pytest.raises(InputError, match="ascending"):
        field.plane(1.0, 1.0)
    with pytest.raises(InputError, match="at the surface"):
        field.plane(-1.0, 1.0)
    with pytest.raises(InputError, match="row or column"):
        field.slice(BORDERS)
    with pytest.raises(InputError, match="weights"):
        field.share_at_least(1.0, BORDERS, np.zeros(GRID.shape))
    with pytest.raises(InputError, match="all volumes are zero"):
        DepthField([(0.0, 0.0)], 0.0, 1.0, grid=GRID)
    with pytest.raises(InputError, match="too coarse"):
        DepthField([(0.0, 0.0)], 0.01, 1.0, grid=GRID)
