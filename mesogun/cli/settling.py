"""What only a person can settle: unexplained volume, and entries of a gun that will never be read again (H8, H10, H14).

Not responsible for what blocks (``mesogun.record``) or for storing it (``mesogun.journal``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesogun.cli import people
from mesogun.errors import InputError, Refused
from mesogun.identity import Action, Operator
from mesogun.record import Block, TreatmentState
from mesogun.record import events as ev
from mesogun.units import ul_text

if TYPE_CHECKING:
    from mesogun.journal import Journal


def open_questions(record: Journal, treatment: str) -> str:
    """What stands open, and how to settle it."""
    state = _state(record, treatment)
    lines = [
        f"{block.what}: gun {block.gun}, shot {block.shot_no}, between {ul_text(block.ledger.low_nl)} and"
        f" {ul_text(block.ledger.high_nl)}; --shot {block.shot_no} --what '{block.what}' --given-ul AMOUNT --why REASON"
        for block in state.blocks
    ]
    guns: dict[str, int] = {}
    for entry in state.open_entries.values():
        guns[entry.gun] = guns.get(entry.gun, 0) + 1
    lines += [
        f"{count} loaded shots on gun {gun} are not accounted for: connect it and resume; if it will never be read"
        f" again, --lost-gun {gun} --why REASON counts them in full"
        for gun, count in guns.items()
    ]
    return "\n".join(lines) if lines else f"treatment {treatment}: nothing to settle"


def settle_block(
    record: Journal, treatment: str, who: str | None, *, shot_no: int, what: str | None, given_nl: int, why: str
) -> str:
    """Settle one block with what the subject got of it, within its bounds."""
    operator = _allowed(who)
    block = _block(_state(record, treatment), shot_no, what)
    if not 0 <= given_nl <= block.ledger.high_nl:
        raise InputError(
            f"{ul_text(given_nl)} is not between 0 and the {ul_text(block.ledger.high_nl)} that shot {shot_no} may hold"
        )
    event = ev.Settled(block.what, block.gun, block.memory, block.shot_no, given_nl, given_nl, operator.reference, why)
    _commit(record, treatment, [event])
    return f"settled: {block.what} at shot {shot_no} counts {ul_text(given_nl)}"


def settle_lost_gun(record: Journal, treatment: str, who: str | None, gun: str, why: str) -> str:
    """Count every open entry of one gun in full and close it; never by time, always by a person (H14)."""
    operator = _allowed(who)
    entries = [entry for entry in _state(record, treatment).open_entries.values() if entry.gun == gun]
    if not entries:
        raise InputError(f"treatment {treatment} has no loaded shots on gun {gun} that are unaccounted for")
    events: list[ev.Event] = [
        ev.NoteAdded(f"gave up on gun {gun}: {why}", operator.reference),
        *(ev.EntrySettled(entry.gun, entry.memory, entry.entry_no, "operator") for entry in entries),
    ]
    _commit(record, treatment, events)
    high_nl = sum(entry.high_nl for entry in entries)
    return f"settled: {len(entries)} loaded shots count up to {ul_text(high_nl)}; their points are marked indeterminate"


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


def _block(state: TreatmentState, shot_no: int, what: str | None) -> Block:
    found = [block for block in state.blocks if block.shot_no == shot_no and what in (None, block.what)]
    if not found:
        told = ", ".join(f"shot {block.shot_no} ({block.what})" for block in state.blocks) or "nothing"
        raise Refused(f"shot {shot_no} blocks nothing of that kind here; blocking: {told}")
    if len(found) > 1:
        told = ", ".join(f"'{block.what}'" for block in found)
        raise InputError(f"shot {shot_no} blocks for {len(found)} reasons; say which with --what: {told}")
    return found[0]
