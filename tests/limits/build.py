"""Plans, subjects and answers for the tests of the limits; everything that is not the point of a test is in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from mesogun.identity.roles import Role
from mesogun.limits import (
    Answers,
    ClearanceRefused,
    ClearedPlan,
    Limits,
    PastTreatment,
    SiteLimits,
    Subject,
    SubjectHistory,
    clear,
    limits_for,
    parse_site,
    simulated_answers,
)
from mesogun.limits.approval import Approval
from mesogun.protocol import Protocol, bundled

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Point:
    x_um: int
    y_um: int
    depth_um: int
    volume_nl: int


@dataclass(frozen=True, slots=True)
class Agent:
    id: str
    concentration: str | None
    unit: str | None


@dataclass(frozen=True, slots=True)
class Path:
    seconds: int = 600


@dataclass(frozen=True, slots=True)
class Plan:
    points: tuple[Point, ...]
    total_nl: int
    protocol_id: str
    protocol_sha256: str
    agent: Agent
    spacing_um: int
    area_name: str = ""
    step_nl: int = 100
    path: Path = Path()
    plan_hash: str = "ab" * 32


@dataclass(frozen=True, slots=True)
class Person:
    reference: str = "op-1"
    role: Role = Role.PRACTITIONER
    retired: bool = False


PRACTITIONER = Person()
SUBJECT = Subject("s-1")


def grid(count: int, spacing_um: int, volume_nl: int, depth_um: int, columns: int = 10) -> tuple[Point, ...]:
    """A square grid, row by row."""
    return tuple(Point(i % columns * spacing_um, i // columns * spacing_um, depth_um, volume_nl) for i in range(count))


def plan_of(protocol: Protocol, points: Sequence[Point], spacing_um: int) -> Plan:
    total = sum(point.volume_nl for point in points)
    used = protocol.agent
    concentration = None if used.concentration is None else f"{used.concentration:g}"
    agent = Agent(used.id, concentration, used.unit)
    return Plan(tuple(points), total, protocol.id, protocol.sha256, agent, spacing_um)


def hydration(count: int = 40, volume_nl: int = 20_000, depth_um: int = 1500) -> tuple[Protocol, Plan]:
    protocol = bundled("face-hydration-ha")
    return protocol, plan_of(protocol, grid(count, 10_000, volume_nl, depth_um), 10_000)


def site(*limits: str, agents: str = "") -> SiteLimits:
    """A clinic's file from ``agent kind edge=value ...`` lines."""
    text = 'format = 1\nset_by = "Dr A"\nset_on = "2026-01-05"\n' + agents
    for line in limits:
        agent, kind, *edges = line.split()
        text += f'[[limit]]\nagent = "{agent}"\nkind = "{kind}"\nsource = "clinic rule"\n'
        text += "".join(f"{name} = {value}\n" for name, value in (edge.split("=") for edge in edges))
    return parse_site(text, "limits.toml")


STRENGTH = {
    "hyaluronic-acid": ("20", "mg/mL"),
    "deoxycholic-acid": ("10", "mg/mL"),
    "onabotulinumtoxina": ("20", "U/mL"),
}


def past(days: float, high_nl: int = 100_000, agent: str = "hyaluronic-acid", points: int = 5) -> PastTreatment:
    from datetime import timedelta

    concentration, unit = STRENGTH.get(agent, (None, None))
    return PastTreatment(f"t-{days}", NOW - timedelta(days=days), "p", agent, high_nl, points, concentration, unit)


@dataclass(frozen=True, slots=True)
class Case:
    """One call of ``clear``; ``verdict`` gives the refused rules, empty when it passed."""

    protocol: Protocol
    plan: Plan
    site: SiteLimits | None = None
    subject: Subject = SUBJECT
    history: tuple[PastTreatment, ...] = ()
    operator: Person = PRACTITIONER
    answers: Answers | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)
    gun_kind: str = "simulated"
    approvals: tuple[Approval, ...] = ()
    limits: Limits | None = None

    def run(self) -> ClearedPlan[Plan]:
        answers = self.answers
        if answers is None:
            base = simulated_answers(self.protocol, self.plan.plan_hash, self.subject.ref)
            answers = Answers(
                base.screening, base.consent, base.confirmed_plan_hash, base.confirmed_subject, self.overrides
            )
        limits = self.limits or limits_for(self.protocol, site=self.site, subject=self.subject)
        return clear(
            self.plan,
            self.protocol,
            limits,
            subject=self.subject,
            history=SubjectHistory(self.history),
            operator=self.operator,
            answers=answers,
            gun_kind=self.gun_kind,
            now=NOW,
            approvals=self.approvals,
        )

    def refusal(self) -> ClearanceRefused | None:
        try:
            self.run()
        except ClearanceRefused as refused:
            return refused
        return None

    def verdict(self) -> tuple[str, ...]:
        refused = self.refusal()
        return () if refused is None else tuple(v.rule for v in refused.violations)
