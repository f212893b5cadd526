"""What a person says before a treatment: answers, consent, confirmation, reasons; and the file that holds them.

The file is read and written here. Not responsible for what follows from it (``screening``, ``clear``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from mesogun.limits.screening import Answer, Result
from mesogun.protocol import Protocol
from mesogun.protocol.load import parse_model
from mesogun.protocol.quantity import Key, Strict, Text


@dataclass(frozen=True, slots=True)
class Answers:
    """Everything that people said before this treatment.

    Attributes
    ----------
    screening : mapping
        Question id to answer.
    consent : frozenset of str
        Items of consent that the subject gave.
    confirmed_plan_hash, confirmed_subject : str
        What the operator confirmed: exactly this plan for exactly this subject.
    overrides : mapping
        Rule of a soft violation (``treatment_ml.soft_high``) to the practitioner's reason.
    steps : mapping
        Step of preparation that was carried out (``clean``, ``anaesthetic``) to what belongs on record: product,
        amount, time.
    """

    screening: Mapping[str, Answer] = field(default_factory=lambda: MappingProxyType({}))
    consent: frozenset[str] = frozenset()
    confirmed_plan_hash: str = ""
    confirmed_subject: str = ""
    overrides: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    steps: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def simulated_answers(protocol: Protocol, plan_hash: str, subject: str) -> Answers:
    """Answers that raise nothing, for a simulated gun only: there is no subject behind it.

    ``clear`` accepts them for any gun, as answers carry no mark: the caller must not use them elsewhere.
    """
    screening = {q.id: Answer(yes=Result(q.yes) is Result.CLEAR) for q in protocol.screening}
    consent = frozenset(rule.id for rule in protocol.consent)
    return Answers(MappingProxyType(screening), consent, plan_hash, subject)


class _Screened(Strict):
    answer: Literal["yes", "no"]
    clearance: Annotated[str, StringConstraints(max_length=400)] = ""
    days: Annotated[int, Field(ge=0, le=36_500)] | None = None


class _File(Strict):
    """``--answers FILE``: TOML."""

    format: Literal[1]
    screening: dict[Key, Literal["yes", "no"] | _Screened] = Field(default_factory=dict)
    consent: tuple[Key, ...] = ()
    confirm_plan: Annotated[str, StringConstraints(max_length=64)] = ""
    confirm_subject: Annotated[str, StringConstraints(max_length=200)] = ""
    overrides: dict[Annotated[str, StringConstraints(max_length=80)], Text] = Field(default_factory=dict)
    steps: dict[Key, Annotated[str, StringConstraints(max_length=400)]] = Field(default_factory=dict)


def parse_answers(text: str, name: str) -> Answers:
    """The answers of a file; ``InputError`` with every fault."""
    document = parse_model(text, name, _File)
    screening = {
        key: Answer(value == "yes")
        if isinstance(value, str)
        else Answer(value.answer == "yes", value.clearance, value.days)
        for key, value in document.screening.items()
    }
    return Answers(
        MappingProxyType(screening),
        frozenset(document.consent),
        document.confirm_plan,
        document.confirm_subject,
        MappingProxyType(dict(document.overrides)),
        MappingProxyType(dict(document.steps)),
    )


def answers_text(answers: Answers) -> str:
    """The file of these answers: what :func:`parse_answers` reads back to the same value."""
    lines = [
        "format = 1",
        f"confirm_plan = {_quoted(answers.confirmed_plan_hash)}",
        f"confirm_subject = {_quoted(answers.confirmed_subject)}",
        f"consent = [{', '.join(_quoted(name) for name in sorted(answers.consent))}]",
        "",
        "[screening]",
        *(f"{_quoted(name)} = {_answer_text(answer)}" for name, answer in answers.screening.items()),
    ]
    for table, texts in (("overrides", answers.overrides), ("steps", answers.steps)):
        if texts:
            lines += ["", f"[{table}]", *(f"{_quoted(name)} = {_quoted(text)}" for name, text in texts.items())]
    return "\n".join(lines) + "\n"


def _answer_text(answer: Answer) -> str:
    fields = [f'answer = "{"yes" if answer.yes else "no"}"']
    if answer.clearance:
        fields.append(f"clearance = {_quoted(answer.clearance)}")
    if answer.days is not None:
        fields.append(f"days = {answer.days}")
    return f"{{ {', '.join(fields)} }}" if len(fields) > 1 else fields[0].removeprefix("answer = ")


def _quoted(text: str) -> str:
    safe = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else " " for char in safe) + '"'
