"""Lots, vials, needles and nozzles: what may still be used, and how often it was.

Counts and limits are arguments: a use counter is a fold over the journal, and no maker's number is assumed. Not
responsible for stock or for reading barcodes.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mesogun.errors import InputError
from mesogun.limits.violation import Violation


@dataclass(frozen=True, slots=True)
class Lot:
    """What is in the syringe.

    Attributes
    ----------
    agent_id : str
        Key of the agents' table.
    code : str
        The lot as printed on the vial.
    expires_on : date
        Last day of use.
    opened_at : datetime or None
        When the vial was first opened (aware); None for one opened now.
    open_for : timedelta or None
        How long an open vial may be used, from its label; None where none is stated: then it is single use.
    """

    agent_id: str
    code: str
    expires_on: date
    opened_at: datetime | None = None
    open_for: timedelta | None = None

    def __post_init__(self) -> None:
        if not self.code.strip():
            raise InputError("a lot needs the code that is printed on the vial")
        if self.opened_at is not None and self.opened_at.tzinfo is None:
            raise InputError(f"lot {self.code}: the time of opening has no time zone")


@dataclass(frozen=True, slots=True)
class Part:
    """A needle, nozzle, cap or tube with its use counter.

    ``max_uses`` is the maker's or the clinic's limit; None means that nobody set one: then it is single use.
    """

    kind: str
    serial: str
    uses: int
    max_uses: int | None = None

    def __post_init__(self) -> None:
        if self.uses < 0 or (self.max_uses is not None and self.max_uses < 1):
            raise InputError(f"{self.kind} {self.serial}: {self.uses} uses of {self.max_uses}; counts begin at 0")


def expiry(text: str) -> date:
    """Last day of use from ``YYYY-MM-DD``, ``YYYY-MM`` or the GS1 form ``YYMMDD``; day 00 is the month's last day.

    Raises
    ------
    InputError
        For anything else; the century of the GS1 form is the one of the GS1 rule for dates of use (2000 to 2099).
    """
    plain = text.strip()
    try:
        if len(plain) == 6 and plain.isascii() and plain.isdigit():
            return _day(2000 + int(plain[:2]), int(plain[2:4]), int(plain[4:]))
        if len(plain) == 7 and plain[4] == "-":
            return _day(int(plain[:4]), int(plain[5:]), 0)
        if len(plain) == 10:
            return date.fromisoformat(plain)
    except ValueError as error:
        raise InputError(f"expiry {text!r}: {error}") from error
    raise InputError(f"expiry {text!r}: give YYYY-MM-DD, YYYY-MM or the six digits YYMMDD of the barcode")


def check_lot(lot: Lot, agent_id: str, now: datetime) -> tuple[Violation, ...]:
    """Whether this lot may be given now: the right agent, not expired, not open for too long."""
    found = []
    if lot.agent_id != agent_id:
        found.append(_hard("lot.agent", f"lot {lot.code} is {lot.agent_id}, the plan needs {agent_id}; load that"))
    if now.date() > lot.expires_on:
        found.append(_hard("lot.expired", f"lot {lot.code} expired on {lot.expires_on.isoformat()}; take another"))
    if lot.opened_at is not None:
        if lot.open_for is None:
            found.append(
                _hard("lot.single-use", f"lot {lot.code} was opened before and is single use; open a new vial")
            )
        elif now - lot.opened_at > lot.open_for:
            hours = lot.open_for.total_seconds() / 3600
            found.append(_hard("lot.open-too-long", f"lot {lot.code} has been open for more than {hours:g} h"))
        elif now < lot.opened_at:
            found.append(_hard("lot.opened-later", f"lot {lot.code} was opened after now; correct the time"))
    return tuple(found)


def check_parts(parts: Iterable[Part]) -> tuple[Violation, ...]:
    """Every part that may not be used once more; one without a limit is single use."""
    found = []
    for part in parts:
        allowed = 1 if part.max_uses is None else part.max_uses
        if part.uses >= allowed:
            why = "single use" if part.max_uses is None else f"at most {allowed} uses"
            text = f"{part.kind} {part.serial} was used {part.uses} times, {why}; take a new one"
            found.append(
                Violation(f"part.{part.kind}", part.uses + 1, allowed, "uses", "consumables", hard=True, message=text)
            )
    return tuple(found)


def _day(year: int, month: int, day: int) -> date:
    if not 1 <= month <= 12:
        raise ValueError(f"there is no month {month}")
    return date(year, month, day or calendar.monthrange(year, month)[1])


def _hard(rule: str, text: str) -> Violation:
    return Violation(rule, None, None, "", "consumables", hard=True, message=text)
