"""Does a head tile the lattice: can copies of it, moved but not turned, serve every point exactly once?

A set of n offsets tiles when one sublattice of index n has them in n different cosets. If there is none, a tiling
that repeats on a small torus is looked for, and then a proof that not even a patch can be covered. Not
responsible for areas with edges (``stamping``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from mesogun.plan.sites import Node

MAX_TORUS = 12
PATCH = 7
STEPS = 20_000
"""Moves of one exhaustive search; beyond it the verdict is open, and said to be."""


Copies = Callable[[Node], Iterator[list[Node]]]


@dataclass(frozen=True, slots=True)
class Sublattice:
    """Multiples of (a, 0) and (b, c): every sublattice has one such basis with 0 <= b < a (Hermite normal form)."""

    a: int
    b: int
    c: int

    def coset(self, node: Node) -> Node:
        """The coset of a node, as its smallest representative."""
        rows, j = divmod(node[1], self.c)
        return (node[0] - rows * self.b) % self.a, j


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a head tiles, and why; ``open`` when the search gave up."""

    tiles: Literal["yes", "no", "open"]
    reason: str


def verdict(offsets: Sequence[Node]) -> Verdict:
    """Whether a set of lattice offsets tiles the lattice by translation."""
    found = next(sublattices(offsets), None)
    if found is not None:
        return Verdict("yes", f"repeats every ({found.a}, 0) and ({found.b}, {found.c})")
    n = len(offsets)
    for width in range(1, MAX_TORUS + 1):
        for height in range(1, MAX_TORUS + 1):
            if width * height % n == 0 and _cover_torus(offsets, width, height):
                return Verdict("yes", f"repeats on a torus of {width} by {height}")
    outcome = _cover_patch(offsets, PATCH)
    if outcome is False:
        return Verdict("no", f"no arrangement of copies covers even {PATCH} by {PATCH} points")
    if outcome is None:
        return Verdict("open", "the search was given up")
    return Verdict("open", f"covers {PATCH} by {PATCH} points, but no repeating tiling was found")


def sublattices(offsets: Sequence[Node]) -> Iterator[Sublattice]:
    """Sublattices whose index is the number of offsets and which have them all in different cosets."""
    n = len(offsets)
    for c in range(1, n + 1):
        if n % c == 0:
            for b in range(n // c):
                basis = Sublattice(n // c, b, c)
                if len({basis.coset(offset) for offset in offsets}) == n:
                    yield basis


def _cover_torus(offsets: Sequence[Node], width: int, height: int) -> bool:
    wrapped = [(i % width, j % height) for i, j in offsets]
    if len(set(wrapped)) < len(offsets):
        return False
    free = {(i, j) for i in range(width) for j in range(height)}

    def copies(node: Node) -> Iterator[list[Node]]:
        for i, j in wrapped:
            yield [((node[0] - i + a) % width, (node[1] - j + b) % height) for a, b in wrapped]

    return _cover(free, copies, free) is True


def _cover_patch(offsets: Sequence[Node], size: int) -> bool | None:
    """Whether a square patch can be covered by disjoint copies that may reach beyond it; None when given up."""
    wanted = {(i, j) for i in range(size) for j in range(size)}

    def copies(node: Node) -> Iterator[list[Node]]:
        for i, j in offsets:
            yield [(node[0] - i + a, node[1] - j + b) for a, b in offsets]

    return _cover(wanted, copies, None)


def _cover(wanted: Collection[Node], copies: Copies, only: Collection[Node] | None) -> bool | None:
    """Exhaustive search for disjoint copies that cover all wanted nodes (and lie within ``only``, if given)."""
    taken: set[Node] = set()
    left = set(wanted)
    moves = 0

    def open_copies(node: Node) -> list[list[Node]]:
        return [c for c in copies(node) if taken.isdisjoint(c) and (only is None or all(n in only for n in c))]

    def search() -> bool | None:
        nonlocal moves
        if not left:
            return True
        choices = min((open_copies(node) for node in sorted(left)), key=len)
        for copy in choices:
            moves += 1
            if moves > STEPS:
                return None
            covered = left.intersection(copy)
            taken.update(copy)
            left.difference_update(copy)
            outcome = search()
            if outcome is not False:
                return outcome
            taken.difference_update(copy)
            left.update(covered)
        return False

    return search()
