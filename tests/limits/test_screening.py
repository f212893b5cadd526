"""Clear, clearance, blocked: each contraindication of the general articles (S0 to S4), by name, in every protocol."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from mesogun.identity import Role
from mesogun.limits import (
    Answer,
    Answers,
    Approval,
    Result,
    SiteLimits,
    Violation,
    parse_site,
    screen,
    simulated_answers,
)
from mesogun.limits.screening import COMBINED
from mesogun.protocol import Protocol, bundled, bundled_names
from tests.limits.build import Case, hydration
from tests.trace import req

S0, S1, S2, S4 = "s0-overview", "s1-myacare-2024", "s2-eurolook", "s4-ageing"

CONTRAINDICATIONS = [
    # question, what a yes leads to, and the articles that say so
    ("pregnancy", "blocked", {S0, S1, S2, S4}),
    ("breastfeeding", "blocked", {S0, S1, S2}),
    ("clotting-disorder", "blocked", {S1}),
    ("anticoagulant", "clearance", {S1}),
    ("skin-infection", "blocked", {S0, S1}),
    ("skin-condition", "blocked", {S1}),
    ("allergy-ingredient", "blocked", {S0, S1}),
    ("allergy-other", "clearance", {S1}),
    ("diabetes-uncontrolled", "clearance", {S1}),
    ("autoimmune", "clearance", {S1}),
    ("severe-chronic", "clearance", {S1}),
    ("other-condition", "clearance", {S0, S4}),
    ("nsaid", "clearance", {S1}),
    ("irritants", "clearance", {S1}),
    ("combined-laser", "clearance", {S2}),
    ("combined-peel", "clearance", {S2}),
]
NOTES = ["supplements", "alcohol", "smoking", "hyperpigmentation"]


def answered(protocol: Protocol, plan_hash: str, **changed: Answer | None) -> Answers:
    base = simulated_answers(protocol, plan_hash, "s-1")
    screening = dict(base.screening)
    for name, answer in changed.items():
        key = name.replace("_", "-")
        if answer is None:
            del screening[key]
        else:
            screening[key] = answer
    return replace(base, screening=screening)


@pytest.mark.parametrize(("question", "outcome", "articles"), CONTRAINDICATIONS)
@pytest.mark.parametrize("name", bundled_names())
def test_every_protocol_asks_it_and_names_the_articles(
    name: str, question: str, outcome: str, articles: set[str]
) -> None:
    (asked,) = [q for q in bundled(name).screening if q.id == question]
    assert asked.yes == outcome
    assert set(asked.sources) == articles


@req("MG-03")
@pytest.mark.parametrize(("question", "outcome", "articles"), CONTRAINDICATIONS)
def test_allow_clearance_and_block(question: str, outcome: str, articles: set[str]) -> None:
    protocol, plan = hydration()

    def verdict(answer: Answer | None) -> tuple[str, ...]:
        return Case(protocol, plan, answers=answered(protocol, plan.plan_hash, **{question: answer})).verdict()

    stopped = (f"screening.{question}",)
    assert verdict(Answer(yes=False)) == ()
    assert verdict(None) == stopped
    assert verdict(Answer(yes=True)) == stopped
    assert verdict(Answer(yes=True, clearance="  ")) == stopped
    documented = Answer(yes=True, clearance="letter of 2026-02-20, Dr B")
    cleared = outcome == "clearance" and question not in COMBINED
    assert verdict(documented) == (() if cleared else stopped)
    refused = Case(protocol, plan, answers=answered(protocol, plan.plan_hash, **{question: Answer(yes=True)})).refusal()
    assert refused is not None
    assert all(article in refused.violations[0].source for article in articles)
    assert refused.violations[0].hard
    said = "blocked by the answer to" if outcome == "blocked" else "needs documented clearance"
    assert question in COMBINED or refused.violations[0].message.startswith(said)
    silent = Case(protocol, plan, answers=answered(protocol, plan.plan_hash, **{question: None})).refusal()
    assert silent is not None
    assert silent.violations[0].message.startswith("not answered: ")


CLINIC = parse_site(
    """format = 1
