"""The balance dialect SBI of Sartorius, as bytes in and readings out, with the commands of ``mtsics`` by name.

Sources: Sartorius operating instructions, chapters on the data interface (Cubis MSE, Practum, GC803S, LE2202S, WZA).
``S`` and ``SI`` are the print command ``ESC P``, ``Z`` and ``T`` are ``ESC V`` and ``ESC U``, ``I2`` to ``I4`` are the
questions for type, software and serial number. ``@`` is no reset, because the dialect has none that can be relied on:
it asks for the serial number, and since answers come in order, every answer before that one is an old one.

Weaker than MT-SICS, and so stricter here. A display that is not stable is sent without its unit, so that only
stable weights are numbers. ``Z`` and ``T`` are not answered: the caller looks whether the display then shows zero. A
restart is not announced: nobody can see it here, except as readings that jump. Lines that are printed unasked look
like answers.

Not responsible for the port or for waiting.
"""

from __future__ import annotations

import re
from decimal import Decimal

from mesogun.calibration.mass import in_mg
from mesogun.calibration.readings import Failed, Garbled, Heard, Info, Stray, Trouble, WasReset, Weight
from mesogun.errors import InputError, Refused

_BYTES = {
    "S": b"\x1bP\r\n",
    "SI": b"\x1bP\r\n",
    "Z": b"\x1bV\r\n",
    "T": b"\x1bU\r\n",
    "I2": b"\x1bx1_\r\n",
    "I3": b"\x1bx3_\r\n",
    "I4": b"\x1bx2_\r\n",
    "@": b"\x1bx2_\r\n",
}
COMMANDS = tuple(_BYTES)
SILENT = frozenset({"Z", "T"})  # never answered

# sign, nine places for the value, a blank, three for the unit: 14 characters, or 20 with an identifier before them
_VALUE = re.compile(r"([+\- ])(?= *[0-9])([ 0-9.]{9}) ([A-Za-zµ%/ ]{3})")
_DIGITS = re.compile(r" *((?:0|[1-9][0-9]*)(?:\.[0-9]+)?)")
_NET = frozenset({"N     ", "G     "})  # net and gross; a tare, a mean or a count has another identifier
_STATUS = "Stat  "
_SPECIAL = {
    "High": Trouble.OVERLOAD,
    "H": Trouble.OVERLOAD,
    "Low": Trouble.UNDERLOAD,
    "L": Trouble.UNDERLOAD,
    "C": Trouble.LOGICAL,
    "Cal. Ext.": Trouble.LOGICAL,
    "Cal.Ext.": Trouble.LOGICAL,
    "Cal. Int.": Trouble.LOGICAL,
    "Cal.Int.": Trouble.LOGICAL,
    "APP. ERR": Trouble.HARDWARE,
    "DIS. ERR": Trouble.HARDWARE,
    "PRT. ERR": Trouble.HARDWARE,
}
_ERROR = re.compile(r"(?:Err|ERR) +[0-9]{1,4}")
PLAIN, WITH_NAME = 14, 20
LONGEST_LINE = 64


class Dialogue:
    """One host's side of an SBI conversation; see ``mtsics.Dialogue``, which this stands in for."""

    silent = SILENT

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._skipping = False
        self._open: str | None = None
        self._out_of_step = True

    @property
    def out_of_step(self) -> bool:
        """Whether only ``@`` may be sent, because an old answer could still arrive."""
        return self._out_of_step

    def send(self, command: str) -> bytes:
        """The bytes of a command; refused while another one is open, or out of step."""
        if command not in _BYTES:
            raise InputError(f"{command!r} is no command used here; known are {' '.join(COMMANDS)}")
        if command != "@" and self._out_of_step:
            raise Refused(f"{command} not sent: an old answer of the balance may still arrive; send @ first")
        if command != "@" and self._open is not None:
            raise Refused(f"{command} not sent: {self._open} is still open; await its answer or send @")
        self._open = None if command in SILENT else command
        self._out_of_step = command == "@"
        return _BYTES[command]

    def timed_out(self) -> Failed:
        """State that the deadline of the open command has passed; afterwards only ``@`` may be sent."""
        if self._open is None:
            raise InputError("no command is open, so none can time out; send one first")
        failed = Failed(self._open, Trouble.TIMEOUT, "")
        self._out_of_step, self._open = True, None
        return failed

    def quiet(self) -> None:
        """State that the line was silent for long: a piece of a line that has no end yet will never get one."""
        self._buffer.clear()
        self._skipping = False

    def receive(self, data: bytes) -> list[Heard]:
        """What the bytes mean, in order; an incomplete line waits for the rest. Never raises."""
        heard: list[Heard] = []
        self._buffer += data
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            if self._skipping:
                self._skipping = False
            else:
                heard.append(self._line(line))
        if len(self._buffer) > LONGEST_LINE:
            if not self._skipping:
                heard.append(self._garbled(bytes(self._buffer[:32]), "the line is too long for a reply"))
            self._skipping = True
            self._buffer.clear()
        return heard

    def _line(self, raw: bytes) -> Heard:
        text = raw[:-1].decode("latin-1")
        if not raw.endswith(b"\r") or not text.isprintable() or len(text) > LONGEST_LINE:
            return self._garbled(raw, "the line is no text that ends with CR LF")
        name, body = (text[:6], text[6:]) if len(text) == WITH_NAME else ("", text)
        special = self._special(body.strip()) if name in {"", _STATUS} else None
        if special is not None:
            return self._failed(special, text)
        found = _VALUE.fullmatch(body) if len(body) == PLAIN and (not name or name in _NET) else None
        digits = None if found is None else _DIGITS.fullmatch(found[2])
        if found is not None and digits is not None:
            return self._value(text, found[1], digits[1], found[3].strip())
        if self._open in {"@", "I2", "I3", "I4"} and text.strip():
            return self._told(text.strip())
        return self._garbled(raw, "no weight of the dialect, of 14 or 20 characters")

    def _value(self, text: str, sign: str, digits: str, unit: str) -> Heard:
        command = self._open
        if command not in {"S", "SI"}:
            return Stray(text)
        if not unit:
            return self._failed(Trouble.BUSY, text)
        value = Decimal(f"{sign.strip()}{digits}")
        mass_mg, last_mg = in_mg(value, unit), in_mg(Decimal(1).scaleb(int(value.as_tuple().exponent)), unit)
        if mass_mg is None or last_mg is None:
            return self._failed(Trouble.UNIT, text)
        self._open = None
        return Weight(command, value, unit, mass_mg, last_mg, stable=True, text=text)

    def _told(self, text: str) -> Heard:
        command, self._open = self._open, None
        if command == "@":
            self._out_of_step = False
            return WasReset(text)
        return Info(command or "", ((text,),))

    def _special(self, body: str) -> Trouble | None:
        return Trouble.HARDWARE if _ERROR.fullmatch(body) else _SPECIAL.get(body)

    def _failed(self, trouble: Trouble, text: str) -> Heard:
        if self._open is None or self._open == "@":
            return Stray(text)
        failed = Failed(self._open, trouble, text)
        self._open = None
        return failed

    def _garbled(self, raw: bytes, reason: str) -> Garbled:
        self._out_of_step, self._open = True, None
        return Garbled(raw.decode("latin-1"), reason)
