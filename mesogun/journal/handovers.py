"""Handovers in the record, and whether whoever took over has signed what the record says.

Not responsible for making them (``mesogun.identity``, ``mesogun.treatment``); one without a signature is no fault, it
says that the taker has no signing key.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from mesogun.identity import Handover, verify_handover
from mesogun.journal import schema
from mesogun.record import decode
from mesogun.record import events as ev

_E = schema.events


def first_false(connection: sa.Connection, people: Mapping[bytes, str]) -> tuple[int, str] | None:
    """The first handover whose signature is not the taker's, as (row, reason)."""
    query = sa.select(_E.c.seq, _E.c.treatment, _E.c.body).where(_E.c.kind == "HandedOver").order_by(_E.c.seq)
    for row in connection.execute(query):
        event = decode(bytes(row.body))
        if isinstance(event, ev.HandedOver) and event.signature and not _holds(row.treatment, event, people):
            return row.seq, f"row {row.seq}: the handover is not signed by a known key of {event.to_operator}"
    return None


def _holds(treatment: str, event: ev.HandedOver, people: Mapping[bytes, str]) -> bool:
    try:
        key, signature = bytes.fromhex(event.public_key), bytes.fromhex(event.signature)
    except ValueError:
        return False
    said = Handover(treatment, event.from_operator, event.to_operator, event.at, key, signature)
    return verify_handover(said, people)
