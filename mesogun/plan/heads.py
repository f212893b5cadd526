"""Heads as data: where the needles sit, and on which lattices they can stamp.

Not responsible for how stamps cover an area (``stamping``) nor for whether a head tiles the plane (``tiling``).
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from mesogun.errors import InputError, Refused
from mesogun.plan.request import Lattice, PlanRequest, Span
from mesogun.plan.sites import Node
from mesogun.plan.tiling import sublattices
from mesogun.units import mm_text

MAX_NEEDLES = 25
MAX_OFFSET_MM = 100.0

TOLERANCE_MM = 0.05
"""How far a needle may sit from its lattice point; half of what a needle of 0.1 mm radius covers anyway."""

FINEST = 4
"""Lattices are looked for up to this many points between neighbouring needles."""


@dataclass(frozen=True, slots=True)
class Head:
    """A head of needles; offsets in mm from its centre, in the order of the points of a shot."""

    id: str
    offsets_mm: tuple[tuple[float, float], ...]
    title: str = ""

    def __post_init__(self) -> None:
        n = len(self.offsets_mm)
        if not 1 <= n <= MAX_NEEDLES:
            raise InputError(f"head {self.id!r}: {n} needles; a head has 1 to {MAX_NEEDLES}")
        if any(not abs(v) <= MAX_OFFSET_MM for offset in self.offsets_mm for v in offset):
            raise InputError(f"head {self.id!r}: an offset is not a number within {MAX_OFFSET_MM:g} mm")
        near = min((math.dist(a, b) for i, a in enumerate(self.offsets_mm) for b in self.offsets_mm[:i]), default=1.0)
        if near < 0.5:
            raise InputError(f"head {self.id!r}: two needles are {near:.2g} mm apart; they need at least 0.5 mm")


@dataclass(frozen=True, slots=True)
class Seat:
    """How a head sits on a lattice: spacing, turn from the lattice's first direction, one node a needle."""

    lattice: Lattice
    spacing_um: int
    turn_mdeg: int
    nodes: tuple[Node, ...]


def find(head_id: str) -> Head:
    """A bundled head by its id; ``InputError`` lists the ids when there is none."""
    known = _bundled()
    if head_id not in known:
        raise InputError(f"no head {head_id!r}; there are {', '.join(known)}, or describe yours in a file")
    return known[head_id]


def bundled() -> tuple[Head, ...]:
    """The heads that come with mesogun."""
    return tuple(_bundled().values())


def read_heads(path: Path) -> tuple[Head, ...]:
    """Heads from a TOML file: ``[[head]]`` with ``id`` and ``offsets_mm``.

    Raises
    ------
    InputError
        In one line that names the file and the head.
    """
    try:
        return tuple(_parsed(path.read_text(encoding="utf-8"), path.name))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a file of heads: {error}") from error


def seats(head: Head, lattice: Lattice, spacing: Span) -> tuple[Seat, ...]:
    """All ways in which a head sits on a lattice within a range of spacings, densest last.

    Several turns of one spacing differ by a symmetry of the lattice; the first of them is the plainest.
    """
    if len(head.offsets_mm) == 1:
        raise InputError(f"head {head.id!r} has one needle: it sits anywhere")
    first, second = _closest_pair(head)
    pitch_mm = math.dist(head.offsets_mm[first], head.offsets_mm[second])
    found: dict[tuple[int, tuple[Node, ...]], Seat] = {}
    for step, norm in _short_vectors(lattice):
        spacing_um = round(1000 * pitch_mm / norm)
        if not spacing.low <= spacing_um <= spacing.high:
            continue
        a, b = head.offsets_mm[first], head.offsets_mm[second]
        turn = _angle(_plane(lattice, step)) - math.atan2(b[1] - a[1], b[0] - a[0])
        nodes = _nodes(head, lattice, spacing_um / 1000, turn)
        if nodes is not None:
            turn_mdeg = round(math.degrees(turn) * 1000) % 360_000
            # what symmetric heads cover, turned, is often the same set: keep the smallest turn of each
            key = (spacing_um, tuple(sorted((i - min(nodes)[0], j - min(nodes)[1]) for i, j in nodes)))
            if key not in found or turn_mdeg < found[key].turn_mdeg:
                found[key] = Seat(lattice, spacing_um, turn_mdeg, nodes)
    return tuple(sorted(found.values(), key=lambda seat: (-seat.spacing_um, seat.turn_mdeg)))


