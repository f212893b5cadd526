"""Holding a journal against what this station remembers of it: a copy put back in its place shows at once.

The chain cannot show that its end is missing; the station's memory of the newest head can, without reading the whole
journal. Not responsible for keeping that memory (``mesogun.identity.Station``).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from mesogun.clock import Clock
from mesogun.errors import RecordError
from mesogun.identity import Home, Station
from mesogun.journal.opening import open_journal
from mesogun.journal.store import Journal
from mesogun.journal.values import Head, Verdict


def known_heads(journal: Journal, station: Station) -> tuple[Head, ...]:
    """Heads of this journal that the station remembers, for ``verify(heads=...)``."""
    seen = station.seen_head(_name(journal))
    return () if seen is None else (Head(seen.seq, seen.hash),)


def check_continued(journal: Journal, station: Station) -> None:
    """Raise ``RecordError`` unless the journal still contains the newest head that the station remembers.

    One row is read, so this can be asked each time a journal is opened.
    """
    seen = station.seen_head(_name(journal))
    if seen is None or seen.seq == 0:
        return
    row = next(journal.rows(after=seen.seq - 1), None)
    if row is None:
        raise RecordError(
            f"{journal.where}: ends at row {journal.head().seq}, but this station saw row {seen.seq} on {seen.at}: an "
            "older copy was put in its place; bring copies back with `mesogun journal restore`"
        )
    if row.hash != seen.hash:
        raise RecordError(
            f"{journal.where}: row {row.seq} is not the one that this station saw on {seen.at}: the journal was "
            "rewritten; `mesogun journal verify` names the first bad row"
        )


def remember(journal: Journal, station: Station, at: datetime) -> Head:
    """Note the journal's present head in the station's memory."""
    head = journal.head()
    station.saw_head(_name(journal), head.seq, head.hash, at)
    return head


@contextlib.contextmanager
def journal_at(
    home: Home, url: str | Path, clock: Clock, *, create: bool = True, read_only: bool = False
) -> Iterator[Journal]:
    """A journal opened the way a station should: held against its memory, signed by its key, its head remembered.

    Raises what ``open_journal`` and ``check_continued`` raise.
    """
    signer = None if read_only else home.signing_key()
    with open_journal(url, clock, create=create, read_only=read_only, signer=signer) as journal:
        check_continued(journal, home.station)
        try:
            yield journal
        finally:
            # An end that cannot be noted hides no error; the memory is then older than the journal, which is legal.
            with contextlib.suppress(RecordError):
                remember(journal, home.station, clock.utc())


def verify_at(home: Home, journal: Journal, heads: Sequence[Head] = (), *, deep: bool = False) -> Verdict:
    """Verify with everything that the station knows: its keys, its people's keys, its memory, and more ``heads``.

    A journal that was never signed is held to no key; once there is a checkpoint, or the station remembers the journal,
    each must be by a trusted key.
    """
    station = home.station
    remembered = known_heads(journal, station)
    signed = bool(journal.checkpoints()) or bool(remembered)
    keys = station.trusted_keys() if signed else None
    people = home.operators.public_keys()
    return journal.verify(keys=keys, heads=(*remembered, *heads), people=people, deep=deep)


def _name(journal: Journal) -> str:
    # A journal brought back openly begins a generation and a memory of its own; guns are read before anything is
    # loaded (H9). A copy put back in silence is still of the old generation, and of that more is remembered.
    if journal.version < 2:
        return f"{journal.journal_id}/"
    return f"{journal.journal_id}/{journal.generation().id}"
