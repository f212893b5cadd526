"""Where a subject's course stands: planned and done, when the next is due, too early or late, how much so far.

What is early or late by the protocol's sources is said and stops nobody; what a limit says (``interval_days``,
``treatments``) is checked by ``clear``. Not responsible for calendars of clinics.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from mesogun.limits.subject import PastTreatment, SubjectHistory
from mesogun.protocol import Protocol, Quantity


class Stage(StrEnum):
    """Where a course stands on a given day."""

    NOT_BEGUN = "not begun"
    TOO_EARLY = "too early"
    DUE = "due"
    OVERDUE = "overdue"
    DONE = "done"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class CourseState:
    """A course of one protocol for one subject.

    Attributes
    ----------
    done : tuple of PastTreatment
        In order of time.
    planned : tuple of float or None
        Fewest and most treatments that the sources name; None where they name none.
    earliest, latest : date or None
        When the next treatment is due by the sources' interval; None where they give none or nothing was done.
    total_nl : int
        Upper end of everything given in this course.
    stage : Stage
        ``OPEN``: begun, and no source says when the next one is due.
    maintenance : str
        What the sources say about keeping the result; empty where they say nothing.
    """

    done: tuple[PastTreatment, ...]
    planned: tuple[float, float] | None
    earliest: date | None
    latest: date | None
    total_nl: int
    stage: Stage
    maintenance: str

    def told(self) -> str:
        """One line for a person."""
        count = f"{len(self.done)} done"
        if self.planned is not None:
            low, high = self.planned
            count += f" of {low:g}" if low == high else f" of {low:g} to {high:g}"
        when = ""
        if self.earliest is not None and self.latest is not None and self.stage is not Stage.DONE:
            when = f", next from {self.earliest.isoformat()} to {self.latest.isoformat()}"
        return f"{count}: {self.stage.value}{when}"


def course(protocol: Protocol, history: SubjectHistory, now: datetime) -> CourseState:
    """The state of the subject's course of this protocol at ``now`` (aware)."""
    done = tuple(sorted((t for t in history.treatments if t.protocol_id == protocol.id), key=lambda t: t.started_at))
    planned = protocol.course.treatments.bounds()
    interval = protocol.course.interval_days.bounds()
    earliest = latest = None
    if done and interval is not None:
        last = done[-1].started_at.astimezone(now.tzinfo).date()
        # A fraction of a day is not early: dates are compared, as for limits.
        earliest, latest = last + timedelta(days=int(interval[0])), last + timedelta(days=int(interval[1]))
    return CourseState(
        done=done,
        planned=planned,
        earliest=earliest,
        latest=latest,
        total_nl=sum(t.high_nl for t in done),
        stage=_stage(len(done), planned, earliest, latest, now.date()),
        maintenance=_maintenance(protocol.course.maintenance_per_year),
    )


def course_warnings(protocol: Protocol, history: SubjectHistory, now: datetime) -> tuple[str, ...]:
    """What a treatment now would leave behind of the sources' course: too early, too late, too many."""
    state = course(protocol, history, now)
    told = []
    if state.stage is Stage.TOO_EARLY and state.earliest is not None:
        sources = _sources(protocol.course.interval_days)
        told.append(f"early: the sources' interval ends on {state.earliest.isoformat()} ({sources})")
    if state.stage is Stage.OVERDUE and state.latest is not None:
        told.append(
            f"the next treatment was due by {state.latest.isoformat()} ({_sources(protocol.course.interval_days)})"
        )
    if state.planned is not None and len(state.done) >= state.planned[1]:
        told.append(
            f"treatment {len(state.done) + 1} of a course of at most {state.planned[1]:g} "
            f"({_sources(protocol.course.treatments)})"
        )
    return tuple(told)


def _stage(
    done: int, planned: tuple[float, float] | None, earliest: date | None, latest: date | None, today: date
) -> Stage:
    if done == 0:
        return Stage.NOT_BEGUN
    if planned is not None and done >= planned[1]:
        return Stage.DONE
    if earliest is None or latest is None:
        return Stage.OPEN
    if today < earliest:
        return Stage.TOO_EARLY
    return Stage.DUE if today <= latest else Stage.OVERDUE


def _maintenance(quantity: Quantity | None) -> str:
    bounds = quantity.bounds() if quantity is not None else None
    if quantity is None or bounds is None:
        return ""
    low, high = bounds
    often = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    return f"{often} per year ({_sources(quantity)})" + (f"; {quantity.note}" if quantity.note else "")


def _sources(quantity: Quantity) -> str:
    return ", ".join((quantity.source, *quantity.also)) + f", grade {quantity.grade}"
