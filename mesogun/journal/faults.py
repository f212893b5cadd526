"""What a database says when something is wrong, as one line of ours.

The database's own text is never passed on: it may quote statement and values. Not responsible for retrying.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator

import sqlalchemy as sa

from mesogun.errors import RecordError
from mesogun.journal.values import JournalBusy

_SAYS = {
    sqlite3.SQLITE_FULL: "the disk is full; nothing more is recorded until there is room",
    sqlite3.SQLITE_READONLY: "it is read-only; give this user write permission, or open it for reading",
    sqlite3.SQLITE_IOERR: "the disk reported an error; check it before going on",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; restore a backup",
    sqlite3.SQLITE_NOTADB: "this is no journal: the file is foreign or damaged",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check the path and the permissions of its folder",
    sqlite3.SQLITE_CONSTRAINT: "the journal refuses to change what is written",
}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
# PostgreSQL, appendix A: lock_not_available, deadlock_detected, serialization_failure
_SERVER_BUSY = {"55P03", "40P01", "40001"}
_SERVER_SAYS = {"53100": _SAYS[sqlite3.SQLITE_FULL], "25006": _SAYS[sqlite3.SQLITE_READONLY]}


def explain(where: str, error: BaseException) -> RecordError:
    """The ``RecordError`` for a database error at journal ``where``."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig is not None else error
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        primary = code & 0xFF
        name = getattr(cause, "sqlite_errorname", "")
        if primary in _BUSY:
            return JournalBusy(f"{where}: another program is writing to the journal ({name}); nothing was written")
        says = _SAYS.get(primary, "the database refused")
        return RecordError(f"{where}: {says} ({name})")
    state = getattr(cause, "sqlstate", None)
    if state in _SERVER_BUSY:
        return JournalBusy(f"{where}: another station is writing to the journal ({state}); nothing was written")
    if state in _SERVER_SAYS:
        return RecordError(f"{where}: {_SERVER_SAYS[state]} (SQLSTATE {state})")
    detail = f"{type(cause).__name__}{f', SQLSTATE {state}' if state else ''}"
    if type(cause).__name__ in {"OperationalError", "InterfaceError"}:
        return RecordError(f"{where}: the database server does not answer or refuses us ({detail})")
    return RecordError(f"{where}: the database refused; the journal may be damaged ({detail})")


def failed_for_good(error: BaseException) -> bool:
    """Whether nobody knows what reached the disk: after a failed write or sync only reopening can tell."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
    state = getattr(cause, "sqlstate", None)
    return state not in _SERVER_BUSY and state not in _SERVER_SAYS


@contextlib.contextmanager
def explained(where: str) -> Iterator[None]:
    """Turn every database error inside into its ``RecordError``."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise RecordError(f"{where}: {_SAYS[sqlite3.SQLITE_CORRUPT]} (text that is none)") from error
    except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
        raise explain(where, error) from error
