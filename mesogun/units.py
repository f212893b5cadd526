"""Conversions at the edges, and numbers as people read them.

Inside mesogun a volume that is accounted is an integer of nanolitres (``_nl``); lengths are mm or integer um;
the unit is the last word of every name. Not responsible for physics.

Number rules (ISMP list; NHS CUI MEDi-015..017): leading zero, no trailing zero, a space before the unit, ``mL``.
"""

from __future__ import annotations

import math
from decimal import Decimal

NL_PER_UL = 1_000
NL_PER_ML = 1_000_000
UM_PER_MM = 1_000


def nl_from_ul(volume_ul: float) -> int:
    """Microlitres to integer nanolitres, rounded half to even; ``ValueError`` unless finite."""
    return _rounded(volume_ul, NL_PER_UL, "uL")


def nl_from_ml(volume_ml: float) -> int:
    """Millilitres to integer nanolitres, rounded half to even; ``ValueError`` unless finite."""
    return _rounded(volume_ml, NL_PER_ML, "mL")


def um_from_mm(length_mm: float) -> int:
    """Millimetres to integer micrometres, rounded half to even; ``ValueError`` unless finite."""
    return _rounded(length_mm, UM_PER_MM, "mm")


def ul(volume_nl: int) -> float:
    """Nanolitres to microlitres."""
    return volume_nl / NL_PER_UL


def ml(volume_nl: int) -> float:
    """Nanolitres to millilitres."""
    return volume_nl / NL_PER_ML


def mm(length_um: int) -> float:
    """Micrometres to millimetres."""
    return length_um / UM_PER_MM


def decimal_text(value: Decimal) -> str:
    """A decimal with a leading zero, no trailing zero and no exponent: ``0.5``, ``12``, ``-0.025``."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def ml_text(volume_nl: int, unit: bool = True) -> str:
    """A volume in millilitres, exact to the nanolitre: ``0.025 mL``."""
    text = decimal_text(Decimal(volume_nl) / NL_PER_ML)
    return f"{text} mL" if unit else text


def ul_text(volume_nl: int, unit: bool = True) -> str:
    """A volume in microlitres, exact to the nanolitre: ``20 µL``."""
    text = decimal_text(Decimal(volume_nl) / NL_PER_UL)
    return f"{text} µL" if unit else text


def mm_text(length_um: int, unit: bool = True) -> str:
    """A length in millimetres, exact to the micrometre: ``1.5 mm``."""
    text = decimal_text(Decimal(length_um) / UM_PER_MM)
    return f"{text} mm" if unit else text


def _rounded(value: float, factor: int, unit: str) -> int:
    if not math.isfinite(value):
        raise ValueError(f"{value} {unit} is not a number that can be used")
    return round(Decimal(repr(value)) * factor)
