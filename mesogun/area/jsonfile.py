"""Outlines from JSON: GeoJSON with declared units, or an outline in photo pixels with a two-point scale.

GeoJSON means longitude and latitude unless it says otherwise (RFC 7946, section 4), so a file must carry a member
``units`` beside ``type``; degrees are refused. A photo outline reads::

    {"kind": "photo-outline", "scale": {"from": [120, 640], "to": [520, 640], "mm": 50},
     "zones": [{"name": "cheek", "points": [[...], ...]}], "exclusions": [[[...], ...]]}

with pixels counted from the upper left, so y is turned. It assumes that the photo was taken square on.

Not responsible for repairing or judging an outline (``repair``).
"""

from __future__ import annotations

import json
import math
from typing import NoReturn, TypeGuard

from mesogun.area.model import UnitsMissing
from mesogun.area.repair import Loop
from mesogun.errors import InputError

_UNITS_MM = {"mm": 1.0, "cm": 10.0, "m": 1000.0, "in": 25.4}


def loops(text: str, name: str, unit_mm: float | None) -> tuple[list[Loop], list[str]]:
    """The loops of a GeoJSON or photo outline text, in mm, y up."""
    try:
        data = json.loads(text, parse_constant=lambda constant: _fail(name, f"{constant} is no number"))
    except json.JSONDecodeError as error:
        raise InputError(f"{name}, line {error.lineno}: not JSON: {error.msg}") from error
    except RecursionError:
        raise InputError(f"{name}: nested too deeply for an outline") from None
    if not isinstance(data, dict):
        _fail(name, "the outermost value is no object; give GeoJSON or a photo outline")
    if data.get("kind") == "photo-outline":
        if unit_mm is not None:
            _fail(name, "a photo outline carries its own scale; do not give units")
        return _photo(data, name)
    if "type" not in data:
        _fail(name, "neither GeoJSON (no member type) nor a photo outline (no kind photo-outline)")
    scale = _scale(data, name, unit_mm)
    found: list[Loop] = []
    _geometry(data, name, scale, "area", found, path=())
    return found, []


def _scale(data: dict[str, object], name: str, unit_mm: float | None) -> float:
    units = data.get("units")
    if "crs" in data and "4326" in json.dumps(data["crs"]):
        _fail(name, "its coordinates are degrees of longitude and latitude; draw the outline in mm")
    if units is None:
        if unit_mm is None:
            raise UnitsMissing(
                f'{name}: says no units, and GeoJSON without them means degrees; add "units": "mm", or give the units'
            )
        return unit_mm
    if not isinstance(units, str) or units not in _UNITS_MM:
        _fail(name, f"units {units!r} cannot be used for skin; use one of {', '.join(_UNITS_MM)}")
    if unit_mm is not None and unit_mm != _UNITS_MM[units]:
        _fail(name, f"states its own units ({units}); do not give others")
    return _UNITS_MM[units]


def _geometry(
    data: dict[str, object], name: str, scale: float, zone: str | None, found: list[Loop], *, path: tuple[str, ...]
) -> None:
    kind = data.get("type")
    where = ".".join(path) or "the file"
    if kind == "FeatureCollection":
        for index, feature in enumerate(_list(data.get("features"), name, f"{where}: features")):
            _geometry(_object(feature, name, where), name, scale, zone, found, path=(*path, f"features[{index}]"))
    elif kind == "Feature":
        properties = data.get("properties") or {}
        about = _object(properties, name, f"{where}: properties")
        label = about.get("name", about.get("zone", zone))
        if not isinstance(label, str) or not label.strip():
            _fail(name, f"{where}: the zone's name must be a text")
        excluded = about.get("exclusion", False)
        if not isinstance(excluded, bool):
            _fail(name, f"{where}: exclusion must be true or false")
        excluded = excluded or label.lower().startswith("exclu")
        geometry = _object(data.get("geometry"), name, f"{where}: geometry")
        _geometry(geometry, name, scale, None if excluded else label.strip(), found, path=path)
    elif kind == "GeometryCollection":
        for member in _list(data.get("geometries"), name, f"{where}: geometries"):
            _geometry(_object(member, name, where), name, scale, zone, found, path=path)
    elif kind in {"Polygon", "MultiPolygon"}:
        coordinates = _list(data.get("coordinates"), name, f"{where}: coordinates")
        for polygon in coordinates if kind == "MultiPolygon" else [coordinates]:
            for number, ring in enumerate(_list(polygon, name, f"{where}: polygon")):
                points = _points(ring, name, f"{where}, ring {number + 1}", scale, scale)
                if points[:1] != points[-1:]:
                    _fail(name, f"{where}, ring {number + 1}: not closed; repeat the first position at the end")
                label = f"{zone or 'exclusion'} ring {number + 1}"
                if zone is not None or number == 0:  # a hole in an exclusion zone stays excluded: the safer reading
                    found.append(Loop(points, zone, label))
    else:
        _fail(name, f"{where}: type {kind!r} encloses nothing; use Polygon or MultiPolygon")


def _photo(data: dict[str, object], name: str) -> tuple[list[Loop], list[str]]:
    scale = _object(data.get("scale"), name, "scale")
    ends = _points([scale.get("from"), scale.get("to")], name, "scale", 1.0, 1.0)
    length_mm = scale.get("mm")
    if not _is_number(length_mm) or not 0 < length_mm < math.inf:
        _fail(name, "scale: mm must be the distance between the two points, above 0")
    length_px = math.dist(*ends)
    if length_px < 20:
        _fail(name, f"scale: the two points are {length_px:.1f} pixels apart; take points at least 20 pixels apart")
    mm = length_mm / length_px
    found: list[Loop] = []
    for index, zone in enumerate(_list(data.get("zones"), name, "zones")):
        about = _object(zone, name, f"zones[{index}]")
        label = about.get("name")
        if not isinstance(label, str) or not label.strip():
            _fail(name, f"zones[{index}]: needs a name")
        found.append(Loop(_points(about.get("points"), name, label, mm, -mm), label.strip(), label))
    for index, ring in enumerate(_list(data.get("exclusions", []), name, "exclusions")):
        found.append(Loop(_points(ring, name, f"exclusions[{index}]", mm, -mm), None, f"exclusion {index + 1}"))
    said = (
        f"photo scale {mm:.4g} mm a pixel, from two points {length_px:.0f} pixels apart; one pixel of error there "
        f"changes every length by {100 / length_px:.2g} %"
    )
    return found, [said]


def _points(value: object, name: str, where: str, x_mm: float, y_mm: float) -> tuple[tuple[float, float], ...]:
    points: list[tuple[float, float]] = []
    for index, position in enumerate(_list(value, name, where)):
        pair = [v for v in _list(position, name, f"{where}, position {index + 1}") if _is_number(v)]
        if pair != position or len(pair) not in {2, 3}:
            _fail(name, f"{where}, position {index + 1}: {position!r} is no pair of numbers")
        points.append((pair[0] * x_mm, pair[1] * y_mm))
    return tuple(points)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _list(value: object, name: str, where: str) -> list[object]:
    return value if isinstance(value, list) else _fail(name, f"{where}: expected a list")


def _object(value: object, name: str, where: str) -> dict[str, object]:
    return value if isinstance(value, dict) else _fail(name, f"{where}: expected an object")


def _fail(name: str, why: str) -> NoReturn:
    raise InputError(f"{name}: {why}")
