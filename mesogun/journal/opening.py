"""Opening a journal by path or URL, or making an empty one, after every check that needs no database.

Not responsible for reading and writing rows (``mesogun.journal.store``).
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from mesogun.clock import Clock, timestamp
from mesogun.errors import InputError, RecordError
from mesogun.identity.folder import sync_folder
from mesogun.journal import place, schema
from mesogun.journal.checkpoints import Signs
from mesogun.journal.engine import sqlite_engine
from mesogun.journal.faults import explained
from mesogun.journal.store import Journal


def open_journal(
    url: str | Path,
    clock: Clock,
    *,
    create: bool = True,
    read_only: bool = False,
    signer: Signs | None = None,
    wait_s: float = 5.0,
    journal_id: str | None = None,
) -> Journal:
    """Open a journal, or make an empty one.

    Parameters
    ----------
    url
        A file, or ``postgresql+DRIVER://...``.
    clock
        Stamps the rows.
    create
        Whether to make the journal when it does not exist.
    read_only
        Never write; several may read while one writes.
    signer
        Key that signs checkpoints: of the empty journal, every 256 rows, and when it is closed.
    wait_s
        How long a write may wait for another program's, before ``JournalBusy``.
    journal_id
        32 hex digits for a file that is made now, so that a seeded run repeats its hashes; random by default.

    Raises
    ------
    InputError
        For a path or URL that cannot name a journal.
    RecordError
        For a file that is foreign, damaged, newer, on a network share, or cannot be made durable.
    """
    options = _Options(read_only, signer, wait_s)
    text = str(url)
    if "://" not in text:
        path = _path(text)
        return _open_file(path, clock, options, create=create, journal_id=journal_id)
    try:
        parsed = sa.make_url(text)
    except sa.exc.ArgumentError:
        raise InputError("the journal's URL is not one; use a file name or postgresql://HOST/DATABASE") from None
    if parsed.get_backend_name() == "sqlite":
        path = _path(parsed.database or "")
        return _open_file(path, clock, options, create=create, journal_id=journal_id)
    if parsed.get_backend_name() == "postgresql":
        return _open_server(parsed, clock, options, create=create, journal_id=journal_id)
    raise InputError(
        f"a journal cannot live in {parsed.get_backend_name()!r}; use a file name or postgresql://HOST/DATABASE"
    )


def _path(text: str) -> Path:
    if not text.strip() or text == ":memory:" or "\0" in text:
        raise InputError("a journal needs a file that outlives the program; name one")
    # Resolved, so that a link and the file it names share WAL and runner locks.
    return Path(text).resolve()


@dataclass(frozen=True, slots=True)
class _Options:
    read_only: bool
    signer: Signs | None
    wait_s: float


def _open_file(path: Path, clock: Clock, options: _Options, *, create: bool, journal_id: str | None) -> Journal:
    if not path.exists():
        if options.read_only or not create:
            raise InputError(f"{path}: there is no journal; a treatment begins one there, or name another")
        _create_file(path, clock, journal_id or secrets.token_hex(16))
    place.check_local(path)
    place.check_ours(path)
    engine = sqlite_engine(path, read_only=options.read_only, wait_s=options.wait_s)
    try:
        with explained(str(path)):
            journal = Journal(
                engine, clock, where=str(path), path=path, read_only=options.read_only, signer=options.signer
            )
    except BaseException:
        engine.dispose()
        raise
    return journal


def _open_server(url: sa.URL, clock: Clock, options: _Options, *, create: bool, journal_id: str | None) -> Journal:
    where = url.render_as_string(hide_password=True)
    try:
        engine = sa.create_engine(url, isolation_level="READ COMMITTED")
    except (ImportError, sa.exc.ArgumentError) as error:
        raise InputError(f"{where}: no driver for this URL; install psycopg and use postgresql+psycopg://") from error

    @sa.event.listens_for(engine, "connect")
    def settings(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute("SET synchronous_commit = on")
        cursor.execute(f"SET lock_timeout = {int(options.wait_s * 1000)}")
        connection.commit()

    try:
        with explained(where):
            if not sa.inspect(engine).has_table("meta"):
                if options.read_only or not create:
                    raise InputError(f"{where}: there is no journal in that database")
                with engine.begin() as connection:
                    connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": schema.APPLICATION_ID})
                    if not sa.inspect(connection).has_table("meta"):
                        schema.create(connection, journal_id or secrets.token_hex(16), timestamp(clock.utc()))
            return Journal(engine, clock, where=where, path=None, read_only=options.read_only, signer=options.signer)
    except BaseException:
        engine.dispose()
        raise


def _create_file(path: Path, clock: Clock, journal_id: str) -> None:
    """Make the journal under another name, then give it its own at once: a power cut leaves all of it or none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        place.check_local(path)
        draft = path.with_name(f"{path.name}.new-{secrets.token_hex(4)}")
        os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise RecordError(f"{path}: a journal cannot be made there ({error.strerror})") from error
    try:
        with explained(str(path)):
            engine = sqlite_engine(draft, read_only=False, wait_s=0)
            try:
                with engine.execution_options(writing=True).begin() as connection:
                    schema.create(connection, journal_id, timestamp(clock.utc()))
            finally:
                engine.dispose()  # the last connection moves the WAL into the file
        place.sync_file(draft)
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass  # somebody else made it meanwhile; theirs is as good
        except OSError:
            draft.rename(path)  # a file system without hard links
        draft.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        raise RecordError(f"{path}: a journal cannot be made there ({error.strerror})") from error
    finally:
        for suffix in ("", "-wal", "-shm"):
            draft.with_name(draft.name + suffix).unlink(missing_ok=True)
