"""The live dose map as numbers: which level each pixel has, where outline and points lie. No screen in here.

A pixel is half a character cell, so nearly square; its level is the *cell-averaged* areal dose, exact in mass at any
size (``mesogun.dose``). Positions are as planned (or as an operator corrected them), not measured. Not responsible for
colours (``scale``) or for painting (``mapview``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mesogun.plan.model import Plan, Ring
from tui.scale import LEVELS

if TYPE_CHECKING:
    from mesogun.dose import LiveField
    from mesogun.record.events import ShotRecorded

MARGIN_MM = 3.0
Spans = dict[int, tuple[int, int]]
"""Lines that changed: line to first and last column."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How mm become pixels: square pixels of ``h_mm``, ``ny`` = 2 x rows, y up (pixel row 0 is the lowest)."""

    x0_mm: float
    y0_mm: float
    h_mm: float
    nx: int
    ny: int

    def pixel(self, x_mm: float, y_mm: float) -> tuple[int, int]:
        """(column, row from below) of a place; may lie outside."""
        return math.floor((x_mm - self.x0_mm) / self.h_mm), math.floor((y_mm - self.y0_mm) / self.h_mm)

    def cell(self, x_mm: float, y_mm: float) -> tuple[int, int]:
        """(column, line from above) of the character cell of a place; may lie outside."""
        column, row = self.pixel(x_mm, y_mm)
        return column, (self.ny - 1 - row) // 2

    def shows(self, cell: tuple[int, int]) -> bool:
        """Whether a character cell lies on the screen."""
        return 0 <= cell[0] < self.nx and 0 <= cell[1] < self.ny // 2

    def place_mm(self, column: int, line: int) -> tuple[float, float]:
        """The middle of a character cell, mm."""
        return self.x0_mm + (column + 0.5) * self.h_mm, self.y0_mm + (self.ny - 2 * line - 1) * self.h_mm


def fit(plan: Plan, columns: int, lines: int, *, zoom: int = 1, centre_mm: tuple[float, float] | None = None) -> Fit:
    """The plan's area, as large as ``columns`` x ``lines`` cells allow, in the middle of them.

    With ``zoom``, so many times larger, around ``centre_mm``.
    """
    rings = [ring for ring in plan.outline if ring]
    xs = [x / 1000 for ring in rings for x, _ in ring] or [p.x_um / 1000 for p in plan.points]
    ys = [y / 1000 for ring in rings for _, y in ring] or [p.y_um / 1000 for p in plan.points]
    x_min, x_max, y_min, y_max = min(xs), max(xs), min(ys), max(ys)
    nx, ny = max(1, columns), max(2, 2 * lines)
    h_mm = max((x_max - x_min + 2 * MARGIN_MM) / nx, (y_max - y_min + 2 * MARGIN_MM) / ny)
    h_mm /= zoom
    x_mm, y_mm = ((x_min + x_max) / 2, (y_min + y_max) / 2) if centre_mm is None or zoom == 1 else centre_mm
    x0_mm = x_mm - nx * h_mm / 2
    y0_mm = y_mm - ny * h_mm / 2
    return Fit(x0_mm, y0_mm, h_mm, nx, ny)


def inside(rings: Iterable[Ring], to: Fit) -> NDArray[np.bool_]:
    """Pixels whose middle lies inside an odd number of rings, ``(ny, nx)``."""
    x = to.x0_mm + (np.arange(to.nx) + 0.5) * to.h_mm
    y = to.y0_mm + (np.arange(to.ny) + 0.5) * to.h_mm
    odd = np.zeros((to.ny, to.nx), dtype=np.bool_)
    for ring in rings:
        points = [(px / 1000, py / 1000) for px, py in ring]
        for (x1, y1), (x2, y2) in zip(points, points[1:] + points[:1], strict=True):
            rows = (y1 > y) != (y2 > y)
            if not rows.any():
                continue
            crossing = x1 + (y[rows] - y1) * (x2 - x1) / (y2 - y1)
            odd[rows] ^= x[None, :] < crossing[:, None]
    return odd


