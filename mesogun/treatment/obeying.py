"""Carrying out what the operator orders, between two looks at the gun.

An order that cannot be carried out is refused on the record and changes nothing. Not responsible for what may be
ordered (``orders``) or by whom (``mesogun.identity``).
"""

from __future__ import annotations

from mesogun.errors import InputError, LimitRefused
from mesogun.identity import Handover
from mesogun.record import events as ev
from mesogun.treatment.orders import (
    Acknowledge,
    GoTo,
    HandOver,
    NameSyringe,
    Note,
    Order,
    Reassign,
    Redo,
    Skip,
    impossible,
)
from mesogun.treatment.syringe import named
from mesogun.treatment.underway import Underway


def obey(run: Underway, order: Order) -> None:
    """Carry out one order; one that cannot be is refused in the record, with its reason, and changes nothing."""
    fault = impossible(order, run.state, len(run.cleared.plan.shots))
    if fault is not None:
        _refuse(run, order, fault)
        return
    match order:
        case Skip(index, why):
            fired = run.state.fired.get(index, 0)
            _take_back(run, index)
            if run.state.fired.get(index, 0) != fired:
                _refuse(run, order, f"point {index + 1} was not skipped: it had been fired")
            else:
                run.books.commit([ev.PointSkipped(index, run.operator, why)])
        case GoTo(index):
            _take_back(run, *run.state.open_shots())
            run.first = index
        case Redo(index, why):
            records = [shot.shot_no for shot in run.state.shots if shot.shot_index == index]
            of_shot_no = records[-1] if records else 0
            run.books.commit([ev.RedoOrdered(index, of_shot_no, run.operator, why)])
        case Reassign(index, x_um, y_um, why):
            run.books.commit([ev.PointReassigned(index, x_um, y_um, run.operator, why)])
        case Note(text):
            run.books.commit([ev.NoteAdded(text, run.operator)])
        case NameSyringe(lot, expires):
            agent, now = run.cleared.plan.agent.id, run.gun.clock.utc()
            try:
                event = named(lot, expires, agent, run.operator, now)
            except LimitRefused as refusal:
                _refuse(run, order, str(refusal))
                run.refuse_syringe()
            except InputError as error:
                _refuse(run, order, str(error))
            else:
                run.books.commit([event])
        case Acknowledge():
            run.acknowledge_alarms()
        case HandOver(to_operator, signed):
            if signed is not None and (signed.treatment, signed.giver) != (run.books.treatment, run.operator):
                _refuse(run, order, f"what {signed.taker} signed is about another treatment or another operator")
                return
            run.books.commit([_handed_over(run.operator, to_operator, signed)])
            run.operator = to_operator
            run.granted = None  # the new operator arms in their own name


def _take_back(run: Underway, *indices: int) -> None:
    """Unload if any of these shots is in the magazine; arming again then needs the operator's word (H6)."""
    if run.state.open_shots().intersection(indices):
        run.granted = None
        run.unload()
        run.books.commit([ev.Disarmed("the magazine was taken back")])


def _handed_over(giver: str, taker: str, signed: Handover | None) -> ev.HandedOver:
    if signed is None:
        return ev.HandedOver(giver, taker)
    return ev.HandedOver(giver, taker, signed.at, signed.public_key.hex(), signed.signature.hex())


def _refuse(run: Underway, order: Order, why: str) -> None:
    run.books.commit([ev.OrderRefused(type(order).__name__, why, run.operator)])
