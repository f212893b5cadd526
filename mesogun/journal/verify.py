"""Reading the whole chain, and naming the first row that cannot be trusted.

Four kinds of evidence: the chain itself (edits, deletions, insertions, reordering), signed checkpoints (a rewrite
without the key), heads known from elsewhere, such as a printed report (truncation, a rewrite since), and what people
signed.
Not responsible for repairing anything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mesogun.journal import chain, checkpoints, handovers, index, signatures
from mesogun.journal.values import Checkpoint, Head, Verdict

# Plain SQL: the columns as the driver hands them out, so that a changed type reaches the check.
_COLUMNS = "SELECT seq, at, treatment, epoch, kind, body, prev_hash, hash FROM events"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known from elsewhere.

    ``keys``: public keys whose checkpoints count; when given, the journal must have checkpoints, all by these keys.
    ``heads``: heads that the journal must still contain. ``people``: public keys of people and their references; when
    given, each signature of a person must be by a key of the one it names.
    """

    keys: Collection[bytes] | None = None
    heads: Sequence[Head] = ()
    people: Mapping[bytes, str] | None = None


def verify(connection: sa.Connection, journal_id: str, known: Known, *, version: int, deep: bool = False) -> Verdict:
    """Recompute every hash from the stored bytes, in one read transaction.

    ``deep`` also compares the list of treatments and its totals with the events.
    """
    try:
        signed = checkpoints.read(connection)
        personal = signatures.read(connection) if version >= 3 else []
    except (TypeError, UnicodeDecodeError, sa.exc.DBAPIError):
        reason = "a checkpoint or signature cannot be read: it was changed or the file is damaged"
        return Verdict(ok=False, events=0, head=Head(0, ""), first_bad=1, reason=reason)
    heads, keys = known.heads, known.keys
    last_hash = chain.genesis(journal_id)
    hashes = dict.fromkeys(
        (*(point.seq for point in signed), *(head.seq for head in heads), *(one.seq for one in personal)), ""
    )
    if 0 in hashes:
        hashes[0] = last_hash.hex()
    expected = 0
    fault: tuple[int, str] | None = None
    try:
        for row in connection.execution_options(yield_per=2000).exec_driver_sql(f"{_COLUMNS} ORDER BY seq"):
            fault = _fault(row, expected + 1, last_hash)
            if fault is not None:
                break
            expected += 1
            last_hash = row[7]
            if expected in hashes:
                hashes[expected] = last_hash.hex()
    except (UnicodeDecodeError, sa.exc.DBAPIError):
        fault = _unreadable(connection, expected + 1, last_hash)
    head = Head(expected, last_hash.hex())
    signed_to, unsigned = _signed(signed, hashes, head, journal_id, keys)
    # Of two faults the lower row is the first bad one; at the same row the chain's own word is the plainest.
    forged = signatures.first_fault(personal, hashes, journal_id, known.people)
    unprinted = _unprinted(heads, hashes, head, signed_to)
    faults = [found for found in (fault, unsigned, unprinted, forged) if found is not None]
    if not faults and known.people is not None:
        false = handovers.first_false(connection, known.people)
        faults = [] if false is None else [false]
    if not faults and deep and version >= 2:
        different = index.first_difference(connection)
        faults = [] if different is None else [different]
    if not faults:
        return Verdict(ok=True, events=expected, head=head, signed_to=signed_to)
    bad, reason = min(faults, key=lambda found: found[0])
    return Verdict(ok=False, events=expected, head=head, first_bad=bad, reason=reason, signed_to=signed_to)


def _unreadable(connection: sa.Connection, expected: int, last_hash: bytes) -> tuple[int, str]:
    """The first row that cannot be read or does not fit, looked for one by one from ``expected`` on."""
    while True:
        try:
            row = connection.exec_driver_sql(f"{_COLUMNS} WHERE seq = {expected}").one_or_none()
        except (UnicodeDecodeError, sa.exc.DBAPIError):
            row = None
        if row is None:
            return expected, f"row {expected} cannot be read: it was changed or the file is damaged"
        fault = _fault(row, expected, last_hash)
        if fault is not None:
            return fault
        expected, last_hash = expected + 1, row[7]


def _fault(row: Any, expected: int, last_hash: bytes) -> tuple[int, str] | None:
    seq, at, treatment, epoch, kind, body, prev_hash, row_hash = row
    if seq != expected:
        return expected, f"row {expected} is missing: row {seq} follows row {expected - 1}"
    try:
        own = chain.row_hash(seq, at, treatment, epoch, kind, body, prev_hash)
    except (TypeError, AttributeError, ValueError):
        return expected, f"row {expected} was changed: a field has another type"
    if own != row_hash:
        return expected, f"row {expected} was changed: its content does not give its hash"
    if prev_hash != last_hash:
        # This row is whole by itself, so it is the one before it that was exchanged.
        bad = max(1, expected - 1)
        return bad, f"row {bad} was exchanged: row {expected} was chained to another"
    return None


def _signed(
    signed: list[Checkpoint],
    hashes: dict[int, str],
    head: Head,
    journal_id: str,
    keys: Collection[bytes] | None,
) -> tuple[int, tuple[int, str] | None]:
    """The last row that a good checkpoint covers, and the first thing wrong with a checkpoint."""
    signed_to = 0
    if keys is not None and not signed and head.seq:
        return 0, (1, "no checkpoint signs this journal, though keys are known")
    for number, point in enumerate(signed, start=1):
        wrong = checkpoints.fault(point, number, journal_id, keys)
        if wrong is not None:
            return signed_to, (signed_to + 1, wrong)
        if point.seq > head.seq:
            return signed_to, (head.seq + 1, f"rows after {head.seq} are missing: checkpoint {number} had {point.seq}")
        if hashes[point.seq] != point.hash:
            return signed_to, (
                signed_to + 1,
                f"the rows up to {point.seq} are not those that checkpoint {number} signed",
            )
        signed_to = max(signed_to, point.seq)
    return signed_to, None


def _unprinted(heads: Iterable[Head], hashes: dict[int, str], head: Head, signed_to: int) -> tuple[int, str] | None:
    good = signed_to
    for known in sorted(heads, key=lambda known: known.seq):
        if known.seq > head.seq:
            return head.seq + 1, f"rows after {head.seq} are missing: a known head is at row {known.seq}"
        if hashes[known.seq] != known.hash.lower():
            first = good + 1 if good < known.seq else known.seq
            return first, f"the rows up to {known.seq} are not those of a known head"
        good = max(good, known.seq)
    return None
