"""From a filter to its query, and from a stored row to an event.

Not responsible for the connection (``mesogun.journal.reader``).
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from mesogun.clock import timestamp
from mesogun.journal import schema
from mesogun.journal.values import Filter, Row
from mesogun.record import decode

PAGE = 500

_E = schema.events
_T = schema.treatments


def page(chosen: Filter, after: int, limit: int = PAGE) -> sa.Select[Any]:
    """The next rows above ``after``, oldest first."""
    query = sa.select(_E).where(_E.c.seq > after).order_by(_E.c.seq).limit(limit)
    if chosen.treatment is not None:
        query = query.where(_E.c.treatment == chosen.treatment)
    if chosen.subject is not None:
        query = query.where(_E.c.treatment.in_(sa.select(_T.c.treatment).where(_T.c.subject == chosen.subject)))
    if chosen.gun is not None:
        # Guns are 16 hexadecimal digits each, separated by spaces, so that containing one is having it.
        having = _T.c.guns.contains(chosen.gun, autoescape=True)
        query = query.where(_E.c.treatment.in_(sa.select(_T.c.treatment).where(having)))
    # One form of time stamp everywhere, so that their order is that of their text.
    if chosen.since is not None:
        query = query.where(_E.c.at >= timestamp(chosen.since))
    if chosen.until is not None:
        query = query.where(_E.c.at < timestamp(chosen.until))
    if chosen.kinds:
        query = query.where(_E.c.kind.in_(tuple(chosen.kinds)))
    return query


def doubted(dialect: str) -> sa.Select[Any]:
    """Treatments with a row by which something is not known; whether somebody settled it, their fold says."""
    body = sa.func.convert_from(_E.c.body, "UTF8") if dialect == "postgresql" else sa.cast(_E.c.body, sa.Text)
    unknown = sa.and_(_E.c.kind == "ShotRecorded", body.contains('"outcome":"INDETERMINATE"'))
    return sa.select(_E.c.treatment).distinct().where(sa.or_(_E.c.kind.in_(("GapFound", "ForeignRecorded")), unknown))


def row_of(stored: Any) -> Row:
    """A stored row with its event decoded."""
    seq, at, treatment, epoch, _, body, prev_hash, row_hash = stored
    body = bytes(body)
    return Row(seq, at, treatment, epoch, decode(body), bytes(prev_hash).hex(), bytes(row_hash).hex(), body)
