"""Splits an area into regions that are planned on their own: pieces further apart than a spacing share no lattice.

Not responsible for the lattice itself (``lattice``) nor for volumes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from mesogun.area import Area
from mesogun.area.model import on_grid
from mesogun.errors import InputError, Refused
from mesogun.plan.frame import Frame, own_frame
from mesogun.plan.lattice import EDGE_MM, Floats, Ground
from mesogun.plan.request import PlanRequest
from mesogun.units import mm


@dataclass(frozen=True, slots=True)
class Region:
    """A piece of the area in its own frame.

    Attributes
    ----------
    zones : tuple of (name, polygon)
        The zones that reach into the region, frame mm, prepared.
    forbidden : shapely geometry or None
        Exclusion zones near the region, frame mm, prepared.
    spacing_um : int or None
        The region's own spacing; None where the plan's holds.
    """

    frame: Frame
    ground: Ground
    zones: tuple[tuple[str, BaseGeometry], ...]
    forbidden: BaseGeometry | None
    spacing_um: int | None = None

    def zone_of(self, uv_mm: Floats) -> list[str]:
        """The zone of each position, (n, 2) mm; on a seam between two zones the first one in the file."""
        names = [self.zones[0][0]] * len(uv_mm)
        open_ = np.ones(len(uv_mm), dtype=bool)
        for name, polygon in self.zones:
            hit = open_ & shapely.intersects_xy(polygon, uv_mm[:, 0], uv_mm[:, 1])
            for index in np.flatnonzero(hit):
                names[index] = name
            open_ &= ~hit
        for index in np.flatnonzero(open_):
            here = shapely.Point(uv_mm[index])
            names[index] = min(self.zones, key=lambda zone: zone[1].distance(here))[0]
        return names

    def crossing(self, starts_mm: Floats, ends_mm: Floats) -> NDArray[np.bool_]:
        """Which straight moves cross an exclusion zone; both (n, 2) frame mm."""
        if self.forbidden is None or not len(starts_mm):
            return np.zeros(len(starts_mm), dtype=bool)
        lines = shapely.linestrings(np.stack((starts_mm, ends_mm), axis=1))
        return np.asarray(shapely.intersects(self.forbidden, lines))

    def leaves(self, start_mm: Floats, end_mm: Floats) -> bool:
        """Whether a straight move leaves the region."""
        return not self.ground.region.covers(shapely.LineString((start_mm, end_mm)))


def regions(area: Area, request: PlanRequest) -> tuple[Region, ...]:
    """The regions of an area, the order that of its zones.

    Raises
    ------
    Refused
        If the margins leave nothing of a zone.
    """
    own = dict(request.zone_spacings_um)
    if not own:
        return tuple(
            _region(area, members, request) for members in _groups(area, area.polygon, mm(request.spacing.high))
        )
    names = [zone.name for zone in area.zones]
    unknown = next((name for name in own if name not in names), None)
    if unknown is not None:
        raise InputError(f"no zone {unknown!r} in area {area.name}; there are {', '.join(names)}")
    if set(own) == set(names):
        raise InputError("every zone has a spacing of its own; leave one to the spacing of the plan")
    found: list[Region] = []
    rest: BaseGeometry = area.polygon
    for zone in area.zones:
        if zone.name in own:
            found += _own(area, on_grid(zone.polygon.intersection(area.polygon)), request, own[zone.name])
            rest = rest.difference(zone.polygon)
    return (*_own(area, on_grid(rest), request, None), *found)


def _own(area: Area, part: Polygon | MultiPolygon, request: PlanRequest, spacing_um: int | None) -> list[Region]:
    """The regions of one part of an area, kept a quarter of its spacing away from the parts beside it."""
    reach_um = request.spacing.start if spacing_um is None else spacing_um
    beside = area.polygon.difference(part.buffer(EDGE_MM))
    seam = beside.buffer(mm(reach_um) / 4) if not beside.is_empty else None
    groups = _groups(area, part, mm(request.spacing.high))
    return [replace(_region(area, members, request, seam), spacing_um=spacing_um) for members in groups]


def _groups(area: Area, polygon: Polygon | MultiPolygon, gap_mm: float) -> list[list[Polygon]]:
    """Pieces of the area, grouped so that groups are at least ``gap_mm`` apart; ordered by zone, then size."""
    pieces = list(polygon.geoms) if isinstance(polygon, MultiPolygon) else [polygon]
    groups: list[list[Polygon]] = []
    for piece in pieces:
        touching = [group for group in groups if any(piece.distance(other) < gap_mm for other in group)]
        groups = [group for group in groups if not any(group is other for other in touching)]
        groups.append([piece, *(other for group in touching for other in group)])

    def rank(group: list[Polygon]) -> tuple[int, float]:
        first = next(
            index
            for index, zone in enumerate(area.zones)
            if any(zone.polygon.intersection(piece).area > 0 for piece in group)
        )
        return first, -sum(piece.area for piece in group)

    return sorted(groups, key=rank)


def _region(area: Area, pieces: Sequence[Polygon], request: PlanRequest, seam: BaseGeometry | None = None) -> Region:
    whole = pieces[0] if len(pieces) == 1 else MultiPolygon(list(pieces))
    frame = own_frame(whole)
    near = [p for p in area.exclusions if p.distance(whole) < mm(request.spacing.high)]
    keep_out = [p.buffer(mm(request.exclusion_margin_um) + EDGE_MM) for p in near]
    safe: BaseGeometry = whole.buffer(-mm(request.margin_um) - EDGE_MM, join_style="mitre")
    if keep_out:
        safe = safe.difference(shapely.union_all(keep_out))
    if seam is not None:
        safe = safe.difference(seam)
    if safe.is_empty:
        raise Refused(
            f"{area.name}: margins of {mm(request.margin_um):g} mm to the outline and "
            f"{mm(request.exclusion_margin_um):g} mm to exclusion zones leave nothing to treat; make them smaller"
        )
    zones = []
    for zone in area.zones:
        if zone.polygon.intersection(whole).area > 0:
            inside = frame.polygon_in(zone.polygon)
            shapely.prepare(inside)
            zones.append((zone.name, inside))
    forbidden = None
    if near:
        forbidden = shapely.union_all([frame.polygon_in(p) for p in near])
        shapely.prepare(forbidden)
    return Region(frame, Ground(frame.polygon_in(whole), frame.polygon_in(on_grid(safe))), tuple(zones), forbidden)
