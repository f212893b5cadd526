"""The plan: ordered points and shots for one area, with everything they were derived from, as integers.

``to_bytes`` is canonical: the same plan is the same bytes, and ``plan_hash`` is their SHA-256. Not responsible for
making a plan (``make``), for its dose (``mesogun.dose``) or for whether it may be given (``mesogun.limits``).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from mesogun.errors import InputError

FORMAT = "mesogun-plan/1"

Ring = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class PlannedPoint:
    """A place where a needle is to enter; ``shot`` is the index of the shot that serves it."""

    index: int
    shot: int
    zone: str
    x_um: int
    y_um: int
    depth_um: int
    volume_nl: int


@dataclass(frozen=True, slots=True)
class PlannedShot:
    """One firing: where the head's centre goes, how the head is turned, what leaves the syringe.

    ``angle_mdeg`` turns the head counter-clockwise from its data sheet's position; ``volume_nl`` is the sum over
    ``points``, a whole number of the gun's steps.
    """

    index: int
    zone: str
    x_um: int
    y_um: int
    angle_mdeg: int
    head: str
    volume_nl: int
    depth_um: int
    points: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PlannedAgent:
    """The substance as the protocol names it; ``concentration`` is a decimal text, None for a mixture."""

    id: str
    name: str
    concentration: str | None
    unit: str | None


@dataclass(frozen=True, slots=True)
class PlannedZone:
    """A zone with its own total; ``rings`` are its outline in um, exterior first."""

    name: str
    rings: tuple[Ring, ...]
    points: int
    total_nl: int


@dataclass(frozen=True, slots=True)
class PathFacts:
    """What the hand will do.

    Attributes
    ----------
    length_um, lower_bound_um, longest_jump_um : int
        Length over all shots; no path through these shots can be shorter than the bound; the longest single move.
    turns : int
        Shots at which the direction changes by more than 15 degrees.
    lifts : tuple of int
        Indices of the shots that the hand reaches only by crossing an exclusion zone or leaving the area.
    breaks : tuple of int
        Indices of the first shot of each row or block, where a pause comes naturally.
    seconds : int
        Estimated duration, from the assumptions that the request states.
    """

    length_um: int
    lower_bound_um: int
    longest_jump_um: int
    turns: int
    lifts: tuple[int, ...]
    breaks: tuple[int, ...]
    seconds: int

    @property
    def length_mm(self) -> float:
        """Length over all shots, mm."""
        return self.length_um / 1000

    @property
    def lower_bound_mm(self) -> float:
        """No path through these shots is shorter, mm."""
        return self.lower_bound_um / 1000

    @property
    def longest_jump_mm(self) -> float:
        """Longest single move, mm."""
        return self.longest_jump_um / 1000

    @property
    def ratio(self) -> float:
        """Length over lower bound; 1 when there is nothing to move."""
        return self.length_um / self.lower_bound_um if self.lower_bound_um else 1.0


@dataclass(frozen=True, slots=True)
class Plan:
    """See the module's docstring; points and shots are in the order of the path."""

    protocol_id: str
    protocol_title: str
    protocol_version: str
    protocol_sha256: str
    agent: PlannedAgent
    area_name: str
    area_sha256: str
    surface: str
    layer: str
    zones: tuple[PlannedZone, ...]
    exclusions: tuple[Ring, ...]
    lattice: str
    spacing_um: int
    head: str
    order: str
    step_nl: int
    total_nl: int
    points: tuple[PlannedPoint, ...]
    shots: tuple[PlannedShot, ...]
    path: PathFacts
    syringe_changes: tuple[int, ...]
    syringe_nl: int
    syringe_unusable_nl: int
    request: tuple[tuple[str, str], ...]
    changes: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def outline(self) -> tuple[Ring, ...]:
        """All rings of all zones, um."""
        return tuple(ring for zone in self.zones for ring in zone.rings)

    @property
    def syringes(self) -> int:
        """How many syringes the plan needs."""
        return len(self.syringe_changes) + 1

    @property
    def plan_hash(self) -> str:
        """SHA-256 of the canonical bytes, in hex."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def to_bytes(self) -> bytes:
        """Canonical JSON: UTF-8, sorted keys, no spaces, integers and texts only."""
        return canonical_json({"format": FORMAT, **_plain(self)})

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Read a plan file back.

        Raises
        ------
        InputError
            If the bytes are no plan, of another version, inconsistent, or not in canonical form.
        """
        try:
            data = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise InputError(f"plan file: not JSON ({error}); make the plan again") from error
        if not isinstance(data, dict) or data.pop("format", None) != FORMAT:
            raise InputError(f"plan file: not of format {FORMAT}; make the plan again with this version of mesogun")
        try:
            plan = cls(**_values(data))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"plan file: damaged or made by hand ({type(error).__name__}: {error})") from error
        if plan.to_bytes() != raw:
            raise InputError("plan file: not in canonical form, so its hash would not hold; make the plan again")
        check_consistency(plan)
        return plan


