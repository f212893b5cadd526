"""Dose-volume histograms that stay right for regions of a few cells.

``of_cells`` takes cells as they are: a step function, exact for a field that is constant in each cell. ``of_region``
refines until the region holds tens of thousands of pieces, weighs each by its exact part in the region, and reads the
curve between them; the field is either recomputed on the finer cells or reconstructed so that every cell keeps its
mass. Not responsible for single numbers of a plan (``indices``).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import make_interp_spline

from mesogun.dose.checks import Floats, number
from mesogun.dose.grid import Grid
from mesogun.dose.regions import Region, solid_volumes
from mesogun.errors import InputError

PIECES = 60_000
"""Pieces of a refined region; the curve is then within some 1e-5 of analytic shapes (tests/dose/test_dvh.py)."""


@dataclass(frozen=True, slots=True)
class Dvh:
    """A cumulative dose-volume (here: dose-area) histogram.

    ``dose`` ascends; ``at_least[i]`` is the share of the region with at least ``dose[i]``; ``size`` is the region in
    the unit of its weights. ``smooth`` curves are read linearly between their pieces, others are steps.
    """

    dose: Floats
    at_least: Floats
    size: float
    smooth: bool

    def vx(self, level: ArrayLike) -> Floats:
        """Share of the region with at least ``level``, of the shape of ``level``."""
        wanted = np.asarray(level, dtype=float)
        if self.smooth and self.dose[0] < self.dose[-1]:
            inside = np.interp(wanted, self.dose, self.at_least)
        else:
            index = np.searchsorted(self.dose, wanted * (1.0 - 1e-12), side="left")
            inside = np.append(self.at_least, 0.0)[index]
        return np.where(wanted <= self.dose[0], 1.0, np.where(wanted > self.dose[-1], 0.0, inside))

    def dx(self, percent: float) -> float:
        """Dose that the hottest ``percent`` of the region reaches."""
        share = number(percent, "percent", "%", 0.0, 100.0) / 100.0
        if self.smooth:
            return float(np.interp(-share, -self.at_least, self.dose))
        return float(self.dose[np.flatnonzero(self.at_least >= share - 1e-12)[-1]])

    def curve(self, bins: int = 1_000, up_to: float = 1.05) -> tuple[Floats, Floats]:
        """``(dose, share)`` at even steps from zero to ``up_to`` times the maximum (matRad's default)."""
        doses = np.linspace(0.0, up_to * float(self.dose[-1]), bins)
        return doses, self.vx(doses)


def of_cells(dose: ArrayLike, weights: ArrayLike) -> Dvh:
    """Step histogram of cells as they are; shapes equal, any number of axes."""
    return _sorted(dose, weights, smooth=False)


def of_region(field: Floats | Callable[[Grid], Floats], grid: Grid, region: Region, pieces: int = PIECES) -> Dvh:
    """Refined histogram of a region, however small against the cells.

    Parameters
    ----------
    field
        Cell averages ``(ny, nx)`` on ``grid``, or a function that gives them on any grid (exact for depots with rims).
    grid
        Where the averages live; must hold the region.
    region
        A ``Disc``, ``Polygon`` or anything alike.
    pieces
        How many pieces the region is cut into at least.

    Raises
    ------
    InputError
        The region does not lie in the grid, or is empty.
    """
    x_min, y_min, x_max, y_max = region.bounds
    low_x, high_x, low_y, high_y = grid.extent_mm
    slack = 1e-9 * grid.h_mm
    if x_min < low_x - slack or y_min < low_y - slack or x_max > high_x + slack or y_max > high_y + slack:
        raise InputError(
            f"the region ({x_min:g}, {y_min:g}) to ({x_max:g}, {y_max:g}) mm reaches out of the grid "
            f"({low_x:g}, {low_y:g}) to ({high_x:g}, {high_y:g}) mm; take a larger grid"
        )
    box = (x_max - x_min) * (y_max - y_min)
    factor = max(1, math.ceil(grid.h_mm * math.sqrt(pieces / box)))
    i0, i1 = _span(x_min, x_max, grid.x0_mm, grid.h_mm, grid.nx)
    j0, j1 = _span(y_min, y_max, grid.y0_mm, grid.h_mm, grid.ny)
    h = grid.h_mm / factor
    fine = Grid(grid.x0_mm + i0 * grid.h_mm, grid.y0_mm + j0 * grid.h_mm, h, (i1 - i0) * factor, (j1 - j0) * factor)
    if callable(field):
        values = field(fine)
    else:
        values = refine(refine(np.asarray(field, dtype=float), 0, factor, (j0, j1)), 1, factor, (i0, i1))
    return _sorted(np.maximum(values, 0.0), region.weights(fine), smooth=True)


def of_solid(
    values: Floats,
    borders_mm: tuple[Floats, Floats, Floats],
    radius_at: Callable[[float], float],
    z_range_mm: tuple[float, float],
    pieces: int = 4 * PIECES,
) -> Dvh:
    """Refined histogram of a solid of revolution about the z axis.

    Parameters
    ----------
    values
        Cell averages ``(nz, ny, nx)``.
    borders_mm
        Even cell borders along z, y and x, relative to the axis.
    radius_at, z_range_mm
        As in ``regions.solid_volumes``.
    pieces
        How many pieces the solid is cut into at least.
    """
    steps = [float(b[1] - b[0]) for b in borders_mm]
    radius = max(radius_at(float(z)) for z in np.linspace(*z_range_mm, 101))
    box = (z_range_mm[1] - z_range_mm[0]) * (2.0 * radius) ** 2
    factor = max(1, math.ceil((pieces * math.prod(steps) / box) ** (1.0 / 3.0)))
    fine = []
    for axis, (low, high) in enumerate((z_range_mm, (-radius, radius), (-radius, radius))):
        border = borders_mm[axis]
        if low < border[0] - 1e-9 or high > border[-1] + 1e-9:
            raise InputError(f"the solid reaches out of the grid along axis {'zyx'[axis]}; take a larger grid")
        span = _span(low, high, float(border[0]), steps[axis], len(border) - 1)
        values = refine(values, axis, factor, span)
        fine.append(np.linspace(border[span[0]], border[span[1]], (span[1] - span[0]) * factor + 1))
    return _sorted(values, solid_volumes(fine[2], fine[1], fine[0], radius_at, z_range_mm), smooth=True)


def refine(cells: Floats, axis: int, factor: int, span: tuple[int, int]) -> Floats:
    """Finer cell averages along one axis, for the cells ``span[0]`` to ``span[1]``; every cell keeps its mean.

    The running integral at the cell borders is exact; a spline through it, differenced at finer borders, is the
    reconstruction. Polynomials up to the fourth degree are reproduced.
    """
    count = cells.shape[axis]
    moved = np.moveaxis(cells, axis, 0)
    integral = np.concatenate([np.zeros((1, *moved.shape[1:])), np.cumsum(moved, axis=0)])
    degree = min(5, count) if min(5, count) % 2 else min(5, count) - 1
    spline = make_interp_spline(np.arange(count + 1.0), integral, k=max(degree, 1), axis=0)
    borders = np.linspace(span[0], span[1], (span[1] - span[0]) * factor + 1)
    return np.moveaxis(np.diff(spline(borders), axis=0) * factor, 0, axis)


def _span(low: float, high: float, origin: float, h: float, cells: int) -> tuple[int, int]:
    first = min(max(math.floor((low - origin) / h + 1e-9), 0), cells - 1)
    return first, min(max(math.ceil((high - origin) / h - 1e-9), first + 1), cells)


def _sorted(dose: ArrayLike, weights: ArrayLike, *, smooth: bool) -> Dvh:
    values, area = np.asarray(dose, dtype=float), np.asarray(weights, dtype=float)
    if values.shape != area.shape:
        raise InputError(f"dose has shape {values.shape} and weights {area.shape}; they must be the same")
    if not np.isfinite(values).all() or not np.isfinite(area).all() or (area < 0.0).any():
        raise InputError("dose or weights hold values that are not finite, or negative weights; they must be numbers")
    inside = area > 0.0
    if not inside.any():
        raise InputError("the region is empty: no cell has a positive weight")
    values = values[inside]
    if smooth:
        # Doses that differ by rounding alone are one step of the curve, not many that meet in a jump.
        grain = 1e-9 * max(float(np.abs(values).max()), np.finfo(float).tiny)
        values = np.round(values / grain) * grain
    levels, index = np.unique(values, return_inverse=True)
    each = np.bincount(index.ravel(), area[inside])
    size = float(each.sum())
    above = np.cumsum(each[::-1])[::-1] / size
    # A piece stands for doses around its own: half of it counts as reached at its value.
    return Dvh(levels, above - 0.5 * each / size if smooth else above, size, smooth)
