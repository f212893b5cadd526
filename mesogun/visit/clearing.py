"""Whether a visit may begin: one judgement for the wizard that asks beforehand and for the command that begins.

Not responsible for the rules (``mesogun.limits``), nor for what happens after the first entry of the magazine.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from mesogun.errors import LimitRefused
from mesogun.identity import Operator
from mesogun.limits import (
    Answers,
    ClearanceRefused,
    ClearedPlan,
    Limits,
    SiteLimits,
    Violation,
    Weight,
    clear,
    limits_for,
    screen,
)
from mesogun.plan import Plan
from mesogun.protocol import Protocol
from mesogun.record import events as ev
from mesogun.units import NL_PER_ML, ml_text
from mesogun.visit.subjects import Known, known

if TYPE_CHECKING:
    from mesogun.journal import Journal


@dataclass(frozen=True, slots=True)
class Begun:
    """A treatment that may be run: recorded, cleared, bound to one plan."""

    treatment: str
    cleared: ClearedPlan[Plan]


def new_treatment() -> str:
    """A reference that was never used: 64 random bits, not zero."""
    return f"{secrets.randbits(64) or 1:016x}"


def judge(
    plan: Plan,
    protocol: Protocol,
    *,
    site: SiteLimits | None,
    about: Known,
    operator: Operator,
    answers: Answers,
    gun_kind: str,
    now: datetime,
    upper_nl: int,
) -> ClearedPlan[Plan]:
    """Clear the plan; nothing is recorded.

    ``upper_nl`` is the most that the plan may give with this gun's stated bound (``most_given_nl``).

    Raises
    ------
    ClearanceRefused
        With every rule that stands in the way; also if the plan fits the limit but the gun's bound does not: the last
        shots could never be loaded.
    """
    cleared = clear(
        plan,
        protocol,
        limits_for(protocol, site=site, subject=about.subject),
        subject=about.subject,
        history=about.history,
        operator=operator,
        answers=answers,
        gun_kind=gun_kind,
        now=now,
        approvals=about.approvals,
    )
    most_nl = cleared.hard_total_nl
    if upper_nl > most_nl:
        text = (
            f"the plan's {ml_text(plan.total_nl)} may come to {ml_text(upper_nl)} with this gun's stated bound, and"
            f" {ml_text(most_nl)} is the limit: plan less, or calibrate the gun"
        )
        asked, limit = upper_nl / NL_PER_ML, most_nl / NL_PER_ML
        raise ClearanceRefused([Violation("gun.bound", asked, limit, "mL", "gun", hard=True, message=text)])
    return cleared


def begin(
    *,
    journal: Journal,
    treatment: str,
    plan: Plan,
    protocol: Protocol,
    site: SiteLimits | None,
    subject: str,
    operator: Operator,
    answers: Answers,
    gun_kind: str,
    now: datetime,
    upper_nl: int,
    demonstration: bool,
    used: Sequence[ev.Event] = (),
    weight_kg: str | None = None,
) -> Begun:
    """Judge the plan and record that it was cleared; a refusal is recorded too, as a visit not done.

    ``used`` are the events for the syringe and the parts.

    Raises
    ------
    ClearanceRefused
        With every rule that stands in the way.
    """
    measured = None if weight_kg is None else Weight.recorded(weight_kg, now.date(), operator.reference)
    about = known(journal, subject, protocol.agent.id, measured)
    limits = limits_for(protocol, site=site, subject=about.subject)
    planned = ev.TreatmentPlanned(
        subject=subject,
        operator=operator.reference,
        plan=plan.to_bytes().decode("utf-8"),
        plan_hash=plan.plan_hash,
        protocol_id=protocol.id,
        protocol_sha256=protocol.sha256,
        agent=protocol.agent.id,
        total_nl=plan.total_nl,
        shots=len(plan.shots),
        simulated=gun_kind == "simulated",
        demonstration=demonstration,
    )
    said = screening_events(protocol, limits, answers, operator)
    try:
        cleared = judge(
            plan,
            protocol,
            site=site,
            about=about,
            operator=operator,
            answers=answers,
            gun_kind=gun_kind,
            now=now,
            upper_nl=upper_nl,
        )
    except LimitRefused as refusal:
        journal.append([planned, *said, ev.NotDone(str(refusal), operator.reference)], treatment=treatment, epoch=None)
        raise
    events: list[ev.Event] = [planned]
    if weight_kg is not None:
        events.append(ev.SubjectMeasured("weight_kg", weight_kg, operator.reference))
    events += said
    if answers.consent:
        consented = ", ".join(sorted(answers.consent))
        events.append(ev.ConsentRecorded(plan.plan_hash, operator.reference, consented))
    events += [ev.StepDone(step, operator.reference, note) for step, note in answers.steps.items()]
    events.append(ev.PlanConfirmed(plan.plan_hash, subject, operator.reference))
    events += [
        ev.OverrideGiven(override.rule, override.asked, override.limit, override.operator, override.why)
        for override in cleared.clearance.overrides
    ]
    events.append(ev.PlanCleared(plan.plan_hash, operator.reference, cleared.clearance.to_text()))
    events += used
    journal.append(events, treatment=treatment, epoch=None)
    return Begun(treatment, cleared)


def screening_events(protocol: Protocol, limits: Limits, answers: Answers, operator: Operator) -> list[ev.Event]:
    """What was answered before the visit, and what followed from it."""
    return [
        ev.ScreeningAnswered(
            finding.question.id,
            "yes" if finding.answer.yes else "no",
            finding.result.value,
            operator.reference,
            finding.answer.noted(),
        )
        for finding in screen(protocol, answers.screening, limits.spacing)
        if finding.answer is not None
    ]
