"""Histograms of regions of a few cells, against closed forms, to 0.1 % of the region."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.dose import Grid, areal_dose, dvh, semi_axes
from mesogun.dose.regions import Disc, Polygon, solid_volumes
from mesogun.errors import InputError

from .shared import Floats

GRID = Grid(-8.0, -8.0, 1.0, 16, 16)
X, Y = np.meshgrid(GRID.x_mm, GRID.y_mm)
ACCEPT = 1e-3


def segment(f: float) -> float:
    """Share of a unit disc beyond the chord at distance ``f``."""
    return (math.acos(f) - f * math.sqrt(1.0 - f * f)) / math.pi


@pytest.mark.parametrize("radius_mm", [1.5, 2.0, 3.0, 5.0])
@pytest.mark.parametrize("angle", [0.0, 0.3, math.pi / 2.0, 2.2])
def test_discs_under_a_gradient(radius_mm: float, angle: float) -> None:
    disc = Disc(0.13, -0.27, radius_mm)
    along = (math.cos(angle), math.sin(angle))
    found = dvh.of_region(20.0 + along[0] * X + along[1] * Y, GRID, disc)
    assert found.size == pytest.approx(math.pi * radius_mm**2, rel=1e-12)
    middle = 20.0 + along[0] * disc.x_mm + along[1] * disc.y_mm
    for f in np.linspace(-0.95, 0.95, 20):
        assert abs(found.vx(middle + f * radius_mm) - segment(f)) < ACCEPT
        assert found.dx(100.0 * segment(f)) == pytest.approx(middle + f * radius_mm, abs=2e-3 * radius_mm)


@pytest.mark.parametrize("legs_mm", [3.0, 4.5, 7.3])
def test_triangles_under_a_gradient(legs_mm: float) -> None:
    triangle = Polygon.of([[(-2.1, -1.7), (legs_mm - 2.1, -1.7), (-2.1, legs_mm - 1.7)]])
    found = dvh.of_region(20.0 + X, GRID, triangle)
    assert found.size == pytest.approx(legs_mm**2 / 2.0, rel=1e-12)
    for f in np.linspace(0.02, 0.98, 20):
        assert abs(found.vx(20.0 - 2.1 + f * legs_mm) - (1.0 - f) ** 2) < ACCEPT


@pytest.mark.parametrize("radius_mm", [1.5, 2.5])
@pytest.mark.parametrize(("sigma_mm", "recomputed"), [(2.0, False), (1.3, True)])
def test_discs_under_a_gaussian_field(radius_mm: float, sigma_mm: float, *, recomputed: bool) -> None:
    """A curved field: from its cell averages where sigma is two cells, recomputed where it is less."""
    diffused = (sigma_mm**2 - float(semi_axes([20.0])[0][0]) ** 2 / 5.0) / 2.0

    def field(grid: Grid) -> Floats:
        return areal_dose([(0.2, 0.1)], 20.0, 1.0, grid=grid, form="gaussian", diffused_mm2=diffused)

    peak = 100.0 * 20.0 / (2.0 * math.pi * sigma_mm**2)
    found = dvh.of_region(field if recomputed else field(GRID), GRID, Disc(0.2, 0.1, radius_mm))
    for r in np.linspace(0.15, 0.97, 15) * radius_mm:
        assert abs(found.vx(peak * math.exp(-0.5 * (r / sigma_mm) ** 2)) - (r / radius_mm) ** 2) < ACCEPT


def test_a_rim_is_seen_exactly_where_the_field_can_be_recomputed() -> None:
    """An undiffused depot inside a disc of twice its radius: areas above a level are discs again."""
    a_mm = float(semi_axes([10.0])[0][0])

    def field(grid: Grid) -> Floats:
        return areal_dose([(0.1, 0.2)], 10.0, 1.0, grid=grid, form="erf", coarse_ok=True)

    found = dvh.of_region(field, GRID, Disc(0.1, 0.2, 2.0 * a_mm))
    peak = 100.0 * 10.0 * 3.0 / (2.0 * math.pi * a_mm**2)
    for level in (0.2, 0.5, 0.9):
        assert abs(found.vx(level * peak) - (1.0 - level**2) / 4.0) < ACCEPT


SOLIDS: list[tuple[str, Callable[[float], float], tuple[float, float], float]] = [
    ("sphere 20 mm", lambda z: math.sqrt(max(100.0 - (z - 10.2) ** 2, 0.0)), (0.2, 20.2), 4188.79),
    ("cylinder 24 mm", lambda _: 12.0, (0.1, 24.1), 10857.34),
    ("cone 24 mm", lambda z: 12.0 * (24.3 - z) / 24.0, (0.3, 24.3), 3619.11),
    ("sphere 3 mm", lambda z: math.sqrt(max(2.25 - (z - 1.9) ** 2, 0.0)), (0.4, 3.4), math.pi * 4.5),
    ("cylinder 3 mm", lambda _: 1.5, (0.4, 3.4), math.pi * 1.5**2 * 3.0),
    ("cone 3 mm", lambda z: 1.5 * (3.4 - z) / 3.0, (0.4, 3.4), math.pi * 1.5**2),
]


@pytest.mark.parametrize(("name", "radius_at", "z_range", "size"), SOLIDS, ids=[row[0] for row in SOLIDS])
def test_solids_on_a_millimetre_grid(
    name: str, radius_at: Callable[[float], float], z_range: tuple[float, float], size: float
) -> None:
    """Volumes of Nelms et al. 2015 to 0.1 %, and the histogram under a gradient along the axis."""
    sideways = np.arange(-13.0, 14.0) if size > 100.0 else np.arange(-3.0, 4.0)
    z = np.arange(0.0, 26.0) if size > 100.0 else np.arange(0.0, 6.0)
    coarse = solid_volumes(sideways + 0.3, sideways - 0.2, z, radius_at, z_range)
    assert coarse.sum() == pytest.approx(size, rel=ACCEPT)
    values = np.broadcast_to(10.0 + 0.5 * (z[:-1] + z[1:])[:, None, None], coarse.shape).copy()
    found = dvh.of_solid(values, (z, sideways, sideways), radius_at, z_range)
    assert found.size == pytest.approx(size, rel=ACCEPT)
    low, high = z_range
    for f in (0.1, 0.3, 0.5, 0.8, 0.95):
        level = low + f * (high - low)
        expected = {"s": (1.0 - f) ** 2 * (1.0 + 2.0 * f), "c": 1.0 - f}[name[0]]
        if name.startswith("cone"):
            expected = (1.0 - f) ** 3
        assert abs(found.vx(10.0 + level) - expected) < ACCEPT, f


def test_the_coldest_percent_of_a_tiny_region_is_not_zero() -> None:
    dose = areal_dose([(0.0, 0.0)], 100.0, 1.0, grid=GRID)
    assert dvh.of_region(dose, GRID, Disc(0.4, 0.4, 0.3)).dx(99.0) > 0.5 * dose.max()


@given(st.lists(st.floats(0.0, 50.0), min_size=1, max_size=30), st.floats(0.0, 100.0))
def test_a_step_histogram_counts_cells(values: list[float], level: float) -> None:
    dose = np.array(values)
    found = dvh.of_cells(dose, np.ones(len(dose)))
    assert found.vx(level) == pytest.approx(np.mean(dose >= level * (1.0 - 1e-12)), abs=1e-12)
    doses, shares = found.curve()
    assert shares[0] == 1.0
    assert (np.diff(shares) <= 1e-15).all()
    assert len(doses) == 1_000


def test_an_even_field_falls_at_its_dose() -> None:
    for found in (
        dvh.of_cells(np.full(9, 4.0), np.ones(9)),
        dvh.of_region(np.full((16, 16), 4.0), GRID, Disc(0, 0, 2)),
    ):
        assert found.vx([3.9, 4.0 * (1 - 1e-8), 4.1]).tolist() == [1.0, 1.0, 0.0]
        assert found.dx(95.0) == pytest.approx(4.0, rel=1e-6)


def test_what_reaches_out_of_the_grid_is_refused() -> None:
    with pytest.raises(InputError, match="reaches out of the grid"):
        dvh.of_region(np.ones((16, 16)), GRID, Disc(7.5, 0.0, 1.0))
    borders = np.arange(-3.0, 4.0)
    with pytest.raises(InputError, match="along axis z"):
        dvh.of_solid(np.ones((3, 6, 6)), (np.arange(4.0), borders, borders), lambda _: 1.0, (0.0, 5.0))
    with pytest.raises(InputError, match="empty"):
        dvh.of_cells(np.ones(3), np.zeros(3))
    with pytest.raises(InputError, match="must be the same"):
        dvh.of_cells(np.ones(3), np.ones(4))
    with pytest.raises(InputError, match="not finite"):
        dvh.of_cells(np.array([np.nan]), np.ones(1))
