"""A fault plan is pure data: names, places, numbers; strict JSON both ways; contradictions are refused.

Not responsible for making anything happen (``inject``).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mesogun.errors import InputError
from mesogun.wire.codes import Op
from sim.faults.catalogue import CATALOGUE, WHOLE, excluded_by
from sim.firmware.table import Phase

PLACES = {
    "time_us": frozenset[str](), "byte": frozenset({"way"}), "message": frozenset({"way", "op", "when"}),
    "phase": frozenset({"of"}), "write": frozenset[str](),
}  # fmt: skip
"""Each place, and the fields that belong to it. A fault in the next bytes has a ``way`` wherever it is placed."""


@dataclass(frozen=True, slots=True)
class At:
    """Where a fault is placed: exactly one of a virtual time, a byte of one direction, the nth message of an
    operation (before or after the gun acts on it), the nth entry into a phase, the nth memory write. A field that does
    not belong to the place stays as it is by default.
    """

    place: str
    number: int
    way: str = "to_gun"
    op: str = ""
    when: str = "before"
    phase: str = ""

    def __post_init__(self) -> None:
        if self.place not in PLACES:
            raise InputError(f"a fault is placed by one of {', '.join(PLACES)}, not {self.place!r}")
        if self.number < 0 or (self.place != "time_us" and self.number < 1):
            raise InputError(f"a fault cannot be placed at {self.place} {self.number}: times start at 0, counts at 1")
        if self.way not in {"to_gun", "to_host"}:
            raise InputError(f"direction {self.way!r} is neither to_gun nor to_host")
        if self.when not in {"before", "after"}:
            raise InputError(f"when = {self.when!r} is neither before nor after")
        if self.place != "message" and (self.op or self.when != "before"):
            raise InputError(f"a fault placed by {self.place} has no op and no when: they belong to a message")
        if self.place != "phase" and self.phase:
            raise InputError(f"a fault placed by {self.place} has no phase {self.phase!r}: that belongs to a phase")
        if self.place == "message" and self.op not in Op.__members__:
            raise InputError(f"operation {self.op!r} does not exist; known: {', '.join(Op.__members__)}")
        if self.place == "phase" and self.phase not in {phase.value for phase in Phase}:
            raise InputError(f"phase {self.phase!r} does not exist; known: {', '.join(p.value for p in Phase)}")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: a name of the catalogue, its place, its numbers (defaults filled in)."""

    name: str
    at: At
    numbers: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        effect = CATALOGUE.get(self.name)
        if effect is None:
            raise InputError(f"there is no fault called {self.name!r}; known faults: {', '.join(sorted(CATALOGUE))}")
        for key, value in self.numbers.items():
            if key not in effect.numbers:
                known = ", ".join(effect.numbers) or "none"
                raise InputError(f"fault {self.name} has no number {key!r}; it has: {known}")
            low, high = effect.numbers[key][1:]
            if not low <= value <= high:
                raise InputError(f"fault {self.name}: {key} = {value:g} is outside {low:g} to {high:g}")
            if key in WHOLE and value != int(value):
                raise InputError(f"fault {self.name}: {key} = {value:g} is not a whole number")
        if self.at.way != "to_gun" and not self.has_way:
            raise InputError(f"fault {self.name} placed by {self.at.place} has no way: it is about no bytes")

    @property
    def has_way(self) -> bool:
        """Whether a direction means something to it: its place is on the cable, or it acts on the next bytes there."""
        return "way" in PLACES[self.at.place] or CATALOGUE[self.name].parcels

    @property
    def until_us(self) -> float | None:
        """When it is over, if it is placed by time; ``inf`` if somebody must end it; ``None`` where nobody can know."""
        if self.at.place != "time_us":
            return None
        if CATALOGUE[self.name].until:
            return math.inf
        return self.at.number + (self.number("for_us") if "for_us" in CATALOGUE[self.name].numbers else 0.0)

    def contradicts(self, other: Fault) -> bool:
        """Whether the two exclude each other and are known to hold at the same moment."""
        mine, its = CATALOGUE[self.name], CATALOGUE[other.name]
        if other.name not in excluded_by(self.name):
            return False
        if "good" in {mine.until, its.until} or replace(self.at, when="before") == replace(other.at, when="before"):
            return True
        ends = self.until_us, other.until_us
        if ends[0] is None or ends[1] is None:
            return False  # which of the two comes first, and how far apart, only the world can tell
        return self.at.number <= ends[1] and other.at.number <= ends[0]

    def number(self, key: str) -> float:
        """A number as given, else its default."""
        default = CATALOGUE[self.name].numbers[key][0]
        return float(self.numbers.get(key, default))

    def beyond_sensors(self, plan: FaultPlan) -> bool:
        """Whether it is too small for the gun's sensors, or hidden behind another fault of its plan."""
        effect = CATALOGUE[self.name]
        small = any(self.number(key) < least for key, least in effect.seen_from.items())
        return small or any(other.name in effect.masked_by for other in plan.faults)


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """Several faults that can happen together."""

    faults: tuple[Fault, ...] = ()

    def __post_init__(self) -> None:
        for at, fault in enumerate(self.faults):
            for other in self.faults[:at]:
                if (fault.name, fault.at) == (other.name, other.at):
                    raise InputError(f"fault {fault.name} is placed twice at the same point")
                if fault.contradicts(other):
                    raise InputError(
                        f"faults {other.name} and {fault.name} contradict each other: they would hold at the same time;"
                        " leave one out, or place it where the other is over"
                    )

    def without(self, index: int) -> FaultPlan:
        """The plan with one fault fewer (for shrinking)."""
        return FaultPlan(self.faults[:index] + self.faults[index + 1 :])


