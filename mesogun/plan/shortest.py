"""Short open paths over sites: grow cycles, join them, then mend the places where a step is too long.

Mending is 2-opt and Or-opt with neighbour lists and a work list (Bentley, ORSA Journal on Computing 4, 1992, 387,
doi:10.1287/ijoc.4.4.387) that starts with the defects alone, because grown tours have few. Not responsible for
comfort nor for what happens between regions.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import pairwise

from mesogun.plan.sites import Sites
from mesogun.plan.tour import grow

SMALL = 600
"""Up to this many sites both ways of growing are tried where the first is not at its bound."""

GAIN = 1e-9
"""Least improvement in spacings; far above rounding noise, far below any real difference between lattice lengths."""


def shortest(sites: Sites, start: int | None = None, end: int | None = None) -> list[int]:
    """A short open path through all sites; starts and ends where told.

    Parameters
    ----------
    sites : Sites
        Places of one region and head.
    start, end : int or None
        Site numbers; None leaves that end free.
    """
    if len(sites) < 2:
        return list(range(len(sites)))
    if sites.scale != 1:
        return _mended(sites, _nearest_first(sites, start), start, end)
    best = _mended(sites, _joined(sites, wide=True), start, end)
    if len(sites) <= SMALL and length(sites, best) > len(sites) - 1 + GAIN:
        other = _mended(sites, _joined(sites, wide=False), start, end)
        best = min(best, other, key=lambda order: round(length(sites, order), 6))
    return best


def length(sites: Sites, order: Sequence[int]) -> float:
    """Cost of a path, lifts included, in spacings."""
    return sum(sites.cost(a, b) for a, b in pairwise(order))


def _mended(sites: Sites, tour: list[int], start: int | None, end: int | None) -> list[int]:
    route = Route(sites, _opened(sites, tour, start, end), start is not None, end is not None)
    route.mend(None if sites.scale != 1 else route.defects())
    return route.order()


class Route:
    """An open path under improvement: a closed tour through one dummy site, which costs nothing to reach."""

    def __init__(self, sites: Sites, order: Sequence[int], keep_start: bool, keep_end: bool) -> None:
        self._sites = sites
        self._dummy = len(sites)
        self._tour = [self._dummy, *order]
        self._at = [0] * len(self._tour)
        for place, site in enumerate(self._tour):
            self._at[site] = place
        self._start = order[0] if keep_start else None
        self._end = order[-1] if keep_end else None

    def order(self) -> list[int]:
        """The path as it stands."""
        place = self._at[self._dummy]
        path = self._tour[place + 1 :] + self._tour[:place]
        # the closed tour may have been turned round: a kept start comes first, else a kept end comes last
        if (self._start is not None and path[0] != self._start) or (self._end is not None and path[-1] != self._end):
            path.reverse()
        return path

    def defects(self, longer_than: float = 1.0) -> list[int]:
        """Sites beside a step that costs more than this many spacings; a blocked step always does."""
        found: list[int] = []
        for place, site in enumerate(self._tour):
            follower = self._tour[(place + 1) % len(self._tour)]
            if self._dummy not in {site, follower} and self._cost(site, follower) > longer_than + GAIN:
                found += (site, follower)
        return found

    def mend(self, first: Iterable[int] | None) -> None:
        """Improve until no move from the work list helps; ``first`` None means every site."""
        work = deque(range(self._dummy) if first is None else dict.fromkeys(first))
        waiting = set(work)
        while work:
            site = work.popleft()
            waiting.discard(site)
            while changed := (self._two_opt(site) or self._or_opt(site)):
                for other in changed:
                    if other != self._dummy and other not in waiting:
                        waiting.add(other)
                        work.append(other)

    def _cost(self, a: int, b: int) -> float:
        if self._dummy in {a, b}:
            other = b if a == self._dummy else a
            return 0.0 if self._start is None or self._end is None or other in {self._start, self._end} else 1e6
        return self._sites.cost(a, b)

    def _next(self, site: int) -> int:
        place = self._at[site] + 1
        return self._tour[place if place < len(self._tour) else 0]

    def _last(self, site: int) -> int:
        return self._tour[self._at[site] - 1]

    def _held(self, a: int, b: int) -> bool:
        """Whether the edge between a and b must stay: it holds a kept end to the dummy."""
        if self._dummy not in {a, b}:
            return False
        other = b if a == self._dummy else a
        return other in {self._start, self._end}

    def _two_opt(self, a: int) -> tuple[int, ...]:
        for forward in (True, False):
            b = self._next(a) if forward else self._last(a)
            if self._held(a, b):
                continue
            now = self._cost(a, b)
            for c in (*self._sites.near(a), self._dummy):
                if c == b:
                    continue
                to_c = 0.0 if c == self._dummy else self._sites.far(a, c)
                if to_c >= now - GAIN:
                    if c == self._dummy:
                        continue
                    break
                d = self._next(c) if forward else self._last(c)
                if d == a or self._held(c, d):
                    continue
                gain = now + self._cost(c, d) - self._cost(a, c) - self._cost(b, d)
                if gain > GAIN:
                    if forward:
                        self._reverse(b, c)
                    else:
                        self._reverse(c, b)
                    return a, b, c, d
        return ()

    def _or_opt(self, a: int) -> tuple[int, ...]:
        """Move the run of up to three sites that starts or ends at a to between two neighbours elsewhere."""
        for length in (1, 2, 3):
            for forward in (True, False):
                run = [a]
                while len(run) < length:
                    run.append(self._next(run[-1]) if forward else self._last(run[-1]))
                if self._dummy in run or self._start in run or self._end in run:
                    break
                tail = run[-1]
                before = self._last(a) if forward else self._next(a)
                after = self._next(tail) if forward else self._last(tail)
                if before == after or before in run or after in run:
                    continue
                freed = self._cost(before, a) + self._cost(tail, after) - self._cost(before, after)
                if freed <= GAIN:
                    continue
                for c in self._sites.near(a):
                    if self._sites.far(a, c) >= freed - GAIN:
                        break
                    if c in run:
                        continue
                    for d in (self._next(c), self._last(c)):
                        if d in run or self._held(c, d) or {c, d} == {before, after}:
                            continue
                        gain = freed + self._cost(c, d) - self._cost(c, a) - self._cost(tail, d)
                        if gain > GAIN:
                            self._move(run, c, d)
                            return before, after, a, tail, c, d
        return ()

    def _move(self, run: list[int], c: int, d: int) -> None:
        """Take the run out and put it between c and d, its first site beside c: three reversals do it in place."""
        first, last = (run[0], run[-1]) if self._next(run[0]) in run[1:2] or len(run) == 1 else (run[-1], run[0])
        # in tour order now: x first..last y ... with c, d neighbours elsewhere
        if self._next(c) == d:
            low, high = c, d
        else:
            low, high = d, c
        self._lift_over(first, last, low, high)
        if self._last(run[0]) != c and self._next(run[0]) != c:
            self._reverse(self._first_of(run), self._last_of(run))

    def _lift_over(self, first: int, last: int, low: int, high: int) -> None:
        """Swap the run first..last with what lies between it and the edge low-high."""
        size = len(self._tour)
        ahead = (self._at[low] - self._at[last]) % size
        back = (self._at[first] - self._at[high]) % size
        if ahead <= back:
            y = self._next(last)
            self._reverse(first, low)  # y..low reversed, then the run: low..y last..first
            self._turn(low, y, ahead)
        else:
            x = self._last(first)
            self._reverse(high, last)  # last..first x..high
            self._turn(x, high, back)

    def _turn(self, first: int, last: int, count: int) -> None:
        """Reverse a stretch of ``count`` sites, whichever way the tour runs since the last reversal."""
        if (self._at[last] - self._at[first]) % len(self._tour) == count - 1:
            self._reverse(first, last)
        else:
            self._reverse(last, first)

    def _first_of(self, run: list[int]) -> int:
        return run[0] if len(run) == 1 or self._next(run[0]) == run[1] else run[-1]

    def _last_of(self, run: list[int]) -> int:
        return run[-1] if len(run) == 1 or self._next(run[0]) == run[1] else run[0]

    def _reverse(self, first: int, last: int) -> None:
        """Reverse the stretch from first to last in tour order, or what is left of the tour: the same cycle."""
        tour, at, size = self._tour, self._at, len(self._tour)
        i, j = at[first], at[last]
        inside = (j - i) % size + 1
        if 2 * inside > size:
            i, j = (j + 1) % size, (i - 1) % size
            inside = size - inside
        if i + inside <= size:
            tour[i : i + inside] = tour[i : i + inside][::-1]
            for place in range(i, i + inside):
                at[tour[place]] = place
            return
        for _ in range(inside // 2):
            tour[i], tour[j] = tour[j], tour[i]
            at[tour[i]], at[tour[j]] = i, j
            i, j = (i + 1) % size, (j - 1) % size


def _joined(sites: Sites, *, wide: bool) -> list[int]:
    """One closed tour from grown cycles: each further cycle is opened and put in where it costs least."""
    cycles = grow(sites.unit, square=sites.lattice == "square", wide=wide)
    cycles.sort(key=lambda cycle: (-len(cycle), min(cycle)))
    tour = cycles[0]
    rest = cycles[1:]
    while rest:
        inside = {site: place for place, site in enumerate(tour)}
        best: tuple[float, int, int, int] | None = None
        for number, cycle in enumerate(rest):
            for k, site in enumerate(cycle):
                for c in sites.near(site):
                    if c in inside:
                        for way in (1, -1):
                            d = tour[(inside[c] + way) % len(tour)]
                            far_end = cycle[(k + 1) % len(cycle)]
                            added = sites.cost(c, site) + sites.cost(far_end, d) - sites.cost(c, d)
                            added -= sites.cost(site, far_end) if len(cycle) > 2 else 0.0
                            if best is None or added < best[0] - GAIN:
                                best = (added, number, k, inside[c] * 2 + (way == 1))
        if best is None:  # no cycle is near another: append the nearest
            number, k, c = _nearest_pair(sites, tour, rest)
            best = (0.0, number, k, inside[c] * 2 + 1)
        _, number, k, code = best
        cycle = rest.pop(number)
        # opened between k and k + 1: cycle[k], cycle[k-1], ..., cycle[k+1]
        opened = [cycle[(k - m) % len(cycle)] for m in range(len(cycle))]
        place, forward = divmod(code, 2)
        tour = tour[: place + 1] + opened + tour[place + 1 :] if forward else tour[:place] + opened[::-1] + tour[place:]
    return tour


def _nearest_pair(sites: Sites, tour: list[int], rest: list[list[int]]) -> tuple[int, int, int]:
    pairs = (
        (round(sites.far(site, c), 9), number, k, c)
        for number, cycle in enumerate(rest)
        for k, site in enumerate(cycle)
        for c in tour
    )
    return min(pairs)[1:]


def _nearest_first(sites: Sites, start: int | None) -> list[int]:
    here = 0 if start is None else start
    left = dict.fromkeys(range(len(sites)))
    tour: list[int] = []
    while True:
        tour.append(here)
        del left[here]
        if not left:
            return tour
        close = next((k for k in sites.near(here) if k in left), None)
        origin = here
        here = close if close is not None else min(left, key=lambda k: (round(sites.far(origin, k), 9), k))


def _opened(sites: Sites, tour: list[int], start: int | None, end: int | None) -> list[int]:
    """A closed tour cut into a path: at its most costly step, or so that it starts and ends where told."""
    size = len(tour)
    if start is None and end is None:
        # among the most costly steps the one that ends furthest from the middle: a path best starts at an edge
        middle = [sum(axis) / size for axis in zip(*sites.xy, strict=True)]
        out = [round(math.dist(middle, sites.xy[site]), 6) for site in tour]
        cut = max(range(size), key=lambda k: (round(sites.cost(tour[k - 1], tour[k]), 9), out[k], -k))
        return tour[cut:] + tour[:cut]
    anchor = start if start is not None else end
    place = tour.index(anchor) if anchor is not None else 0
    path = tour[place:] + tour[:place]
    if start is None:
        return path[::-1]
    if sites.cost(path[0], path[-1]) < sites.cost(path[0], path[1]) - GAIN:
        path = [path[0], *path[:0:-1]]
    if end is not None and end != start:
        k = path.index(end)
        path[k:] = path[k:][::-1]
    return path
