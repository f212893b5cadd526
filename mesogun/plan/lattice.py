"""Lattices clipped to an area: hexagonal and square, shift and angle chosen for coverage or for a number of points.

Works in the area's own frame (``frame``), in mm. Not responsible for which spacing is right (``reconcile``).

Coverage is the share of the area within the lattice's covering radius of a point: ``s/sqrt(3)`` hexagonal,
``s/sqrt(2)`` square (Conway and Sloane, Sphere Packings, Lattices and Groups, 3rd ed., 1999, chapter 2). Inside the
area it is 1; only a band along the edge can be left out, so only that band is sampled.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon

from mesogun.plan.request import Lattice

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Region = Polygon | MultiPolygon

CELL = {"hex": math.sqrt(3) / 2, "square": 1.0}
"""Area of the lattice's cell over s squared."""

REACH = {"hex": 1 / math.sqrt(3), "square": 1 / math.sqrt(2)}
"""Covering radius over s."""

SYMMETRY_MDEG = {"hex": 60_000, "square": 90_000}

EDGE_MM = 0.005
"""A needle keeps at least this distance from every edge, so that rounding to micrometres never puts it outside."""

BAND_STEP = 6
"""Samples per spacing in the band along the edge."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a lattice lies: spacing, direction of its rows, position of its origin, in frame coordinates."""

    kind: Lattice
    spacing_mm: float
    angle_mdeg: int
    shift: tuple[float, float]

    @property
    def basis_mm(self) -> Floats:
        """(2, 2): rows are the two lattice vectors."""
        angle = math.radians(self.angle_mdeg / 1000)
        step = math.radians(60 if self.kind == "hex" else 90)
        s = self.spacing_mm
        return np.array(
            [
                (s * math.cos(angle), s * math.sin(angle)),
                (s * math.cos(angle + step), s * math.sin(angle + step)),
            ]
        )

    def positions_mm(self, ij: Ints | Floats) -> Floats:
        """Frame coordinates of lattice points, (n, 2) mm; elementwise, so no kernel choice can change a bit."""
        a, b = self.basis_mm
        i, j = ij[:, 0] + self.shift[0], ij[:, 1] + self.shift[1]
        return np.column_stack((i * a[0] + j * b[0], i * a[1] + j * b[1]))

    def indices(self, uv_mm: Floats) -> Floats:
        """Fractional lattice coordinates of frame positions, (n, 2)."""
        (a0, a1), (b0, b1) = self.basis_mm
        det = a0 * b1 - a1 * b0
        u, v = uv_mm[:, 0], uv_mm[:, 1]
        return np.column_stack(((u * b1 - v * b0) / det - self.shift[0], (v * a0 - u * a1) / det - self.shift[1]))


@dataclass(frozen=True, slots=True)
class Layout:
    """Lattice points inside a region: integer coordinates, sorted; and the share of the region left out of reach.

    ``moved_mm`` are the places that the points were moved to, (n, 2) frame mm; None while they are on the lattice.
    """

    setting: Setting
    ij: Ints
    uncovered: float
    moved_mm: Floats | None = None

    @property
    def uv_mm(self) -> Floats:
        """Frame coordinates, (n, 2) mm."""
        return self.setting.positions_mm(self.ij) if self.moved_mm is None else self.moved_mm


class Ground:
    """A region with its needle-safe part and its edge samples, reused for every setting that is tried."""

    def __init__(self, region: Region, safe: Region) -> None:
        self.region = region
        self.safe = safe
        shapely.prepare(self.safe)
        self._band: tuple[float, Floats] | None = None

    def layout(self, setting: Setting) -> Layout:
        """Lattice points in the safe part, and what stays out of reach."""
        flags, low = self._inside(setting)
        ij = np.argwhere(flags).astype(np.int64) + low
        return Layout(setting, ij, self._uncovered(setting, flags, low))

    def _inside(self, setting: Setting) -> tuple[NDArray[np.bool_], Ints]:
        x0, y0, x1, y1 = self.region.bounds
        corners = setting.indices(np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]))
        low = np.floor(corners.min(axis=0)).astype(np.int64) - 2
        size = np.ceil(corners.max(axis=0)).astype(np.int64) + 3 - low
        grid = np.indices((int(size[0]), int(size[1]))).reshape(2, -1).T + low
        uv = setting.positions_mm(grid)
        boxed = (uv[:, 0] >= x0) & (uv[:, 0] <= x1) & (uv[:, 1] >= y0) & (uv[:, 1] <= y1)
        inside = np.zeros(len(uv), dtype=bool)
        inside[boxed] = shapely.contains_xy(self.safe, uv[boxed, 0], uv[boxed, 1])
        return inside.reshape(int(size[0]), int(size[1])), low

    def _uncovered(self, setting: Setting, flags: NDArray[np.bool_], low: Ints) -> float:
        reach_mm = REACH[setting.kind] * setting.spacing_mm
        band = self._samples(setting.spacing_mm, reach_mm)
        if not len(band):
            return 0.0
        index = setting.indices(band)
        cell = np.floor(index).astype(np.int64)
        fraction = index - cell
        near = np.zeros(len(band), dtype=bool)
        cosine = 0.5 if setting.kind == "hex" else 0.0  # of the angle between the lattice vectors
        for di in (0, 1):
            for dj in (0, 1):
                di_to, dj_to = fraction[:, 0] - di, fraction[:, 1] - dj
                # squared distance over s^2; the slack keeps a sample exactly at the covering radius covered
                within = di_to**2 + dj_to**2 + 2 * cosine * di_to * dj_to <= REACH[setting.kind] ** 2 + 1e-9
                near |= within & flags[cell[:, 0] + di - low[0], cell[:, 1] + dj - low[1]]
        missed = int(len(band) - np.count_nonzero(near))
        return missed * (setting.spacing_mm / BAND_STEP) ** 2 / self.region.area

    def _samples(self, spacing_mm: float, reach_mm: float) -> Floats:
        if self._band is None or self._band[0] != spacing_mm:
            h = spacing_mm / BAND_STEP
            x0, y0, x1, y1 = self.region.bounds
            nx, ny = math.ceil((x1 - x0) / h), math.ceil((y1 - y0) / h)
            x = x0 + (np.arange(nx) + 0.5) * h
            y = y0 + (np.arange(ny) + 0.5) * h
            grid = np.column_stack((np.repeat(x, ny), np.tile(y, nx)))
            edge = shapely.difference(self.region, self.safe.buffer(-1.01 * reach_mm, quad_segs=4))
            shapely.prepare(edge)
            self._band = (spacing_mm, grid[shapely.contains_xy(edge, grid[:, 0], grid[:, 1])])
        return self._band[1]


def settings(kind: Lattice, spacing_mm: float, count: int, angle_mdeg: int | None = None) -> Iterator[Setting]:
    """Settings to try: angles in even steps, shifts from the plastic-number sequence (Roberts, 2018), all fixed."""
    turn = SYMMETRY_MDEG[kind]
    angles = 8 if angle_mdeg is None else 1
    for index in range(count):
        angle = turn * (index % angles) // angles if angle_mdeg is None else angle_mdeg
        shift = ((0.5 + index * _PLASTIC[0]) % 1.0, (0.5 + index * _PLASTIC[1]) % 1.0)
        yield Setting(kind, spacing_mm, angle, shift)


_PLASTIC = (1 / 1.32471795724474602596, 1 / 1.32471795724474602596**2)
