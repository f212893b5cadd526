"""Where weighing results come from, one protocol for all of them: a balance, a person who types, a file.

A result is a :class:`Reading`; everything else is raised, as a kin of :class:`BalanceTrouble`, which says whether the
tare still holds. Not responsible for dialects (``mtsics``, ``sbi``), ports (``balance``) or what a mass means.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from mesogun.calibration.readings import Trouble
from mesogun.errors import LinkLost, LinkTimeout, MesogunError, Refused, WireError


@dataclass(frozen=True, slots=True)
class Reading:
    """One weighing result as it was shown, and the same exactly in milligrams.

    ``resolution_mg`` is one unit of the last digit shown; ``stable`` is the balance's own opinion (a person and a file
    are taken at their word); ``text`` is the raw line; ``at_us`` is the clock of the port, 0 where there is none.
    """

    mass_mg: Decimal
    unit: str
    stable: bool
    text: str
    at_us: int
    resolution_mg: Decimal

    @property
    def mass_ug(self) -> Decimal:
        """The mass in micrograms, exactly."""
        return self.mass_mg * 1_000


@dataclass(frozen=True, slots=True)
class Identity:
    """What says which balance it was; empty where the source cannot tell."""

    dialect: str
    model: str = ""
    serial: str = ""
    software: str = ""


class BalanceTrouble(MesogunError):
    """A balance gave no weight. ``tare_lost``: tare again before anything is compared with what was weighed before."""

    trouble: Trouble | None = None
    tare_lost = False


class BalanceRefused(BalanceTrouble, Refused):
    """The balance answered with an error of its own; it is in step, and zero and tare still hold."""

    def __init__(self, message: str, trouble: Trouble) -> None:
        super().__init__(message)
        self.trouble = trouble


class Unstable(BalanceRefused):
    """No stable value within the deadline."""

    def __init__(self, message: str, *, tare_lost: bool = False) -> None:
        super().__init__(message, Trouble.BUSY)
        self.tare_lost = tare_lost


class BalanceSilent(BalanceTrouble, LinkTimeout):
    """The balance says nothing: off, not connected, or another speed or dialect."""

    trouble = Trouble.TIMEOUT
    tare_lost = True


class BalanceRestarted(BalanceTrouble, LinkLost):
    """The balance was switched off and on: zero and tare are gone."""

    tare_lost = True


class BalanceGarbled(BalanceTrouble, WireError):
    """A line came that is no answer: noise, another dialect, or two speakers. It was not used."""

    tare_lost = True


class ReadingSource(Protocol):
    """What a calibration weighs with. Every method raises a kin of ``BalanceTrouble`` or an ``InputError``."""

    @property
    def identity(self) -> Identity:
        """Which balance."""
        ...

    def stable(self) -> Reading:
        """The next stable weight."""
        ...

    def immediate(self) -> Reading:
        """The weight now, stable or not."""
        ...

    def zero(self) -> None:
        """Set zero."""
        ...

    def tare(self) -> None:
        """Tare what stands on the pan."""
        ...

    def recover(self) -> None:
        """Come back into step after a trouble that lost the tare; tare again afterwards."""
        ...

    def close(self) -> None:
        """Give the port, the person or the file back."""
        ...
