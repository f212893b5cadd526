"""Outlines from DXF (ASCII): closed LWPOLYLINE and POLYLINE with bulges, CIRCLE; one layer is one zone.

A layer whose name starts with ``exclu`` holds exclusion zones. Header variable ``$INSUNITS`` says the units. Blocks,
splines and everything else are not read: explode the drawing first. Not responsible for mending (``repair``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from mesogun.area.model import UnitsMissing
from mesogun.area.repair import Loop
from mesogun.errors import InputError

UNITS_MM = {1: 25.4, 4: 1.0, 5: 10.0, 6: 1000.0}
"""$INSUNITS codes (DXF reference, header section): inches, millimetres, centimetres, metres."""

TOLERANCE_MM = 0.002


@dataclass(slots=True)
class _Entity:
    kind: str
    layer: str = "0"
    flags: int = 0
    vertices: list[list[float]] = field(default_factory=list)  # x, y, bulge
    radius: float = 0.0


def loops(text: str, name: str, unit_mm: float | None) -> tuple[list[Loop], list[str]]:
    """The loops of a DXF text, in mm, y up; ``unit_mm`` for a file without units."""
    pairs = list(_pairs(text, name))
    units = next((int(pairs[k + 1][1]) for k, pair in enumerate(pairs[:-1]) if pair == (9, "$INSUNITS")), 0)
    if units in UNITS_MM:
        if unit_mm is not None and unit_mm != UNITS_MM[units]:
            raise InputError(f"{name}: states its own units ($INSUNITS {units}); do not give others")
        scale = UNITS_MM[units]
    elif unit_mm is None:
        raise UnitsMissing(f"{name}: has no units ($INSUNITS is {units}); set them in the drawing, or give the units")
    else:
        scale = unit_mm
    found: list[Loop] = []
    for entity in _entities(pairs, name):
        label = f"{entity.kind} on layer {entity.layer}"
        if entity.kind != "CIRCLE" and not entity.flags & 1:
            first, last = entity.vertices[0], entity.vertices[-1]
            if math.dist(first[:2], last[:2]) * scale > 0.01:
                raise InputError(f"{name}, {label}: not closed; set its closed flag, or delete it")
        zone = None if entity.layer.lower().startswith("exclu") else entity.layer
        found.append(Loop(tuple(_flat(entity, scale)), zone, label))
    return found, []


def _pairs(text: str, name: str) -> Iterator[tuple[int, str]]:
    lines = text.splitlines()
    if text.startswith("AutoCAD Binary DXF"):
        raise InputError(f"{name}: is binary DXF; save it as ASCII DXF")
    for k in range(0, len(lines) - 1, 2):
        try:
            yield int(lines[k]), lines[k + 1].strip()
        except ValueError:
            raise InputError(f"{name}, line {k + 1}: {lines[k].strip()!r} is no group code; not a DXF file") from None


def _entities(pairs: list[tuple[int, str]], name: str) -> Iterator[_Entity]:
    section = ""
    entity: _Entity | None = None
    part = ""
    for k, (code, value) in enumerate(pairs):
        if code == 2 and k and pairs[k - 1] == (0, "SECTION"):
            section = value
        if section != "ENTITIES":
            continue
        if code == 0:
            part = value
            if value == "VERTEX" and entity is not None:
                entity.vertices.append([0.0, 0.0, 0.0])
                continue
            if entity is not None and value != "SEQEND":
                yield _checked(entity, name)
                entity = None
            if value in {"LWPOLYLINE", "POLYLINE", "CIRCLE"}:
                entity = _Entity(value)
            elif value in {"SPLINE", "INSERT", "ELLIPSE", "ARC", "HATCH"}:
                raise InputError(f"{name}: {value} is not read; explode or convert it to polylines first")
        elif entity is not None:
            _take(entity, part, code, _value(code, value, name))
    if entity is not None:
        yield _checked(entity, name)


def _value(code: int, value: str, name: str) -> str | float:
    if code == 8:
        return value
    if 10 <= code <= 59 or code == 70:
        try:
            return float(value)
        except ValueError:
            raise InputError(f"{name}: {value!r} (group code {code}) is not a number") from None
    return 0.0


def _take(entity: _Entity, part: str, code: int, value: str | float) -> None:
    if isinstance(value, str):
        entity.layer = value if part != "VERTEX" else entity.layer
    elif code == 70 and part != "VERTEX":
        entity.flags = int(value)
    elif part == "POLYLINE":
        return  # its own 10, 20 are an elevation, not a vertex
    elif code == 10:
        if part != "VERTEX":
            entity.vertices.append([value, 0.0, 0.0])
        else:
            entity.vertices[-1][0] = value
    elif code == 20 and entity.vertices:
        entity.vertices[-1][1] = value
    elif code == 42 and entity.vertices:
        entity.vertices[-1][2] = value
    elif code == 40 and part == "CIRCLE":
        entity.radius = value


def _checked(entity: _Entity, name: str) -> _Entity:
    if not entity.vertices or (entity.kind == "CIRCLE" and entity.radius <= 0):
        raise InputError(f"{name}: a {entity.kind} on layer {entity.layer} has no size; delete it")
    return entity


def _flat(entity: _Entity, scale: float) -> Iterator[tuple[float, float]]:
    if entity.kind == "CIRCLE":
        x, y, _ = entity.vertices[0]
        count = _steps(entity.radius * scale, math.tau)
        for k in range(count):
            turn = math.tau * k / count
            yield (x + entity.radius * math.cos(turn)) * scale, (y + entity.radius * math.sin(turn)) * scale
        return
    for (x, y, bulge), (x1, y1, _) in zip(entity.vertices, [*entity.vertices[1:], entity.vertices[0]], strict=True):
        yield x * scale, y * scale
        chord = math.dist((x, y), (x1, y1))
        if bulge == 0.0 or chord == 0.0:
            continue
        # bulge is tan of a quarter of the arc's angle, positive counter-clockwise (DXF reference, LWPOLYLINE)
        angle = 4 * math.atan(bulge)
        radius = chord / (2 * math.sin(angle / 2))
        high = radius * math.cos(angle / 2)
        cx, cy = (x + x1) / 2 - high * (y1 - y) / chord, (y + y1) / 2 + high * (x1 - x) / chord
        count = _steps(abs(radius) * scale, abs(angle))
        begin = math.atan2(y - cy, x - cx)
        for k in range(1, count):
            turn = begin + angle * k / count
            yield (cx + abs(radius) * math.cos(turn)) * scale, (cy + abs(radius) * math.sin(turn)) * scale


def _steps(radius_mm: float, angle: float) -> int:
    step = 2 * math.acos(max(-1.0, 1 - TOLERANCE_MM / max(radius_mm, TOLERANCE_MM)))
    return max(3, math.ceil(angle / step))
