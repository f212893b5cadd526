"""Screening and consent: three results, each with its source. An unanswered question is not a clear one.

Not responsible for asking (the screens) nor for recording the answers (``mesogun.record``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from mesogun.limits.violation import Violation
from mesogun.protocol import Protocol, Question


class Result(StrEnum):
    """What an answer leads to."""

    CLEAR = "clear"
    NOTE = "note"
    CLEARANCE = "clearance"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Answer:
    """Yes or no, and where a clearance is documented if one was needed (letter, date, who)."""

    yes: bool
    clearance: str = ""


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


def screen(protocol: Protocol, answers: Mapping[str, Answer]) -> tuple[Finding, ...]:
    """What the answers lead to, question by question, in the protocol's order."""
    return tuple(_find(question, answers.get(question.id)) for question in protocol.screening)


def check_screening(protocol: Protocol, answers: Mapping[str, Answer]) -> list[Violation]:
    """Every open finding, and every answer to a question that the protocol does not ask, as hard violations."""
    found = []
    for finding in screen(protocol, answers):
        if finding.open:
            found.append(_violation(finding))
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


def _find(question: Question, answer: Answer | None) -> Finding:
    if answer is None:
        return Finding(question, None, Result.BLOCKED, open=True)
    result = Result(question.yes if answer.yes else question.no)
    documented = bool(answer.clearance.strip())
    still_open = result is Result.BLOCKED or (result is Result.CLEARANCE and not documented)
    return Finding(question, answer, result, open=still_open)


def _violation(finding: Finding) -> Violation:
    question, sources = finding.question, ", ".join(finding.question.sources)
    if finding.answer is None:
        text = f"not answered: {question.ask}"
    elif finding.result is Result.BLOCKED:
        text = f"blocked by the answer to: {question.ask} ({sources})"
    else:
        text = f"needs documented clearance: {question.ask} ({sources})"
    return _hard(f"screening.{question.id}", sources, text)


def _hard(rule: str, source: str, text: str) -> Violation:
    return Violation(rule, None, None, "", source, hard=True, message=text)
