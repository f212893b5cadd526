"""Loops of vertices, good or bad, become an :class:`Area`, or a refusal in one line.

A repair says what it did; one that would change the area by more than 1 % is refused. Not responsible for files.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from mesogun.area.model import Area, Zone, on_grid, polygons_in
from mesogun.errors import InputError

MAX_VERTICES = 100_000
"""More than any traced outline has; beyond it a file is a mistake (a scan, a mesh), and planning would crawl."""

MAX_CHANGE = 0.01
"""Largest relative change of area that a repair may make."""

MAX_EXTENT_MM = 3_000.0
"""Nobody is larger (the tallest person on record measured 2 720 mm); catches micrometres and pixels taken for mm."""


@dataclass(frozen=True, slots=True)
class Loop:
    """A closed line as read from a file, in mm, y up; ``label`` names it in messages.

    ``zone`` is the name of the zone that it outlines; None for an exclusion zone. Loops of one zone nest by
    even-odd: a loop inside another is a hole.
    """

    points_mm: tuple[tuple[float, float], ...]
    zone: str | None
    label: str


def from_loops(loops: Sequence[Loop], name: str, notes: Sequence[str] = ()) -> Area:
    """An area from loops: checked, repaired where harmless, holes turned into exclusion zones.

    Raises
    ------
    InputError
        In one line that names the loop and says what would work.
    """
    if not loops:
        raise InputError(f"{name}: no closed outline found; draw at least one closed line around what is to be treated")
    said = list(notes)
    zones: list[Zone] = []
    exclusions: list[Polygon] = []
    names = list(dict.fromkeys(loop.zone for loop in loops if loop.zone is not None))
    for zone_name in names:
        members = [loop for loop in loops if loop.zone == zone_name]
        polygons = [_polygon(loop, name, said) for loop in members]
        outer, holes = _nest(polygons, members, name)
        exclusions.extend(holes)
        for index, polygon in enumerate(outer, start=1):
            zones.append(Zone(zone_name if len(outer) == 1 else f"{zone_name} {index}", polygon))
    for loop in loops:
        if loop.zone is None:
            exclusions.append(_polygon(loop, name, said))
    if zones:
        covered = shapely.union_all([zone.polygon for zone in zones])
        for polygon in exclusions:
            if not polygon.intersects(covered):
                x_mm, y_mm = polygon.representative_point().coords[0][:2]
                raise InputError(
                    f"{name}: an exclusion zone near ({x_mm:.1f}, {y_mm:.1f}) mm lies outside every zone; "
                    "move it to where it belongs or delete it"
                )
    return Area(name, tuple(zones), tuple(exclusions), tuple(said))


def from_polygon(polygon: BaseGeometry, exclusions: Sequence[Polygon] = (), name: str = "area") -> Area:
    """An area from shapely polygons in mm, y up; parts of a multi-polygon become zones, holes exclusion zones."""
    loops: list[Loop] = []
    parts = polygons_in(polygon)
    for index, part in enumerate(parts, start=1):
        zone = name if len(parts) == 1 else f"{name} {index}"
        for ring in (part.exterior, *part.interiors):
            loops.append(Loop(tuple((p[0], p[1]) for p in ring.coords), zone, zone))
    for index, part in enumerate(exclusions, start=1):
        points = tuple((p[0], p[1]) for p in part.exterior.coords)
        loops.append(Loop(points, None, f"exclusion {index}"))
    return from_loops(loops, name)


def _polygon(loop: Loop, name: str, said: list[str]) -> Polygon:
    where = f"{name}, {loop.label}"
    points = [p for i, p in enumerate(loop.points_mm) if i == 0 or p != loop.points_mm[i - 1]]
    if len(points) > 1 and points[0] == points[-1]:
        points.pop()
    if len(points) > MAX_VERTICES:
        raise InputError(f"{where}: {len(points)} vertices, more than {MAX_VERTICES}; simplify the outline")
    if any(not (math.isfinite(x) and math.isfinite(y)) for x, y in points):
        raise InputError(f"{where}: a coordinate is not a finite number")
    if len(set(points)) < 3:
        raise InputError(f"{where}: {len(set(points))} different points, and an outline needs at least 3")
    extent_mm = max(max(axis) - min(axis) for axis in zip(*points, strict=True))
    if extent_mm > MAX_EXTENT_MM:
        raise InputError(f"{where}: {extent_mm:.0f} mm across, larger than a person; check the units of the file")
    raw = Polygon(points)
    before_mm2 = abs(_shoelace(points))
    if raw.convex_hull.area <= 1e-6 * extent_mm**2 or (raw.is_valid and before_mm2 <= 1e-6 * extent_mm**2):
        raise InputError(f"{where}: encloses no area; draw around the skin to be treated, not along a line")
    if raw.is_valid:
        polygons = polygons_in(on_grid(raw))
        return polygons[0]
    why = shapely.is_valid_reason(raw).split("[", maxsplit=1)[0].strip().lower()
    pieces = polygons_in(on_grid(shapely.make_valid(raw)))
    kept = max(pieces, key=lambda p: p.area, default=None)
    after_mm2 = 0.0 if kept is None else kept.area
    if kept is None or abs(after_mm2 - before_mm2) > MAX_CHANGE * max(after_mm2, before_mm2):
        x_mm, y_mm = _crossing(raw)
        raise InputError(
            f"{where}: the outline crosses or touches itself near ({x_mm:.1f}, {y_mm:.1f}) mm ({why}), and mending it "
            f"would change its area by more than 1 %; redraw it there"
        )
    said.append(
        f"{loop.label}: {why} mended; area {before_mm2:.2f} mm² before, {after_mm2:.2f} mm² after"
        + (f", {len(pieces) - 1} sliver(s) dropped" if len(pieces) > 1 else "")
    )
    return kept


def _nest(polygons: list[Polygon], loops: Sequence[Loop], name: str) -> tuple[list[Polygon], list[Polygon]]:
    """Outer polygons and holes by even-odd nesting; loops that cross each other are refused."""
    outer: list[Polygon] = []
    holes: list[Polygon] = []
    for i, polygon in enumerate(polygons):
        depth = 0
        for j, other in enumerate(polygons):
            if i == j or not polygon.intersects(other):
                continue
            shared = polygon.intersection(other).area
            if shared <= 1e-6 * min(polygon.area, other.area):
                continue
            if shared < min(polygon.area, other.area) * (1 - 1e-6):
                raise InputError(
                    f"{name}, {loops[i].label}: two outlines of one zone cross each other; "
                    "a hole must lie inside its outline, and parts of a zone must not overlap"
                )
            if other.area > polygon.area or (other.area == polygon.area and j < i):
                depth += 1
        (holes if depth % 2 else outer).append(polygon)
    return outer, holes


def _crossing(raw: Polygon) -> tuple[float, float]:
    reason = shapely.is_valid_reason(raw)
    x, y = reason[reason.index("[") + 1 : reason.index("]")].split()[:2]
    return float(x), float(y)


def _shoelace(points: Sequence[tuple[float, float]]) -> float:
    x0, y0 = points[0]
    pairs = zip(points, (*points[1:], points[0]), strict=True)
    return math.fsum((a[0] - x0) * (b[1] - y0) - (b[0] - x0) * (a[1] - y0) for a, b in pairs) / 2
