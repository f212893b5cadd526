"""The verdict on a plan: a ``ClearedPlan``, or every violation at once. Pure; time is an argument.

Not responsible for recording either of them, nor for the single entries later (``load``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol as Shape
from typing import TypeVar

from mesogun.clock import timestamp
from mesogun.errors import InputError, RecordError
from mesogun.identity.roles import Action, Role, may
from mesogun.limits.answers import Answers
from mesogun.limits.approval import Approval, check_approval
from mesogun.limits.asked import Question
from mesogun.limits.caps import max_point_nl, max_points, min_shot_interval_ms, volume_caps
from mesogun.limits.clearance import Clearance, ClearedPlan, Override, seal
from mesogun.limits.combine import Limits
from mesogun.limits.conform import PlanShape, check_identity, check_protocol, check_ranges
from mesogun.limits.course import course_warnings
from mesogun.limits.depths import depth_warnings
from mesogun.limits.rules import check_amounts
from mesogun.limits.screening import Result, check_consent, check_screening, check_steps, screen
from mesogun.limits.subject import Subject, SubjectHistory
from mesogun.limits.violation import ClearanceRefused, Violation
from mesogun.protocol import Protocol
from mesogun.units import UM_PER_MM

PlanT = TypeVar("PlanT", bound=PlanShape)

ALWAYS_DONE = ("clean",)
"""Steps of preparation that belong to every visit; others, such as a topical anaesthetic, are wanted or not."""


class OperatorShape(Shape):
    """Who is at the keyboard (``mesogun.identity.Operator`` is one)."""

    @property
    def reference(self) -> str: ...  # noqa: D102
    @property
    def role(self) -> Role: ...  # noqa: D102
    @property
    def retired(self) -> bool: ...  # noqa: D102


def clear(
    plan: PlanT,
    protocol: Protocol,
    limits: Limits,
    *,
    subject: Subject,
    history: SubjectHistory,
    operator: OperatorShape,
    answers: Answers,
    gun_kind: str,
    now: datetime,
    approvals: Sequence[Approval] = (),
) -> ClearedPlan[PlanT]:
    """Pass the plan, or refuse it with everything that stands in the way.

    Parameters
    ----------
    plan : Plan
        A frozen plan; whatever has the fields of ``PlanShape``.
    protocol : Protocol
        What the plan was made from, with supplied values filled in.
    limits : Limits
        From :func:`limits_for`, for this protocol and this subject.
    subject, history, operator, answers
        For whom, what they had before, who asks, what was said.
    gun_kind : str
        ``clinical``, ``bench`` or ``simulated``, as HELLO says it.
    now : datetime
        Aware.
    approvals : sequence of Approval, optional
        Approvals of protocols on record.

    Raises
    ------
    ClearanceRefused
        With every hard violation and every soft one that has no reason.
    """
    if now.tzinfo is None:
        raise InputError("the time of a clearance needs a time zone")
    question = Question(
        points=plan.points,
        total_nl=plan.total_nl,
        agent_id=protocol.agent.id,
        concentration=protocol.agent.concentration,
        unit=protocol.agent.unit,
        subject=subject,
        history=history,
        now=now,
    )
    found = [
        *check_people(operator, gun_kind),
        *check_identity(plan, protocol, limits, subject),
        *check_protocol(protocol, gun_kind),
        *_demonstration_limits(limits, gun_kind),
        *check_approval(protocol, gun_kind, approvals, now.date()),
        *check_screening(protocol, answers.screening, limits.spacing),
        *check_steps(protocol, answers.steps),
        *check_consent(protocol, answers.consent),
        *_confirmation(plan, subject, answers),
        *check_amounts(limits, question, protocol),
        *check_ranges(plan, protocol),
    ]
    overrides, refused, warnings = _sort_out(found, answers, operator)
    if refused:
        raise ClearanceRefused(refused)
    warnings += visit_notes(plan, protocol)
    deepest_mm = max(point.depth_um for point in plan.points) / UM_PER_MM
    warnings += depth_warnings(protocol, deepest_mm, plan.area_name)
    if gun_kind != "simulated":
        warnings += _steps_left_out(protocol, answers)
    warnings += course_warnings(protocol, history, now)
    warnings += [f.told() for f in screen(protocol, answers.screening, limits.spacing) if f.result is Result.NOTE]
    clearance = Clearance(
        plan_hash=plan.plan_hash,
        protocol_id=protocol.id,
        protocol_sha256=protocol.sha256,
        subject=subject.ref,
        operator=operator.reference,
        agent=protocol.agent.id,
        gun_kind=gun_kind,
        at=timestamp(now),
        planned_nl=plan.total_nl,
        caps=volume_caps(limits, question),
        max_point_nl=max_point_nl(limits),
        max_points=max_points(limits, question),
        min_shot_interval_ms=min_shot_interval_ms(limits),
        demonstration=_demonstration(protocol, limits),
        overrides=tuple(overrides),
        warnings=tuple(warnings),
    )
    return seal(plan, clearance)


def restore(plan: PlanT, text: str) -> ClearedPlan[PlanT]:
    """The cleared plan again, from the recorded clearance; ``RecordError`` unless it was made for this plan."""
    clearance = Clearance.from_text(text)
    if clearance.plan_hash != plan.plan_hash:
        raise RecordError(f"the recorded clearance is for plan {clearance.plan_hash[:12]}, not {plan.plan_hash[:12]}")
    return seal(plan, clearance)


def check_people(operator: OperatorShape, gun_kind: str) -> Iterator[Violation]:
    """Whether this person may treat, with a gun of this kind."""
    if operator.retired or not may(operator.role, Action.TREAT):
        state = "retired" if operator.retired else f"a {operator.role.value}"
        yield _hard("operator.role", "roles", f"{operator.reference} is {state} and may not treat; a practitioner may")
    if gun_kind == "bench":
        yield _hard("gun.kind", "gun", "a gun in bench mode never treats a subject; take it out of bench mode")
    elif gun_kind not in {"clinical", "simulated"}:
        yield _hard("gun.kind", "gun", f"a gun of unknown kind {gun_kind!r}")


def _confirmation(plan: PlanShape, subject: Subject, answers: Answers) -> Iterator[Violation]:
    if answers.confirmed_plan_hash != plan.plan_hash:
        said = answers.confirmed_plan_hash[:12] or "nothing"
        yield _hard("confirm.plan", "operator", f"confirmed is {said}, this plan is {plan.plan_hash[:12]}; confirm it")
    if answers.confirmed_subject != subject.ref:
        said = answers.confirmed_subject or "nobody"
        yield _hard("confirm.subject", "operator", f"confirmed is {said}, the subject is {subject.ref}; confirm it")


def _demonstration_limits(limits: Limits, gun_kind: str) -> Iterator[Violation]:
    if gun_kind == "simulated":
        return
    kinds = sorted({kind for (kind, _), edge in limits.edges.items() if edge.grade == "demo"})
    if kinds:
        yield _hard("limits.demonstration", "limits", f"demonstration limits on a {gun_kind} gun: {', '.join(kinds)}")


def _demonstration(protocol: Protocol, limits: Limits) -> bool:
    grades = {quantity.grade for _, quantity in protocol.quantities()} | {protocol.agent.grade}
    return "demo" in grades or any(edge.grade == "demo" for edge in limits.edges.values())


def _steps_left_out(protocol: Protocol, answers: Answers) -> Iterator[str]:
    for rule in protocol.preparation:
        if rule.id in ALWAYS_DONE and rule.id not in answers.steps:
            yield f"not recorded as done: {rule.text} ({', '.join(rule.sources)})"


def visit_notes(plan: PlanShape, protocol: Protocol) -> Iterator[str]:
    """What stops nobody and should be seen: a visit that is longer than the sources say."""
    visit = protocol.course.visit_minutes
    bounds = visit.bounds() if visit is not None else None
    if visit is not None and bounds is not None and plan.path.seconds > bounds[1] * 60:
        minutes = math.ceil(plan.path.seconds / 60)
        yield f"about {minutes} minutes planned, a visit is said to take at most {bounds[1]:g} ({visit.source})"


def _sort_out(
    found: Iterable[Violation], answers: Answers, operator: OperatorShape
) -> tuple[list[Override], list[Violation], list[str]]:
    """Overrides that count, violations that refuse, warnings."""
    overrides, refused = [], []
    unused = dict(answers.overrides)
    for violation in found:
        reason = unused.pop(violation.rule, answers.overrides.get(violation.rule, "")).strip()
        if violation.hard or not reason or not may(operator.role, Action.OVERRIDE_SOFT):
            refused.append(violation)
            continue
        asked = f"{violation.asked:g} {violation.unit}"
        limit = f"{violation.limit:g} {violation.unit} ({violation.source})"
        overrides.append(Override(violation.rule, asked, limit, operator.reference, reason))
    warnings = [f"a reason was given for {rule}, which is not broken" for rule in unused]
    return overrides, refused, warnings


def _hard(rule: str, source: str, text: str) -> Violation:
    return Violation(rule, None, None, "", source, hard=True, message=text)
