"""The balance dialect MT-SICS, as bytes in and readings out.

Source: Mettler-Toledo, *MT-SICS Interface Commands*, reference manuals 11780711 and 30014405. Only the commands
that weighing needs exist here, and none of them changes a setting that outlives the weighing.

The balance answers one command at a time and has no checksum and no sequence number, so the one danger is an old
answer taken for a new one. Three rules keep it away. A second command is refused while one is open. At the start,
after a line that could not be read, after a silence and after a restart the dialogue is *out of step*: only the
reset ``@`` may be sent, and nothing counts until its answer. (``@`` also clears the tare, and nothing else.) And a
line that does not answer the open command is never a :class:`Weight`.

Not responsible for the port, for waiting (the caller owns the deadline and calls :meth:`Dialogue.timed_out`), or
for a digit that was changed into another digit on the cable: without a checksum nothing can see that.
"""

from __future__ import annotations

import re
from decimal import Decimal

from mesogun.calibration.mass import in_mg
from mesogun.calibration.readings import (
    Done,
    Failed,
    Garbled,
    Heard,
    Info,
    PoweredUp,
    Stray,
    Trouble,
    WasReset,
    Weight,
)
from mesogun.errors import InputError, Refused

# command -> (the word that opens its replies, the status letters of a good reply, whether a weight follows)
_WEIGHT, _BARE, _TEXT = "weight", "bare", "text"
_REPLIES: dict[str, tuple[str, str, str]] = {
    "S": ("S", "S", _WEIGHT),
    "SI": ("S", "SD", _WEIGHT),
    "SIR": ("S", "SD", _WEIGHT),
    "Z": ("Z", "A", _BARE),
    "ZI": ("ZI", "SD", _BARE),
    "T": ("T", "S", _WEIGHT),
    "TI": ("TI", "SD", _WEIGHT),
    "TA": ("TA", "A", _WEIGHT),
    "TAC": ("TAC", "A", _BARE),
    "I0": ("I0", "AB", _TEXT),
    "I1": ("I1", "AB", _TEXT),
    "I2": ("I2", "AB", _TEXT),
    "I3": ("I3", "AB", _TEXT),
    "I4": ("I4", "AB", _TEXT),
    "I5": ("I5", "AB", _TEXT),
    "@": ("I4", "A", _TEXT),
}
COMMANDS = tuple(_REPLIES)
_WORDS = frozenset(word for word, _, _ in _REPLIES.values()) | frozenset(COMMANDS) - {"@"}

_GENERAL = {"ES": Trouble.SYNTAX, "ET": Trouble.TRANSMISSION, "EL": Trouble.LOGICAL}
_STATUS = {"I": Trouble.BUSY, "+": Trouble.OVERLOAD, "-": Trouble.UNDERLOAD, "L": Trouble.PARAMETER}

# A value is right-justified by blanks on most models, has no plus sign and no needless leading zero.
_VALUE = re.compile(r" +(-?(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,7})?) ([A-Za-zµ%]{1,5}|[a-z][0-9]?) *")
_ERROR = re.compile(r" +Error [0-9]{1,3}[a-z]?")
_FIELD = re.compile(r' +(?:"((?:[^"]|"")*)"|([^\s"]+))')

LONGEST_LINE = 512  # characters; no reply of the manual comes near, and memory stays bounded on noise
MOST_LINES = 1_024  # of one answer in parts (I0 lists some 150 commands on the largest models)


