"""Everything that a plan's dose is judged by, computed together: map, histogram with its band, expected field.

Takes plain arrays and a region; chooses grids and form as ``areal_dose`` would. Not responsible for drawing
(``panels``, ``drawing``) nor for what a plan is (``mesogun.plan``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import ArrayLike

from mesogun.dose import checks
from mesogun.dose.bands import DRAWS, Band, band
from mesogun.dose.checks import Floats
from mesogun.dose.depot import semi_axes, suitable_cell_mm
from mesogun.dose.field import MM2_PER_CM2, areal_dose
from mesogun.dose.grid import Grid
from mesogun.dose.indices import Metrics, metrics
from mesogun.dose.regions import Polygon
from mesogun.dose.robust import Errors, RobustField, robust_field
from mesogun.dose.spectral import SOURCE_CELLS
from mesogun.dose.spheroids import MAX_SIZES, robust_spheroids

MAX_MAP_CELLS = 360_000
"""Cells of the map, about: more are not seen on a page."""
MAX_BAND_CELLS = 160_000
"""Cells of each draw, about."""
DRAWN_CORNERS = 400_000
"""Corners of cells that one draw computes, about."""
FINEST = 4
"""How many times finer than the map the expected field is computed, so that the jitter is two cells wide."""
DRAWN_DEPOTS = 400_000
"""Depots drawn for the band in all: beyond 2,000 points the draws become fewer, and the figure says how many."""
FEWEST_DRAWS = 40


@dataclass(frozen=True, slots=True)
class Forecast:
    """Dose of ``points (n, 2)`` mm with ``volumes (n,)`` uL in ``region``, without error and under ``errors``.

    ``dose`` is in uL/cm2 on ``grid``, ``weights`` the area of each cell inside in mm2, ``reference`` the dose that
    everything is compared with, ``found`` the metrics without error.
    """

    points: Floats
    volumes: Floats
    region: Polygon
    grid: Grid
    dose: Floats
    weights: Floats
    reference: float
    found: Metrics
    robust: RobustField
    drawn: Band
    errors: Errors

    @property
    def expected_cv(self) -> float:
        """CV to expect under the errors."""
        return self.robust.expected_cv(self.weights)


def forecast(
    region: Polygon,
    points_mm: ArrayLike,
    volumes_ul: ArrayLike,
    depth_mm: ArrayLike = 1.0,
    *,
    layer: str = "dermis",
    reference: float | None = None,
    errors: Errors | None = None,
    draws: int | None = None,
    seed: int = 1,
) -> Forecast:
    """The forecast of a plan.

    Parameters
    ----------
    region
        Outline and exclusions, mm.
    points_mm, volumes_ul, depth_mm, layer
        As for ``areal_dose``.
    reference
        Reference dose in uL/cm2; ``None``: total volume over area.
    errors
        What is uncertain; ``None``: ``Errors.typical()``.
    draws, seed
        Of the histogram's band; ``None``: 200, fewer beyond 2,000 points.

    Raises
    ------
    InputError
        Whatever ``areal_dose`` refuses.
    """
    points = checks.points(points_mm)
    volumes = checks.volumes(volumes_ul, len(points))
    named = Errors.typical() if errors is None else errors
    fine = map_grid(region, points, volumes, layer)
    coarse = _band_grid(region, points, volumes, layer)
    dose = areal_dose(points, volumes, depth_mm, grid=fine, layer=layer, coarse_ok=True)
    weights = region.weights(fine)
    ref = float(MM2_PER_CM2 * volumes.sum() / weights.sum()) if reference is None else reference
    drawn = band(
        points,
        volumes,
        depth_mm,
        named,
        grid=coarse,
        weights=region.weights(coarse),
        reference=ref,
        layer=layer,
        draws=max(FEWEST_DRAWS, min(DRAWS, DRAWN_DEPOTS // len(points))) if draws is None else draws,
        seed=seed,
        coarse_ok=True,
    )
    robust = expected(points, volumes, depth_mm, named, fine, layer)
    return Forecast(
        points, volumes, region, fine, dose, weights, ref, metrics(dose, weights, ref), robust, drawn, named
    )


def expected(
    points_mm: Floats, volumes_ul: Floats, depth_mm: ArrayLike, errors: Errors, grid: Grid, layer: str
) -> RobustField:
    """Mean and SD in the form of the map where that is closed, on finer cells if need be; else in the Gaussian form."""
    few = len(np.unique(volumes_ul[volumes_ul > 0.0])) <= MAX_SIZES
    finer = math.ceil(SOURCE_CELLS * grid.h_mm / max(errors.jitter_sd_mm, 1e-9))
    if not few or finer > FINEST:
        return robust_field(points_mm, volumes_ul, depth_mm, errors, grid=grid, layer=layer, coarse_ok=True)
    fine = Grid(grid.x0_mm, grid.y0_mm, grid.h_mm / finer, grid.nx * finer, grid.ny * finer)
    found = robust_spheroids(points_mm, volumes_ul, depth_mm, errors, grid=fine, layer=layer)
    if finer == 1:
        return found
    blocks = (grid.ny, finer, grid.nx, finer)
    averaged = {
        item.name: getattr(found, item.name).reshape(blocks).mean(axis=(1, 3))
        for item in fields(found)
        if item.name != "grid"
    }
    return replace(found, grid=grid, **averaged)


def map_grid(region: Polygon, points: Floats, volumes: Floats, layer: str) -> Grid:
    """The grid of the map: a sixth of a sigma a cell, coarser where that would be too many; holds every depot whole."""
    return _grid(region, points, volumes, layer, suitable_cell_mm(volumes, layer) / 3.0, MAX_MAP_CELLS)


def _band_grid(region: Polygon, points: Floats, volumes: Floats, layer: str) -> Grid:
    """The grid of the draws: as fine as the time for all of them allows, six cells across a depot at least."""
    across = math.sqrt(min(max(DRAWN_CORNERS / len(points), 64.0), 1_000.0)) - 2.0
    smallest = 2.0 * float(semi_axes(volumes[volumes > 0.0], layer)[0].min())
    return _grid(region, points, volumes, layer, smallest / across, MAX_BAND_CELLS)


def _grid(region: Polygon, points: Floats, volumes: Floats, layer: str, cell_mm: float, most: int) -> Grid:
    x_min, y_min, x_max, y_max = region.bounds
    (px_min, py_min), (px_max, py_max) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    bounds = (min(x_min, px_min), min(y_min, py_min), max(x_max, px_max), max(y_max, py_max))
    margin = 1.35 * float(semi_axes(volumes, layer)[0].max())
    extent = (bounds[2] - bounds[0] + 2 * margin) * (bounds[3] - bounds[1] + 2 * margin)
    return Grid.around(bounds, max(cell_mm, math.sqrt(extent / most)), margin)
