"""Covers lattice points with stamps of a head: as many whole stamps as possible, no point twice, none outside.

Choosing the most stamps that share no point is a set packing problem. Start: the best coset of a sublattice and the
greedy choice of least conflict; then iterated local search with (1,2)-swaps (Andrade, Resende and Werneck, Journal
of Heuristics 18, 2012, 525, doi:10.1007/s10732-012-9196-4), with a fixed number of rounds and its own generator, so
the same area gives the same stamps. Not responsible for the order of the stamps (``routes``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mesogun.plan.heads import Seat
from mesogun.plan.sites import Node
from mesogun.plan.tiling import sublattices

ROUNDS = 30_000
"""Perturbations of the local search times the mean number of rivals of a stamp; about 0.2 s."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """One firing on lattice nodes, and how far the head is turned from the lattice's first direction."""

    turn_mdeg: int
    nodes: tuple[Node, ...]


def stamps(nodes: Sequence[Node], seats: Sequence[Seat], rounds: int = ROUNDS) -> list[Stamp]:
    """Whole stamps on the nodes, no node twice, as many as can be found; in the order of the nodes.

    Parameters
    ----------
    nodes : sequence of (int, int)
        Lattice points to serve.
    seats : sequence of Seat
        The turns of the head that may be used, all of one spacing.
    rounds : int
        Effort of the local search.
    """
    there = frozenset(nodes)
    candidates = [
        Stamp(seat.turn_mdeg, placed)
        for i, j in sorted(there)
        for seat in seats
        if there.issuperset(placed := tuple((i + a, j + b) for a, b in seat.nodes))
    ]
    if not candidates:
        return []
    packing = _Packing(candidates)
    starts = [packing.greedy(), *(packing.in_turn(order) for order in _sweeps(candidates))]
    number = {stamp: index for index, stamp in enumerate(candidates)}
    for seat in seats[:1]:
        for basis in sublattices(seat.nodes):
            cosets: dict[Node, list[int]] = {}
            for stamp, index in number.items():
                if stamp.turn_mdeg == seat.turn_mdeg:
                    cosets.setdefault(basis.coset(stamp.nodes[0]), []).append(index)
            starts.append(max(cosets.values(), key=lambda members: (len(members), [-m for m in members])))
    best = max(starts, key=len)
    return [candidates[index] for index in sorted(packing.improved(best, rounds))]


def _sweeps(candidates: Sequence[Stamp]) -> Iterator[list[int]]:
    """Orders that sweep the lattice in its main directions: what strips of stamps are laid by."""
    for along, across in (((1, 0), (0, 1)), ((0, 1), (1, 0)), ((1, 1), (1, 0)), ((1, -1), (1, 0))):
        for sign in (1, -1):
            keys = [
                (
                    sign * (stamp.nodes[0][0] * along[0] + stamp.nodes[0][1] * along[1]),
                    stamp.nodes[0][0] * across[0] + stamp.nodes[0][1] * across[1],
                )
                for stamp in candidates
            ]
            yield sorted(range(len(candidates)), key=lambda k, keys=keys: (keys[k], k))  # type: ignore[misc]


