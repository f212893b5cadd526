"""The part of a sheet where the drawing goes: clips outlines, hatches, marks its corners. Not responsible for text."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mesogun.plan.sheet import Line, Text

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

Points = tuple[tuple[float, float], ...]

MARK_MM = 6.0
GAP_MM = 2.0


@dataclass(frozen=True, slots=True)
class Pane:
    """A rectangle of a sheet, mm."""

    x0: float
    y0: float
    x1: float
    y1: float

    def holds(self, x: float, y: float) -> bool:
        """Whether a place lies in the pane, its left and lower edge included."""
        return self.x0 <= x < self.x1 and self.y0 <= y < self.y1

    def clip(self, ring: Points) -> list[Points]:
        """The pieces of a closed ring that lie in the pane."""
        import shapely

        return _pieces(shapely.LinearRing(ring).intersection(self._box()))

    def hatch(self, ring: Points, step_mm: float) -> list[Points]:
        """Diagonal strokes that fill a closed ring inside the pane."""
        import shapely

        shape = shapely.Polygon(ring).intersection(self._box())
        if shape.is_empty:
            return []
        x0, y0, x1, y1 = shape.bounds
        first, last = math.ceil((x0 + y0) / step_mm), math.floor((x1 + y1) / step_mm)
        strokes = [
            shapely.LineString(((x0, n * step_mm - x0), (x1, n * step_mm - x1))).intersection(shape)
            for n in range(first, last + 1)
        ]
        return [piece for stroke in strokes for piece in _pieces(stroke)]

    def crop_marks(self) -> list[Line | Text]:
        """Two short lines outside each corner: cutting along them leaves the pane."""
        marks: list[Line | Text] = []
        for x, outward in ((self.x0, -1), (self.x1, 1)):
            for y, upward in ((self.y0, -1), (self.y1, 1)):
                near, far = GAP_MM, GAP_MM + MARK_MM
                marks.append(Line(((x + outward * near, y), (x + outward * far, y)), 0.15))
                marks.append(Line(((x, y + upward * near), (x, y + upward * far)), 0.15))
        return marks

    def _box(self) -> BaseGeometry:
        import shapely

        return shapely.box(self.x0, self.y0, self.x1, self.y1)


def _pieces(geometry: BaseGeometry) -> list[Points]:
    import shapely

    if geometry.is_empty:
        return []
    merged = shapely.line_merge(geometry) if geometry.geom_type == "MultiLineString" else geometry
    parts = getattr(merged, "geoms", [merged])
    return [tuple((x, y) for x, y in part.coords) for part in parts if part.geom_type in {"LineString", "LinearRing"}]
