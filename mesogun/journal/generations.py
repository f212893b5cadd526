"""The lives of a journal, and which guns must be read after a restore before anything is loaded (rule H9).

A restored backup may lack what guns have done since. Not responsible for reading guns (``mesogun.treatment``): here
it is only seen in the events that reading leaves behind.
"""

from __future__ import annotations

import sqlalchemy as sa

from mesogun.journal import index, schema
from mesogun.journal.values import Generation
from mesogun.record import decode
from mesogun.record import events as ev

_G = schema.generations
_E = schema.events
_READING = ("GunFound", "ShotRecorded", "ForeignRecorded", "GapFound", "GunGivenUp")


def current(connection: sa.Connection) -> Generation:
    """The newest generation."""
    row = connection.execute(sa.select(_G).order_by(_G.c.number.desc()).limit(1)).one()
    return Generation(row.number, row.generation, row.at, row.seq, row.why)


def unread(connection: sa.Connection) -> tuple[tuple[str, str], ...]:
    """Treatments that were open in the restored backup, each with a gun that has not been read since, sorted.

    A gun counts as read when it was found (HELLO) after the restore, with the memory that it had, and its records are
    in the journal up to the last shot that it then named; another memory tells nothing of the first (H1). A gun that
    will never be read again is given up by an operator, for each treatment that it had open (H14).
    """
    life = current(connection)
    if not life.restored:
        return ()
    ended = sa.select(_E.c.treatment).where(_E.c.seq <= life.seq, _E.c.kind.in_(("TreatmentEnded", "NotDone")))
    closed = set(connection.execute(ended).scalars())
    begun = [summary for summary in index.listed(connection) if summary.first_seq <= life.seq]
    names = {summary.treatment: summary for summary in begun if summary.treatment not in closed}
    waiting: dict[tuple[str, str], str] = {}  # by treatment and gun, the memory that it had
    given_up: set[tuple[str, str]] = set()
    read: dict[tuple[str, str], int] = {}
    asked: dict[tuple[str, str], int] = {}
    found = sa.select(_E.c.seq, _E.c.treatment, _E.c.body).where(_E.c.kind.in_(_READING))
    guns = {gun for summary in names.values() for gun in summary.guns}
    with_guns = [summary.treatment for summary in index.listed(connection) if guns & set(summary.guns)]
    for row in connection.execute(found.where(_E.c.treatment.in_(with_guns)).order_by(_E.c.seq)):
        event = decode(bytes(row.body))
        if isinstance(event, ev.GunFound):
            if row.seq <= life.seq:
                if row.treatment in names:
                    waiting[row.treatment, event.gun] = event.memory
            else:
                asked[event.gun, event.memory] = event.last_shot_no
            if event.baseline:
                read[event.gun, event.memory] = event.acked_shot_no
        elif isinstance(event, ev.ShotRecorded | ev.ForeignRecorded):
            read[event.gun, event.memory] = event.shot_no
        elif isinstance(event, ev.GapFound):
            read[event.gun, event.memory] = event.before_shot_no - 1
        elif isinstance(event, ev.GunGivenUp) and row.seq > life.seq:
            given_up.add((row.treatment, event.gun))
    told = {key for key, last_shot_no in asked.items() if read.get(key, 0) >= last_shot_no}
    return tuple(
        sorted(
            (name, gun)
            for (name, gun), memory in waiting.items()
            if (name, gun) not in given_up and (gun, memory) not in told
        )
    )
