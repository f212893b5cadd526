"""Settling by people: unexplained volume, unknown outcomes, guns that will never be read, guns bound to what is gone.

Never by time, always by a practitioner with a reason, and never narrower than the evidence (H8, H10, H14). Not
responsible for what stands open (``mesogun.treatment.unsettled``) or for asking.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from mesogun.errors import InputError, Refused
from mesogun.identity import Action, Operator, may
from mesogun.record import Block, TreatmentState
from mesogun.record import events as ev
from mesogun.treatment.unsettled import beside_nl
from mesogun.units import ml_text, ul_text

if TYPE_CHECKING:
    from mesogun.gun import Gun
    from mesogun.journal import Journal


def settlers(people: Iterable[Operator]) -> tuple[Operator, ...]:
    """Those of the people of a station who may settle."""
    return tuple(person for person in people if not person.retired and may(person.role, Action.SETTLE))


def check_why(why: str | None) -> str:
    """The reason, which is never empty."""
    if why is None or not why.strip():
        raise InputError("say why with --why")
    return why


def check_given(given_nl: int, high_nl: int, shot_no: int) -> int:
    """What a person says was given: not less than nothing, and not more than cannot be excluded."""
    if not 0 <= given_nl <= high_nl:
        raise InputError(
            f"{ul_text(given_nl)} is not between 0 and the {ul_text(high_nl)} that shot {shot_no} may hold"
        )
    return given_nl


def shot_settled(
    state: TreatmentState,
    operator: Operator,
    *,
    shot_no: int,
    gun: str | None,
    what: str | None,
    given_nl: int | None,
    why: str,
) -> ev.Settled | ev.ShotSettled:
    """What settles that which stands open at one of a gun's shots: a block, or an outcome that the gun cannot tell.

    Raises
    ------
    InputError
        If it does not say which, or how much.
    Refused
        If nothing of that kind stands open there, or the operator may not.
    """
    operator.require(Action.SETTLE)
    unknown = [shot for shot in state.unsettled() if shot.shot_no == shot_no and gun in (None, shot.gun)]
    if unknown and what is None and given_nl is None:
        if len({shot.gun for shot in unknown}) > 1:
            told = ", ".join(sorted(shot.gun for shot in unknown))
            raise InputError(f"shot {shot_no} is of {len(unknown)} guns; say which with --gun: {told}")
        (shot,) = unknown
        return ev.ShotSettled(shot.gun, shot.memory, shot_no, operator.reference, why)
    block = _block(state, shot_no, gun, what)
    if given_nl is None:
        raise InputError("say how much of it this subject got with --given-ul")
    check_given(given_nl, block.ledger.high_nl, shot_no)
    return ev.Settled(block.what, block.gun, block.memory, block.shot_no, given_nl, given_nl, operator.reference, why)


def gun_given_up(
    state: TreatmentState, operator: Operator, gun: str, why: str, *, unread: bool
) -> tuple[ev.GunGivenUp | ev.EntrySettled, ...]:
    """What counts all that one gun may have given, so that nobody waits for it; never by time, always a person (H14).

    Known entries count in full. ``unread`` since a restore, it may have given more than the journal knows: that counts
    up to the treatment's limit, because nothing was ever loaded past it. A gun that is read after all replaces both by
    evidence.

    Raises
    ------
    InputError
        If the treatment waits for nothing that this gun could tell.
    Refused
        If the operator may not.
    """
    operator.require(Action.SETTLE)
    entries = [entry for entry in state.open_entries.values() if entry.gun == gun]
    if not entries and not unread:
        raise InputError(f"the treatment waits for nothing that gun {gun} could tell")
    return (
        ev.GunGivenUp(gun, beside_nl(state) if unread else 0, operator.reference, why),
        *(ev.EntrySettled(entry.gun, entry.memory, entry.entry_no, "operator") for entry in entries),
    )


def settle_shot(
    record: Journal,
    treatment: str,
    operator: Operator,
    *,
    shot_no: int,
    gun: str | None,
    what: str | None,
    given_nl: int | None,
    why: str,
) -> str:
    """Commit ``shot_settled``, and say what counts now."""
    state = _state(record, treatment)
    event = shot_settled(state, operator, shot_no=shot_no, gun=gun, what=what, given_nl=given_nl, why=why)
    _commit(record, treatment, [event])
    if isinstance(event, ev.Settled):
        loaded = _state(record, treatment).ledger
        return (
            f"settled: {event.what} at shot {shot_no} counts {ul_text(event.high_nl)}, and what was loaded for it at "
            f"its upper end; the treatment now counts {ul_text(loaded.low_nl)} to {ul_text(loaded.high_nl)}"
        )
    shot = next(item for item in state.unsettled() if (item.gun, item.shot_no) == (event.gun, event.shot_no))
    return (
        f"settled: shot {shot.shot_index + 1} counts up to {ul_text(shot.high_nl)}; another shot at its point"
        " needs an order in the treatment (redo)"
    )


def settle_lost_gun(record: Journal, treatment: str, operator: Operator, gun: str, why: str) -> str:
    """Commit ``gun_given_up``, and say what counts now."""
    state = _state(record, treatment)
    unread = (treatment, gun) in record.unread()
    given_up, *entries = gun_given_up(state, operator, gun, why, unread=unread)
    _commit(record, treatment, [given_up, *entries])
    high_nl = sum(entry.high_nl for entry in state.open_entries.values() if entry.gun == gun)
    known = f"{len(entries)} loaded shots count up to {ul_text(high_nl)}"
    more = f"; after the backup up to {ml_text(beside_nl(state))} more" if unread else ""
    marked = "; their points are marked indeterminate" if entries else ""
    return f"settled: {known}{more}{marked}"


def must_not_release(record: Journal, treatment: str) -> None:
    """``Refused`` where the journal holds the treatment that a gun is bound to: resuming it ends it properly."""
    state = record.state(treatment)
    if state.planned is not None and state.ended is None:
        raise Refused(f"treatment {treatment} is in this journal: mesogun treat --resume {treatment} ends it properly")


def release(gun: Gun, record: Journal, operator: Operator, why: str) -> str:
    """Free a gun from a treatment whose journal is gone; its unread shots stay in its log, as foreign records.

    Raises
    ------
    Refused
        If this journal holds the treatment, or the operator may not.
    """
    operator.require(Action.SETTLE)
    bound_to = gun.welcome.open_treatment
    if bound_to == 0:
        return "the gun is bound to no treatment"
    name = f"{bound_to:016x}"
    must_not_release(record, name)
    told = f"gun {gun.welcome.device_id:016x} was released from this treatment: {why}"
    record.append([ev.NoteAdded(told, operator.reference)], treatment=name, epoch=None)
    gun.close_treatment(bound_to)
    return f"released from treatment {name}; shots that nobody acknowledged will have to be settled"


def _commit(record: Journal, treatment: str, events: Sequence[ev.Event]) -> None:
    """Under the treatment's lock and a new epoch: a living runner refuses it, one that slept is fenced (H11)."""
    epoch = record.take(treatment, "settling")
    try:
        record.append(events, treatment=treatment, epoch=epoch)
    finally:
        record.release(treatment)


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
