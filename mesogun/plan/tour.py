"""Unit-step cycles grown over lattice neighbours.

On a triangular lattice nearly every connected, locally connected piece has a cycle of unit steps (Gordon, Orlovich
and Werner, Discrete Mathematics 308, 2008, 6166, doi:10.1016/j.disc.2007.11.040), so growing one is enough. Not
responsible for joining cycles or for what they cannot reach (``shortest``).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence


def grow(neighbours: Sequence[Sequence[int]], *, square: bool, wide: bool) -> list[list[int]]:
    """Grow cycles until every site is in one; each is a list in cyclic order, lone sites are lists of one or two.

    Parameters
    ----------
    neighbours : sequence of sequence of int
        For each site the sites one step away, in the same rotational order everywhere.
    square : bool
        On a square lattice an edge takes in the opposite edge of a cell (two sites); on a triangular lattice it
        takes in the third corner of a triangle (one site).
    wide : bool
        Oldest edges first: long parallel runs, few turns. Newest first: fewer sites are left over on small sets.
    """
    free = bytearray([1]) * len(neighbours)
    near = [frozenset(others) for others in neighbours]
    cycles: list[list[int]] = []
    for start in range(len(neighbours)):
        if not free[start]:
            continue
        after = _first_cell(start, free, neighbours, near, square=square)
        for site in after:
            free[site] = 0
        edges = deque(after)
        while edges:
            u = edges.popleft() if wide else edges.pop()
            v = after[u]
            if v == u:
                continue
            if square:
                pair = next(
                    ((w, x) for w in neighbours[u] if free[w] for x in neighbours[w] if free[x] and x in near[v]), None
                )
                if pair is not None:
                    w, x = pair
                    free[w] = free[x] = 0
                    after[u], after[w], after[x] = w, x, v
                    edges += (u, x, w)
                continue
            for w in neighbours[u]:
                if free[w] and w in near[v]:
                    free[w] = 0
                    after[u], after[w] = w, v
                    edges += (u, w)
                    break
        cycle = [start]
        while (site := after[cycle[-1]]) != start:
            cycle.append(site)
        cycles.append(cycle)
    return cycles


def _first_cell(
    start: int,
    free: Sequence[int],
    neighbours: Sequence[Sequence[int]],
    near: Sequence[frozenset[int]],
    *,
    square: bool,
) -> dict[int, int]:
    """A free cell through ``start`` (triangle or square), else a pair, else the site alone, as successor map."""
    around = [w for w in neighbours[start] if free[w]]
    for i, v in enumerate(around):
        for w in around[i + 1 :]:
            if not square and w in near[v]:
                return {start: v, v: w, w: start}
            if square:
                for x in neighbours[v]:
                    if x != start and free[x] and x in near[w]:
                        return {start: v, v: x, x: w, w: start}
    if around:
        return {start: around[0], around[0]: start}
    return {start: start}
