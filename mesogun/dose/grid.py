"""The grid of square cells that a field is averaged over.

Not responsible for which part of it is the area: see ``regions`` for area-weighted cells.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mesogun.dose.checks import Floats, number
from mesogun.errors import InputError

MAX_CELLS = 64_000_000
"""A plane of float64 above this (512 MB) is a wrong cell size, not a wish; the volume path works in chunks."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Square cells of side ``h_mm``; ``x0_mm, y0_mm`` is the outer corner of cell ``[0, 0]``, y grows with the row.

    Fields on it have shape ``(ny, nx)``.
    """

    x0_mm: float
    y0_mm: float
    h_mm: float
    nx: int
    ny: int

    def __post_init__(self) -> None:
        number(self.h_mm, "grid cell h_mm", "mm", 1e-4, 100.0)
        for name in ("x0_mm", "y0_mm"):
            number(getattr(self, name), name, "mm", -1e4, 1e4)
        if self.nx < 1 or self.ny < 1:
            raise InputError(f"grid of {self.nx} x {self.ny} cells has no cell; both counts must be at least 1")
        if self.nx * self.ny > MAX_CELLS:
            works = self.h_mm * math.sqrt(self.nx * self.ny / MAX_CELLS)
            raise InputError(
                f"grid of {self.nx} x {self.ny} cells would take {self.nx * self.ny * 8 / 1e9:.1f} GB per plane; "
                f"the limit is {MAX_CELLS:,} cells: h_mm = {works:.3g} or coarser would do"
            )

    @classmethod
    def around(cls, bounds: Sequence[float], h_mm: float, margin_mm: float = 0.0) -> Grid:
        """The grid that covers ``bounds`` (x_min, y_min, x_max, y_max) and a margin, in whole cells from 0."""
        if len(bounds) != 4 or not all(math.isfinite(value) for value in bounds):
            raise InputError(
                f"bounds = {tuple(bounds)}; they must be four finite numbers: x_min, y_min, x_max, y_max in mm"
            )
        number(h_mm, "grid cell h_mm", "mm", 1e-4, 100.0)
        number(margin_mm, "margin_mm", "mm", 0.0, 1e4)
        x_min, y_min, x_max, y_max = bounds
        if x_max < x_min or y_max < y_min:
            raise InputError(f"bounds = {tuple(bounds)} are reversed; x_min <= x_max and y_min <= y_max must hold")
        i0, j0 = math.floor((x_min - margin_mm) / h_mm), math.floor((y_min - margin_mm) / h_mm)
        i1, j1 = math.ceil((x_max + margin_mm) / h_mm), math.ceil((y_max + margin_mm) / h_mm)
        return cls(i0 * h_mm, j0 * h_mm, h_mm, max(i1 - i0, 1), max(j1 - j0, 1))

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of a field: ``(ny, nx)``."""
        return self.ny, self.nx

    @property
    def cell_mm2(self) -> float:
        """Area of one cell."""
        return self.h_mm * self.h_mm

    @property
    def x_edges_mm(self) -> Floats:
        """Cell borders along x, ``(nx + 1,)``."""
        return np.asarray(self.x0_mm + self.h_mm * np.arange(self.nx + 1), dtype=np.float64)

    @property
    def y_edges_mm(self) -> Floats:
        """Cell borders along y, ``(ny + 1,)``."""
        return np.asarray(self.y0_mm + self.h_mm * np.arange(self.ny + 1), dtype=np.float64)

    @property
    def x_mm(self) -> Floats:
        """Cell centres along x, ``(nx,)``."""
        return np.asarray(self.x0_mm + self.h_mm * (np.arange(self.nx) + 0.5), dtype=np.float64)

    @property
    def y_mm(self) -> Floats:
        """Cell centres along y, ``(ny,)``."""
        return np.asarray(self.y0_mm + self.h_mm * (np.arange(self.ny) + 0.5), dtype=np.float64)

    @property
    def extent_mm(self) -> tuple[float, float, float, float]:
        """``(x_min, x_max, y_min, y_max)``, as plotting wants it."""
        return self.x0_mm, self.x0_mm + self.nx * self.h_mm, self.y0_mm, self.y0_mm + self.ny * self.h_mm
