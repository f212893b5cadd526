"""What a balance can tell: one frozen value per thing that happened on the line.

A weight is a :class:`Weight`; everything that is not a weight is another type, so that no failure can be taken
for a number. Not responsible for any balance's dialect.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from decimal import Decimal


class Trouble(enum.Enum):
    """Why a balance gave no answer that can be used; the value says what would work."""

    BUSY = "the balance is busy or found no stable value: shield it from draught and vibration, then ask again"
    OVERLOAD = "the balance is overloaded: take the load off the pan"
    UNDERLOAD = "the balance is below its range: the pan or the vessel is missing"
    PARAMETER = "the balance knows the command but not its parameter"
    SYNTAX = "the balance does not know the command: see what I0 lists for this model"
    TRANSMISSION = "the balance received damaged characters: compare baud rate, parity and cable"
    LOGICAL = "the balance cannot carry out the command in its present state"
    HARDWARE = "the balance reports a defect of its own: see its manual for the code"
    UNIT = "the balance shows something that is no mass: set its unit to g or mg"
    TIMEOUT = "the balance did not answer within the deadline: look at power and cable, then reset it"


@dataclass(frozen=True, slots=True)
class Weight:
    """One weighing result.

    ``value`` and ``unit`` are as the balance sent them, ``mass_mg`` is the same, converted exactly. ``resolution_mg``
    is one unit of the last digit sent. ``stable`` is the balance's own opinion.
    """

    command: str
    value: Decimal
    unit: str
    mass_mg: Decimal
    resolution_mg: Decimal
    stable: bool
    text: str = field(default="", compare=False)  # the line as it came


@dataclass(frozen=True, slots=True)
class Done:
    """A command without a value was carried out; ``stable`` tells whether at a stable value."""

    command: str
    stable: bool


@dataclass(frozen=True, slots=True)
class Info:
    """The complete answer to a question about the balance: one tuple of fields per line of the reply."""

    command: str
    lines: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class WasReset:
    """The balance carried out the reset that was asked for; every earlier request is void."""

    serial_number: str


@dataclass(frozen=True, slots=True)
class PoweredUp:
    """The balance restarted unasked: tare and zero are gone, and ``interrupted`` will never be answered."""

    serial_number: str
    interrupted: str | None


@dataclass(frozen=True, slots=True)
class Failed:
    """The balance answered ``command`` with an error (``trouble``), literally ``text``."""

    command: str
    trouble: Trouble
    text: str


@dataclass(frozen=True, slots=True)
class Stray:
    """A well-formed line that answers nothing that is being asked; its number, if any, must not be used."""

    text: str


@dataclass(frozen=True, slots=True)
class Garbled:
    """A line that is no reply of the dialect. Nobody knows what it was: reset before asking again."""

    text: str
    reason: str


Heard = Weight | Done | Info | WasReset | PoweredUp | Failed | Stray | Garbled
