"""A visit that meters nothing: asked like any other, counted as a treatment and in no volume."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from mesogun.errors import InputError
from mesogun.identity.roles import Role
from mesogun.limits import (
    Answers,
    Approval,
    ClearanceRefused,
    PastTreatment,
    Subject,
    SubjectHistory,
    clear_unmetered,
    limits_for,
    simulated_answers,
)
from mesogun.protocol import bundled
from tests.limits.build import NOW, PRACTITIONER, SUBJECT, Case, Person, hydration, past, site
from tests.trace import req

NEEDLE_FREE = bundled("face-needle-free")
AGENT = NEEDLE_FREE.agent.id
APPROVED = Approval(NEEDLE_FREE.sha256, "op-1", Role.PRACTITIONER, date(2026, 1, 5), "read and agreed")
SAID = simulated_answers(NEEDLE_FREE, "", SUBJECT.ref)
CLINIC = site(f"{AGENT} interval_days hard_low=7", f"{AGENT} treatments soft_high=2")


def verdict(
    *,
    answers: Answers = SAID,
    operator: Person = PRACTITIONER,
    approvals: tuple[Approval, ...] = (APPROVED,),
    history: tuple[PastTreatment, ...] = (),
    subject: Subject = SUBJECT,
) -> tuple[str, ...]:
    try:
        clear_unmetered(
            NEEDLE_FREE,
            limits_for(NEEDLE_FREE, site=CLINIC),
            subject=subject,
            history=SubjectHistory(history),
            operator=operator,
            answers=answers,
            now=NOW,
            approvals=approvals,
        )
    except ClearanceRefused as refused:
        return tuple(violation.rule for violation in refused.violations if violation.hard)
    return ()


@req("MG-03")
def test_each_precondition_left_out_refuses_and_is_named() -> None:
    assert verdict() == ()
    assert verdict(operator=Person(role=Role.TECHNICIAN)) == ("operator.role",)
    assert verdict(approvals=()) == ("protocol.approval",)
    assert verdict(subject=Subject("s-2")) == ("confirm.subject",)
    assert verdict(answers=replace(SAID, consent=SAID.consent - {"risk"})) == ("consent.risk",)
    assert verdict(answers=replace(SAID, steps={"massage": ""})) == ("steps.massage",)
    fewer = {key: answer for key, answer in SAID.screening.items() if key != "pregnancy"}
    assert verdict(answers=replace(SAID, screening=fewer)) == ("screening.pregnancy",)


@pytest.mark.parametrize(("days", "rules"), [(7, ()), (6, ("interval_days.hard_low",))])
def test_the_interval_holds(days: float, rules: tuple[str, ...]) -> None:
    assert verdict(history=(past(days, 0, AGENT, 0),)) == rules


def test_the_number_of_treatments_holds() -> None:
    one, two = past(20, 0, AGENT, 0), past(40, 0, AGENT, 0)
    assert verdict(history=(one,)) == ()
    assert verdict(history=(one, two)) == ("treatments.soft_high",)


def test_what_meters_is_not_cleared_here() -> None:
    protocol, _ = hydration()
    with pytest.raises(InputError, match="meters a dose"):
        clear_unmetered(
            protocol,
            limits_for(protocol),
            subject=SUBJECT,
            history=SubjectHistory(),
            operator=PRACTITIONER,
            answers=SAID,
            now=NOW,
        )


def test_nobody_knows_the_mg_of_a_visit_that_metered_nothing() -> None:
    protocol, plan = hydration()
    earlier = PastTreatment("t-0", NOW.replace(hour=8), "face-needle-free", protocol.agent.id, 0, 0)
    clinic = site("hyaluronic-acid treatment_mg hard_high=1000")
    assert Case(protocol, plan, site=clinic, history=(earlier,)).verdict() == ("treatment_mg.unknown",)
