"""Places that the hand visits, in exact lattice coordinates, with the moves that it may not make unannounced.

Distances come from integers, so equal steps are equal to the bit and ties fall the same way for every position of
the area. Not responsible for the order (``shortest``, ``comfort``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from mesogun.plan.request import Lattice

Node = tuple[int, int]
Blocked = Callable[[Sequence[tuple[int, int]]], list[bool]]

STEPS: dict[Lattice, tuple[Node, ...]] = {
    "hex": ((1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1)),
    "square": ((1, 0), (0, 1), (-1, 0), (0, -1)),
}

LIFT_COST = 3.0
"""What crossing an exclusion zone costs beside its length, in spacings: worth a detour of three points."""


class Sites:
    """Sites of one region and head.

    Parameters
    ----------
    nodes : sequence of (int, int)
        ``scale`` times the lattice coordinates of each site; different from each other.
    lattice : {"hex", "square"}
        The metric of the coordinates.
    scale : int
        1 for points; for stamps the number of needles, whose coordinates are summed.
    blocked : callable or None
        For pairs of site numbers, whether the straight move crosses an exclusion zone.
    """

    def __init__(self, nodes: Sequence[Node], lattice: Lattice, scale: int = 1, blocked: Blocked | None = None) -> None:
        self.nodes = list(nodes)
        self.lattice: Lattice = lattice
        self.scale = scale
        self._blocked = blocked
        self._known: dict[tuple[int, int], float] = {}
        self._near: dict[int, list[int]] = {}
        half, high = (0.5, math.sqrt(3) / 2) if lattice == "hex" else (0.0, 1.0)
        self.xy = [((a + half * b) / scale, high * b / scale) for a, b in self.nodes]

    def __len__(self) -> int:
        return len(self.nodes)

    def far(self, a: int, b: int) -> float:
        """Distance in spacings."""
        return math.dist(self.xy[a], self.xy[b])

    def lift(self, a: int, b: int) -> float:
        """Extra cost of the move from a to b: 0, or :data:`LIFT_COST` when it crosses an exclusion zone."""
        if self._blocked is None:
            return 0.0
        key = (a, b) if a < b else (b, a)
        cost = self._known.get(key)
        if cost is None:
            cost = self._known[key] = LIFT_COST if self._blocked([key])[0] else 0.0
        return cost

    def cost(self, a: int, b: int) -> float:
        """Length and lift together."""
        return self.far(a, b) + self.lift(a, b)

    @cached_property
    def unit(self) -> list[list[int]]:
        """For each site the sites one free lattice step away; empty lists when the sites are stamps."""
        if self.scale != 1:
            return [[] for _ in self.nodes]
        where = {node: index for index, node in enumerate(self.nodes)}
        steps = STEPS[self.lattice]
        around = [[where[n] for da, db in steps if (n := (a + da, b + db)) in where] for a, b in self.nodes]
        if self._blocked is not None:
            pairs = [(a, b) for a, others in enumerate(around) for b in others if a < b]
            for pair, shut in zip(pairs, self._blocked(pairs), strict=True):
                self._known[pair] = LIFT_COST if shut else 0.0
            around = [[b for b in others if not self.lift(a, b)] for a, others in enumerate(around)]
        return around

    def near(self, site: int) -> list[int]:
        """The sites around a site, nearest first: what an improvement may join it to."""
        found = self._near.get(site)
        if found is None:
            x, y = self.xy[site]
            i, j = math.floor(x / self._bin), math.floor(y / self._bin)
            cells = (self._bins.get((i + di, j + dj), ()) for di in (-1, 0, 1) for dj in (-1, 0, 1))
            close = [(round(self.far(site, k), 9), k) for cell in cells for k in cell if k != site]
            found = self._near[site] = [k for _, k in sorted(close)[:12]]
        return found

    @cached_property
    def _bin(self) -> float:
        """Bin size in spacings: two spacings for points; for stamps, so that about three fall into one."""
        if self.scale == 1:
            return 2.0
        xs, ys = zip(*self.xy, strict=True)
        ground = max(max(xs) - min(xs), 1.0) * max(max(ys) - min(ys), 1.0)
        return math.sqrt(3 * ground / len(self))

    @cached_property
    def _bins(self) -> dict[Node, list[int]]:
        bins: dict[Node, list[int]] = {}
        size = self._bin
        for index, (x, y) in enumerate(self.xy):
            bins.setdefault((math.floor(x / size), math.floor(y / size)), []).append(index)
        return bins

    def lower_bound(self) -> float:
        """No path through all sites is shorter, in spacings.

        One step a site where the sites hang together by single steps; else the minimum spanning tree, of which every
        path is one. On a square lattice single steps change the colour of a chessboard: a path through more sites of
        one colour than of the other needs a diagonal or more for each that is left over.
        """
        if not self._together():
            return spanning_tree(self.xy)
        bound = float(len(self) - 1)
        if self.lattice == "square":
            dark = sum((a + b) % 2 for a, b in self.nodes)
            bound += (math.sqrt(2) - 1) * max(abs(len(self) - 2 * dark) - 1, 0)
        return bound

    def _together(self) -> bool:
        seen = {0}
        work = [0]
        while work:
            fresh = [other for other in self.unit[work.pop()] if other not in seen]
            seen.update(fresh)
            work += fresh
        return len(seen) == len(self)


def spanning_tree(xy: Sequence[tuple[float, float]]) -> float:
    """Length of the minimum spanning tree of places (Prim's algorithm, one row of distances at a time)."""
    places = np.array(xy)
    nearest = np.full(len(places), np.inf)
    lengths: list[float] = []
    current = 0
    for _ in range(len(places) - 1):
        step = places - places[current]
        nearest[nearest >= 0] = np.minimum(nearest, np.sqrt(step[:, 0] ** 2 + step[:, 1] ** 2))[nearest >= 0]
        nearest[current] = -1.0
        current = int(np.argmin(np.where(nearest < 0, np.inf, nearest)))
        lengths.append(float(nearest[current]))
    return math.fsum(lengths)