class _Packing:
    """Candidates that exclude each other, and a search for many that do not."""

    def __init__(self, candidates: Sequence[Stamp]) -> None:
        users: dict[Node, list[int]] = {}
        for index, stamp in enumerate(candidates):
            for node in stamp.nodes:
                users.setdefault(node, []).append(index)
        self._rivals: list[list[int]] = [
            sorted({other for node in stamp.nodes for other in users[node]} - {index})
            for index, stamp in enumerate(candidates)
        ]
        self._rival_sets = [frozenset(rivals) for rivals in self._rivals]

    def in_turn(self, order: Iterable[int]) -> list[int]:
        """Take every candidate that is still free, in the order given."""
        shut = bytearray(len(self._rivals))
        chosen: list[int] = []
        for index in order:
            if not shut[index]:
                chosen.append(index)
                for rival in self._rivals[index]:
                    shut[rival] = 1
        return chosen

    def greedy(self) -> list[int]:
        """Take the candidate that excludes the fewest others, again and again."""
        open_ = dict.fromkeys(range(len(self._rivals)))
        weight = [len(rivals) for rivals in self._rivals]
        buckets: list[dict[int, None]] = [{} for _ in range(max(weight) + 1)]
        for index, load in enumerate(weight):
            buckets[load][index] = None
        chosen: list[int] = []
        while open_:
            index = next(iter(next(bucket for bucket in buckets if bucket)))
            chosen.append(index)
            for gone in (index, *self._rivals[index]):
                if gone in open_:
                    del open_[gone]
                    del buckets[weight[gone]][gone]
                    for other in self._rivals[gone]:
                        if other in open_:
                            del buckets[weight[other]][other]
                            weight[other] -= 1
                            buckets[weight[other]][other] = None
        return chosen

    def improved(self, start: Iterable[int], rounds: int) -> set[int]:
        """Local search from a packing; never worse than it."""
        inside: set[int] = set()
        tight = [0] * len(self._rivals)
        for index in start:
            self._add(index, inside, tight)
        for index in range(len(self._rivals)):
            if not tight[index] and index not in inside:
                self._add(index, inside, tight)
        self._swap(list(inside), inside, tight)
        best = set(inside)
        state = 0x2545F491
        rivals = sum(map(len, self._rivals)) // len(self._rivals)
        for _ in range(rounds // max(rivals, 1)):
            # xorshift (Marsaglia, 2003): small, fixed, the same everywhere
            state ^= (state << 13) & 0xFFFFFFFF
            state ^= state >> 17
            state ^= (state << 5) & 0xFFFFFFFF
            pushed = state % len(self._rivals)
            if pushed in inside:
                continue
            # of two random candidates the one that pushes out fewer
            other = (state >> 8) % len(self._rivals)
            if other not in inside and tight[other] < tight[pushed]:
                pushed = other
            out = [rival for rival in self._rivals[pushed] if rival in inside]
            before = len(inside)
            for rival in out:
                self._remove(rival, inside, tight)
            self._add(pushed, inside, tight)
            freed = [c for rival in out for c in self._rivals[rival] if not tight[c] and c not in inside]
            for candidate in freed:
                if not tight[candidate] and candidate not in inside:
                    self._add(candidate, inside, tight)
            near = {x for rival in out for c in self._rivals[rival] for x in self._rivals[c] if x in inside}
            self._swap(sorted(near), inside, tight)
            if len(inside) > len(best):
                best = set(inside)
            elif len(inside) < before and len(inside) < len(best) - 1:
                for index in sorted(inside - best):
                    self._remove(index, inside, tight)
                for index in sorted(best - inside):
                    self._add(index, inside, tight)
        return best

    def _swap(self, work: list[int], inside: set[int], tight: list[int]) -> None:
        """Take out one and put in two wherever that works."""
        while work:
            index = work.pop()
            if index not in inside:
                continue
            only = [c for c in self._rivals[index] if tight[c] == 1]
            pair = next(
                ((a, b) for k, a in enumerate(only) for b in only[k + 1 :] if b not in self._rival_sets[a]), None
            )
            if pair is None:
                continue
            self._remove(index, inside, tight)
            for candidate in pair:
                self._add(candidate, inside, tight)
            for candidate in only:
                if not tight[candidate] and candidate not in inside:
                    self._add(candidate, inside, tight)
            work += [x for c in pair for r in self._rivals[c] for x in self._rivals[r] if x in inside]

    def _add(self, index: int, inside: set[int], tight: list[int]) -> None:
        inside.add(index)
        for rival in self._rivals[index]:
            tight[rival] += 1

    def _remove(self, index: int, inside: set[int], tight: list[int]) -> None:
        inside.discard(index)
        for rival in self._rivals[index]:
            tight[rival] -= 1
