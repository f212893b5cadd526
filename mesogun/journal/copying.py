"""Copying a journal while it is in use, and bringing a copy back.

A copy is verified before it gets its name. A journal brought back begins a new generation: what guns did since the
copy is in their logs only, so nothing is loaded until they were read (rule H9). Not responsible for schedules.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from mesogun.clock import Clock, timestamp
from mesogun.errors import InputError, RecordError
from mesogun.identity.folder import sync_folder
from mesogun.journal import place, schema
from mesogun.journal.engine import sqlite_engine
from mesogun.journal.faults import explained
from mesogun.journal.opening import open_journal
from mesogun.journal.store import Journal
from mesogun.journal.values import Verdict
from mesogun.record.events import Restored


def backup(journal: Journal, target: Path, clock: Clock, *, keys: Collection[bytes] | None = None) -> Verdict:
    """Copy a journal into the new file ``target`` while others write to it; returns the copy's verdict.

    A journal on a server is copied into a file, too. Raises ``InputError`` when ``target`` exists, ``RecordError`` when
    the copy does not verify (it is removed) or the disk does not take it.
    """
    with _new_file(target) as draft:
        if journal.path is not None:
            _copy_file(journal.path, draft, journal.where)
        else:
            _copy_rows(journal, draft, clock)
        return _verified(draft, clock, keys, journal.where)


def restore(copy: Path, target: Path, clock: Clock, *, operator: str, keys: Collection[bytes] | None = None) -> Verdict:
    """Make the journal ``target`` from a backup, in a new generation; returns the verdict of what was brought back.

    The restore itself becomes a row of the journal, by ``operator``. Raises ``InputError`` when ``target`` exists,
    ``RecordError`` when the copy does not verify; the copy is left as it is in any case.
    """
    with _new_file(target) as draft:
        with open_journal(copy, clock, create=False, read_only=True) as source:
            _copy_file(copy, draft, source.where)
        verdict = _verified(draft, clock, keys, str(copy))
        with open_journal(draft, clock, create=False) as journal:
            life = journal.begin_generation(f"restored from a backup with {verdict.events} rows")
            journal.append([Restored(life.id, str(verdict.head), operator)], treatment="", epoch=None)
        return verdict


@contextmanager
def _new_file(target: Path) -> Iterator[Path]:
    """A draft beside ``target`` that gets its name, durably, when all went well; never over an existing file."""
    if target.exists():
        raise InputError(f"{target}: exists already; name a new file")
    place.check_local(target)
    draft = target.with_name(f"{target.name}.new-{secrets.token_hex(4)}")
    try:
        os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        yield draft
        place.sync_file(draft)
        draft.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        raise RecordError(f"{target}: cannot be written ({error.strerror or type(error).__name__})") from error
    finally:
        for suffix in ("", "-wal", "-shm"):
            draft.with_name(draft.name + suffix).unlink(missing_ok=True)


def _copy_file(source: Path, draft: Path, where: str) -> None:
    """SQLite's own online backup, in one step: a consistent copy, and no writer waits for it."""
    with explained(where):
        engine = sqlite_engine(source, read_only=True, wait_s=5.0)
        try:
            with engine.connect() as connection:
                driver: Any = connection.connection.driver_connection
                target = sqlite3.connect(draft)
                try:
                    driver.backup(target)
                finally:
                    target.close()
        finally:
            engine.dispose()


def _copy_rows(journal: Journal, draft: Path, clock: Clock) -> None:
    """Every table of a journal on a server, in one read, into an SQLite file."""
    with explained(journal.where):
        engine = sqlite_engine(draft, read_only=False, wait_s=0)
        try:
            with (
                journal.snapshot() as source,
                engine.execution_options(writing=True).begin() as target,
            ):
                schema.create(target, journal.journal_id, timestamp(clock.utc()), empty=True)
                for table in schema.metadata.sorted_tables:
                    for rows in source.execution_options(yield_per=1000).execute(sa.select(table)).partitions():
                        target.execute(table.insert(), [dict(row._mapping) for row in rows])
        finally:
            engine.dispose()


def _verified(draft: Path, clock: Clock, keys: Collection[bytes] | None, where: str) -> Verdict:
    with open_journal(draft, clock, create=False, read_only=True) as copied:
        verdict = copied.verify(keys=keys)
    if not verdict.ok:
        raise RecordError(f"{where}: the copy does not verify, and was not kept: {verdict.reason}")
    return verdict