def seating(head: Head, request: PlanRequest) -> tuple[Lattice, tuple[int, ...], tuple[str, ...]]:
    """The lattice and the spacings on which a head can be used for a request, and what was changed for it.

    The spacings are empty for a single needle: any will do.

    Raises
    ------
    Refused
        If the head sits on neither lattice within the range of spacings.
    """
    if len(head.offsets_mm) == 1:
        return request.lattice, (), ()
    other: Lattice = "square" if request.lattice == "hex" else "hex"
    for lattice in (request.lattice, other):
        found = seats(head, lattice, request.spacing)
        tiling = [seat for seat in found if next(sublattices(seat.nodes), None) is not None]
        if found:
            said = []
            if lattice != request.lattice:
                said.append(f"Lattice: {request.lattice} → {lattice}, on which head {head.id} has its needles.")
            if not tiling:
                said.append(
                    f"Head {head.id} does not tile the lattice at any allowed spacing: whole stamps are fitted in "
                    "where they share no point, single needles fill the gaps between them."
                )
            return lattice, tuple(dict.fromkeys(seat.spacing_um for seat in tiling or found)), tuple(said)
    wide = Span(500, 100_000)
    fitting = sorted({seat.spacing_um for lattice in (request.lattice, other) for seat in seats(head, lattice, wide)})
    low, high = mm_text(request.spacing.low), mm_text(request.spacing.high)
    if not fitting:
        raise Refused(f"head {head.id}: its needles sit on no hexagonal or square lattice; use a single needle")
    listed = ", ".join(mm_text(spacing_um) for spacing_um in fitting)
    raise Refused(
        f"head {head.id} serves points {listed} apart, and the spacing may be {low} to {high}; "
        "choose one of those spacings, another head, or a single needle"
    )


def mirrored(head: Head) -> Head:
    """The head as it looks in a mirrored frame."""
    return Head(head.id, tuple((x, -y) for x, y in head.offsets_mm), head.title)


def _closest_pair(head: Head) -> tuple[int, int]:
    n = len(head.offsets_mm)
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    return min(pairs, key=lambda p: (round(math.dist(head.offsets_mm[p[0]], head.offsets_mm[p[1]]), 6), p))


def _short_vectors(lattice: Lattice) -> Iterator[tuple[Node, float]]:
    """Lattice vectors up to FINEST spacings long, shortest first."""
    reach = range(-2 * FINEST, 2 * FINEST + 1)
    vectors = [((i, j), math.hypot(*_plane(lattice, (i, j)))) for i in reach for j in reach if (i, j) != (0, 0)]
    yield from sorted((v for v in vectors if v[1] <= FINEST + 1e-9), key=lambda v: (round(v[1], 9), v[0]))


def _plane(lattice: Lattice, node: tuple[float, float]) -> tuple[float, float]:
    i, j = node
    return (i + j / 2, j * math.sqrt(3) / 2) if lattice == "hex" else (i, j)


def _angle(vector: tuple[float, float]) -> float:
    return math.atan2(vector[1], vector[0])


def _nodes(head: Head, lattice: Lattice, spacing_mm: float, turn: float) -> tuple[Node, ...] | None:
    """The lattice node of each needle, the first needle at the origin; None when one sits between nodes."""
    (ox, oy), cos, sin = head.offsets_mm[0], math.cos(turn), math.sin(turn)
    nodes: list[Node] = []
    for x, y in head.offsets_mm:
        u = (cos * (x - ox) - sin * (y - oy)) / spacing_mm
        v = (sin * (x - ox) + cos * (y - oy)) / spacing_mm
        j = round(v / (math.sqrt(3) / 2)) if lattice == "hex" else round(v)
        i = round(u - j / 2) if lattice == "hex" else round(u)
        if math.dist((u, v), _plane(lattice, (i, j))) * spacing_mm > TOLERANCE_MM:
            return None
        nodes.append((i, j))
    return tuple(nodes)


@cache
def _bundled() -> Mapping[str, Head]:
    text = (resources.files("mesogun.plan") / "data" / "heads.toml").read_text(encoding="utf-8")
    return {head.id: head for head in _parsed(text, "heads.toml")}


def _parsed(text: str, name: str) -> Iterator[Head]:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{name}: not TOML: {error}") from error
    if data.get("format") != 1 or not isinstance(data.get("head"), list) or set(data) != {"format", "head"}:
        raise InputError(f"{name}: needs format = 1 and one [[head]] for each head, and nothing else")
    seen: set[str] = set()
    for entry in data["head"]:
        head_id = entry.get("id")
        if not isinstance(head_id, str) or not head_id or head_id in seen:
            raise InputError(f"{name}: every head needs an id of its own; found {head_id!r}")
        seen.add(head_id)
        unknown = set(entry) - {"id", "title", "offsets_mm"}
        if unknown:
            raise InputError(f"{name}, head {head_id!r}: unknown key {min(unknown)!r}; use id, title, offsets_mm")
        offsets = entry.get("offsets_mm")
        if not isinstance(offsets, list) or not all(
            isinstance(o, list) and len(o) == 2 and all(type(v) in {int, float} for v in o) for o in offsets
        ):
            raise InputError(f"{name}, head {head_id!r}: offsets_mm must be a list of [x, y] in mm")
        yield Head(head_id, tuple((float(x), float(y)) for x, y in offsets), str(entry.get("title", "")))
