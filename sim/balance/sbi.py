"""The simulated balance speaks SBI, as the published manuals of Sartorius have it: 16 characters, no identifier.

It prints at once; while it is not stable the unit is left blank. Not responsible for what it weighs (``cell``) or for
the line (``rig``).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sim.balance.cell import Cell

MODEL, SOFTWARE = "SIM-SBI", "SIM 00-01"
ESC = b"\x1b"
# format 1 is a letter, format 2 ends with an underline; CR LF may follow
_COMMAND = re.compile(rb"\x1b([PTUV]|x[123]_)")
LONGEST = 20
PLACES = 9


class Sbi:
    """One balance's side of the conversation; ``say`` takes lines without their end."""

    end = b"\r\n"

    def __init__(self, cell: Cell, serial: str, patience_us: int, say: Callable[[str], None]) -> None:
        self._cell = cell
        self._serial = serial
        self._patience_us = patience_us
        self._say = say
        self._buffer = bytearray()
        self._waiting: str | None = None
        self._until_us = 0

    def power_up(self) -> None:
        """Nothing is said at power-up."""

    def receive(self, data: bytes, now_us: int) -> None:
        """Bytes from the host."""
        self._buffer += data
        while found := _COMMAND.search(self._buffer):
            command = found[1].decode("ascii")  # before the buffer changes under it
            del self._buffer[: found.end()]
            self._command(command, now_us)
        del self._buffer[:-LONGEST]

    def tick(self, now_us: int) -> None:
        """The cell has looked again: keys that wait for a stable value act now."""
        if self._waiting is None:
            return
        if self._cell.stable:
            if self._waiting in "TV":
                self._cell.zero()
            if self._waiting in "TU":
                self._cell.tare()
            self._waiting = None
        elif now_us >= self._until_us:
            self._waiting = None

    def print_key(self) -> None:
        """Somebody presses the print key."""
        cell = self._cell
        if cell.overloaded or cell.underloaded:
            word = "High" if cell.overloaded else "Low"
            self._say(f"{word:>9}".ljust(14))
            return
        shown = cell.text()
        sign = "-" if shown.startswith("-") else "+" if shown.strip("0.") else " "
        unit = (cell.unit if cell.unit != "PCS" else "pcs") if cell.stable else ""
        self._say(f"{sign}{shown.lstrip('-'):>{PLACES}} {unit:<3}")

    def _command(self, command: str, now_us: int) -> None:
        if command == "P":
            self.print_key()
        elif command in {"T", "U", "V"}:
            self._waiting, self._until_us = command, now_us + self._patience_us
        else:
            told = {"x1_": MODEL, "x2_": self._serial, "x3_": SOFTWARE}[command]
            self._say(told.ljust(14))
