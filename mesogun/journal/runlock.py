"""One runner per treatment: a lock that the operating system or the server drops when its holder dies.

Not responsible for the epoch (``mesogun.journal.store``), which fences a runner that lost its lock unnoticed.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa

from mesogun.errors import RecordError
from mesogun.identity.folder import lock_file
from mesogun.journal.values import JournalBusy


class RunnerLock(Protocol):
    """A lock that is held until ``release`` or the end of the process."""

    def release(self) -> None:
        """Let go; harmless when done twice."""
        ...


class FileLock:
    """A lock file beside an SQLite journal, one per treatment, removed when let go.

    Raises ``JournalBusy`` when another runner, in this or another process, holds it.
    """

    def __init__(self, journal: Path, treatment: str) -> None:
        digest = hashlib.sha256(treatment.encode()).hexdigest()[:16]
        self._path = journal.with_name(f"{journal.name}-runner-{digest}")
        self._handle: int | None = None
        while self._handle is None:
            try:
                handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            except OSError as error:
                raise RecordError(f"{self._path}: the runner's lock cannot be made ({error.strerror})") from error
            try:
                lock_file(handle, wait=False)
            except BlockingIOError:
                os.close(handle)
                raise JournalBusy(
                    f"{journal}: treatment {treatment} is being carried out by another program on this computer; "
                    "end that one first, or look with `mesogun watch`"
                ) from None
            if identity(self._path) == _identity_of(os.fstat(handle)):
                self._handle = handle
            else:
                os.close(handle)  # its last holder removed the file between our opening and our locking

    def release(self) -> None:
        """Remove the lock file and let go."""
        if self._handle is not None:
            # Removed while still held: whoever opened it before finds it gone and tries again. Windows cannot
            # remove an open file, so there it stays, empty.
            if os.name == "posix":
                self._path.unlink(missing_ok=True)
            os.close(self._handle)
            self._handle = None


class ServerLock:
    """A PostgreSQL advisory lock, held by one connection of its own and dropped by the server with it."""

    def __init__(self, engine: sa.Engine, where: str, journal_id: str, treatment: str) -> None:
        digest = hashlib.sha256(f"{journal_id}/{treatment}".encode()).digest()
        key = int.from_bytes(digest[:8], "big", signed=True)
        self._connection: sa.Connection | None = engine.connect()
        taken = self._connection.execute(sa.select(sa.func.pg_try_advisory_lock(key))).scalar_one()
        self._connection.commit()
        if not taken:
            self.release()
            raise JournalBusy(f"{where}: treatment {treatment} is being carried out by another station; end that first")

    def release(self) -> None:
        """Close the connection that holds the lock."""
        if self._connection is not None:
            # Invalidated, not returned to the pool: the lock lives as long as the server's session.
            self._connection.invalidate()
            self._connection.close()
            self._connection = None


def identity(path: Path) -> tuple[int, int] | None:
    """Which file a name stands for now; None when there is none."""
    try:
        return _identity_of(path.stat())
    except OSError:
        return None


def _identity_of(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino
