"""The live dose map as numbers: which level each pixel has. No screen in here.

A pixel's level is the *cell-averaged* areal dose, exact in mass at any size (``mesogun.dose``). Positions are as
planned (or as an operator corrected them), not measured. Loads numpy, so it is loaded after the first frame. Not
responsible for how mm become pixels or for the outline (``ground``), for colours (``scale``) or for painting
(``mapview``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mesogun.plan.model import Plan
from tui.ground import Fit, Spans, widen
from tui.scale import LEVELS

if TYPE_CHECKING:
    from mesogun.dose import LiveField
    from mesogun.record.events import ShotRecorded


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


def nice_top(value: float) -> float:
    """``value`` rounded up to two significant digits."""
    if value <= 0:
        return 1.0
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return round(math.ceil(value / unit - 1e-9) * unit, 12)
