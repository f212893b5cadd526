"""From lattice points to firings in the order in which the hand visits them, region by region.

Stamps of a head come first, single needles after them, so that the head is changed once. Not responsible for volumes
nor for syringes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import shapely

from mesogun.plan.comfort import comfortable
from mesogun.plan.heads import Head, mirrored, seats
from mesogun.plan.lattice import Floats, Layout
from mesogun.plan.regions import Region
from mesogun.plan.request import PlanRequest, Span
from mesogun.plan.shortest import shortest
from mesogun.plan.sites import Node, Sites, spanning_tree
from mesogun.plan.stamping import stamps

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Firing:
    """One firing: centre and needles in plane um, and how the hand gets there.

    ``step_um`` is the exact length of the move to it, from lattice coordinates where both ends share a lattice;
    ``lift`` says that the move crosses an exclusion zone or leaves the area; ``row`` that a new row starts here.
    """

    zone: str
    head: str
    angle_mdeg: int
    centre_um: Place
    needles_um: tuple[Place, ...]
    step_um: float
    lift: bool
    row: bool


@dataclass(frozen=True, slots=True)
class _Site:
    """A firing before it has its place in the path; ``turn_mdeg`` from the lattice's first direction."""

    zone: str
    head: str
    turn_mdeg: int
    nodes: tuple[Node, ...]


_Part = tuple[Region, Layout, list[_Site]]


@dataclass(frozen=True, slots=True)
class Walk:
    """All firings in order, and a length that no order of them can undercut."""

    firings: tuple[Firing, ...]
    lower_bound_um: int


def walk(regions: Sequence[Region], layouts: Sequence[Layout], head: Head, request: PlanRequest) -> Walk:
    """Order the firings of all regions; ``request.head`` must sit on the layouts' lattice."""
    several: list[_Part] = []
    alone: list[_Part] = []
    for region, layout in zip(regions, layouts, strict=True):
        zones = region.zone_of(layout.uv_mm)
        stamped, single = _stamped(region, layout, zones, head, request)
        several.append((region, layout, stamped))
        alone.append((region, layout, single))
    parts = [part for part in (*several, *alone) if part[2]]
    firings: list[Firing] = []
    bound = 0.0
    gates = _gates(parts)
    for number, (region, layout, sites) in enumerate(parts):
        before = gates[number - 1][1] if number else request.start_um
        after = gates[number][0] if number < len(gates) else request.end_um
        made, least = _part(region, layout, sites, before, after, request)
        if firings:
            step_um = math.dist(firings[-1].centre_um, made[0].centre_um)
            made[0] = replace(made[0], step_um=step_um, lift=True)
        firings += made
        bound += least
    # between parts the hand moves at least from nearest place to nearest place
    bound += math.fsum(math.dist(*gate) for gate in gates) if request.head != "single" else _spanning_um(parts)
    return Walk(tuple(firings), math.floor(bound))


def _gates(parts: Sequence[_Part]) -> list[tuple[Place, Place]]:
    """Where to leave each part and enter the next: their two nearest places."""
    places = [_places(part) for part in parts]
    found: list[tuple[Place, Place]] = []
    for number, (here, there) in enumerate(pairwise(places)):
        # a part of several sites is not left where it was entered
        entered = found[number - 1][1] if number else None
        found.append(_closest([p for p in here if p != entered or len(here) == 1], there))
    return found


def _spanning_um(parts: Sequence[_Part]) -> float:
    """Length of the shortest moves that tie all parts together, whatever their order."""
    rest = [_places(part) for part in parts]
    tied = rest.pop(0)
    length_um = 0.0
    while rest:
        gaps = [math.dist(*_closest(tied, places)) for places in rest]
        nearest = min(range(len(rest)), key=lambda k: (gaps[k], k))
        length_um += gaps[nearest]
        tied = [*tied, *rest.pop(nearest)]
    return length_um


def _places(part: _Part) -> list[Place]:
    region, layout, sites = part
    return _um(region, _centres_mm(layout, sites))


def _sums(work: Sequence[_Site]) -> list[Node]:
    """The sum of each site's nodes: its centre times the number of its needles, exactly."""
    return [(sum(n[0] for n in s.nodes), sum(n[1] for n in s.nodes)) for s in work]


def _centres_mm(layout: Layout, work: Sequence[_Site]) -> Floats:
    """Where the sites are, (n, 2) frame mm: on the lattice, or where their points were moved to."""
    if layout.moved_mm is None:
        return layout.setting.positions_mm(np.array(_sums(work)) / len(work[0].nodes))
    number = {(i, j): k for k, (i, j) in enumerate(layout.ij.tolist())}
    return np.asarray(layout.moved_mm[[number[site.nodes[0]] for site in work]])


