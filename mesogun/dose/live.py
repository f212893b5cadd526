"""A field that takes one more depot, or loses or moves one, for the cost of that depot's own window.

Every cell carries its rounding remainder (Dekker's two-sum), so adding and removing for ever does not drift. Not
responsible for painting: ``field`` is a read-only view that a screen may read at any time between two updates.
"""

from __future__ import annotations

import numpy as np

from mesogun.dose.checks import Floats
from mesogun.dose.engines import Sources, overlap, window
from mesogun.dose.field import MM2_PER_CM2, refuse_coarse, sources
from mesogun.dose.grid import Grid


class LiveField:
    """Areal dose in uL/cm2 on ``grid``, one depot at a time.

    Parameters are those of ``areal_dose``; a depot that was added with certain arguments is removed with the same ones.
    """

    def __init__(
        self,
        grid: Grid,
        depth_mm: float = 1.0,
        *,
        layer: str = "dermis",
        diffused_mm2: float = 0.0,
        form: str = "auto",
        coarse_ok: bool = False,
    ) -> None:
        self._grid = grid
        self._depth_mm = depth_mm
        self._layer = layer
        self._diffused_mm2 = diffused_mm2
        self._form = form
        self._coarse_ok = coarse_ok
        self._high = np.zeros(grid.shape)
        self._low = np.zeros(grid.shape)
        self._view = self._high.view()
        self._view.flags.writeable = False
        self._shapes: dict[float, Sources | None] = {}
        self._total_ul = 0.0

    @property
    def grid(self) -> Grid:
        """The grid that the field lies on."""
        return self._grid

    @property
    def field(self) -> Floats:
        """Areal dose now, ``(ny, nx)`` in uL/cm2; a read-only view, not a copy."""
        return self._view

    def add(self, x_mm: float, y_mm: float, volume_ul: float) -> None:
        """Add one depot; ``InputError`` for bad numbers or cells too coarse for it, with the field unchanged."""
        self._apply(x_mm, y_mm, volume_ul, 1.0)

    def remove(self, x_mm: float, y_mm: float, volume_ul: float) -> None:
        """Take one depot away that was added with the same arguments."""
        self._apply(x_mm, y_mm, volume_ul, -1.0)

    def move(self, from_mm: tuple[float, float], to_mm: tuple[float, float], volume_ul: float) -> None:
        """Move one depot; both places are checked before anything changes."""
        self._shape(*to_mm, volume_ul)
        self._apply(*from_mm, volume_ul, -1.0)
        self._apply(*to_mm, volume_ul, 1.0)

    def _apply(self, x_mm: float, y_mm: float, volume_ul: float, sign: float) -> None:
        shape = self._shape(x_mm, y_mm, volume_ul)
        if shape is None:
            return
        kernel, (j, i) = window(self._grid, x_mm, y_mm, float(shape.a_mm[0]), shape.tau_mm, shape.form)
        met = overlap(self._grid.shape, kernel, j, i)
        if met is None:
            return
        where, part = met
        high, low = self._high[where], self._low[where]
        step = part * (sign * volume_ul * MM2_PER_CM2 / self._grid.cell_mm2) + low
        total = high + step
        # Knuth's two-sum: what rounding took from high + step.
        back = total - high
        low[...] = (high - (total - back)) + (step - back)
        high[...] = total

    def _shape(self, x_mm: float, y_mm: float, volume_ul: float) -> Sources | None:
        """Checked shape of a depot of this volume (sizes are cached), or ``None`` for an empty one."""
        groups = self._shapes.get(volume_ul)
        if groups is not None and np.isfinite(x_mm) and np.isfinite(y_mm) and max(abs(x_mm), abs(y_mm)) < 1e3:
            return groups
        made = sources(
            [(x_mm, y_mm)],
            volume_ul,
            self._depth_mm,
            layer=self._layer,
            diffused_mm2=self._diffused_mm2,
            form=self._form,
        )
        if not self._coarse_ok:
            refuse_coarse(made, self._grid)
        self._shapes[volume_ul] = made[0] if made else None
        return self._shapes[volume_ul]
