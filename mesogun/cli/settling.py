"""What stands open in treatments, as lines with the options that settle them.

Not responsible for what is open or for settling it (``mesogun.treatment``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesogun.cli import people
from mesogun.identity import Operator
from mesogun.treatment.unsettled import About, Question, Unsettled, all_unsettled, unsettled
from mesogun.units import ml_text, ul_text

if TYPE_CHECKING:
    from mesogun.journal import Journal


def everything_open(record: Journal) -> str:
    """What stands open in any treatment, ended or not."""
    told = [_told(found) for found in all_unsettled(record)]
    return "\n".join(told) if told else "nothing to settle in any treatment"


def open_questions(record: Journal, treatment: str) -> str:
    """What is known of a treatment, what is not, and how to settle it."""
    found = unsettled(record, treatment)
    return _told(found) if found.questions else f"treatment {treatment}: nothing to settle"


def settler(who: str | None) -> Operator:
    """Who settles: named, else at the keyboard; a demonstration operator never does."""
    return people.operator_for(who, simulated_only=False)


def _told(found: Unsettled) -> str:
    state = found.state
    shots = 0 if state.planned is None else state.planned.shots
    known = (
        f"treatment {found.treatment}: {len(state.outcomes)} of {shots} shots have an outcome on record;"
        f" the subject was given {ml_text(state.ledger.low_nl)} to {ml_text(state.ledger.high_nl)}."
        " Not known, and counted in full until it is settled:"
    )
    return "\n".join([known, *(f"  - {_line(question)}" for question in found.questions)])


def _line(question: Question) -> str:
    gun, shot_no = question.gun, question.shot_no
    low, high = ul_text(question.bounds.low_nl), ul_text(question.bounds.high_nl)
    if question.about is About.VOLUME:
        return (
            f"{question.what} on gun {gun} at its shot {shot_no}, between {low} and {high};"
            " nothing is loaded until somebody says how much of it this subject got:"
            f" --shot {shot_no} --what '{question.what}' --given-ul AMOUNT --why REASON"
        )
    if question.about is About.OUTCOME:
        return (
            f"how much shot {question.shots[0] + 1} gave (gun {gun}, its shot {shot_no}), between {low} and {high}:"
            " the gun was interrupted and cannot tell; look at the skin, then"
            f" --shot {shot_no} --why REASON takes it at its upper end. It stops no other shot"
        )
    if question.about is About.ENTRIES:
        return (
            f"whether gun {gun} fired {question.count} loaded shots, up to {high}: connect it and resume, its log"
            f" tells; if it will never be read again, --lost-gun {gun} --why REASON counts them in full"
        )
    return (
        f"what gun {gun} gave after the backup from which this journal was restored: connect it and resume, its log"
        f" tells; if it will never be read again, --lost-gun {gun} --why REASON counts up to"
        f" {ml_text(question.bounds.high_nl)} more, all that this treatment's limit allowed"
    )
