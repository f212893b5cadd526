"""Which part of each cell belongs to a region, exactly: polygons, discs, and solids of revolution.

Area-weighted cells make the size of a region right on any grid, however small it is against a cell. Not responsible for
the dose in it (``dvh``) nor for validity of outlines: self-crossing rings are for the area reader to repair or refuse.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mesogun.dose.checks import Floats, number
from mesogun.dose.grid import Grid
from mesogun.errors import InputError


class Region(Protocol):
    """Anything that can say its bounds, and the area of every cell that lies in it."""

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """``x_min, y_min, x_max, y_max`` in mm."""

    def weights(self, grid: Grid) -> Floats:
        """Area of each cell inside the region in mm2, ``(ny, nx)``."""


@dataclass(frozen=True, slots=True)
class Disc:
    """A disc on the skin plane."""

    x_mm: float
    y_mm: float
    radius_mm: float

    def __post_init__(self) -> None:
        number(self.radius_mm, "radius_mm", "mm", 1e-6, 1e4)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """``x_min, y_min, x_max, y_max`` in mm."""
        r = self.radius_mm
        return self.x_mm - r, self.y_mm - r, self.x_mm + r, self.y_mm + r

    def weights(self, grid: Grid) -> Floats:
        """Area of each cell inside the disc in mm2, from the closed form of a disc cut by a rectangle."""
        return disc_area(grid.x_edges_mm - self.x_mm, grid.y_edges_mm - self.y_mm, self.radius_mm)


@dataclass(frozen=True, slots=True)
class Polygon:
    """Outline rings and holes, each ``(n, 2)`` in mm, closed or not; zones must not overlap, holes lie in them."""

    rings: tuple[Floats, ...]
    holes: tuple[Floats, ...] = ()

    @classmethod
    def of(cls, rings: Sequence[ArrayLike], holes: Sequence[ArrayLike] = ()) -> Polygon:
        """From any arrays; ``InputError`` for a ring with fewer than three corners or values that are not finite."""
        if not rings:
            raise InputError("no outline ring was given; a region needs at least one")
        return cls(tuple(_ring(ring) for ring in rings), tuple(_ring(ring) for ring in holes))

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """``x_min, y_min, x_max, y_max`` in mm."""
        every = np.vstack(self.rings)
        (x_min, y_min), (x_max, y_max) = every.min(axis=0), every.max(axis=0)
        return float(x_min), float(y_min), float(x_max), float(y_max)

    def weights(self, grid: Grid) -> Floats:
        """Area of each cell inside the polygon in mm2, exact."""
        total = np.zeros(grid.shape)
        for sign, rings in ((1.0, self.rings), (-1.0, self.holes)):
            for ring in rings:
                total += sign * _ring_area(ring, grid)
        total[np.abs(total) < 1e-12 * grid.cell_mm2] = 0.0
        if (total < -1e-9 * grid.cell_mm2).any():
            raise InputError("a hole reaches outside the outline; cut it to the outline first")
        return np.maximum(total, 0.0)


def disc_area(x_borders_mm: Floats, y_borders_mm: Floats, radius_mm: float) -> Floats:
    """Area in each cell of a disc around 0, ``(ny, nx)``; zeros for a radius of zero."""
    if radius_mm <= 0.0:
        return np.zeros((len(y_borders_mm) - 1, len(x_borders_mm) - 1))
    x, y = x_borders_mm[None, :] / radius_mm, y_borders_mm[:, None] / radius_mm
    p, q = np.minimum(np.abs(x), 1.0), np.minimum(np.abs(y), 1.0)
    half = 0.5 * (p * np.sqrt(1.0 - p * p) + np.arcsin(p) + q * np.sqrt(1.0 - q * q) + np.arcsin(q)) - math.pi / 4.0
    corner = np.sign(x) * np.sign(y) * np.where(p * p + q * q <= 1.0, p * q, half)
    area = np.diff(np.diff(corner, axis=0), axis=1) * radius_mm**2
    return np.maximum(area, 0.0)


def solid_volumes(
    x_borders_mm: Floats,
    y_borders_mm: Floats,
    z_borders_mm: Floats,
    radius_at: Callable[[float], float],
    z_range_mm: tuple[float, float],
) -> Floats:
    """Volume in each cell of a solid of revolution about the z axis, ``(nz, ny, nx)`` in mm3.

    ``radius_at(z)`` is smooth on ``z_range_mm``; discs are exact, Gauss-Legendre with 12 nodes runs along z.
    """
    nodes, weights = np.polynomial.legendre.leggauss(12)
    out = np.zeros((len(z_borders_mm) - 1, len(y_borders_mm) - 1, len(x_borders_mm) - 1))
    for k, (low, high) in enumerate(pairwise(z_borders_mm)):
        lo, hi = max(float(low), z_range_mm[0]), min(float(high), z_range_mm[1])
        if hi <= lo:
            continue
        for node, weight in zip(nodes, weights, strict=True):
            z = 0.5 * (hi + lo) + 0.5 * (hi - lo) * node
            out[k] += 0.5 * (hi - lo) * weight * disc_area(x_borders_mm, y_borders_mm, radius_at(z))
    return out


def _ring(ring: ArrayLike) -> Floats:
    array = np.asarray(ring, dtype=float)
    if array.ndim != 2 or array.shape[1] != 2 or len(array) < 3:
        raise InputError(f"a ring has shape {array.shape}; it must be (n, 2) with at least three corners, in mm")
    if not np.isfinite(array).all():
        raise InputError("a ring holds coordinates that are not finite; every corner must be two numbers in mm")
    return array[:-1] if (array[0] == array[-1]).all() else array


def _ring_area(ring: Floats, grid: Grid) -> Floats:
    """Area of each cell inside one ring: Green's theorem, edge pieces cut at the cell borders.

    A piece that climbs ``dy`` inside a cell takes the part of the cell to its right, and the full width of all cells
    further right in the row; a running sum along the row carries those.
    """
    closed = np.vstack([ring, ring[:1]])
    u = (closed[:, 0] - grid.x0_mm) / grid.h_mm
    v = (closed[:, 1] - grid.y0_mm) / grid.h_mm
    edge, t = _cuts(u, v, grid)
    pu, pv = u[edge] + t * np.diff(u)[edge], v[edge] + t * np.diff(v)[edge]
    same = edge[:-1] == edge[1:]
    mid_u, mid_v, climb = 0.5 * (pu[:-1] + pu[1:])[same], 0.5 * (pv[:-1] + pv[1:])[same], np.diff(pv)[same]
    kept = (mid_v > 0.0) & (mid_v < grid.ny) & (mid_u < grid.nx) & (climb != 0.0)
    row = np.floor(mid_v[kept]).astype(np.intp) * (grid.nx + 1)
    # left of the grid counts as its first column, which keeps what such a piece adds further right
    column = np.maximum(np.floor(mid_u[kept]).astype(np.intp), 0)
    inside = np.minimum(column + 1.0 - mid_u[kept], 1.0)
    size = grid.ny * (grid.nx + 1)
    here = np.bincount(row + column, inside * climb[kept], size).reshape(grid.ny, grid.nx + 1)
    right = np.bincount(row + column + 1, climb[kept], size).reshape(grid.ny, grid.nx + 1)
    share = here[:, :-1] + np.cumsum(right, axis=1)[:, :-1]
    signed = 0.5 * float(np.sum(u[:-1] * v[1:] - u[1:] * v[:-1]))
    # counter-clockwise rings climb on their right-hand side, where everything further right lies outside
    return np.asarray((-1.0 if signed > 0.0 else 1.0) * share * grid.cell_mm2)


def _cuts(u: Floats, v: Floats, grid: Grid) -> tuple[NDArray[np.intp], Floats]:
    """Where edges are cut at cell borders: number of the edge and parameter 0..1, in order along the ring, ends too."""
    edges = np.arange(len(u) - 1)
    numbers, parameters = [edges, edges], [np.zeros(len(edges)), np.ones(len(edges))]
    for at, cells in ((u, grid.nx), (v, grid.ny)):
        start, stop = at[:-1], at[1:]
        first = np.clip(np.ceil(np.minimum(start, stop)), 0, cells + 1).astype(np.intp)
        last = np.clip(np.floor(np.maximum(start, stop)), -1, cells).astype(np.intp)
        count = np.where(start == stop, 0, np.maximum(last - first + 1, 0))
        edge = np.repeat(edges, count)
        line = first[edge] + np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
        t = (line - start[edge]) / (stop - start)[edge]
        within = (t > 0.0) & (t < 1.0)
        numbers.append(edge[within])
        parameters.append(t[within])
    edge, t = np.concatenate(numbers), np.concatenate(parameters)
    order = np.lexsort((t, edge))
    return edge[order], t[order]
