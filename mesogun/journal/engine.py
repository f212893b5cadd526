"""The SQLite engine and the settings that durability rests on.

WAL with ``synchronous=FULL``: each commit is synced before it returns. Both are set, read back, and refused when
different. Not responsible for which file it is (``mesogun.journal.opening``).
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from mesogun.errors import RecordError

_FULL = 2  # PRAGMA synchronous reads back as a number


def sqlite_engine(path: Path, *, read_only: bool, wait_s: float, vfs: str | None = None) -> sa.Engine:
    """An engine on an existing file, with our settings on every connection."""
    writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    # A reader that could write opens for writing all the same, and query_only keeps it from it: only so can the last
    # one to leave remove the shared memory and the WAL from beside the file.
    mode = "rw" if writable or not read_only else "ro"
    # On a read-only medium that shared memory cannot be made; without a WAL the file is all there is, and immutable
    # tells SQLite so.
    alone = mode == "ro" and not path.with_name(path.name + "-wal").exists()
    immutable = "&immutable=1" if alone else ""
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
        driver: Any = connection.connection.driver_connection
        try:
            if driver.in_transaction:
                driver.rollback()  # an interrupt came between our BEGIN and SQLAlchemy's note of it
            driver.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
        except sqlite3.Error as error:
            raise sa.exc.OperationalError("BEGIN", None, error) from error

    return engine


def check_durable(connection: sa.Connection, where: str) -> None:
    """Read the settings back from the connection that will write; ``RecordError`` when they are not ours."""
    driver: Any = connection.connection.driver_connection  # past SQLAlchemy, which would begin a transaction
    (mode,) = driver.execute("PRAGMA journal_mode").fetchone()
    (level,) = driver.execute("PRAGMA synchronous").fetchone()
    if mode != "wal" or level != _FULL:
        raise RecordError(
            f"{where}: this disk or this SQLite cannot keep records safe (journal_mode {mode}, synchronous {level}; "
            f"wal and {_FULL} are needed); put the journal on another disk"
        )
