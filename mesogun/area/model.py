"""An area to treat: named zones and exclusion zones as polygons in millimetres, y up, in one canonical form.

Not responsible for reading files (``read``) or for making a bad outline good (``repair``): an ``Area`` is valid
by the time it exists.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field

import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from mesogun.errors import InputError

GRID_MM = 1e-6
"""All coordinates lie on a grid of one nanometre, so that equal areas are equal to the bit."""

IntRing = tuple[tuple[int, int], ...]


class UnitsMissing(InputError):
    """A file without units, which can be read once they are given."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A named part of an area, with its own total; the polygon is in mm, y up."""

    name: str
    polygon: Polygon


@dataclass(frozen=True, slots=True)
class Area:
    """The polygon to treat, in mm, with exclusion zones.

    Attributes
    ----------
    zones : tuple of Zone
        Never empty; zones do not overlap.
    exclusions : tuple of shapely Polygon
        Where no needle may enter. They may overlap each other and reach beyond the zones.
    surface : str
        ``flat``, or the body that it was unrolled from, such as ``cylinder R 45 mm``; see ``surface``.
    notes : tuple of str
        What reading and repair did, in sentences.
    polygon : shapely Polygon or MultiPolygon
        Zones minus exclusions, mm.

    Raises
    ------
    InputError
        If there is no zone, a name is used twice, zones overlap, or nothing is left to treat.
    """

    name: str
    zones: tuple[Zone, ...]
    exclusions: tuple[Polygon, ...] = ()
    notes: tuple[str, ...] = ()
    surface: str = "flat"
    polygon: Polygon | MultiPolygon = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.zones:
            raise InputError(f"{self.name}: no zone to treat; give at least one closed outline")
        names = [zone.name for zone in self.zones]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise InputError(f"{self.name}: two zones are called {twice!r}; name each zone once")
        for index, zone in enumerate(self.zones):
            for other in self.zones[:index]:
                shared_mm2 = zone.polygon.intersection(other.polygon).area
                if shared_mm2 > 1e-3 * min(zone.polygon.area, other.polygon.area):
                    raise InputError(
                        f"{self.name}: zones {other.name!r} and {zone.name!r} overlap by {shared_mm2:.1f} mm²; "
                        "skin in both would be dosed twice: redraw one of them"
                    )
        treated = shapely.union_all([zone.polygon for zone in self.zones])
        if self.exclusions:
            treated = treated.difference(shapely.union_all(list(self.exclusions)))
        object.__setattr__(self, "polygon", on_grid(treated))
        for zone in self.zones:
            if zone.polygon.intersection(self.polygon).area <= 0:
                raise InputError(f"{self.name}: the exclusion zones leave nothing of zone {zone.name!r} to treat")

    @property
    def area_mm2(self) -> float:
        """Area to treat: zones minus exclusions."""
        return float(self.polygon.area)

    @property
    def sha256(self) -> str:
        """Hash of the shape alone: zone names and canonical rings in nanometres, exclusion zones in any order."""
        shape = {
            "zones": [[zone.name, rings_int(zone.polygon, GRID_MM)] for zone in self.zones],
            "exclusions": sorted(rings_int(polygon, GRID_MM) for polygon in self.exclusions),
        }
        text = json.dumps(shape, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def polygons_in(geometry: BaseGeometry) -> list[Polygon]:
    """The polygons of any geometry; points and lines are left out."""
    if isinstance(geometry, Polygon):
        return [] if geometry.is_empty else [geometry]
    parts = getattr(geometry, "geoms", ())
    return [polygon for part in parts for polygon in polygons_in(part)]


def on_grid(geometry: BaseGeometry) -> Polygon | MultiPolygon:
    """The polygons of a geometry on the nanometre grid, in canonical order and orientation.

    Parts without area vanish. A ring starts at its smallest vertex, exteriors run counter-clockwise, holes
    clockwise, exactly collinear and repeated vertices are gone; so winding and vertex order change nothing.
    """
    snapped = shapely.set_precision(geometry, GRID_MM)
    parts = sorted((canonical(polygon) for polygon in polygons_in(snapped)), key=lambda p: rings_int(p, GRID_MM))
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def canonical(polygon: Polygon) -> Polygon:
    """One polygon in the canonical form of :func:`on_grid`."""
    rings = rings_int(polygon, GRID_MM)
    # division, not multiplication: the float nearest to n / 10**6, the same whichever way the number came in
    exterior, *holes = ([(x / 1_000_000, y / 1_000_000) for x, y in ring] for ring in rings)
    return Polygon(exterior, holes)


def rings_int(polygon: Polygon, unit_mm: float) -> tuple[IntRing, ...]:
    """Exterior, then holes in order, as canonical rings of integers in the given unit."""
    per_mm = round(1 / unit_mm)
    exterior = _ring(polygon.exterior.coords[:-1], per_mm, ccw=True)
    holes = sorted(_ring(hole.coords[:-1], per_mm, ccw=False) for hole in polygon.interiors)
    return (exterior, *holes)


def _ring(coords: list[tuple[float, ...]], per_mm: int, *, ccw: bool) -> IntRing:
    points = [(round(p[0] * per_mm), round(p[1] * per_mm)) for p in coords]
    points = [p for i, p in enumerate(points) if p != points[i - 1]]
    kept: list[tuple[int, int]] = []
    for i, (x, y) in enumerate(points):
        (x0, y0), (x1, y1) = points[i - 1], points[(i + 1) % len(points)]
        if (x - x0) * (y1 - y) != (y - y0) * (x1 - x):
            kept.append((x, y))
    if len(kept) < 3:
        return tuple(points)
    twice_area = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(kept, kept[1:] + kept[:1], strict=True))
    if (twice_area > 0) != ccw:
        kept.reverse()
    start = kept.index(min(kept))
    return tuple(kept[start:] + kept[:start])
