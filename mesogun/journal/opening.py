"""Opening a journal by path or URL: the checks before it, and the settings that durability rests on.

SQLite runs in WAL with ``synchronous=FULL``: each commit is synced before it returns. Both are set, read back, and
refused when different. Not responsible for reading and writing rows (``mesogun.journal.store``).
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from mesogun.clock import Clock, timestamp
from mesogun.errors import InputError, RecordError
from mesogun.identity.folder import sync_folder
from mesogun.journal import place, schema
from mesogun.journal.faults import explained
from mesogun.journal.store import Journal

_FULL = 2  # PRAGMA synchronous reads back as a number


def open_journal(
    url: str | Path,
    clock: Clock,
    *,
    create: bool = True,
    read_only: bool = False,
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
    text = str(url)
    if "://" not in text:
        path = _path(text)
        return _open_file(path, clock, create=create, read_only=read_only, wait_s=wait_s, journal_id=journal_id)
    try:
        parsed = sa.make_url(text)
    except sa.exc.ArgumentError:
        raise InputError("the journal's URL is not one; use a file name or postgresql://HOST/DATABASE") from None
    if parsed.get_backend_name() == "sqlite":
        path = _path(parsed.database or "")
        return _open_file(path, clock, create=create, read_only=read_only, wait_s=wait_s, journal_id=journal_id)
    if parsed.get_backend_name() == "postgresql":
        return _open_server(parsed, clock, create=create, read_only=read_only, wait_s=wait_s)
    raise InputError(
        f"a journal cannot live in {parsed.get_backend_name()!r}; use a file name or postgresql://HOST/DATABASE"
    )


def _path(text: str) -> Path:
    if not text.strip() or text == ":memory:" or "\0" in text:
        raise InputError("a journal needs a file that outlives the program; name one")
    return Path(text)


def _open_file(
    path: Path, clock: Clock, *, create: bool, read_only: bool, wait_s: float, journal_id: str | None
) -> Journal:
    if not path.exists():
        if read_only or not create:
            raise InputError(f"{path}: there is no journal")
        _create_file(path, clock, journal_id or secrets.token_hex(16))
    place.check_local(path)
    place.check_ours(path)
    engine = sqlite_engine(path, read_only=read_only, wait_s=wait_s)
    try:
        with explained(str(path)):
            journal = Journal(engine, clock, where=str(path), path=path, read_only=read_only)
            if not read_only:
                check_durable(journal.writer, str(path))
    except BaseException:
        engine.dispose()
        raise
    return journal


def _open_server(url: sa.URL, clock: Clock, *, create: bool, read_only: bool, wait_s: float) -> Journal:
    where = url.render_as_string(hide_password=True)
    try:
        engine = sa.create_engine(url, isolation_level="READ COMMITTED")
    except (ImportError, sa.exc.ArgumentError) as error:
        raise InputError(f"{where}: no driver for this URL; install psycopg and use postgresql+psycopg://") from error

    @sa.event.listens_for(engine, "connect")
    def settings(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute("SET synchronous_commit = on")
        cursor.execute(f"SET lock_timeout = {int(wait_s * 1000)}")
        connection.commit()

    try:
        with explained(where):
            if not sa.inspect(engine).has_table("meta"):
                if read_only or not create:
                    raise InputError(f"{where}: there is no journal in that database")
                with engine.begin() as connection:
                    connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": schema.APPLICATION_ID})
                    if not sa.inspect(connection).has_table("meta"):
                        schema.create(connection, secrets.token_hex(16), timestamp(clock.utc()))
            return Journal(engine, clock, where=where, path=None, read_only=read_only)
    except BaseException:
        engine.dispose()
        raise


def sqlite_engine(path: Path, *, read_only: bool, wait_s: float, vfs: str | None = None) -> sa.Engine:
    """An engine on an existing file, with our settings on every connection."""
    mode = "ro" if read_only else "rw"
    # A reader of a file on a read-only medium cannot make the shared memory that WAL wants; without a WAL beside it
    # the file is all there is, and immutable says so.
    alone = read_only and not path.with_name(path.name + "-wal").exists()
    immutable = "&immutable=1" if alone and not os.access(path.parent, os.W_OK) else ""
    uri = f"{path.absolute().as_uri()}?mode={mode}{immutable}{f'&vfs={vfs}' if vfs else ''}"

    def connect() -> sqlite3.Connection:
        # Autocommit as far as the driver is concerned: our BEGIN below decides.
        connection = sqlite3.connect(uri, uri=True, timeout=wait_s, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA cell_size_check = ON")
            if read_only:
                connection.execute("PRAGMA query_only = ON")
            else:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA fullfsync = ON")  # macOS: fsync alone does not reach the disk
                connection.execute("PRAGMA checkpoint_fullfsync = ON")
        except BaseException:
            connection.close()
            raise
        return connection

    engine = sa.create_engine("sqlite+pysqlite://", creator=connect, poolclass=sa.pool.QueuePool)

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def check_durable(connection: sa.Connection, where: str) -> None:
    """Read the settings back from the connection that will write; ``RecordError`` when they are not ours."""
    mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
    level = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
    connection.rollback()
    if mode != "wal" or level != _FULL:
        raise RecordError(
            f"{where}: this disk or this SQLite cannot keep records safe (journal_mode {mode}, synchronous {level}; "
            f"wal and {_FULL} are needed); put the journal on another disk"
        )


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
