"""Screening and consent: three results, each with its source. An unanswered question is not a clear one.

Not responsible for asking (the screens) nor for recording the answers (``mesogun.record``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from mesogun.limits.tables import SiteSpacing
from mesogun.limits.violation import Violation
from mesogun.protocol import Protocol, Question

COMBINED = {"combined-laser": "laser", "combined-peel": "peel"}
"""Questions about a combination: what they lead to is the clinic's own rule, as no source gives a distance."""

NOTHING: Mapping[str, SiteSpacing] = MappingProxyType({})


class Result(StrEnum):
    """What an answer leads to."""

    CLEAR = "clear"
    NOTE = "note"
    CLEARANCE = "clearance"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Answer:
    """Yes or no, and where a clearance is documented if one was needed (letter, date, who).

    ``days`` lie between this treatment and the one that it is combined with.
    """

    yes: bool
    clearance: str = ""
    days: int | None = None

    def noted(self) -> str:
        """What belongs on record beside yes and no."""
        apart = "" if self.days is None else f"{self.days} days apart"
        return "; ".join(text for text in (apart, self.clearance) if text)


@dataclass(frozen=True, slots=True)
class Finding:
    """One question, its answer and what follows.

    ``open`` is whether something still stands in the way: unanswered, blocked, or a clearance not documented.
    """

    question: Question
    answer: Answer | None
    result: Result
    open: bool

    def told(self) -> str:
        """One line for a screen: what was asked, what follows, who says so."""
        said = "not answered" if self.answer is None else ("yes" if self.answer.yes else "no")
        return f"{self.question.ask} {said}: {self.result.value} ({', '.join(self.question.sources)})"


def screen(
    protocol: Protocol, answers: Mapping[str, Answer], spacing: Mapping[str, SiteSpacing] = NOTHING
) -> tuple[Finding, ...]:
    """What the answers lead to, question by question, in the protocol's order.

    ``spacing`` are the clinic's rules for combinations; a combination without one stays open.
    """
    return tuple(_find(question, answers.get(question.id), spacing) for question in protocol.screening)


def check_screening(
    protocol: Protocol, answers: Mapping[str, Answer], spacing: Mapping[str, SiteSpacing] = NOTHING
) -> list[Violation]:
    """Every open finding, and every answer to a question that the protocol does not ask, as hard violations."""
    found = []
    for finding in screen(protocol, answers, spacing):
        if finding.open:
            found.append(_violation(finding, spacing))
    asked = {question.id for question in protocol.screening}
    for name in answers:
        if name not in asked:
            text = f"{name!r} is answered, and {protocol.id} does not ask it; correct the id"
            found.append(_hard(f"screening.{name}", "protocol", text))
    return found


def check_consent(protocol: Protocol, consent: frozenset[str]) -> list[Violation]:
    """Every item of consent that was not given."""
    return [
        _hard(f"consent.{rule.id}", ", ".join(rule.sources), f"consent not recorded: {rule.text}")
        for rule in protocol.consent
        if rule.id not in consent
    ]


def check_steps(protocol: Protocol, steps: Mapping[str, str]) -> list[Violation]:
    """Every step that was recorded as done and that the protocol's preparation does not know."""
    known = [rule.id for rule in protocol.preparation]
    return [
        _hard(f"steps.{name}", "protocol", f"{protocol.id} has no step {name!r}; there are {', '.join(known)}")
        for name in steps
        if name not in known
    ]


def _find(question: Question, answer: Answer | None, spacing: Mapping[str, SiteSpacing]) -> Finding:
    if answer is None:
        return Finding(question, None, Result.BLOCKED, open=True)
    result = Result(question.yes if answer.yes else question.no)
    if question.id in COMBINED and result is Result.CLEARANCE:
        rule = spacing.get(COMBINED[question.id])
        apart = rule is not None and answer.days is not None and answer.days >= rule.days
        return Finding(question, answer, result, open=not apart)
    documented = bool(answer.clearance.strip())
    still_open = result is Result.BLOCKED or (result is Result.CLEARANCE and not documented)
    return Finding(question, answer, result, open=still_open)


def _violation(finding: Finding, spacing: Mapping[str, SiteSpacing]) -> Violation:
    question, sources = finding.question, ", ".join(finding.question.sources)
    if finding.answer is not None and question.id in COMBINED and finding.result is Result.CLEARANCE:
        return _too_close(finding, finding.answer, spacing.get(COMBINED[question.id]), sources)
    if finding.answer is None:
        text = f"not answered: {question.ask}"
    elif finding.result is Result.BLOCKED:
        text = f"blocked by the answer to: {question.ask} ({sources})"
    else:
        text = f"needs documented clearance: {question.ask} ({sources})"
    return _hard(f"screening.{question.id}", sources, text)


def _too_close(finding: Finding, answer: Answer, rule: SiteSpacing | None, sources: str) -> Violation:
    name, ask = finding.question.id, finding.question.ask
    if rule is None:
        text = f"{ask} No source gives a distance ({sources}): set the clinic's with [[spacing]] in limits.toml"
        return Violation(f"screening.{name}", None, None, "days", sources, hard=True, message=text)
    told = f"at least {rule.days} days by {rule.source} ({sources})"
    said = "not said how many days apart" if answer.days is None else f"{answer.days} days apart"
    return Violation(
        f"screening.{name}", answer.days, rule.days, "days", rule.source, hard=True, message=f"{ask} {said}, {told}"
    )


def _hard(rule: str, source: str, text: str) -> Violation:
    return Violation(rule, None, None, "", source, hard=True, message=text)
