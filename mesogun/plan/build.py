"""Puts volumes on firings and writes the plan down. Not responsible for any choice: those are made before it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from mesogun.area import Area
from mesogun.area.model import rings_int
from mesogun.errors import InputError, Refused
from mesogun.plan.model import PathFacts, Plan, PlannedPoint, PlannedShot, PlannedZone
from mesogun.plan.reconcile import Numbers
from mesogun.plan.request import PlanRequest
from mesogun.plan.rounding import diffuse, split_evenly, whole_steps
from mesogun.plan.routes import Firing, Walk
from mesogun.plan.syringes import changes
from mesogun.units import ml_text, ul_text

TURN_COS = math.cos(math.radians(15))
GRID_MM = 1e-3

FEW_STEPS = 5
"""Below this mean number of steps a shot, rounding shows in the dose; below 2 it dominates it."""


def assemble(area: Area, numbers: Numbers, walked: Walk, request: PlanRequest) -> Plan:
    """The finished plan."""
    firings = walked.firings
    volumes_nl = _volumes(area, firings, numbers.total_nl, request)
    points: list[PlannedPoint] = []
    shots: list[PlannedShot] = []
    for index, (firing, volume_nl) in enumerate(zip(firings, volumes_nl, strict=True)):
        first = len(points)
        shares = split_evenly(volume_nl, len(firing.needles_um))
        for (x_um, y_um), share_nl in zip(firing.needles_um, shares, strict=True):
            points.append(PlannedPoint(len(points), index, firing.zone, x_um, y_um, request.depth.start, share_nl))
        shots.append(
            PlannedShot(
                index,
                firing.zone,
                *firing.centre_um,
                firing.angle_mdeg,
                firing.head,
                volume_nl,
                request.depth.start,
                tuple(range(first, len(points))),
            )
        )
    breaks = tuple(index for index, firing in enumerate(firings) if firing.row)
    lifts = tuple(index for index, firing in enumerate(firings) if firing.lift)
    changed = changes(volumes_nl, request.usable_nl, {*breaks, *lifts})
    length_um = round(math.fsum(firing.step_um for firing in firings))
    facts = PathFacts(
        length_um,
        min(walked.lower_bound_um, length_um),
        round(max(firing.step_um for firing in firings)),
        _turns(firings),
        lifts,
        breaks,
        _seconds(length_um, len(firings), len(lifts), len(changed), request),
    )
    return Plan(
        protocol_id=request.protocol_id,
        protocol_title=request.protocol_title,
        protocol_version=request.protocol_version,
        protocol_sha256=request.protocol_sha256,
        agent=request.agent,
        area_name=area.name,
        area_sha256=area.sha256,
        surface=area.surface,
        layer=request.layer,
        zones=tuple(_zones(area, points)),
        exclusions=tuple(sorted(rings_int(polygon, GRID_MM)[0] for polygon in area.exclusions)),
        lattice=request.lattice,
        spacing_um=numbers.fit.spacing_um,
        head=request.head,
        order=request.order,
        step_nl=request.step_nl,
        total_nl=sum(volumes_nl),
        points=tuple(points),
        shots=tuple(shots),
        path=facts,
        syringe_changes=changed,
        syringe_nl=request.syringe_nl,
        syringe_unusable_nl=request.unusable_nl,
        request=tuple(sorted((key, _text(value)) for key, value in asdict(request).items())),
        changes=numbers.said,
        warnings=(*_surface_warnings(area), *_warnings(volumes_nl, request)),
    )


def _volumes(area: Area, firings: Sequence[Firing], total_nl: int, request: PlanRequest) -> list[int]:
    """Volume of each firing in order, nl: error diffusion along the path, zone by zone where zones have totals."""
    wanted = dict(request.zone_totals_nl)
    unknown = sorted(set(wanted) - {zone.name for zone in area.zones})
    if unknown:
        names = ", ".join(zone.name for zone in area.zones)
        raise InputError(f"no zone {unknown[0]!r} in area {area.name}; there are {names}")
    groups: dict[str, list[int]] = {}
    for index, firing in enumerate(firings):
        groups.setdefault(firing.zone if firing.zone in wanted else "", []).append(index)
    left_nl = total_nl
    volumes_nl = [0] * len(firings)
    for zone, members in sorted(groups.items(), reverse=True):
        share_nl = wanted.get(zone, left_nl)
        units = whole_steps(share_nl, request.step_nl)
        left_nl -= units * request.step_nl
        if units < len(members):
            raise Refused(
                f"{len(members)} shots share {ml_text(max(share_nl, 0))}, less than one step of "
                f"{ul_text(request.step_nl)} each; plan fewer points, more volume, or use a gun with a finer step"
            )
        for index, steps in zip(members, diffuse([len(firings[m].needles_um) for m in members], units), strict=True):
            volumes_nl[index] = steps * request.step_nl
    return volumes_nl


def _zones(area: Area, points: Sequence[PlannedPoint]) -> Iterator[PlannedZone]:
    for zone in area.zones:
        inside = [point.volume_nl for point in points if point.zone == zone.name]
        yield PlannedZone(zone.name, rings_int(zone.polygon, GRID_MM), len(inside), sum(inside))


def _turns(firings: Sequence[Firing]) -> int:
    """Firings at which the direction changes by more than 15 degrees."""
    count = 0
    for a, b, c in zip(firings, firings[1:], firings[2:], strict=False):
        (ax, ay), (bx, by), (cx, cy) = a.centre_um, b.centre_um, c.centre_um
        ux, uy, vx, vy = bx - ax, by - ay, cx - bx, cy - by
        count += ux * vx + uy * vy < TURN_COS * math.hypot(ux, uy) * math.hypot(vx, vy)
    return count


def _seconds(length_um: int, shots: int, lifts: int, changed: int, request: PlanRequest) -> int:
    pace = request.pace
    travel_ms = length_um * 1000 // pace.travel_um_per_s
    return (shots * pace.shot_ms + travel_ms + lifts * pace.lift_ms + changed * pace.syringe_change_ms + 500) // 1000


def _surface_warnings(area: Area) -> Iterator[str]:
    """What laying out curved skin could not do right (``mesogun.area.surface``)."""
    for note in area.notes:
        if note.startswith("warning: "):
            text = note.removeprefix("warning: ")
            yield f"{text[:1].upper()}{text[1:]}."


def _warnings(volumes_nl: Sequence[int], request: PlanRequest) -> Iterator[str]:
    mean = sum(volumes_nl) / len(volumes_nl) / request.step_nl
    if mean < FEW_STEPS:
        advice = "use fewer points or a finer step" if mean < 2 else "uniformity suffers; consider fewer points"
        yield (
            f"A shot is {mean:.1f} steps of {ul_text(request.step_nl)} on average, less than {FEW_STEPS}: single shots "
            f"differ visibly from each other; {advice}."
        )


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
