"""The verdict on a visit that meters nothing: everything but amounts is asked, and what was done is area and time.

Not responsible for plans (``clear``): there is none. No volume is known, so none is checked and none is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from mesogun.errors import InputError
from mesogun.limits.answers import Answers
from mesogun.limits.approval import Approval, check_approval
from mesogun.limits.asked import Question, ask
from mesogun.limits.clear import OperatorShape, check_people
from mesogun.limits.combine import Limits
from mesogun.limits.course import course_warnings
from mesogun.limits.rules import compare, usual
from mesogun.limits.screening import Result, check_consent, check_screening, check_steps, screen
from mesogun.limits.subject import Subject, SubjectHistory
from mesogun.limits.violation import ClearanceRefused, Violation
from mesogun.protocol import Kind, Protocol

COUNTED: tuple[Kind, ...] = ("interval_days", "treatments")
"""Limits that need no volume."""


def clear_unmetered(
    protocol: Protocol,
    limits: Limits,
    *,
    subject: Subject,
    history: SubjectHistory,
    operator: OperatorShape,
    answers: Answers,
    now: datetime,
    approvals: Sequence[Approval] = (),
) -> tuple[str, ...]:
    """What should be seen about the visit, or a refusal with everything that stands in the way.

    Raises
    ------
    InputError
        If the protocol meters: then it is planned and treated.
    ClearanceRefused
        With every violation; reasons are not asked for, so a soft one refuses too.
    """
    if protocol.metered:
        raise InputError(f"{protocol.id} meters a dose: plan it and treat with a gun (mesogun treat)")
    if now.tzinfo is None:
        raise InputError("the time of a visit needs a time zone")
    found = [
        *check_people(operator, "clinical"),
        *check_approval(protocol, "clinical", approvals, now.date()),
        *check_screening(protocol, answers.screening, limits.spacing),
        *check_steps(protocol, answers.steps),
        *check_consent(protocol, answers.consent),
    ]
    if answers.confirmed_subject != subject.ref:
        said = answers.confirmed_subject or "nobody"
        text = f"confirmed is {said}, the subject is {subject.ref}; confirm it"
        found.append(Violation("confirm.subject", None, None, "", "operator", hard=True, message=text))
    question = Question((), 0, protocol.agent.id, None, None, subject, history, now)
    for kind in COUNTED:
        asked = ask(kind, question)
        if asked is not None:
            found += [replace(v, hard=True) for v in compare(kind, asked, limits, usual(kind, protocol))]
    if found:
        raise ClearanceRefused(found)
    notes = [f.told() for f in screen(protocol, answers.screening, limits.spacing) if f.result is Result.NOTE]
    return (*course_warnings(protocol, history, now), *notes)
