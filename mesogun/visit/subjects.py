"""What the record knows about a subject: earlier treatments, weight, limits of their own, and approvals of protocols.

Not responsible for judging any of it (``mesogun.limits``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from mesogun.journal import Filter
from mesogun.limits import Approval, PastTreatment, Subject, SubjectHistory, Weight
from mesogun.plan import Plan
from mesogun.record import TreatmentState
from mesogun.record import events as ev
from mesogun.visit.approving import approvals
from mesogun.visit.bounds import subject_bounds

if TYPE_CHECKING:
    from mesogun.journal import Journal


@dataclass(frozen=True, slots=True)
class Known:
    """A subject, what they had before, and which protocols somebody answers for."""

    subject: Subject
    history: SubjectHistory = field(default_factory=SubjectHistory)
    approvals: tuple[Approval, ...] = ()


def known(journal: Journal | None, subject: str, agent_id: str, measured: Weight | None = None) -> Known:
    """All of it; ``measured`` today goes before what is on record. Without a journal nothing was ever recorded."""
    if journal is None:
        return Known(Subject(subject, measured))
    weight = measured if measured is not None else last_weight(journal, subject)
    who = Subject(subject, weight, subject_bounds(journal, subject, agent_id))
    return Known(who, subject_history(journal, subject), approvals(journal))


def subject_history(journal: Journal, subject: str) -> SubjectHistory:
    """Every earlier treatment of the subject, at the upper end of its ledger."""
    found = [(item, journal.state(item.treatment)) for item in journal.treatments() if item.subject == subject]
    metered = [
        _past(item.treatment, item.first_at, state, state.planned)
        for item, state in found
        if state.planned is not None and state.planned.subject == subject and state.ledger.high_nl > 0
    ]
    return SubjectHistory((*metered, *_unmetered(journal, subject)))


def _unmetered(journal: Journal, subject: str) -> Iterator[PastTreatment]:
    """Visits that metered nothing: they count as treatments, in no volume, and their mg are not known."""
    for row in journal.rows(chosen=Filter(subject=subject, kinds=("AreaTreated",))):
        event = row.event
        if isinstance(event, ev.AreaTreated) and event.subject == subject:
            yield PastTreatment(row.treatment, datetime.fromisoformat(row.at), event.protocol_id, event.agent, 0, 0)


def _past(name: str, begun_at: str, state: TreatmentState, planned: ev.TreatmentPlanned) -> PastTreatment:
    plan = Plan.from_bytes(planned.plan.encode("utf-8"))
    shots = [shot.shot_index for shot in state.shots if shot.shot_kind == "TREAT"]
    return PastTreatment(
        treatment=name,
        started_at=datetime.fromisoformat(begun_at),
        protocol_id=planned.protocol_id,
        agent_id=planned.agent,
        high_nl=state.ledger.high_nl,
        points=sum(len(plan.shots[index].points) for index in (*shots, *state.open_shots())),
        concentration=plan.agent.concentration,
        unit=plan.agent.unit,
    )


def last_weight(journal: Journal, subject: str) -> Weight | None:
    """The subject's newest recorded weight, or ``None``."""
    found: Weight | None = None
    for row in journal.rows(chosen=Filter(subject=subject, kinds=("SubjectMeasured",))):
        if isinstance(row.event, ev.SubjectMeasured) and row.event.quantity == "weight_kg":
            found = Weight.recorded(row.event.value, datetime.fromisoformat(row.at).date(), row.event.operator)
    return found
