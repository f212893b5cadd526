"""What to read: one filter for showing, exporting and following.

Not responsible for the connection (``mesogun.journal.store``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mesogun.clock import timestamp
from mesogun.journal import schema
from mesogun.journal.values import Row
from mesogun.record import decode

PAGE = 500

_E = schema.events
_T = schema.treatments


@dataclass(frozen=True, slots=True)
class Filter:
    """Rows to read; what is None or empty does not narrow. ``since`` is included, ``until`` is not.

    Subject and gun select whole treatments: those of the subject, those that used the gun.
    """

    treatment: str | None = None
    subject: str | None = None
    gun: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    kinds: Sequence[str] = ()

    def page(self, after: int, limit: int = PAGE) -> sa.Select[Any]:
        """The next rows above ``after``, oldest first."""
        query = sa.select(_E).where(_E.c.seq > after).order_by(_E.c.seq).limit(limit)
        if self.treatment is not None:
            query = query.where(_E.c.treatment == self.treatment)
        if self.subject is not None:
            query = query.where(_E.c.treatment.in_(sa.select(_T.c.treatment).where(_T.c.subject == self.subject)))
        if self.gun is not None:
            # Guns are 16 hexadecimal digits each, separated by spaces, so that containing one is having it.
            having = _T.c.guns.contains(self.gun, autoescape=True)
            query = query.where(_E.c.treatment.in_(sa.select(_T.c.treatment).where(having)))
        # One form of time stamp everywhere, so that their order is that of their text.
        if self.since is not None:
            query = query.where(_E.c.at >= timestamp(self.since))
        if self.until is not None:
            query = query.where(_E.c.at < timestamp(self.until))
        if self.kinds:
            query = query.where(_E.c.kind.in_(tuple(self.kinds)))
        return query


def row_of(stored: Any) -> Row:
    """A stored row with its event decoded."""
    seq, at, treatment, epoch, _, body, prev_hash, row_hash = stored
    body = bytes(body)
    return Row(seq, at, treatment, epoch, decode(body), bytes(prev_hash).hex(), bytes(row_hash).hex(), body)
