"""Figures as a medication display must show them: leading zero, no trailing zero, space before the unit, ``mL``.

Sources: ISMP's list of error-prone abbreviations; NHS/Microsoft CUI MEDi-015, -016, -017. Volumes on a screen are in
mL. Exact inside (integer nanolitres); the ledger's low end is rounded down and its high end up, so that the truth stays
between them.

Not responsible for where the numbers come from or for drawing them (``tall``).
"""

from __future__ import annotations

from mesogun.units import NL_PER_ML

TENS = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)
DECIMALS = 3
"""Decimals of a live volume in mL: one microlitre, below the smallest shot of a mesogun."""


def floor_units(volume_nl: int, decimals: int = DECIMALS) -> int:
    """Whole display units, rounded down."""
    return volume_nl * TENS[decimals] // NL_PER_ML


def ceil_units(volume_nl: int, decimals: int = DECIMALS) -> int:
    """Whole display units, rounded up."""
    return -(-volume_nl * TENS[decimals] // NL_PER_ML)


def near_units(volume_nl: int, decimals: int = DECIMALS) -> int:
    """Whole display units, rounded to nearest, half to even."""
    unit_nl = NL_PER_ML // TENS[decimals]
    whole, rest = divmod(volume_nl, unit_nl)
    up = rest * 2 > unit_nl or (rest * 2 == unit_nl and whole % 2 == 1)
    return whole + up


def units_text(units: int, decimals: int = DECIMALS) -> str:
    """``units`` of the last decimal as text: ``1235`` -> ``1.235``, ``500`` -> ``0.5``, ``1000000`` -> ``1,000``."""
    if units < 0:
        raise ValueError(f"{units} units: a volume is not negative")
    whole, part = divmod(units, TENS[decimals])
    fraction = f"{part:0{decimals}d}".rstrip("0") if decimals else ""
    return f"{whole:,}.{fraction}" if fraction else f"{whole:,}"


def column_text(units: int, width: int, decimals: int = DECIMALS) -> str:
    """The same text in a column: blanks instead of stripped zeros, so that the point does not move.

    Wider than ``width`` if the number is; never cut.
    """
    text = units_text(units, decimals)
    whole, _, fraction = text.partition(".")
    tail = f".{fraction}" if fraction else ""
    return (whole + tail.ljust(decimals + 1)).rjust(width)


def given(volume_nl: int, unit: bool = True, decimals: int = DECIMALS) -> str:
    """A volume, rounded to nearest."""
    return units_text(near_units(volume_nl, decimals), decimals) + (" mL" if unit else "")


def at_least(volume_nl: int, unit: bool = True, decimals: int = DECIMALS) -> str:
    """A volume, rounded down: what is proved, what is left."""
    return units_text(floor_units(volume_nl, decimals), decimals) + (" mL" if unit else "")


def at_most(volume_nl: int, unit: bool = True, decimals: int = DECIMALS) -> str:
    """A volume, rounded up: what cannot be excluded."""
    return units_text(ceil_units(volume_nl, decimals), decimals) + (" mL" if unit else "")


def exact(volume_nl: int, unit: bool = True) -> str:
    """A volume to the nanolitre: where a person settles it, the bounds must not be rounded."""
    return given(volume_nl, unit, decimals=6)


def percent(part_nl: int, whole_nl: int) -> str:
    """Share of a limit, rounded up, never more precise than it is useful: ``51 %``."""
    return f"{-(-part_nl * 100 // whole_nl)} %" if whole_nl > 0 else "100 %"


def seconds(duration_us: int) -> str:
    """An age or a lease: ``0.4 s``, ``12 s``."""
    tenths = duration_us // 100_000
    if tenths >= 100:
        return f"{tenths // 10} s"
    return f"{tenths // 10}.{tenths % 10} s" if tenths % 10 else f"{tenths // 10} s"


def kilopascal(pressure_pa: int) -> str:
    """A pressure in whole kPa."""
    return f"{(pressure_pa + 500) // 1000} kPa"


def thousandths(value: int) -> str:
    """Thousandths without trailing zeros, also below zero: ``1500`` -> ``1.5``, ``-250`` -> ``-0.25``."""
    return f"{'-' if value < 0 else ''}{units_text(abs(value), 3)}"


def millimetres(length_um: int) -> str:
    """A length on the skin: ``0.5 mm``, ``12 mm``."""
    return f"{thousandths(length_um)} mm"


def volts(voltage_mv: int) -> str:
    """A voltage with one decimal at most."""
    tenths = (voltage_mv + 50) // 100
    return f"{tenths // 10}.{tenths % 10} V" if tenths % 10 else f"{tenths // 10} V"
