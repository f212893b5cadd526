"""Weights from a person or from a file, where no balance can be connected: the same source as a balance on a port.

A weight is a number with its unit, ``12.345 mg`` or ``0.012345 g``; nothing is guessed. Not responsible for asking in
a pretty way (the caller hands in ``ask``).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

from mesogun.calibration.mass import MG_PER_UNIT, in_mg
from mesogun.calibration.weighing import Identity, Reading
from mesogun.errors import InputError

_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(?:\.[0-9]{1,9})?")
_WEIGHT = re.compile(r"(?P<number>\S+?)\s*(?P<unit>[A-Za-zµ]*)")
UNITS = ", ".join(MG_PER_UNIT)
HEADER = ("mass", "unit", "stable")
MOST_LINES = 100_000


def weight(text: str, at_us: int = 0, *, stable: bool = True) -> Reading:
    """Read one weight as a person writes it.

    Raises
    ------
    InputError
        For a missing or unknown unit, a decimal comma, or anything that is no number; it says what to write.
    """
    text = text.replace("\u03bc", "\u00b5")  # the Greek letter for the micro sign
    found = _WEIGHT.fullmatch(text.strip())
    if found is None:
        raise InputError(f"{text.strip()!r} is no weight; write a number and its unit, as in 12.345 mg")
    return of(found["number"], found["unit"], text.strip(), at_us, stable=stable)


def of(number: str, unit: str, text: str, at_us: int = 0, *, stable: bool = True) -> Reading:
    """A weight from its two parts; ``text`` is what it was read from."""
    if "," in number:
        raise InputError(f"{text!r}: decimals are written with a point, as in {number.replace(',', '.', 1)}")
    if _NUMBER.fullmatch(number) is None:
        raise InputError(f"{text!r}: {number!r} is no number; write it as in 12.345, with at most nine decimals")
    if not unit:
        raise InputError(f"{text!r} has no unit; write {number} mg or {number} g, as the balance shows it")
    value = Decimal(number)
    mass_mg = in_mg(value, unit)
    last_mg = in_mg(Decimal(1).scaleb(int(value.as_tuple().exponent)), unit)
    if mass_mg is None or last_mg is None:
        raise InputError(f"{text!r}: {unit!r} is no unit of mass here; units: {UNITS}")
    return Reading(mass_mg, unit, stable, text, at_us, last_mg)


class ManualBalance:
    """A person reads the display and types. ``ask`` shows a question and returns what was typed.

    A person is taken at their word that the display was stable. What cannot be read is refused; the caller asks again.
    ``now_us`` gives the time of a reading, from the clock that the gun's port came with.
    """

    def __init__(self, ask: Callable[[str], str], *, now_us: Callable[[], int] = lambda: 0) -> None:
        self._ask = ask
        self._now_us = now_us

    @property
    def identity(self) -> Identity:
        """Nobody can tell which balance it was but the person."""
        return Identity("manual")

    def stable(self) -> Reading:
        """What the balance shows when it stands still."""
        return weight(self._ask("stable reading, with unit (12.345 mg or 0.012345 g): "), self._now_us())

    def immediate(self) -> Reading:
        """What the balance shows now."""
        return weight(self._ask("reading now, with unit (12.345 mg or 0.012345 g): "), self._now_us(), stable=False)

    def zero(self) -> None:
        """Ask the person to set zero."""
        self._ask("set zero on the balance, then Enter: ")

    def tare(self) -> None:
        """Ask the person to tare."""
        self._ask("tare the balance, then Enter: ")

    def recover(self) -> None:
        """A person is never out of step."""

    def close(self) -> None:
        """Nothing to give back."""


class CsvBalance:
    """Weights from a file, in their order; the whole file is read and checked before the first is given.

    The first line is ``mass,unit`` or ``mass,unit,stable``; ``stable`` is ``yes`` or ``no`` (``yes`` where the column
    is missing). Lines that are empty or begin with ``#`` are passed over. The separator is a comma.

    Raises
    ------
    InputError
        If the file cannot be read, with every fault and its line number; and when it is asked for more than it holds.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._readings = _read(path)
        self._next = 0

    @property
    def identity(self) -> Identity:
        """The file stands for the balance."""
        return Identity("csv", self._path.name)

    @property
    def left(self) -> int:
        """How many weights have not been taken yet."""
        return len(self._readings) - self._next

    def stable(self) -> Reading:
        """The next weight that was stable; those before it that were not are passed over."""
        while not (reading := self.immediate()).stable:
            pass
        return reading

    def immediate(self) -> Reading:
        """The next weight."""
        if not self.left:
            raise InputError(
                f"{self._path}: all {len(self._readings)} weights are used, and one more is needed; add lines, or "
                "check that the file belongs to this procedure"
            )
        self._next += 1
        return self._readings[self._next - 1]

    def zero(self) -> None:
        """Was done when the file was written."""

    def tare(self) -> None:
        """Was done when the file was written."""

    def recover(self) -> None:
        """A file is never out of step."""

    def close(self) -> None:
        """The file is closed already."""


def _read(path: Path) -> tuple[Reading, ...]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as text ({error}); name a CSV file in UTF-8") from None
    if "\0" in text:
        raise InputError(f"{path}: this is no text file; export the weights as CSV in UTF-8")
    rows = _rows(path, text)
    _, header = next(rows, (0, []))
    names = tuple(cell.strip().lower() for cell in header)
    if names not in {HEADER, HEADER[:2]}:
        hint = "; separate columns with commas" if ";" in ",".join(header) else ""
        raise InputError(f"{path}: the first line must be {','.join(HEADER)} or {','.join(HEADER[:2])}{hint}")
    readings, faults = [], []
    for number, cells in rows:
        try:
            readings.append(_one(cells, len(names)))
        except InputError as error:
            faults.append(f"line {number}: {error}")
        if number > MOST_LINES:
            faults.append(f"more than {MOST_LINES} lines")
            break
    if not faults and not readings:
        faults.append("there is no weight in it")
    if faults:
        shown = "; ".join(faults[:20]) + (f"; and {len(faults) - 20} more" if len(faults) > 20 else "")
        raise InputError(f"{path}: {shown}")
    return tuple(readings)


def _rows(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Line by line (no quoted line breaks), so that a line number is the one that an editor shows."""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            try:
                yield number, next(csv.reader([line]))
            except csv.Error as error:
                raise InputError(f"{path}: line {number}: {error}") from None


def _one(cells: list[str], columns: int) -> Reading:
    text = ",".join(cells)
    if len(cells) != columns:
        hint = "; decimals are written with a point" if len(cells) == columns + 1 else ""
        raise InputError(f"{text!r} has {len(cells)} columns, not {columns}{hint}")
    number, unit, *rest = (cell.strip() for cell in cells)
    word = rest[0].lower() if rest else "yes"
    if word not in {"yes", "no"}:
        raise InputError(f"{text!r}: stable is {rest[0]!r}, not yes or no")
    return of(number, unit, text, stable=word == "yes")
