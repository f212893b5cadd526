"""Comfortable paths: straight rows with few turns, block by block, away from the operator where one is named.

Rows are cut into runs by edges and exclusion zones; runs that follow each other one to one form a block, swept to
and fro (boustrophedon cells: Choset, Autonomous Robots 9, 2000, 247, doi:10.1023/A:1008958800904). What is left too
long at the ends of rows is mended as in ``shortest``, unless that would cost more turns than it saves in length. Not
responsible for the shortest path.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mesogun.plan.shortest import GAIN, Route, length
from mesogun.plan.sites import Sites

STRAIGHT = math.cos(math.radians(15))
"""A change of direction by more than 15 degrees counts as a turn."""

FEW = 1_000
"""Up to this many sites the sweep is also begun with other blocks than the first."""

TURN_COST = 0.2
"""A turn weighs as much as a fifth of a spacing."""

LONG = (3.0, 2.2, 1.8, 1.0)
"""Moves longer than this many spacings are mended, in this order."""

NEARLY = 1.018
"""A path this near to its bound is left as it is: mending would only add turns."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """A path and the sites at which a new row starts."""

    order: list[int]
    rows: frozenset[int]


def comfortable(sites: Sites, operator_deg: float | None, start: int | None, end: int | None) -> Sweep:
    """A path along rows.

    Parameters
    ----------
    sites : Sites
        Places of one region and head.
    operator_deg : float or None
        Direction in which the operator stands, counter-clockwise from the lattice's first direction; rows then lie
        across it and the sweep moves away from it. None leaves the choice to length and turns.
    start, end : int or None
        Site numbers where the path is to start and end.
    """
    if len(sites) < 3:
        order = list(range(len(sites)))
        if (start is not None and order[0] != start) or (end is not None and order[-1] != end):
            order.reverse()
        return Sweep(order, frozenset())
    best: tuple[float, list[int]] | None = None
    for along_deg, away in _directions(sites, operator_deg):
        blocks = list(_blocks(sites, along_deg, away))
        firsts = range(min(len(blocks), 6) if len(sites) <= FEW else 1)
        ways = (_chained(sites, blocks, first, start) for first in firsts)
        for order in ways if operator_deg is None else (_swept(sites, blocks, start),):
            rating = _rating(sites, order)
            if best is None or rating < best[0] - GAIN:
                best = (rating, order)
    if best is None:
        raise AssertionError("there is at least one direction and one block")
    order = _ends(best[1], start, end)
    if operator_deg is None or start is not None or end is not None:
        order = _mended(sites, order, start, end)
    return Sweep(order, frozenset(order[k] for k in _row_starts(sites, order)))


def turns(sites: Sites, order: Sequence[int]) -> int:
    """Sites at which the direction changes by more than 15 degrees."""
    count = 0
    for a, b, c in zip(order, order[1:], order[2:], strict=False):
        count += is_turn(sites, a, b, c)
    return count


def is_turn(sites: Sites, a: int, b: int, c: int) -> bool:
    """Whether the way from ``a`` over ``b`` to ``c`` changes its direction by more than 15 degrees."""
    (ax, ay), (bx, by), (cx, cy) = sites.xy[a], sites.xy[b], sites.xy[c]
    ux, uy, vx, vy = bx - ax, by - ay, cx - bx, cy - by
    return ux * vx + uy * vy < STRAIGHT * math.hypot(ux, uy) * math.hypot(vx, vy)


def _rating(sites: Sites, order: Sequence[int]) -> float:
    return round(length(sites, order) + TURN_COST * turns(sites, order), 6)


def _directions(sites: Sites, operator_deg: float | None) -> Iterator[tuple[float, int]]:
    """Directions of rows to try, and which way the rows are swept: +1 to the left of the direction, -1 to the right."""
    step = 60 if sites.lattice == "hex" else 90
    choices = [float(step * k) for k in range(180 // step)]
    if operator_deg is None:
        yield from ((along, 1) for along in choices)
        return
    # the row direction most across the line to the operator; sweep to the side where the operator is not
    along = min(choices, key=lambda a: (round(abs(math.cos(math.radians(a - operator_deg))), 9), a))
    yield along, -1 if math.sin(math.radians(operator_deg - along)) > 0 else 1


def _blocks(sites: Sites, along_deg: float, away: int) -> Iterator[list[list[int]]]:
    """Blocks of runs; each run is a list of sites in the direction of the rows."""
    cos, sin = math.cos(math.radians(along_deg)), math.sin(math.radians(along_deg))
    height = (math.sqrt(3) / 2 if sites.lattice == "hex" else 1.0) if sites.scale == 1 else _row_height(sites)
    rows: dict[int, list[tuple[float, int]]] = {}
    for site, (x, y) in enumerate(sites.xy):
        rows.setdefault(round(away * (cos * y - sin * x) / height), []).append((round(cos * x + sin * y, 9), site))
    runs: list[list[list[int]]] = []
    for row in sorted(rows):
        line = [site for _, site in sorted(rows[row])]
        cut: list[list[int]] = [[line[0]]]
        for a, b in pairwise(line):
            if sites.far(a, b) > 2.2 * _pitch(sites) or sites.lift(a, b):
                cut.append([])
            cut[-1].append(b)
        runs.append(cut)
    yield from _chains(sites, runs)


def _chains(sites: Sites, rows: list[list[list[int]]]) -> Iterator[list[list[int]]]:
    """Runs that follow each other one to one, row by row."""
    place = {site: (r, k) for r, row in enumerate(rows) for k, run in enumerate(row) for site in run}
    above: dict[tuple[int, int], set[tuple[int, int]]] = {}
    below: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for site, here in place.items():
        for other in sites.unit[site] if sites.scale == 1 else sites.near(site):
            there = place[other]
            if there[0] == here[0] + 1 and not sites.lift(site, other) and sites.far(site, other) < 2 * _pitch(sites):
                above.setdefault(here, set()).add(there)
                below.setdefault(there, set()).add(here)
    used: set[tuple[int, int]] = set()
    for r, row in enumerate(rows):
        for k in range(len(row)):
            here = (r, k)
            if here in used:
                continue
            block: list[list[int]] = []
            while True:
                used.add(here)
                block.append(rows[here[0]][here[1]])
                ahead = above.get(here, set())
                if len(ahead) != 1:
                    break
                (following,) = ahead
                if len(below[following]) != 1 or following in used:
                    break
                here = following
            yield block


def _chained(sites: Sites, blocks: list[list[list[int]]], first: int, start: int | None) -> list[int]:
    """Blocks one after the other, always the nearest next, each entered at the corner that is nearest."""
    left = list(range(len(blocks)))
    order: list[int] = []
    here = start
    number = first
    while True:
        left.remove(number)
        ways = [_snaked(blocks[number], flip, turn) for flip in (False, True) for turn in (False, True)]
        if here is not None:
            at = here
            ways.sort(key=lambda way: round(sites.cost(at, way[0]), 6))
        order += ways[0]
        here = order[-1]
        if not left:
            return order
        at = here
        number = min(left, key=lambda n: (min(round(sites.cost(at, corner), 6) for corner in _corners(blocks[n])), n))


def _swept(sites: Sites, blocks: list[list[list[int]]], start: int | None) -> list[int]:
    """Blocks in the order in which they begin, all swept the same way.

    At which end of its first row each is entered is chosen so that the moves between blocks are shortest together.
    """
    best: list[tuple[float, list[int]]] = [(0.0, [] if start is None else [start])]
    for block in blocks:
        ways = [_snaked(block, flip=False, turn=turn) for turn in (False, True)]
        best = [
            min(
                (
                    (cost + (round(sites.cost(so_far[-1], way[0]), 6) if so_far else 0.0), [*so_far, *way])
                    for cost, so_far in best
                ),
                key=lambda found: found[0],
            )
            for way in ways
        ]
    order = min(best, key=lambda found: found[0])[1]
    return order if start is None else order[1:]


def _snaked(block: list[list[int]], flip: bool, turn: bool) -> list[int]:
    rows = block[::-1] if flip else block
    return [site for k, run in enumerate(rows) for site in (run[::-1] if (k % 2 == 1) != turn else run)]


def _corners(block: list[list[int]]) -> tuple[int, int, int, int]:
    return block[0][0], block[0][-1], block[-1][0], block[-1][-1]


def _ends(order: list[int], start: int | None, end: int | None) -> list[int]:
    """The order with its ends where told, by moving at most the two sites concerned and turning what follows."""
    made = list(order)
    if start is not None and made[0] != start:
        k = made.index(start)
        made[: k + 1] = made[k::-1]
    if end is not None and made[-1] != end:
        k = made.index(end)
        made[k:] = made[: k - 1 : -1] if k else made[::-1]
    return made


def _mended(sites: Sites, order: list[int], start: int | None, end: int | None) -> list[int]:
    """Mend the longest moves first, and stop as soon as the path is near its bound: each mending adds turns."""
    bound = NEARLY * (len(order) - 1)
    route = Route(sites, order, start is not None, end is not None)
    best = order
    for longer_than in LONG:
        if length(sites, best) <= bound:
            break
        route.mend(route.defects(longer_than))
        mended = route.order()
        if _rating(sites, mended) < _rating(sites, best) - GAIN:
            best = mended
    return best


def _row_starts(sites: Sites, order: Sequence[int]) -> Iterator[int]:
    """Places in the order where a straight stretch of at least three sites begins."""
    straight = 0
    begun = 0
    for k in range(1, len(order) - 1):
        if is_turn(sites, order[k - 1], order[k], order[k + 1]):
            straight, begun = 0, k
        else:
            straight += 1
            if straight == 1:
                yield begun


def _pitch(sites: Sites) -> float:
    """Usual distance between neighbours, in spacings: 1 for points, more for stamps."""
    return 1.0 if sites.scale == 1 else _row_height(sites)


def _row_height(sites: Sites) -> float:
    xs, ys = zip(*sites.xy, strict=True)
    ground = max(max(xs) - min(xs), 1.0) * max(max(ys) - min(ys), 1.0)
    return math.sqrt(ground / len(sites))
