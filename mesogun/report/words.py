"""Numbers and times as a person reads them on paper.

Leading zero, no trailing zero, a space before the unit, mL, a comma from 1,000 (ISMP list; NHS CUI MEDi-015..017).
Not responsible for exact values: those stand beside the rounded ones, in nanolitres.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from mesogun.units import NL_PER_ML, decimal_text

UNKNOWN = "not recorded"
_ROUNDING = {"near": ROUND_HALF_EVEN, "down": ROUND_FLOOR, "up": ROUND_CEILING}


def ml(volume_nl: int, way: str = "near", places: int = 3) -> str:
    """A volume in mL without its unit, rounded ``near``, ``down`` or ``up`` to ``places`` decimals."""
    step = Decimal(1).scaleb(-places)
    return decimal_text((Decimal(volume_nl) / NL_PER_ML).quantize(step, rounding=_ROUNDING[way]))


def interval_ml(low_nl: int, high_nl: int) -> str:
    """A ledger interval in mL, rounded outwards so that it never looks narrower than it is; nothing is ``0 mL``."""
    if low_nl == high_nl == 0:
        return "0 mL"
    return f"{ml(low_nl, 'down')} to {ml(high_nl, 'up')} mL"


def exact_nl(volume_nl: int) -> str:
    """A volume to the nanolitre: ``2,713,428 nL``."""
    return f"{volume_nl:,} nL"


def figures(value: float, digits: int = 3) -> str:
    """A float with ``digits`` significant figures and no exponent."""
    if value == 0.0:
        return "0"
    number = Decimal(repr(value))
    step = Decimal(1).scaleb(number.adjusted() - digits + 1)
    return decimal_text(number.quantize(step, rounding=ROUND_HALF_EVEN))


def percent(part: float) -> str:
    """A share of 0..1 in percent, one decimal."""
    return f"{decimal_text(Decimal(repr(100.0 * part)).quantize(Decimal('0.1')))} %"


def counted(number: int, one: str, many: str | None = None) -> str:
    """``1 shot``, ``2,000 shots``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def day(at: str) -> str:
    """The date of an ISO time stamp: ``5 January 2026``."""
    moment = datetime.fromisoformat(at)
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def hour(at: str, begun: str | None = None) -> str:
    """The time of day of an ISO time stamp: ``09:04:31``; with its date where it is not the day of ``begun``."""
    moment = datetime.fromisoformat(at)
    date = f"{moment.day} {_MONTHS[moment.month - 1][:3]} " if begun is not None and begun[:10] != at[:10] else ""
    return date + moment.strftime("%H:%M:%S")


def duration(seconds: float) -> str:
    """``4 min 07 s``, ``1 h 02 min``."""
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 60} min {whole % 60:02d} s" if whole >= 60 else f"{whole} s"


def seconds_between(start: str, end: str) -> float:
    """Seconds from one ISO time stamp to another."""
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def printable(value: object) -> object:
    """A text with every control sign and every sign that turns the reading direction made visible as U+FFFD.

    The record keeps free text as it was typed; a page must neither break on it nor show it in another order.
    """
    if type(value) is not str:
        return value
    return "".join(" " if sign in "\n\t\r" else "\ufffd" if _hidden(sign) else sign for sign in value)


def _hidden(sign: str) -> bool:
    return unicodedata.category(sign) in {"Cc", "Cs", "Cn"} or unicodedata.bidirectional(sign) in _TURNING


_TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
# Not strftime: its month names depend on the locale, and the same report must be the same bytes.
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
