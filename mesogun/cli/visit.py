"""One visit, composed: protocol and area to plan, plan to clearance, clearance to a running treatment.

The same path for a demonstration, a pty and a real port. Not responsible for options or for printing results.
"""

from __future__ import annotations

import platform
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mesogun.cli.approving import approvals
from mesogun.cli.bounds import subject_bounds
from mesogun.errors import InputError, LimitRefused, RecordError
from mesogun.gun import Gun
from mesogun.identity import Operator
from mesogun.journal import Filter
from mesogun.limits import (
    Answers,
    ClearanceRefused,
    ClearedPlan,
    Limits,
    PastTreatment,
    SiteLimits,
    Subject,
    SubjectHistory,
    Weight,
    clear,
    limits_for,
    restore,
    screen,
)
from mesogun.plan import Plan
from mesogun.protocol import Protocol, bundled, bundled_names, load
from mesogun.record import TreatmentState
from mesogun.record import events as ev
from mesogun.treatment import FrontEnd, Order, Runner, Settings
from mesogun.treatment.orders import no_orders
from mesogun.units import ml_text

if TYPE_CHECKING:
    from mesogun.journal import Journal


@dataclass(frozen=True, slots=True)
class Begun:
    """A treatment that may be run: recorded, cleared, bound to one plan."""

    treatment: str
    cleared: ClearedPlan[Plan]


def find_protocol(name: str) -> Protocol:
    """A bundled protocol by its id, or a file by its path."""
    if name in bundled_names():
        return bundled(name)
    path = Path(name)
    if path.suffix == ".toml" or path.exists():
        return load(path)
    raise InputError(
        f"there is no protocol {name!r}: mesogun protocol list names the bundled ones, or give a .toml file"
    )


def station_name() -> str:
    """A name for this computer in the record."""
    return platform.node() or "station"


def new_treatment() -> str:
    """A reference that was never used: 64 random bits, not zero."""
    return f"{secrets.randbits(64) or 1:016x}"


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


def begin(
    *,
    journal: Journal,
    treatment: str,
    plan: Plan,
    protocol: Protocol,
    site: SiteLimits | None,
    subject: str,
    operator: Operator,
    answers: Answers,
    gun_kind: str,
    now: datetime,
    upper_nl: int,
    demonstration: bool,
    used: Sequence[ev.Event] = (),
    weight_kg: str | None = None,
) -> Begun:
    """Clear the plan and record that it was cleared; a refusal is recorded too, as a visit not done.

    ``upper_nl`` is the most that the plan may give with this gun's stated bound; ``used`` are the events for the
    syringe and the parts.

    Raises
    ------
    ClearanceRefused
        With every rule that stands in the way.
    LimitRefused
        If the plan fits the limit but the gun's bound does not: the last shots could never be loaded.
    """
    measured = (
        last_weight(journal, subject)
        if weight_kg is None
        else Weight.recorded(weight_kg, now.date(), operator.reference)
    )
    who = Subject(subject, measured, subject_bounds(journal, subject, protocol.agent.id))
    limits: Limits = limits_for(protocol, site=site, subject=who)
    planned = ev.TreatmentPlanned(
        subject=subject,
        operator=operator.reference,
        plan=plan.to_bytes().decode("utf-8"),
        plan_hash=plan.plan_hash,
        protocol_id=protocol.id,
        protocol_sha256=protocol.sha256,
        agent=protocol.agent.id,
        total_nl=plan.total_nl,
        shots=len(plan.shots),
        simulated=gun_kind == "simulated",
        demonstration=demonstration,
    )
    try:
        cleared = clear(
            plan,
            protocol,
            limits,
            subject=who,
            history=subject_history(journal, subject),
            operator=operator,
            answers=answers,
            gun_kind=gun_kind,
            now=now,
            approvals=approvals(journal),
        )
    except ClearanceRefused as refusal:
        said = screening_events(protocol, limits, answers, operator)
        journal.append([planned, *said, ev.NotDone(str(refusal), operator.reference)], treatment=treatment, epoch=None)
        raise
    if upper_nl > cleared.hard_total_nl:
        why = (
            f"the plan's {ml_text(plan.total_nl)} may come to {ml_text(upper_nl)} with this gun's stated bound, and"
            f" {ml_text(cleared.hard_total_nl)} is the limit: plan less, or calibrate the gun"
        )
        journal.append([planned, ev.NotDone(why, operator.reference)], treatment=treatment, epoch=None)
        raise LimitRefused(why)
    events: list[ev.Event] = [planned]
    if weight_kg is not None:
        events.append(ev.SubjectMeasured("weight_kg", weight_kg, operator.reference))
    events += screening_events(protocol, limits, answers, operator)
    if answers.consent:
        consented = ", ".join(sorted(answers.consent))
        events.append(ev.ConsentRecorded(plan.plan_hash, operator.reference, consented))
    events += [ev.StepDone(step, operator.reference, note) for step, note in answers.steps.items()]
    events.append(ev.PlanConfirmed(plan.plan_hash, subject, operator.reference))
    events += [
        ev.OverrideGiven(override.rule, override.asked, override.limit, override.operator, override.why)
        for override in cleared.clearance.overrides
    ]
    events.append(ev.PlanCleared(plan.plan_hash, operator.reference, cleared.clearance.to_text()))
    events += used
    journal.append(events, treatment=treatment, epoch=None)
    return Begun(treatment, cleared)


