"""The forecast of one page: its parts agree with each other."""

from __future__ import annotations

import numpy as np
import pytest

from mesogun.dose import (
    Errors,
    Grid,
    Polygon,
    areal_dose,
    forecast,
    forecasting,
    robust_field,
    robust_spheroids,
)
from mesogun.dose.forecasting import expected

X, Y = np.meshgrid(np.arange(2.0, 20.0, 4.0), np.arange(2.0, 16.0, 4.0))
POINTS = np.column_stack([X.ravel(), Y.ravel()])
REGION = Polygon.of([[(0, 0), (20, 0), (20, 16), (0, 16)]], [[(9, 7), (11, 7), (11, 9)]])
ERRORS = Errors(jitter_sd_mm=0.6, volume_cv=0.05)


def test_band_and_map_agree_without_error() -> None:
    found = forecast(REGION, POINTS, 10.0, errors=ERRORS, draws=20)
    assert found.weights.sum() == pytest.approx(320.0 - 2.0)
    assert found.reference == pytest.approx(100.0 * 10.0 * len(POINTS) / 318.0)
    assert found.drawn.coefficient.nominal == pytest.approx(found.found.cv, rel=0.02)
    assert found.drawn.v100.nominal == pytest.approx(found.found.v100, abs=0.01)
    assert found.dose.sum() * found.grid.cell_mm2 / 100.0 == pytest.approx(10.0 * len(POINTS), rel=1e-12)
    assert found.expected_cv > found.found.cv


def test_the_expected_field_is_that_of_the_spheroids_on_cells_of_any_size() -> None:
    volumes = np.full(len(POINTS), 10.0)
    coarse = Grid.around((0, 0, 20, 16), 0.5, 4.0)
    fine = Grid(coarse.x0_mm, coarse.y0_mm, 0.25, 2 * coarse.nx, 2 * coarse.ny)
    found = expected(POINTS, volumes, 1.0, ERRORS, coarse, "dermis")
    direct = robust_spheroids(POINTS, volumes, 1.0, ERRORS, grid=fine)
    assert found.grid == coarse
    for name in ("mean", "placement", "volume", "nominal"):
        averaged = getattr(direct, name).reshape(coarse.ny, 2, coarse.nx, 2).mean(axis=(1, 3))
        np.testing.assert_allclose(getattr(found, name), averaged, atol=1e-12 * averaged.max())
    nominal = areal_dose(POINTS, volumes, 1.0, grid=coarse, coarse_ok=True)
    np.testing.assert_allclose(found.nominal, nominal, atol=1e-9 * nominal.max())


def test_many_sizes_fall_back_to_the_gaussian_form() -> None:
    volumes = np.linspace(5.0, 12.0, len(POINTS))
    grid = Grid.around((0, 0, 20, 16), 0.25, 4.0)
    found = expected(POINTS, volumes, 1.0, ERRORS, grid, "dermis")
    gaussian = robust_field(POINTS, volumes, 1.0, ERRORS, grid=grid, coarse_ok=True)
    np.testing.assert_array_equal(found.mean, gaussian.mean)
    np.testing.assert_array_equal(found.nominal, gaussian.nominal)


def test_large_plans_get_fewer_draws_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecasting, "DRAWN_DEPOTS", 50 * len(POINTS))
    assert forecast(REGION, POINTS, 10.0, errors=ERRORS).drawn.draws == 50
    monkeypatch.setattr(forecasting, "DRAWN_DEPOTS", len(POINTS))
    assert forecast(REGION, POINTS, 10.0, errors=ERRORS).drawn.draws == forecasting.FEWEST_DRAWS
