"""How mm become pixels, and what lies under the dose: outside, inside. No screen and no numpy in here.

The first frame shows it, and numpy takes longer to load than this takes to compute. A pixel is half a character cell,
so nearly square. Not responsible for the dose (``dosemap``), for colours (``scale``) or for painting (``mapview``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from mesogun.plan.model import Plan, Ring
from tui.scale import LEVELS
from tui.track import Cell, outlines

MARGIN_MM = 3.0
INSIDE, OUTSIDE = 0, LEVELS
"""Paints of a pixel without dose, beside the levels 1 to ``LEVELS - 1``."""
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
        column, row = self.place_px(x_mm, y_mm)
        return math.floor(column), math.floor(row)

    def place_px(self, x_mm: float, y_mm: float) -> tuple[float, float]:
        """(column, row from below) of a place, with fractions."""
        return (x_mm - self.x0_mm) / self.h_mm, (y_mm - self.y0_mm) / self.h_mm

    def place_cell(self, x_mm: float, y_mm: float) -> tuple[float, float]:
        """(column, line from above) of a place, with fractions."""
        column, row = self.place_px(x_mm, y_mm)
        return column, (self.ny - row) / 2

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


def ground(rings: Iterable[Ring], to: Fit) -> list[list[int]]:
    """``INSIDE`` or ``OUTSIDE`` for each pixel, ``(ny, nx)``, the lowest row first.

    A pixel is inside when its middle lies inside an odd number of rings.
    """
    crossings: list[list[float]] = [[] for _ in range(to.ny)]
    for ring in rings:
        points = [to.place_px(x / 1000, y / 1000) for x, y in ring]
        for (x1, y1), (x2, y2) in zip(points, points[1:] + points[:1], strict=True):
            low, high = min(y1, y2), max(y1, y2)
            for row in range(max(0, math.ceil(low - 0.5)), min(to.ny, math.ceil(high - 0.5))):
                crossings[row].append(x1 + (row + 0.5 - y1) * (x2 - x1) / (y2 - y1))
    found: list[list[int]] = []
    for met in crossings:
        row_codes = [OUTSIDE] * to.nx
        met.sort()
        for enter, leave in zip(met[::2], met[1::2], strict=True):
            first, last = max(0, math.ceil(enter - 0.5)), min(to.nx, math.ceil(leave - 0.5))
            if first < last:
                row_codes[first:last] = [INSIDE] * (last - first)
        found.append(row_codes)
    return found


def outline(rings: Iterable[Ring], to: Fit) -> dict[Cell, str]:
    """The rings as lines: the character of each cell on the screen that one passes."""
    drawn = outlines([[to.place_cell(x / 1000, y / 1000) for x, y in ring] for ring in rings])
    return {cell: glyph for cell, glyph in drawn.items() if to.shows(cell)}


def widen(spans: Spans, line: int, first: int, last: int) -> None:
    """Let ``spans`` cover these columns of a line too."""
    known = spans.get(line)
    spans[line] = (first, last) if known is None else (min(known[0], first), max(known[1], last))
