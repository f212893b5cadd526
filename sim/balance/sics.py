"""The simulated balance speaks MT-SICS, as the published manual has it (Mettler-Toledo 11780711).

Not responsible for what it weighs (``cell``) or for the line (``rig``).
"""

from __future__ import annotations

from collections.abc import Callable

from sim.balance.cell import Cell

MODEL, SOFTWARE, SOFTWARE_ID = "SIM-BAL", "1.00 0.0.0.1", "000000001A"
LEVELS = '"01" "2.30" "2.30" "" ""'
KNOWN = ("@", "I0", "I1", "I2", "I3", "I4", "I5", "S", "SI", "SIR", "T", "TA", "TAC", "TI", "Z", "ZI")
WAITING = frozenset({"S", "T", "Z"})
LONGEST = 80


class Sics:
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
        self._streaming = False

    def power_up(self) -> None:
        """Say so, unasked."""
        self._reset()
        self._say(f'I4 A "{self._serial}"')

    def receive(self, data: bytes, now_us: int) -> None:
        """Bytes from the host."""
        self._buffer += data
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end]).rstrip(b"\r")
            del self._buffer[: end + 1]
            self._command(line.decode("latin-1"), now_us)
        if len(self._buffer) > LONGEST:
            self._buffer.clear()
            self._say("ET")

    def tick(self, now_us: int) -> None:
        """The cell has looked again."""
        command = self._waiting
        if command is not None and (self._cell.stable or now_us >= self._until_us):
            self._waiting = None
            self._say(self._settled(command) if self._cell.stable else f"{command} I")
        if self._streaming:
            self._say(self._weight("S"))

    def print_key(self) -> None:
        """Somebody presses the print key."""
        self._say(self._weight("S"))

    def _reset(self) -> None:
        self._waiting, self._streaming = None, False
        self._cell.clear_tare()

    def _command(self, line: str, now_us: int) -> None:
        word, _, rest = line.partition(" ")
        if line == "@":
            self._reset()
            self._say(f'I4 A "{self._serial}"')
        elif self._waiting is not None:
            return  # one command at a time: another one is lost
        elif word not in KNOWN:
            self._say("ES")
        elif rest:
            self._say(f"{word} L")
        else:
            self._streaming = word == "SIR"
            if word in WAITING:
                self._waiting, self._until_us = word, now_us + self._patience_us
                self._buffer.clear()
            else:
                self._at_once(word)

    def _settled(self, command: str) -> str:
        if command == "S":
            return self._weight("S")
        if command == "Z":
            return f"Z {self._cell.zero()}"
        return self._tared("T")

    def _tared(self, word: str) -> str:
        if self._cell.overloaded:
            return f"{word} +"
        status = self._cell.tare()
        if status != "S":
            return f"{word} {status}"
        flag = "S" if self._cell.stable or word == "T" else "D"
        return f"{word} {flag} {self._cell.tare_text:>10} {self._cell.unit}"

    def _weight(self, word: str) -> str:
        cell = self._cell
        if cell.overloaded or cell.underloaded:
            return f"{word} {'+' if cell.overloaded else '-'}"
        return f"{word} {'S' if cell.stable else 'D'} {cell.text():>10} {cell.unit}"

    def _at_once(self, word: str) -> None:
        cell = self._cell
        answers: dict[str, Callable[[], str]] = {
            "SI": lambda: self._weight("S"),
            "SIR": lambda: self._weight("S"),
            "ZI": lambda: f"ZI {'S' if cell.stable else 'D'}" if (sign := cell.zero()) == "A" else f"ZI {sign}",
            "TI": lambda: self._tared("TI"),
            "TA": lambda: f"TA A {cell.tare_text:>10} {cell.unit}",
            "TAC": lambda: "TAC A",
            "I1": lambda: f"I1 A {LEVELS}",
            "I2": lambda: f'I2 A "{MODEL} {cell.capacity_text}"',
            "I3": lambda: f'I3 A "{SOFTWARE}"',
            "I4": lambda: f'I4 A "{self._serial}"',
            "I5": lambda: f'I5 A "{SOFTWARE_ID}"',
        }
        if word == "TAC":
            cell.clear_tare()
        if word == "I0":
            for at, known in enumerate(KNOWN):
                last = at == len(KNOWN) - 1
                self._say(f'I0 {"A" if last else "B"} {0 if known[0] in "@ISZ" else 1} "{known}"')
            return
        self._say(answers[word]())
