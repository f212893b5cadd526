"""Reading the whole chain and naming the first row that cannot be trusted.

Not responsible for who wrote a row: that is what signed checkpoints are for.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from mesogun.journal import chain, schema
from mesogun.journal.values import Head, Verdict

_ALL = sa.select(schema.events).order_by(schema.events.c.seq).execution_options(yield_per=1000, stream_results=True)


def verify(connection: sa.Connection, journal_id: str) -> Verdict:
    """Recompute every hash from the stored bytes, in one read transaction."""
    expected, last_hash = 0, chain.genesis(journal_id)
    for row in connection.execute(_ALL):
        expected += 1
        fault = _fault(row, expected, last_hash)
        if fault is not None:
            bad, reason = fault
            return Verdict(
                ok=False, events=expected - 1, head=Head(expected - 1, last_hash.hex()), first_bad=bad, reason=reason
            )
        last_hash = row.hash
    return Verdict(ok=True, events=expected, head=Head(expected, last_hash.hex()))


def _fault(row: Any, expected: int, last_hash: bytes) -> tuple[int, str] | None:
    seq, at, treatment, epoch, kind, body, prev_hash, row_hash = row
    if seq != expected:
        return expected, f"row {expected} is missing: row {seq} follows row {expected - 1}"
    try:
        own = chain.row_hash(seq, at, treatment, epoch, kind, body, prev_hash)
    except (TypeError, AttributeError):
        return expected, f"row {expected} was changed: a field has another type"
    if own != row_hash:
        return expected, f"row {expected} was changed: its content does not give its hash"
    if prev_hash != last_hash:
        # This row is whole by itself, so it is the one before it that was exchanged.
        bad = max(1, expected - 1)
        return bad, f"row {bad} was exchanged: row {expected} was chained to another"
    return None