def outline(rings: Iterable[Ring], to: Fit) -> NDArray[np.bool_]:
    """Pixels that the rings pass through, ``(ny, nx)``."""
    drawn = np.zeros((to.ny, to.nx), dtype=np.bool_)
    for ring in rings:
        points = [(px / 1000, py / 1000) for px, py in ring]
        for (x1, y1), (x2, y2) in zip(points, points[1:] + points[:1], strict=True):
            steps = max(1, math.ceil(2 * math.hypot(x2 - x1, y2 - y1) / to.h_mm))
            share = np.linspace(0.0, 1.0, steps + 1)
            columns = np.floor((x1 + share * (x2 - x1) - to.x0_mm) / to.h_mm).astype(int)
            rows = np.floor((y1 + share * (y2 - y1) - to.y0_mm) / to.h_mm).astype(int)
            ok = (columns >= 0) & (columns < to.nx) & (rows >= 0) & (rows < to.ny)
            drawn[rows[ok], columns[ok]] = True
    return drawn


class DoseMap:
    """The field of one plan at one size; shots are added as their records come.

    Building it loads the dose core (scipy), so it is built off the painting thread.

    Attributes
    ----------
    top : float
        Areal dose of the highest level, uL/cm2: what the plan itself would leave at most, rounded up to two digits.
    levels : ndarray (ny, nx) of uint8
        0 for none, 1 to 31 in equal steps up to ``top``.
    planned_levels : ndarray (ny, nx) of uint8
        The same for the whole plan.
    """

    def __init__(self, plan: Plan, to: Fit) -> None:
        from mesogun.dose import Grid, LiveField

        self.fit = to
        self._plan = plan
        depth_mm = plan.points[0].depth_um / 1000 if plan.points else 1.0
        grid = Grid(to.x0_mm, to.y0_mm, to.h_mm, to.nx, to.ny)
        whole = LiveField(grid, depth_mm, coarse_ok=True)
        for point in plan.points:
            whole.add(point.x_um / 1000, point.y_um / 1000, point.volume_nl / 1000)
        self.top = nice_top(float(whole.field.max()) if plan.points else 1.0)
        self.planned_levels = _levels(whole.field, self.top)
        self._field: LiveField = LiveField(grid, depth_mm, coarse_ok=True)
        self.levels: NDArray[np.uint8] = np.zeros(grid.shape, dtype=np.uint8)
        self.added = 0

    def dose(self, column: int, line: int) -> float:
        """Areal dose in one character cell, uL/cm2: the mean of its two pixels."""
        row = self.fit.ny - 1 - 2 * line
        pair = self._field.field[max(0, row - 1) : row + 1, column]
        return float(pair.mean()) if pair.size else 0.0

    def take(self, shots: tuple[ShotRecorded, ...], moved: Mapping[int, tuple[int, int]]) -> Spans:
        """Add the records that are new; returns what looks different now: line to first and last column."""
        for record in shots[self.added :]:
            if record.shot_kind == "TREAT" and record.shot_index < len(self._plan.shots):
                self._add(record, moved)
        if self.added == len(shots):
            return {}
        self.added = len(shots)
        return self._relevel()

    def _add(self, record: ShotRecorded, moved: Mapping[int, tuple[int, int]]) -> None:
        shot = self._plan.shots[record.shot_index]
        x_um, y_um = moved.get(record.shot_index, (shot.x_um, shot.y_um))
        planned_nl = max(1, shot.volume_nl)
        for index in shot.points:
            point = self._plan.points[index]
            volume_ul = record.delivered_nl * point.volume_nl / planned_nl / 1000
            if volume_ul > 0:
                place = (point.x_um - shot.x_um + x_um) / 1000, (point.y_um - shot.y_um + y_um) / 1000
                self._field.add(*place, volume_ul)

    def _relevel(self) -> Spans:
        levels = _levels(self._field.field, self.top)
        differs = levels != self.levels
        self.levels = levels
        spans: Spans = {}
        for row in np.nonzero(differs.any(axis=1))[0]:
            columns = np.nonzero(differs[row])[0]
            widen(spans, int((self.fit.ny - 1 - row) // 2), int(columns[0]), int(columns[-1]))
        return spans


def _levels(field: NDArray[np.float64], top: float) -> NDArray[np.uint8]:
    scaled = np.ceil(field / top * (LEVELS - 1))
    scaled[field < top * 1e-3] = 0
    return np.minimum(scaled, LEVELS - 1).astype(np.uint8)


def widen(spans: Spans, line: int, first: int, last: int) -> None:
    """Let ``spans`` cover these columns of a line too."""
    known = spans.get(line)
    spans[line] = (first, last) if known is None else (min(known[0], first), max(known[1], last))


def nice_top(value: float) -> float:
    """``value`` rounded up to two significant digits."""
    if value <= 0:
        return 1.0
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return round(math.ceil(value / unit - 1e-9) * unit, 12)