set_by = "Dr A"
set_on = "2026-01-05"
[[spacing]]
other = "laser"
days = 28
source = "clinic rule 8"
[[spacing]]
other = "peel"
days = 14
source = "clinic rule 9"
""",
    "limits.toml",
)


@req("MG-03")
@pytest.mark.parametrize(("question", "least"), [("combined-laser", 28), ("combined-peel", 14)])
def test_a_combination_needs_the_clinics_own_distance(question: str, least: int) -> None:
    protocol, plan = hydration()
    assert question in COMBINED

    def refused(answer: Answer, clinic: SiteLimits | None = CLINIC) -> Violation | None:
        said = answered(protocol, plan.plan_hash, **{question: answer})
        refusal = Case(protocol, plan, answers=said, site=clinic).refusal()
        return None if refusal is None else refusal.violations[0]

    assert refused(Answer(yes=True, days=least)) is None
    assert refused(Answer(yes=False)) is None
    close = refused(Answer(yes=True, clearance="the doctor agrees", days=least - 1))
    assert close is not None
    assert (close.rule, close.asked, close.limit, close.hard) == (f"screening.{question}", least - 1, least, True)
    assert "clinic rule" in close.message
    assert "s2-eurolook" in close.message
    unsaid = refused(Answer(yes=True, clearance="the doctor agrees"))
    assert unsaid is not None
    assert "not said how many days apart" in unsaid.message
    unruled = refused(Answer(yes=True, days=1000), clinic=None)
    assert unruled is not None
    assert "[[spacing]] in limits.toml" in unruled.message


def test_steps_are_those_of_the_protocol_and_cleaning_left_out_is_told() -> None:
    protocol, plan = hydration()
    base = simulated_answers(protocol, plan.plan_hash, "s-1")
    done = replace(base, steps={"clean": "chlorhexidine 2 %", "anaesthetic": "cream, 1 g, 30 min"})
    assert Case(protocol, plan, answers=done).verdict() == ()
    wrong = replace(base, steps={"massage": ""})
    assert Case(protocol, plan, answers=wrong).verdict() == ("steps.massage",)
    approved = Approval(protocol.sha256, "op-1", Role.PRACTITIONER, date(2026, 1, 5), "read and agreed")
    clinical = Case(protocol, plan, answers=base, gun_kind="clinical", approvals=(approved,))
    told = "not recorded as done: Clean and disinfect the area. (s0-overview)"
    assert told in clinical.run().clearance.warnings
    assert told not in replace(clinical, answers=done).run().clearance.warnings


@pytest.mark.parametrize("question", NOTES)
def test_a_note_stops_nobody_and_is_kept(question: str) -> None:
    protocol, plan = hydration()
    cleared = Case(protocol, plan, answers=answered(protocol, plan.plan_hash, **{question: Answer(yes=True)})).run()
    assert [line for line in cleared.clearance.warnings if "yes: note (s1-myacare-2024)" in line]


@pytest.mark.parametrize(("question", "outcome"), [("evaluation", "blocked"), ("expectations", "clearance")])
def test_without_evaluation_or_talk_nothing_begins(question: str, outcome: str) -> None:
    protocol, plan = hydration()
    answers = answered(protocol, plan.plan_hash, **{question: Answer(yes=False)})
    assert Case(protocol, plan, answers=answers).verdict() == (f"screening.{question}",)
    findings = {f.question.id: f for f in screen(protocol, answers.screening)}
    assert findings[question].result == Result(outcome)
    assert findings[question].open


def test_an_override_does_not_pass_a_screening_question() -> None:
    protocol, plan = hydration()
    answers = answered(protocol, plan.plan_hash, pregnancy=Answer(yes=True, clearance="she insists"))
    answers = replace(answers, overrides={"screening.pregnancy": "she insists"})
    assert Case(protocol, plan, answers=answers).verdict() == ("screening.pregnancy",)


def test_an_answer_that_nobody_asked_for_is_said() -> None:
    protocol, plan = hydration()
    answers = answered(protocol, plan.plan_hash, pregnanzy=Answer(yes=False))
    assert Case(protocol, plan, answers=answers).verdict() == ("screening.pregnanzy",)


@req("MG-03")
def test_every_item_of_consent_is_needed() -> None:
    protocol, plan = hydration()
    base = simulated_answers(protocol, plan.plan_hash, "s-1")
    for item in base.consent:
        partial = replace(base, consent=base.consent - {item})
        assert Case(protocol, plan, answers=partial).verdict() == (f"consent.{item}",)
    assert all("s2-eurolook" in rule.sources for rule in protocol.consent)


@req("MG-03")
def test_nothing_said_refuses_with_every_question_at_once() -> None:
    protocol, plan = hydration()
    rules = Case(protocol, plan, answers=Answers()).verdict()
    assert len(rules) == len(protocol.screening) + len(protocol.consent) + 2


def test_a_finding_is_told_in_one_line() -> None:
    protocol, _ = hydration()
    told = [finding.told() for finding in screen(protocol, {"pregnancy": Answer(yes=True)})]
    assert any(line.startswith("Is the subject pregnant? yes: blocked (s0-overview, ") for line in told)
    assert sum("not answered: blocked" in line for line in told) == len(protocol.screening) - 1
