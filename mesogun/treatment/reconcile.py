"""After any HELLO: what the gun's log means for the record. Pure.

Order of duties (H9): read from the *journal's* cursor, commit, settle, acknowledge, show. Not responsible for
reading the log or committing; it turns what was read into events, and refuses when the two memories contradict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mesogun.errors import MustSettle, Refused
from mesogun.gun.found import reference, shot_recorded
from mesogun.limits import Clearance
from mesogun.record import GunMemory, History, TreatmentState
from mesogun.record import events as ev
from mesogun.record.ledger import overrun_bound_nl
from mesogun.wire.codes import ShotKind
from mesogun.wire.messages import ShotRecord, Welcome

NO_TREATMENT = "0" * 16


@dataclass(frozen=True, slots=True)
class Dated:
    """An event and the treatment that it belongs to."""

    treatment: str
    event: ev.Event


def with_own_past(history: History, welcome: Welcome, own: Mapping[str, TreatmentState]) -> History:
    """The history, where a gun that is not in it still has records of ``own`` treatments: read from its oldest (H9).

    A treatment is opened on a gun only after the journal knows the gun: such a journal was restored from a backup.
    """
    if not own:
        return history
    key = (reference(welcome.device_id), reference(welcome.nvm_id))
    past = GunMemory(welcome.oldest_shot_no - 1, welcome.total_before_oldest_nl)
    return replace(history, guns={**history.guns, key: past}, treatments={**own, **history.treatments})


def forgotten(found: ev.GunFound, state: TreatmentState) -> ev.GapFound:
    """What a treatment may have been given by shots that the gun no longer holds, where its oldest one is of it.

    Nothing was ever loaded past the treatment's own limit, so no more than that.
    """
    total_nl = found.total_before_oldest_nl
    high_nl = total_nl + overrun_bound_nl(total_nl, found.overrun_nl, found.overrun_ppm)
    if state.clearance is not None:
        high_nl = min(high_nl, Clearance.from_text(state.clearance).hard_total_nl)
    return ev.GapFound(
        gun=found.gun,
        memory=found.memory,
        after_shot_no=0,
        before_shot_no=found.oldest_shot_no,
        low_nl=0,
        high_nl=high_nl,
        running_total_nl=total_nl,
    )


def cursor(found: ev.GunFound, known: GunMemory | None) -> GunMemory:
    """Where to read from. A gun met for the first time starts at what another host has acknowledged.

    Raises
    ------
    Refused
        If the gun's counters lie below the journal's: its memory was lost, and nothing can be settled by it (H1).
    """
    if known is None:
        return GunMemory(found.acked_shot_no, found.baseline_total_nl, found.entry_hwm)
    if found.last_shot_no < known.shot_no or found.running_total_nl < known.running_total_nl:
        raise Refused(
            f"gun {found.gun} counts {found.last_shot_no} shots, but the journal has read {known.shot_no} from this"
            " same memory: the gun has lost its memory, so it cannot tell what was given. Do not treat with it; have it"
            " serviced (a simulated gun: use another seed, or nvm=FILE to keep its memory)"
        )
    return known


def recorded(
    found: ev.GunFound,
    start: GunMemory,
    records: Sequence[ShotRecord],
    treatment: str,
    known_treatments: Mapping[str, TreatmentState],
) -> list[Dated]:
    """Events for the records read after ``start``, in order, with gaps booked where the totals do not add up (H8)."""
    made: list[Dated] = []
    shot_no, total_nl = start.shot_no, start.running_total_nl
    for number, record in enumerate(records):
        before_nl = record.running_total_nl - record.delivered_nl
        if record.shot_no != shot_no + 1 or before_nl != total_nl:
            gap = _gap(found, shot_no, record.shot_no, total_nl, before_nl)
            made += [Dated(name, gap) for name in gap_holders(found, records[:number], treatment, known_treatments)]
        made.append(_booked(found, record, treatment, known_treatments))
        shot_no, total_nl = record.shot_no, record.running_total_nl
    return made


def gap_holders(
    found: ev.GunFound, read: Sequence[ShotRecord], treatment: str, known_treatments: Mapping[str, TreatmentState]
) -> list[str]:
    """The treatments in which a gap is booked: whoever reads it, and first any whose entries may lie in it.

    ``read`` are the records before the gap: what they tell of is not in it. Whoever finds a gap need not be who fired:
    without it, the next HELLO would settle the entries of another treatment as unfired (H5).
    """
    told = {record.entry_no for record in read}
    others = [
        name
        for name, state in known_treatments.items()
        if name != treatment
        and state.planned is not None
        and any(
            (entry.gun, entry.memory) == (found.gun, found.memory) and entry.entry_no not in told
            for entry in (*state.open_entries.values(), *state.given_up.values())
        )
    ]
    return [*others, treatment]


def missing_at_the_end(
    found: ev.GunFound, at: GunMemory, last_shot_no: int, running_total_nl: int
) -> ev.GapFound | None:
    """The gap between the last record read and what HELLO counted, if there is one."""
    if at.shot_no == last_shot_no and at.running_total_nl == running_total_nl:
        return None
    return _gap(found, at.shot_no, last_shot_no + 1, at.running_total_nl, running_total_nl)


def settled_by_hello(state: TreatmentState, found: ev.GunFound) -> list[ev.EntrySettled]:
    """Open entries of this gun's memory that the complete log does not show: HELLO emptied the magazine (H5c).

    So are entries that an operator had given up: evidence comes late, but it comes. Entries that may lie in a gap of
    the log are not settled by it: everything else is unknown.
    """
    doubtful = state.doubtful()
    return [
        ev.EntrySettled(entry.gun, entry.memory, entry.entry_no, "hello")
        for key, entry in (*state.open_entries.items(), *state.given_up.items())
        if (entry.gun, entry.memory) == (found.gun, found.memory) and key not in doubtful
    ]


def must_not_treat(state: TreatmentState, found: ev.GunFound, treatment: str, history: History) -> None:
    """Refuse to load while something is unexplained (H4, H8, H10).

    Raises
    ------
    MustSettle
        With what blocks and what would work.
    """
    if found.open_treatment not in (NO_TREATMENT, treatment):
        other = history.treatments.get(found.open_treatment)
        if other is None or other.planned is None:
            raise MustSettle(
                f"gun {found.gun} is bound to treatment {found.open_treatment}, which this journal does not hold:"
                " resume it where its journal is, or have a practitioner free the gun (mesogun gun release)"
            )
        way = (
            "a practitioner frees it (mesogun gun release)"
            if other.ended is not None
            else f"finish or end that one first (mesogun treat --resume {found.open_treatment})"
        )
        raise MustSettle(f"gun {found.gun} is still bound to treatment {found.open_treatment}: {way}")
    unexplained(state)
    elsewhere = {
        entry.gun for entry in state.open_entries.values() if (entry.gun, entry.memory) != (found.gun, found.memory)
    }
    if elsewhere:
        raise MustSettle(
            f"{len(state.open_entries)} loaded shots are unsettled on gun {', '.join(sorted(elsewhere))}, or in a"
            " memory that it no longer has: connect that gun first, its log tells what was given; if it never will, a"
            " practitioner settles them (mesogun journal settle)"
        )


def unexplained(state: TreatmentState) -> None:
    """Raise ``MustSettle`` while volume is counted that no record of this treatment explains (H8)."""
    for block in state.blocks:
        raise MustSettle(
            f"{block.what} on gun {block.gun} at shot {block.shot_no}: between {block.ledger.low_nl} and"
            f" {block.ledger.high_nl} nL are counted until a practitioner settles them (mesogun journal settle)"
        )


def _booked(found: ev.GunFound, record: ShotRecord, treatment: str, known_treatments: Mapping[str, object]) -> Dated:
    ref = reference(record.treatment_ref)
    kind = ShotKind(record.kind)
    shot = shot_recorded(found, record)
    unbound = kind in (ShotKind.PRIME, ShotKind.TEST) or (
        kind is ShotKind.BENCH and found.open_treatment == NO_TREATMENT
    )
    ours = ref == treatment or (unbound and ref == NO_TREATMENT)
    if not ours and ref not in known_treatments:
        return Dated(
            treatment,
            ev.ForeignRecorded(
                gun=found.gun,
                memory=found.memory,
                shot_no=record.shot_no,
                entry_no=record.entry_no,
                treatment=ref,
                shot_kind=kind.name,
                delivered_nl=record.delivered_nl,
                high_nl=shot.high_nl,
                running_total_nl=record.running_total_nl,
            ),
        )
    return Dated(treatment if ours else ref, shot)


def _gap(found: ev.GunFound, after: int, before: int, total_nl: int, next_total_nl: int) -> ev.GapFound:
    missing_nl = next_total_nl - total_nl
    if missing_nl < 0 or before <= after:
        raise Refused(
            f"gun {found.gun}: the log's totals or numbers go backwards between shots {after} and {before}"
            " - its memory cannot be trusted; nothing was settled by it"
        )
    bound_nl = overrun_bound_nl(missing_nl, found.overrun_nl, found.overrun_ppm)
    return ev.GapFound(
        gun=found.gun,
        memory=found.memory,
        after_shot_no=after,
        before_shot_no=before,
        low_nl=max(0, missing_nl - bound_nl),
        high_nl=missing_nl + bound_nl,
        running_total_nl=next_total_nl,
    )
