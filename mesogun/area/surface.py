"""Areas on curved skin, laid out flat by arc length, so that spacing is spacing on the skin.

An outline traced on a photo is a projection: towards the rim it shows less skin than there is. A cylinder (limb,
neck) unrolls exactly; a sphere (forehead, scalp) can only be laid out around a centre (azimuthal equidistant
projection), true along the meridians and stretched across them by ``t / sin t`` at the angle ``t`` from the centre.
Not responsible for measuring radii, nor for bodies that are neither.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon

from mesogun.area.model import Area, Zone, canonical, polygons_in
from mesogun.errors import InputError

WARN_ERROR = 0.05
"""Above this relative error of spacing a warning is due."""

STEEPEST = math.radians(80)
"""Skin seen at a flatter angle than 10 degrees cannot be traced on a photo: its outline there is noise."""

PIECE_MM = 1.0
"""Edges are cut into pieces of at most this length before they are bent."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cylinder:
    """A limb: radius, mm, and the direction of its axis, degrees counter-clockwise from +x."""

    radius_mm: float
    axis_deg: float = 90.0


@dataclass(frozen=True, slots=True)
class Sphere:
    """A dome: radius, mm."""

    radius_mm: float


def laid_out(area: Area, body: Cylinder | Sphere) -> Area:
    """An area traced as seen from the front, laid out flat by arc length; the middle of its bounds faces the viewer.

    Parameters
    ----------
    area : Area
        As projected, mm.
    body : Cylinder or Sphere
        What the skin is bent around.

    Returns
    -------
    Area
        In arc length, mm, with a note that says what was done and a warning where spacing is off by more than 5 %.

    Raises
    ------
    InputError
        If the radius is not positive, or the area reaches where skin is seen at less than 10 degrees.
    """
    if area.surface != "flat":
        raise InputError(f"{area.name}: is laid out already ({area.surface}); lay out the traced outline, once")
    if not 0 < body.radius_mm < math.inf:
        raise InputError(f"{area.name}: a radius of {body.radius_mm:g} mm; give one above 0")
    x0, y0, x1, y1 = area.polygon.bounds
    centre = ((x0 + x1) / 2, (y0 + y1) / 2)
    bodies = "cylinder" if isinstance(body, Cylinder) else "sphere"
    name = f"{bodies} R {body.radius_mm:g} mm"

    def bend(xy: Floats) -> Floats:
        if isinstance(body, Cylinder):
            return _unrolled(xy, centre, body, area.name)
        return _flattened(xy, centre, body, area.name)

    def bent(polygon: Polygon) -> Polygon:
        return canonical(polygons_in(shapely.transform(shapely.segmentize(polygon, PIECE_MM), bend))[0])

    zones = tuple(Zone(zone.name, bent(zone.polygon)) for zone in area.zones)
    exclusions = tuple(bent(polygon) for polygon in area.exclusions)
    made = replace(area, zones=zones, exclusions=exclusions, surface=name)
    return replace(made, notes=(*area.notes, *_said(area, made, body, centre)))


def _said(area: Area, made: Area, body: Cylinder | Sphere, centre: tuple[float, float]) -> tuple[str, ...]:
    grown = made.area_mm2 / area.area_mm2 - 1
    plain = f"laid out by arc length on a {made.surface}: {100 * grown:.1f} % more skin than the photo shows"
    if isinstance(body, Cylinder):
        return (plain,)
    reach_mm = _furthest(made, centre)
    angle = reach_mm / body.radius_mm
    error = angle / math.sin(angle) - 1
    if error <= WARN_ERROR:
        return (plain,)
    safe_mm = within_mm(body.radius_mm)
    warning = (
        f"warning: {reach_mm:.0f} mm from the centre points come {100 * error:.0f} % closer together on the skin than "
        f"planned; keep within {safe_mm:.0f} mm of the centre or split the area"
    )
    return plain, warning


def flat_warning(area: Area, radius_mm: float) -> str | None:
    """What planning flat would cost on skin of a radius: a sentence where spacing is off by more than 5 %, else None.

    A flat grid on bent skin stretches by ``1 / cos t``, with ``sin t`` the distance from the middle over the radius.
    """
    x0, y0, x1, y1 = area.polygon.bounds
    reach_mm = _furthest(area, ((x0 + x1) / 2, (y0 + y1) / 2))
    if reach_mm >= radius_mm:
        return f"{area.name} reaches {reach_mm:.0f} mm from its middle, beyond the radius of {radius_mm:g} mm"
    error = 1 / math.sqrt(1 - (reach_mm / radius_mm) ** 2) - 1
    if error <= WARN_ERROR:
        return None
    return (
        f"{area.name}: laid out flat on skin of radius {radius_mm:g} mm, spacing is off by {100 * error:.0f} % at "
        f"{reach_mm:.0f} mm from the middle; lay it out by arc length"
    )


def within_mm(radius_mm: float) -> float:
    """Arc length from the centre of a sphere up to which the layout's spacing is true to 5 %."""
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if middle / math.sin(middle) - 1 <= WARN_ERROR else (low, middle)
    return low * radius_mm


def _furthest(area: Area, centre: tuple[float, float]) -> float:
    return max(math.dist(centre, p) for polygon in polygons_in(area.polygon) for p in polygon.exterior.coords)


def _unrolled(xy: Floats, centre: tuple[float, float], body: Cylinder, name: str) -> Floats:
    cos, sin = math.cos(math.radians(body.axis_deg)), math.sin(math.radians(body.axis_deg))
    x, y = xy[:, 0] - centre[0], xy[:, 1] - centre[1]
    along, across = cos * x + sin * y, cos * y - sin * x
    _check(np.abs(across).max(), body.radius_mm, name)
    arc = body.radius_mm * np.arcsin(across / body.radius_mm)
    return np.column_stack((cos * along - sin * arc + centre[0], sin * along + cos * arc + centre[1]))


def _flattened(xy: Floats, centre: tuple[float, float], body: Sphere, name: str) -> Floats:
    away = xy - np.array(centre)
    seen = np.hypot(away[:, 0], away[:, 1])
    _check(seen.max(), body.radius_mm, name)
    arc = body.radius_mm * np.arcsin(seen / body.radius_mm)
    stretch = np.divide(arc, seen, out=np.ones_like(seen), where=seen > 0)
    return np.column_stack((away[:, 0] * stretch + centre[0], away[:, 1] * stretch + centre[1]))


def _check(reach_mm: float, radius_mm: float, name: str) -> None:
    most_mm = radius_mm * math.sin(STEEPEST)
    if reach_mm > most_mm:
        raise InputError(
            f"{name}: reaches {reach_mm:.1f} mm from its middle, and on a radius of {radius_mm:g} mm only "
            f"{most_mm:.1f} mm can be seen well enough to trace; take several photos, or check the radius"
        )
