"""The real journal, SQLite on disk, under a campaign: every commit is its own, every host life opens it again.

A killed host leaves its files as they are; the next one opens a copy of them, as it would after the death of the
process. What invariants ask for is answered from a mirror in memory. The file belongs to the real world (names of
drafts are random, the database code looks at the time), so each use of it goes through a gate in the fence; what comes
back is what was put in. Not responsible for torn sectors (``tests/journal``).
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from mesogun.clock import Clock
from mesogun.journal import Journal, Row, backup, open_journal, restore
from mesogun.record import Event, History
from sim.campaign.memory_journal import MemoryJournal
from sim.fence import gate

BACKUP_ROWS = 12


class DiskJournal(MemoryJournal):
    """A journal file in a folder of its own, and a mirror of it."""

    def __init__(self, treatment: str, limit_nl: int, clock: Clock) -> None:
        super().__init__(treatment, limit_nl)
        self._clock = clock
        self._number = 0
        self._backup: tuple[Path, int] | None = None
        with gate():
            self._folder = tempfile.TemporaryDirectory(prefix="mesogun-campaign-")
            self._real: Journal = open_journal(self._path, clock, journal_id="0" * 32)

    @property
    def _path(self) -> Path:
        return Path(self._folder.name) / f"journal-{self._number}.db"

    def append(self, events: Sequence[Event], *, treatment: str, epoch: int | None) -> int:
        """Durably in the file; then in the mirror."""
        self.may_append()
        with gate():
            seq = self._real.append(events, treatment=treatment, epoch=epoch)
        self._keep(events, treatment, epoch)
        if self._backup is None and seq >= BACKUP_ROWS:
            copy = Path(self._folder.name) / "backup.db"
            with gate():
                backup(self._real, copy, self._clock)
            self._backup = copy, len(self._rows)
        return seq

    def take(self, treatment: str, station: str) -> int:
        """A new epoch and the runner's lock."""
        with gate():
            return self._real.take(treatment, station)

    def release(self, treatment: str | None = None) -> None:
        """Let the lock go."""
        with gate():
            self._real.release(treatment)

    def rows(self, treatment: str | None = None, after: int = 0) -> Iterator[Row]:
        """From the file."""
        with gate():
            found = list(self._real.rows(treatment, after))
        return iter(found)

    def history(self, *, treatment: str, gun: str) -> History:
        """From the file."""
        with gate():
            return self._real.history(treatment=treatment, gun=gun)

    def reopen(self) -> None:
        """A new host process: the file as the last one left it."""
        before, self._number = self._path, self._number + 1
        with gate():
            for suffix in ("", "-wal"):
                file = before.with_name(before.name + suffix)
                if file.exists():
                    shutil.copyfile(file, self._path.with_name(self._path.name + suffix))
            self._real.close()
            self._real = open_journal(self._path, self._clock, create=False)

    def roll_back(self, share: float) -> None:  # noqa: ARG002 - the mirror's own signature
        """Come back from the backup, if one was made by now; ``share`` decides nothing here."""
        if self._backup is None:
            return
        self._number += 1
        with gate():
            self._real.close()
            restore(self._backup[0], self._path, self._clock, operator="op-campaign")
            self._real = open_journal(self._path, self._clock, create=False)
        self.restore(list(self.rows())[: self._backup[1]])

    def close(self) -> None:
        """The folder goes."""
        with gate():
            self._real.close()
            self._folder.cleanup()
