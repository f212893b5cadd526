"""What only a person can settle: unexplained volume, unknown outcomes, guns that will never be read (H8, H10, H14).

Not responsible for what is open (``mesogun.record``, ``mesogun.journal``) or for storing what is settled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesogun.cli import people
from mesogun.errors import InputError, Refused
from mesogun.identity import Action, Operator
from mesogun.limits import Clearance
from mesogun.record import Block, TreatmentState
from mesogun.record import events as ev
from mesogun.units import ml_text, ul_text

if TYPE_CHECKING:
    from mesogun.journal import Journal


def everything_open(record: Journal) -> str:
    """What stands open in treatments that have not ended, or whose gun was not read since a restore."""
    unread = {name for name, _ in record.unread()}
    names = [
        item.treatment for item in record.treatments() if (item.subject and not item.ended) or item.treatment in unread
    ]
    told = [text for name in names if (text := open_questions(record, name, quiet=True))]
    return "\n".join(told) if told else "nothing to settle in any treatment that has not ended"


def open_questions(record: Journal, treatment: str, *, quiet: bool = False) -> str:
    """What is known of a treatment, what is not, and how to settle it; empty with ``quiet`` if nothing is open."""
    state = _state(record, treatment)
    lines = [*_blocks(state), *_unknown_outcomes(state), *_open_entries(state), *_unread(record, treatment, state)]
    if not lines:
        return "" if quiet else f"treatment {treatment}: nothing to settle"
    shots = 0 if state.planned is None else state.planned.shots
    known = (
        f"treatment {treatment}: {len(state.outcomes)} of {shots} shots have an outcome on record;"
        f" the subject was given {ml_text(state.ledger.low_nl)} to {ml_text(state.ledger.high_nl)}."
        " Not known, and counted in full until it is settled:"
    )
    return "\n".join([known, *(f"  - {line}" for line in lines)])


def _blocks(state: TreatmentState) -> list[str]:
    return [
        f"{block.what} on gun {block.gun} at its shot {block.shot_no}, between {ul_text(block.ledger.low_nl)} and"
        f" {ul_text(block.ledger.high_nl)}; nothing is loaded until somebody says how much of it this subject got:"
        f" --shot {block.shot_no} --what '{block.what}' --given-ul AMOUNT --why REASON"
        for block in state.blocks
    ]


def _unknown_outcomes(state: TreatmentState) -> list[str]:
    return [
        f"how much shot {shot.shot_index + 1} gave (gun {shot.gun}, its shot {shot.shot_no}), between"
        f" {ul_text(shot.low_nl)} and {ul_text(shot.high_nl)}: the gun was interrupted and cannot tell; look at the"
        f" skin, then --shot {shot.shot_no} --why REASON takes it at its upper end. It stops no other shot"
        for shot in state.unsettled()
    ]


def _open_entries(state: TreatmentState) -> list[str]:
    guns: dict[str, list[ev.MagazineLoaded]] = {}
    for entry in state.open_entries.values():
        guns.setdefault(entry.gun, []).append(entry)
    return [
        f"whether gun {gun} fired {len(entries)} loaded shots, up to {ul_text(sum(each.high_nl for each in entries))}:"
        f" connect it and resume, its log tells; if it will never be read again, --lost-gun {gun} --why REASON counts"
        " them in full"
        for gun, entries in guns.items()
    ]


def _unread(record: Journal, treatment: str, state: TreatmentState) -> list[str]:
    return [
        f"what gun {gun} gave after the backup from which this journal was restored: connect it and resume, its log"
        f" tells; if it will never be read again, --lost-gun {gun} --why REASON counts up to"
        f" {ml_text(_beside_nl(state))} more, all that this treatment's limit allowed"
        for name, gun in record.unread()
        if name == treatment
    ]


def _beside_nl(state: TreatmentState) -> int:
    """The most that a cleared treatment can have been given beside what is counted: nothing is loaded past its caps."""
    if state.clearance is None:
        return 0
    return max(0, Clearance.from_text(state.clearance).hard_total_nl - state.ledger.high_nl)


def settle_shot(
    record: Journal,
    treatment: str,
    who: str | None,
    *,
    shot_no: int,
    gun: str | None,
    what: str | None,
    given_nl: int | None,
    why: str,
) -> str:
    """Settle what stands open at one of a gun's shots: a block, or an outcome that the gun cannot tell."""
    operator = _allowed(who)
    state = _state(record, treatment)
    unknown = [shot for shot in state.unsettled() if shot.shot_no == shot_no and gun in (None, shot.gun)]
    if unknown and what is None and given_nl is None:
        if len({shot.gun for shot in unknown}) > 1:
            told = ", ".join(sorted(shot.gun for shot in unknown))
            raise InputError(f"shot {shot_no} is of {len(unknown)} guns; say which with --gun: {told}")
        (shot,) = unknown
        _commit(record, treatment, [ev.ShotSettled(shot.gun, shot.memory, shot_no, operator.reference, why)])
        return (
            f"settled: shot {shot.shot_index + 1} counts up to {ul_text(shot.high_nl)}; another shot at its point"
            " needs an order in the treatment (redo)"
        )
    block = _block(state, shot_no, gun, what)
    if given_nl is None:
        raise InputError("say how much of it this subject got with --given-ul")
    if not 0 <= given_nl <= block.ledger.high_nl:
        raise InputError(
            f"{ul_text(given_nl)} is not between 0 and the {ul_text(block.ledger.high_nl)} that shot {shot_no} may hold"
        )
    event = ev.Settled(block.what, block.gun, block.memory, block.shot_no, given_nl, given_nl, operator.reference, why)
    _commit(record, treatment, [event])
    loaded = _state(record, treatment).ledger
    return (
        f"settled: {block.what} at shot {shot_no} counts {ul_text(given_nl)}, and what was loaded for it at its upper"
        f" end; the treatment now counts {ul_text(loaded.low_nl)} to {ul_text(loaded.high_nl)}"
    )


def settle_lost_gun(record: Journal, treatment: str, who: str | None, gun: str, why: str) -> str:
    """Count all that one gun may have given, and wait for it no longer; never by time, always by a person (H14).

    Known entries count in full. After a restore it may have given more than the journal knows: that counts up to the
    treatment's limit, because nothing was ever loaded past it. A gun that is read after all replaces both by evidence.
    """
    operator = _allowed(who)
    state = _state(record, treatment)
    entries = [entry for entry in state.open_entries.values() if entry.gun == gun]
    unread = (treatment, gun) in record.unread()
    if not entries and not unread:
        raise InputError(f"treatment {treatment} waits for nothing that gun {gun} could tell")
    beside_nl = _beside_nl(state) if unread else 0
    events: list[ev.Event] = [
        ev.GunGivenUp(gun, beside_nl, operator.reference, why),
        *(ev.EntrySettled(entry.gun, entry.memory, entry.entry_no, "operator") for entry in entries),
    ]
    _commit(record, treatment, events)
    known = f"{len(entries)} loaded shots count up to {ul_text(sum(entry.high_nl for entry in entries))}"
    more = f"; after the backup up to {ml_text(beside_nl)} more" if unread else ""
    marked = "; their points are marked indeterminate" if entries else ""
    return f"settled: {known}{more}{marked}"


def _commit(record: Journal, treatment: str, events: list[ev.Event]) -> None:
    """Under the treatment's lock and a new epoch: a living runner refuses it, one that slept is fenced (H11)."""
    epoch = record.take(treatment, "settling")
    try:
        record.append(events, treatment=treatment, epoch=epoch)
    finally:
        record.release(treatment)


def _allowed(who: str | None) -> Operator:
    operator = people.operator_for(who, simulated_only=False)
    operator.require(Action.SETTLE)
    return operator


def _state(record: Journal, treatment: str) -> TreatmentState:
    state = record.state(treatment)
    if state.planned is None:
        raise InputError(f"this journal holds no treatment {treatment}; mesogun journal list names them")
    return state


def _block(state: TreatmentState, shot_no: int, gun: str | None, what: str | None) -> Block:
    found = [
        block
        for block in state.blocks
        if block.shot_no == shot_no and what in (None, block.what) and gun in (None, block.gun)
    ]
    if not found:
        told = ", ".join(f"shot {block.shot_no} ({block.what})" for block in state.blocks) or "nothing"
        raise Refused(f"shot {shot_no} blocks nothing of that kind here; blocking: {told}")
    if len(found) > 1:
        told = ", ".join(f"'{block.what}' on gun {block.gun}" for block in found)
        raise InputError(f"shot {shot_no} blocks for {len(found)} reasons; say which with --what or --gun: {told}")
    return found[0]
