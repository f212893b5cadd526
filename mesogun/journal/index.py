"""The list of treatments and their totals: a projection that can be rebuilt from the events at any time.

Not evidence: ``verify(deep=True)`` compares it with the events. Kept off the path of a shot: a row is written when a
treatment begins, names its subject or gun, or ends.

Not responsible for the events themselves (``store``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from mesogun.journal import schema
from mesogun.journal.values import TreatmentSummary, TreatmentTotal
from mesogun.record import Event, History, Ledger, TreatmentState, decode, fold_all, read_history
from mesogun.record import events as ev

NAMING = ("TreatmentPlanned", "AreaTreated", "GunFound", "TreatmentEnded", "NotDone")
# The only kinds that can move the ledger (mesogun.record.state).
VOLUME = ("MagazineLoaded", "EntrySettled", "ShotRecorded", "ForeignRecorded", "GapFound", "Settled", "GunGivenUp")

_T = schema.treatments
_E = schema.events


@dataclass(frozen=True, slots=True)
class Appended:
    """Events just written for one treatment, beginning at row ``seq``."""

    treatment: str
    seq: int
    at: str
    events: Sequence[Event]


def told(summary: TreatmentSummary, event: Event) -> TreatmentSummary:
    """The summary after one more event."""
    if isinstance(event, ev.TreatmentPlanned | ev.AreaTreated):
        return replace(summary, subject=event.subject, agent=event.agent)
    if isinstance(event, ev.GunFound):
        return replace(summary, guns=tuple(sorted({*summary.guns, event.gun})))
    if isinstance(event, ev.TreatmentEnded):
        return replace(summary, ended=event.how)
    if isinstance(event, ev.NotDone):
        return replace(summary, ended="not done")
    return summary


def enter(connection: sa.Connection, appended: Iterable[Appended], known: set[str]) -> set[str]:
    """Bring the list up to date inside the appending transaction; returns the treatments that are in it now.

    ``known`` are treatments that are in the list for sure, so that most appends touch nothing here.
    """
    entered: set[str] = set()
    for batch in appended:
        first = batch.treatment not in known and batch.treatment not in entered
        if not first and not any(type(event).__name__ in NAMING for event in batch.events):
            continue
        before = _get(connection, batch.treatment)
        after = before or TreatmentSummary(batch.treatment, batch.seq, batch.at)
        for event in batch.events:
            after = told(after, event)
        if before is None:
            connection.execute(_T.insert(), _stored(after))
        elif after != before:
            connection.execute(_T.update().where(_T.c.treatment == batch.treatment), _named(after))
        entered.add(batch.treatment)
    return entered


def rebuild(connection: sa.Connection) -> None:
    """Make the list anew from the events."""
    connection.execute(_T.delete())
    found = compute(connection)
    if found:
        connection.execute(_T.insert(), [_stored(summary) for summary in found])


def compute(connection: sa.Connection) -> list[TreatmentSummary]:
    """The list as the events say, in the order of first events."""
    first = sa.func.min(_E.c.seq).label("first_seq")
    spans = sa.select(first).group_by(_E.c.treatment).subquery()
    begun = sa.select(_E.c.treatment, _E.c.seq, _E.c.at).join(spans, _E.c.seq == spans.c.first_seq)
    found = {
        row.treatment: TreatmentSummary(row.treatment, row.seq, row.at)
        for row in connection.execute(begun.order_by(_E.c.seq))
    }
    naming = sa.select(_E.c.treatment, _E.c.body).where(_E.c.kind.in_(NAMING)).order_by(_E.c.seq)
    for row in connection.execute(naming):
        found[row.treatment] = told(found[row.treatment], decode(bytes(row.body)))
    return list(found.values())


def listed(connection: sa.Connection, subject: str | None = None) -> list[TreatmentSummary]:
    """The list as stored, in the order of first events."""
    query = sa.select(_T).order_by(_T.c.first_seq)
    if subject is not None:
        query = query.where(_T.c.subject == subject)
    return [_summary(row) for row in connection.execute(query)]


def totals(connection: sa.Connection, subject: str) -> tuple[list[TreatmentTotal], dict[str, int]]:
    """What each treatment gave the subject, and for those that had to be folded anew the row they are good for."""
    found, fresh = [], {}
    for row in connection.execute(sa.select(_T).where(_T.c.subject == subject).order_by(_T.c.first_seq)).all():
        later = sa.select(sa.func.max(_E.c.seq)).where(
            _E.c.treatment == row.treatment, _E.c.seq > row.folded_seq, _E.c.kind.in_(VOLUME)
        )
        good_for = connection.execute(later).scalar_one()
        ledger = Ledger(row.low_nl, row.high_nl)
        if good_for is not None:
            ledger = state_of(connection, row.treatment).ledger
            fresh[row.treatment] = int(good_for)
        found.append(TreatmentTotal(row.treatment, row.first_at, row.agent, row.ended, ledger.low_nl, ledger.high_nl))
    return found, fresh


def state_of(connection: sa.Connection, treatment: str, upto: int | None = None) -> TreatmentState:
    """The state of a treatment, folded from its events up to row ``upto``."""
    query = sa.select(_E.c.body).where(_E.c.treatment == treatment).order_by(_E.c.seq)
    if upto is not None:
        query = query.where(_E.c.seq <= upto)
    return fold_all(decode(bytes(body)) for body in connection.execute(query).scalars())


def history_of(connection: sa.Connection, treatment: str, gun: str) -> History:
    """Guns and treatments in the events of ``treatment`` and of every treatment that used ``gun``."""
    using = sa.select(_T.c.treatment).where(_T.c.guns.contains(gun, autoescape=True))
    query = sa.select(_E.c.treatment, _E.c.body).where(_E.c.treatment.in_(using) | (_E.c.treatment == treatment))
    rows = connection.execute(query.order_by(_E.c.seq).execution_options(yield_per=1000))
    return read_history((name, decode(bytes(body))) for name, body in rows)


def remember(connection: sa.Connection, totals_found: Iterable[TreatmentTotal], fresh: dict[str, int]) -> None:
    """Store totals that were folded anew."""
    for total in totals_found:
        if total.treatment in fresh:
            values = {"folded_seq": fresh[total.treatment], "low_nl": total.low_nl, "high_nl": total.high_nl}
            # Never over a total that is good for a later row.
            at_most = _T.c.folded_seq < fresh[total.treatment]
            connection.execute(_T.update().where(_T.c.treatment == total.treatment, at_most), values)


def first_difference(connection: sa.Connection) -> tuple[int, str] | None:
    """The first treatment whose entry is not what its events say, as (row, reason)."""
    stored = {row.treatment: row for row in connection.execute(sa.select(_T)).all()}
    for summary in compute(connection):
        row = stored.pop(summary.treatment, None)
        if row is None or _summary(row) != summary:
            return summary.first_seq, f"the list of treatments is wrong about {summary.treatment}; rebuild it"
        if row.folded_seq:
            ledger = state_of(connection, summary.treatment, row.folded_seq).ledger
            if ledger != Ledger(row.low_nl, row.high_nl):
                return summary.first_seq, f"the stored total of {summary.treatment} is wrong; rebuild the list"
    for name, row in stored.items():
        return int(row.first_seq), f"the list holds treatment {name}, which has no events; rebuild it"
    return None


def _get(connection: sa.Connection, treatment: str) -> TreatmentSummary | None:
    row = connection.execute(sa.select(_T).where(_T.c.treatment == treatment)).one_or_none()
    return None if row is None else _summary(row)


def _summary(row: sa.Row[tuple[object, ...]]) -> TreatmentSummary:
    return TreatmentSummary(
        row.treatment, row.first_seq, row.first_at, row.subject, row.agent, tuple(row.guns.split()), row.ended
    )


def _named(summary: TreatmentSummary) -> dict[str, object]:
    return {
        "subject": summary.subject,
        "agent": summary.agent,
        "guns": " ".join(summary.guns),
        "ended": summary.ended,
    }


def _stored(summary: TreatmentSummary) -> dict[str, object]:
    return {
        "treatment": summary.treatment,
        "first_seq": summary.first_seq,
        "first_at": summary.first_at,
        "folded_seq": 0,
        "low_nl": 0,
        "high_nl": 0,
        **_named(summary),
    }
