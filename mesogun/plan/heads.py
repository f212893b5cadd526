"""Heads as data: where the needles sit, whether they tile a lattice, and how stamps cover its points.

Not responsible for the order of the stamps (``routes``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mesogun.errors import InputError
from mesogun.plan.lattice import Layout

Node = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Head:
    """A head of needles; offsets in mm from its centre."""

    id: str
    offsets_mm: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Stamp:
    """One firing on lattice nodes, and how far the head is turned from the lattice's first direction."""

    head: str
    turn_mdeg: int
    zone: str
    nodes: tuple[Node, ...]


SINGLE = Head("single", ((0.0, 0.0),))


def find(head_id: str) -> Head:
    """A head by its id."""
    if head_id == "single":
        return SINGLE
    raise InputError(f"no head {head_id!r}; there is single")


def stamped(layout: Layout, zones: Sequence[str], head: Head) -> list[Stamp]:
    """Stamps of the head that together serve every lattice point once."""
    return [Stamp(head.id, 0, zone, ((i, j),)) for (i, j), zone in zip(layout.ij.tolist(), zones, strict=True)]