def to_json(plan: FaultPlan) -> str:
    """Canonical JSON of a plan."""
    return json.dumps([_fault_dict(fault) for fault in plan.faults], sort_keys=True, separators=(",", ":"))


def _fault_dict(fault: Fault) -> dict[str, Any]:
    at = fault.at
    place: dict[str, Any] = {at.place: at.number}
    if at.place == "byte" or at.way != "to_gun":  # the default is said where a reader would ask
        place["way"] = at.way
    if at.place == "message":
        place |= {"op": at.op, "when": at.when}
    if at.place == "phase":
        place["of"] = at.phase
    return {"fault": fault.name, "at": place} | (
        {"numbers": dict(sorted(fault.numbers.items()))} if fault.numbers else {}
    )


def from_json(text: str) -> FaultPlan:
    """Read a plan; anything unknown or contradictory is refused in one line."""
    try:
        items = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise InputError(f"fault plan: not JSON ({error})") from None
    if not isinstance(items, list):
        raise InputError("fault plan: a list of faults is needed")
    return FaultPlan(tuple(_fault(item) for item in items))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InputError(f"fault plan: a key stands twice in {{{', '.join(key for key, _ in pairs)}}}")
    return found


def _fault(item: Any) -> Fault:
    if not isinstance(item, dict) or not {"fault", "at"} <= set(item) <= {"fault", "at", "numbers"}:
        raise InputError(f"fault plan: {item!r} needs 'fault' and 'at', and may have 'numbers'")
    at = item["at"]
    places = [key for key in at if key in PLACES] if isinstance(at, dict) else []
    if len(places) != 1:
        raise InputError(f"fault plan: {at!r} must name exactly one of {', '.join(PLACES)}")
    known = CATALOGUE.get(item["fault"]) if isinstance(item["fault"], str) else None
    belong = PLACES[places[0]] | ({"way"} if known is not None and known.parcels else set())
    strange = sorted(set(at) - {places[0]} - belong)
    if strange:
        raise InputError(
            f"fault plan: {', '.join(strange)} does not belong to a place by {places[0]}"
            + (f", which may have {', '.join(sorted(belong))}" if belong else "")
        )
    if not all(isinstance(at[key], str) for key in belong & set(at)):
        raise InputError(f"fault plan: {at!r}: {', '.join(sorted(belong))} are texts")
    number = at[places[0]]
    numbers = item.get("numbers", {})
    if not isinstance(number, int) or isinstance(number, bool) or not isinstance(numbers, dict):
        raise InputError(f"fault plan: {item!r}: places and numbers must be numbers")
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in numbers.values()):
        raise InputError(f"fault plan: {item!r}: places and numbers must be numbers")
    place = At(
        places[0], number, at.get("way", "to_gun"), at.get("op", ""), at.get("when", "before"), at.get("of", "")
    )  # fmt: skip
    return Fault(str(item["fault"]), place, numbers)