def canonical_json(data: Any) -> bytes:
    """Canonical JSON bytes: sorted keys, no spaces, UTF-8."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def check_consistency(plan: Plan) -> None:
    """Refuse a plan whose parts contradict each other (``InputError``): indices, sums, steps, zones."""
    faults: list[str] = []
    numbers = [v for p in plan.points for v in (p.index, p.shot, p.x_um, p.y_um, p.depth_um, p.volume_nl)]
    numbers += [v for s in plan.shots for v in (s.index, s.x_um, s.y_um, s.angle_mdeg, s.volume_nl, s.depth_um)]
    path = plan.path
    numbers += [path.length_um, path.lower_bound_um, path.longest_jump_um, path.turns, path.seconds, *path.lifts]
    numbers += [*path.breaks, *plan.syringe_changes, plan.syringe_nl, plan.syringe_unusable_nl]
    if any(type(v) is not int for v in (*numbers, plan.total_nl, plan.step_nl, plan.spacing_um)):
        raise InputError("plan file: coordinates and volumes must be whole numbers")
    if [p.index for p in plan.points] != list(range(len(plan.points))):
        faults.append("points are not numbered in order")
    if [s.index for s in plan.shots] != list(range(len(plan.shots))):
        faults.append("shots are not numbered in order")
    elif [i for shot in plan.shots for i in shot.points] != list(range(len(plan.points))):
        faults.append("the shots do not serve every point once, in order")
    else:
        for shot in plan.shots:
            served = [plan.points[i] for i in shot.points]
            if any(p.shot != shot.index for p in served) or sum(p.volume_nl for p in served) != shot.volume_nl:
                faults.append(f"shot {shot.index} is not the sum of its points")
            if shot.volume_nl <= 0 or plan.step_nl <= 0 or shot.volume_nl % plan.step_nl:
                faults.append(f"shot {shot.index} is not a whole number of steps")
    if sum(shot.volume_nl for shot in plan.shots) != plan.total_nl:
        faults.append("the total is not the sum of the shots")
    for zone in plan.zones:
        inside = [p.volume_nl for p in plan.points if p.zone == zone.name]
        if len(inside) != zone.points or sum(inside) != zone.total_nl:
            faults.append(f"zone {zone.name} is not the sum of its points")
    if faults:
        raise InputError(f"plan file: {'; '.join(faults[:3])}")


def _plain(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values; by hand where there are thousands, since ``asdict`` copies every number deeply."""
    data = {field.name: getattr(plan, field.name) for field in fields(plan)}
    for name in ("agent", "path"):
        data[name] = asdict(data[name])
    data["zones"] = [asdict(zone) for zone in plan.zones]
    for name, cls in (("points", PlannedPoint), ("shots", PlannedShot)):
        keys = [field.name for field in fields(cls)]
        data[name] = [{key: getattr(item, key) for key in keys} for item in data[name]]
    return data


def _values(data: dict[str, Any]) -> dict[str, Any]:
    expected = {field.name for field in fields(Plan)}
    if set(data) != expected:
        raise ValueError(f"keys {sorted(set(data) ^ expected)} are missing or unknown")
    values = dict(data)
    values["agent"] = PlannedAgent(**data["agent"])
    values["zones"] = tuple(PlannedZone(**{**z, "rings": tuple(map(_ring, z["rings"]))}) for z in data["zones"])
    values["exclusions"] = tuple(map(_ring, data["exclusions"]))
    values["points"] = tuple(PlannedPoint(**p) for p in data["points"])
    values["shots"] = tuple(PlannedShot(**{**s, "points": tuple(s["points"])}) for s in data["shots"])
    path = data["path"]
    values["path"] = PathFacts(**{**path, "lifts": tuple(path["lifts"]), "breaks": tuple(path["breaks"])})
    values["syringe_changes"] = tuple(data["syringe_changes"])
    values["request"] = tuple((key, value) for key, value in data["request"])
    values["changes"] = tuple(data["changes"])
    values["warnings"] = tuple(data["warnings"])
    return values


def _ring(ring: list[list[int]]) -> Ring:
    return tuple((x, y) for x, y in ring)