def _closest(here: Sequence[Place], there: Sequence[Place]) -> tuple[Place, Place]:
    """The two nearest places of two parts; of equally near ones (to 5 um, for rounding) the first in their order."""
    tree = shapely.STRtree([shapely.Point(place) for place in there])
    points = [shapely.Point(place) for place in here]
    _, gaps = tree.query_nearest(points, return_distance=True, all_matches=False)
    near = tree.query(points, predicate="dwithin", distance=float(gaps.min()) + 5)
    first, second = min(zip(near[0].tolist(), near[1].tolist(), strict=True))
    return here[first], there[second]


def _stamped(
    region: Region, layout: Layout, zones: Sequence[str], head: Head, request: PlanRequest
) -> tuple[list[_Site], list[_Site]]:
    """Stamps and single needles that together serve every lattice point once, zone by zone."""
    setting = layout.setting
    by_zone: dict[str, list[Node]] = {}
    for (i, j), zone in zip(layout.ij.tolist(), zones, strict=True):
        by_zone.setdefault(zone, []).append((i, j))
    if len(head.offsets_mm) == 1:
        nodes = [(node, zone) for zone, members in by_zone.items() for node in members]
        return [], [_Site(zone, head.id, 0, (node,)) for node, zone in sorted(nodes)]
    spacing_um = round(setting.spacing_mm * 1000)
    seen = mirrored(head) if region.frame.mirror < 0 else head
    places = seats(seen, setting.kind, Span.exactly(spacing_um))
    stamped: list[_Site] = []
    single: list[_Site] = []
    for zone, members in by_zone.items():
        found = stamps(members, places if request.turn_head else places[:1])
        stamped += [_Site(zone, head.id, stamp.turn_mdeg, stamp.nodes) for stamp in found]
        rest = set(members).difference(node for stamp in found for node in stamp.nodes)
        single += [_Site(zone, "single", 0, (node,)) for node in sorted(rest)]
    return stamped, sorted(single, key=lambda site: site.nodes)


def _part(
    region: Region,
    layout: Layout,
    work: list[_Site],
    before: Place | None,
    after: Place | None,
    request: PlanRequest,
) -> tuple[list[Firing], float]:
    setting = layout.setting
    scale = len(work[0].nodes)
    centres_mm = _centres_mm(layout, work)

    def blocked(pairs: Sequence[tuple[int, int]]) -> list[bool]:
        ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        return [bool(hit) for hit in region.crossing(centres_mm[ends[:, 0]], centres_mm[ends[:, 1]])]

    sites = Sites(_sums(work), setting.kind, scale, blocked if region.forbidden is not None else None)
    plane_um = _um(region, centres_mm)
    moved = layout.moved_mm is not None
    every = np.array([node for site in work for node in site.nodes])
    needles_um = plane_um if moved else _um(region, setting.positions_mm(every))
    start = None if before is None else _nearest(plane_um, before)
    end = None if after is None else _nearest(plane_um, after)
    if start is not None and start == end:
        end = None
    if request.order == "comfort":
        toward = None
        if request.operator_mdeg is not None:
            toward = (region.frame.direction_in_frame_mdeg(request.operator_mdeg) - setting.angle_mdeg) / 1000
        sweep = comfortable(sites, toward, start, end)
        order, rows = sweep.order, sweep.rows
    else:
        order, rows = shortest(sites, start, end), frozenset()
    spacing_um = setting.spacing_mm * 1000

    def step_um(a: int, b: int) -> float:
        return math.dist(plane_um[a], plane_um[b]) if moved else sites.far(a, b) * spacing_um

    made: list[Firing] = []
    for place, k in enumerate(order):
        stamp = work[k]
        previous = order[place - 1] if place else None
        angle = region.frame.direction_mdeg(setting.angle_mdeg + stamp.turn_mdeg)
        made.append(
            Firing(
                stamp.zone,
                stamp.head,
                round(angle) % 360_000 if scale > 1 else 0,
                plane_um[k],
                tuple(needles_um[k * scale : (k + 1) * scale]),
                0.0 if previous is None else step_um(previous, k),
                False if previous is None else _lifts(region, sites, previous, k, centres_mm),
                place == 0 or k in rows,
            )
        )
    return made, spanning_tree(plane_um) if moved else sites.lower_bound() * spacing_um


def _lifts(region: Region, sites: Sites, a: int, b: int, centres_mm: Floats) -> bool:
    if sites.lift(a, b):
        return True
    if sites.far(a, b) <= 1.8:  # to the second neighbour: over the notch of an outline at most
        return False
    return region.leaves(centres_mm[a], centres_mm[b])


def _um(region: Region, uv_mm: Floats) -> list[Place]:
    return [(round(x * 1000), round(y * 1000)) for x, y in region.frame.outward(uv_mm).tolist()]


def _nearest(places_um: Sequence[Place], to_um: Place) -> int:
    return min(range(len(places_um)), key=lambda k: (math.dist(places_um[k], to_um), k))