class Dialogue:
    """One host's side of an MT-SICS conversation.

    ``send`` gives the bytes to write, ``receive`` takes whatever bytes came, in any pieces, and gives what they mean.
    """

    silent: frozenset[str] = frozenset()  # every command is answered

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._skipping = False
        self._open: str | None = None
        self._parts: list[tuple[str, ...]] = []
        self._out_of_step = True

    @property
    def open_command(self) -> str | None:
        """The command that has no (complete) answer yet; ``SIR`` stays open until the reset is answered."""
        return self._open

    @property
    def out_of_step(self) -> bool:
        """Whether only ``@`` may be sent, because an old answer could still arrive."""
        return self._out_of_step

    def send(self, command: str) -> bytes:
        """The bytes of a command.

        Raises
        ------
        InputError
            If the command is none of ``COMMANDS``.
        Refused
            While another command is open, or out of step; ``@`` is legal at any time.
        """
        if command not in _REPLIES:
            raise InputError(f"{command!r} is no command used here; known are {' '.join(COMMANDS)}")
        if command != "@" and self._out_of_step:
            raise Refused(f"{command} not sent: an old answer of the balance may still arrive; send @ first")
        if command != "@" and self._open is not None:
            raise Refused(f"{command} not sent: {self._open} is still open; await its answer or send @")
        self._open = command
        self._out_of_step = command == "@"
        self._parts.clear()
        return command.encode("ascii") + b"\r\n"

    def timed_out(self) -> Failed:
        """State that the deadline of the open command has passed; afterwards only ``@`` may be sent.

        Raises
        ------
        InputError
            If no command is open: nothing can time out.
        """
        if self._open is None:
            raise InputError("no command is open, so none can time out; send one first")
        failed = Failed(self._open, Trouble.TIMEOUT, "")
        self._lose_step()
        return failed

    def quiet(self) -> None:
        """State that the line was silent for long: a piece of a line that has no end yet will never get one."""
        self._buffer.clear()
        self._skipping = False

    def receive(self, data: bytes) -> list[Heard]:
        """What the bytes mean, in order; an incomplete line waits for the rest. Never raises."""
        readings: list[Heard] = []
        self._buffer += data
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            if self._skipping:
                self._skipping = False
            elif len(line) > LONGEST_LINE:
                readings.append(self._garbled(line[:32], "the line is too long for a reply"))
            elif (reading := self._line(line)) is not None:
                readings.append(reading)
        if len(self._buffer) > LONGEST_LINE:
            if not self._skipping:
                readings.append(self._garbled(bytes(self._buffer[:32]), "the line is too long for a reply"))
            self._skipping = True
            self._buffer.clear()
        return readings

    def _line(self, raw: bytes) -> Heard | None:
        if not raw.endswith(b"\r"):
            return self._garbled(raw, "the line does not end with CR LF")
        text = raw[:-1].decode("latin-1")  # total: every byte is a character; the grammar below is strict
        if not text.isprintable():
            return self._garbled(raw, "the line holds control characters")
        if text in _GENERAL:
            return self._failed(_GENERAL[text], text)
        word, _, rest = text.partition(" ")
        if word not in _WORDS or not rest:
            return self._garbled(raw, "the line opens with no reply that is known")
        status, tail = rest[0], rest[1:]
        if status in _STATUS and not tail:
            return self._failed(_STATUS[status], text) if self._answers(word) else Stray(text)
        if word == "S" and status in "SD" and _ERROR.fullmatch(tail):
            return self._failed(Trouble.HARDWARE, text) if self._answers(word) else Stray(text)
        if word.startswith("I"):
            return self._info(word, status, tail, raw)
        return self._plain(word, status, tail, raw)

    def _plain(self, word: str, status: str, tail: str, raw: bytes) -> Heard:
        text = raw[:-1].decode("latin-1")
        found = _VALUE.fullmatch(tail)
        if found is None and (tail or status not in "ASD"):
            return self._garbled(raw, "no number and unit of the dialect")
        command = self._open
        if command is None or word != _REPLIES[command][0]:
            return Stray(text)
        _, good, kind = _REPLIES[command]
        if status not in good or (kind == _WEIGHT) != (found is not None):
            return self._garbled(raw, f"no answer that {command} can have")
        if found is None:
            self._open = None
            return Done(command, status != "D")
        value, unit = Decimal(found[1]), found[2]
        mass_mg, last_mg = in_mg(value, unit), in_mg(Decimal(1).scaleb(int(value.as_tuple().exponent)), unit)
        if mass_mg is None or last_mg is None:
            return self._failed(Trouble.UNIT, text)
        if command != "SIR":
            self._open = None
        return Weight(command, value, unit, mass_mg, last_mg, status != "D", text)

    def _info(self, word: str, status: str, tail: str, raw: bytes) -> Heard | None:
        text = raw[:-1].decode("latin-1")
        fields = _fields(tail)
        if fields is None or status not in "AB":
            return self._garbled(raw, "no text fields of the dialect")
        if self._open == "@" and word == "I4" and status == "A":
            if len(fields) != 1:
                return self._garbled(raw, "a reset is answered with one serial number")
            self._open, self._out_of_step = None, False
            return WasReset(fields[0])
        if self._open == word:
            self._parts.append(fields)
            if len(self._parts) > MOST_LINES:
                return self._garbled(raw, "the answer has too many lines")
            if status == "B":
                return None
            lines = tuple(self._parts)
            self._parts.clear()
            self._open = None
            return Info(word, lines)
        if word == "I4" and status == "A" and len(fields) == 1:
            interrupted = self._open
            self._lose_step()
            return PoweredUp(fields[0], interrupted)
        return Stray(text)

    def _answers(self, word: str) -> bool:
        return self._open is not None and self._open != "@" and word in {self._open, _REPLIES[self._open][0]}

    def _failed(self, trouble: Trouble, text: str) -> Heard:
        if self._open is None or self._open == "@":
            return Stray(text)
        failed = Failed(self._open, trouble, text)
        if self._open != "SIR":
            self._open = None
        self._parts.clear()
        return failed

    def _garbled(self, raw: bytes, reason: str) -> Garbled:
        self._lose_step()
        return Garbled(raw.decode("latin-1"), reason)

    def _lose_step(self) -> None:
        self._out_of_step, self._open = True, None
        self._parts.clear()


def _fields(tail: str) -> tuple[str, ...] | None:
    """Quoted strings (a quote inside is doubled) and bare words, or ``None`` if there is anything else."""
    fields, at = [], 0
    while at < len(tail.rstrip(" ")):
        found = _FIELD.match(tail, at)
        if found is None:
            return None
        fields.append(found[2] if found[1] is None else found[1].replace('""', '"'))
        at = found.end()
    return tuple(fields) if fields else None