def screening_events(protocol: Protocol, limits: Limits, answers: Answers, operator: Operator) -> list[ev.Event]:
    """What was answered before the visit, and what followed from it."""
    return [
        ev.ScreeningAnswered(
            finding.question.id,
            "yes" if finding.answer.yes else "no",
            finding.result.value,
            operator.reference,
            finding.answer.noted(),
        )
        for finding in screen(protocol, answers.screening, limits.spacing)
        if finding.answer is not None
    ]


def recall(journal: Journal, treatment: str | None) -> Begun:
    """The treatment to resume: the one named, else the only one that has not ended.

    Raises
    ------
    InputError
        If there is none, or more than one to choose from.
    """
    states = {item.treatment: journal.state(item.treatment) for item in journal.treatments() if not item.ended}
    open_ones = [name for name, state in states.items() if state.clearance is not None and state.ended is None]
    name = treatment
    if name is None:
        if len(open_ones) != 1:
            told = ", ".join(open_ones) if open_ones else "none"
            raise InputError(f"name the treatment to resume; not ended in this journal: {told}")
        name = open_ones[0]
    state = states.get(name) or journal.state(name)
    if state.planned is None:
        raise InputError(f"this journal holds no treatment {name}; mesogun journal list names them")
    if state.clearance is None:
        raise InputError(f"treatment {name} was never cleared, so there is nothing to resume")
    if state.ended is not None:
        raise InputError(f"treatment {name} has ended ({state.ended}); plan a new one")
    plan = Plan.from_bytes(state.planned.plan.encode("utf-8"))
    if plan.plan_hash != state.planned.plan_hash:
        raise RecordError(f"treatment {name}: the recorded plan does not have its recorded hash")
    return Begun(name, restore(plan, state.clearance))


def run(
    *,
    gun: Gun,
    journal: Journal,
    begun: Begun,
    front: FrontEnd,
    operator: Operator,
    station: str | None = None,
    settings: Settings | None = None,
    orders: Callable[[], Order | None] = no_orders,
) -> TreatmentState:
    """Run it to its end."""
    runner = Runner(
        gun=gun,
        journal=journal,
        cleared=begun.cleared,
        treatment=begun.treatment,
        front=front,
        operator=operator.reference,
        station=station or station_name(),
        settings=settings,
        orders=orders,
    )
    return runner.run()
