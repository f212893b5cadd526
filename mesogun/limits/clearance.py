"""What a passed plan may do: the caps that every magazine entry is checked against, as a value and as text.

Not responsible for reaching the verdict (``clear``) nor for the check itself (``load``).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Generic, TypeVar

from mesogun.errors import RecordError

PlanT = TypeVar("PlanT")
PlanT_co = TypeVar("PlanT_co", covariant=True)
_SEAL = object()


@dataclass(frozen=True, slots=True)
class Cap:
    """An upper bound for this treatment's ledger, in whole nanolitres, rounded down from the limit.

    ``told`` is the limit in its own unit with its source; ``soft`` caps were open to a reason.
    """

    rule: str
    cap_nl: int
    hard: bool
    told: str


@dataclass(frozen=True, slots=True)
class Override:
    """A soft limit passed with a reason: who, why, what was asked, what the limit was."""

    rule: str
    asked: str
    limit: str
    operator: str
    why: str


@dataclass(frozen=True, slots=True)
class Clearance:
    """The verdict, bound to one plan and one subject; complete enough to go on with after a crash.

    Attributes
    ----------
    caps : tuple of Cap
        Volume caps for this treatment alone: earlier treatments are already subtracted.
    max_points : int or None
        Points that this treatment may still serve, redone points counted again.
    min_shot_interval_ms : int
        Shortest time between two shots; 0 where nobody set one.
    """

    plan_hash: str
    protocol_id: str
    protocol_sha256: str
    subject: str
    operator: str
    agent: str
    gun_kind: str
    at: str
    planned_nl: int
    caps: tuple[Cap, ...]
    max_point_nl: int
    max_points: int | None
    min_shot_interval_ms: int
    demonstration: bool
    overrides: tuple[Override, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def hard_total_nl(self) -> int:
        """The lowest hard cap: the ledger's upper end may reach it and not pass it."""
        return min(cap.cap_nl for cap in self.caps if cap.hard)

    def to_text(self) -> str:
        """Canonical JSON, for the event that records the clearance."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> Clearance:
        """The clearance that :meth:`to_text` wrote; ``RecordError`` for anything else."""
        try:
            fields: dict[str, Any] = json.loads(text)
            fields["caps"] = tuple(Cap(**cap) for cap in fields["caps"])
            fields["overrides"] = tuple(Override(**override) for override in fields["overrides"])
            fields["warnings"] = tuple(fields["warnings"])
            clearance = cls(**fields)
            if clearance.to_text() != text or clearance.hard_total_nl < 0:
                raise ValueError("not in its canonical form")
        except (TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
            raise RecordError(f"the recorded clearance cannot be read: {error}; clear the plan again") from error
        return clearance


@dataclass(frozen=True, slots=True)
class ClearedPlan(Generic[PlanT_co]):
    """A plan and its clearance: the only thing that a runner accepts. Made by ``clear`` and ``restore`` alone."""

    plan: PlanT_co
    clearance: Clearance
    seal: object

    def __post_init__(self) -> None:
        if self.seal is not _SEAL:
            raise TypeError("a ClearedPlan is made by mesogun.limits.clear, or restored from a recorded clearance")
        if getattr(self.plan, "plan_hash", None) != self.clearance.plan_hash:
            raise TypeError(f"this clearance is for plan {self.clearance.plan_hash[:12]} and no other")

    @property
    def plan_hash(self) -> str:
        """Hash of the plan that was cleared."""
        return self.clearance.plan_hash

    @property
    def subject(self) -> str:
        """Reference of the subject that it was cleared for."""
        return self.clearance.subject

    @property
    def operator(self) -> str:
        """Reference of the operator who asked for the clearance."""
        return self.clearance.operator

    @property
    def agent(self) -> str:
        """Id of the agent."""
        return self.clearance.agent

    @property
    def hard_total_nl(self) -> int:
        """The lowest hard cap on the ledger's upper end."""
        return self.clearance.hard_total_nl


def seal(plan: PlanT, clearance: Clearance) -> ClearedPlan[PlanT]:
    """Join a plan with the clearance that was made for it; for this package alone."""
    return ClearedPlan(plan, clearance, _SEAL)
