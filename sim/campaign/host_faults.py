"""What breaks on the host's side: a full disk, a torn transaction, a second runner, a journal from an old backup.

Each waits for the next time that a host wants to write, or is started again. Not responsible for killing or pausing
it at the port (``sim.faults.inject``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sim.campaign.memory_journal import MemoryJournal
from sim.faults import Came, Fault, HostKilled, Later, Nothing

Tell = Callable[[Fault], None]


class HostFaults:
    """The journal's troubles of one treatment, over all its host lives."""

    def __init__(self, journal: MemoryJournal, treatment: str) -> None:
        self._journal = journal
        self._treatment = treatment
        self._due: list[Fault] = []
        self._backup: Fault | None = None
        self.happened: Tell = lambda _: None
        self.kill: Callable[[], None] = lambda: None  # at the host's next touch of the port
        self.die: Callable[[], None] = lambda: None  # at once

    @property
    def handlers(self) -> Mapping[str, Callable[[Fault], Came]]:
        """For the injector."""
        return {
            "disk_full": self._wait,
            "torn_journal": self._wait,
            "second_runner": self._wait,
            "old_backup": self._bring_back,
        }

    def start(self) -> None:
        """A new host process: somebody has made room, and may have brought back a backup."""
        self._journal.full = False
        self._journal.release()
        backup, self._backup = self._backup, None
        if backup is None:
            self._journal.reopen()
        else:
            self._journal.roll_back(backup.number("share"))
            self.happened(backup)
        self._journal.on_append = self._write

    def stop(self) -> None:
        """Nothing more breaks; what was brought back stays what it is."""
        self._due.clear()

    def _wait(self, fault: Fault) -> Came:
        self._due.append(fault)
        return Later()

    def _bring_back(self, fault: Fault) -> Came:
        if self._backup is not None:
            return Nothing("the journal is about to be brought back from another backup")
        self._backup = fault
        self.kill()
        return Later()

    def _write(self) -> None:
        due, self._due = self._due, []
        for at, fault in enumerate(due):
            self.happened(fault)
            if fault.name == "host.disk_full":
                self._journal.full = True
            elif fault.name == "host.second_runner":
                self._journal.release()
                self._journal.take(self._treatment, "rival")
            else:
                self._due = due[at + 1 :]
                self.die()
                raise HostKilled
