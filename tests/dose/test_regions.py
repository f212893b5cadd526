"""Area-weighted cells: the size of a region is right on any grid."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from mesogun.dose import Grid
from mesogun.dose.regions import Disc, Polygon
from mesogun.errors import InputError

angles = st.lists(st.floats(0.0, 2.0 * math.pi), min_size=3, max_size=9, unique=True).map(sorted)


@given(angles, st.data())
def test_polygons_agree_with_clipping_cell_by_cell(at: list[float], data: st.DataObject) -> None:
    """Star-shaped rings in either direction, reaching out of the grid; shapely clips each cell as the witness."""
    radii = [data.draw(st.floats(0.3, 6.0)) for _ in at]
    ring = np.array([(r * math.cos(t), r * math.sin(t)) for r, t in zip(radii, at, strict=True)])
    if data.draw(st.booleans()):
        ring = ring[::-1]
    shape = shapely.Polygon(ring)
    assume(shape.is_valid)
    grid = Grid(-4.0, -3.5, 0.7, 11, 9)
    weights = Polygon.of([ring]).weights(grid)
    x, y = grid.x_edges_mm, grid.y_edges_mm
    expected = [
        [shape.intersection(shapely.box(x0, y0, x1, y1)).area for x0, x1 in pairwise(x.tolist())]
        for y0, y1 in pairwise(y.tolist())
    ]
    np.testing.assert_allclose(weights, expected, atol=1e-9)


@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(0.05, 3.0))
def test_discs_have_their_area_on_any_grid(x: float, y: float, radius: float) -> None:
    weights = Disc(x, y, radius).weights(Grid(-6.0, -6.0, 0.8, 15, 15))
    assert weights.sum() == pytest.approx(math.pi * radius**2, rel=1e-9)
    assert weights.max() <= 0.64 * (1.0 + 1e-12)


def test_a_disc_is_the_limit_of_its_polygons() -> None:
    grid = Grid(-2.0, -2.0, 0.5, 8, 8)
    t = np.linspace(0.0, 2.0 * np.pi, 4_000, endpoint=False)
    ring = np.column_stack([0.1 + 1.3 * np.cos(t), -0.2 + 1.3 * np.sin(t)])
    np.testing.assert_allclose(Disc(0.1, -0.2, 1.3).weights(grid), Polygon.of([ring]).weights(grid), atol=3e-6)


def test_holes_and_zones_add_up() -> None:
    grid = Grid(0.0, 0.0, 0.4, 30, 30)
    outline, hole, other = [(1, 1), (9, 1), (9, 9), (1, 9)], [(3, 3), (5, 3), (5, 5)], [(10, 10), (11, 10), (11, 11)]
    region = Polygon.of([outline, other], [hole])
    assert region.weights(grid).sum() == pytest.approx(64.0 + 0.5 - 2.0)
    assert region.bounds == (1.0, 1.0, 11.0, 11.0)
    with pytest.raises(InputError, match="hole reaches outside"):
        Polygon.of([other], [hole]).weights(grid)


@pytest.mark.parametrize("ring", [[(0, 0), (1, 1)], [(0, 0), (1, np.nan), (2, 2)], [0.0, 1.0]])
def test_rings_that_are_none_are_refused(ring: object) -> None:
    with pytest.raises(InputError, match="ring"):
        Polygon.of([ring])  # type: ignore[list-item]


def test_no_ring_and_no_radius_are_refused() -> None:
    with pytest.raises(InputError, match="no outline"):
        Polygon.of([])
    with pytest.raises(InputError, match="radius_mm"):
        Disc(0.0, 0.0, 0.0)
