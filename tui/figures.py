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
    return f"{-(-part_nl * 100 // whole_nl):,} %" if whole_nl > 0 else "100 %"


def decimal(units: int, decimals: int) -> str:
    """``units`` of the last decimal as text, of either sign: no trailing zero, comma from 1,000."""
    return f"-{units_text(-units, decimals)}" if units < 0 else units_text(units, decimals)


def count(number: int) -> str:
    """How many: ``77``, ``1,024``."""
    return f"{number:,}"


def seconds(duration_us: int) -> str:
    """An age or a lease: ``0.4 s``, ``12 s``."""
    tenths = duration_us // 100_000
    return f"{decimal(tenths if tenths < 100 else tenths // 10 * 10, 1)} s"


def age(duration_us: int) -> str:
    """How long ago, for people: seconds for two minutes, then minutes, hours, days."""
    whole_s = duration_us // 1_000_000
    for least_s, unit_s, name in ((172_800, 86_400, "days"), (7_200, 3_600, "h"), (120, 60, "min")):
        if whole_s >= least_s:
            return f"{count(whole_s // unit_s)} {name}"
    return seconds(duration_us)


def milliseconds(duration_us: int) -> str:
    """A round trip in whole ms, below 10 ms with a tenth."""
    tenths = (duration_us + 50) // 100
    return f"{decimal(tenths if tenths < 100 else (tenths + 5) // 10 * 10, 1)} ms"


def kilopascal(pressure_pa: int) -> str:
    """A pressure in whole kPa."""
    return f"{decimal((pressure_pa + 500) // 1000, 0)} kPa"


def volts(voltage_mv: int) -> str:
    """A voltage with one decimal at most."""
    return f"{decimal((voltage_mv + 50) // 100, 1)} V"


def newtons(force_mn: int) -> str:
    """A force with one decimal at most."""
    return f"{decimal((force_mn + 50) // 100, 1)} N"


def millimetres(length_um: int, unit: bool = True) -> str:
    """A depth or a place, exact to the micrometre: ``4 mm``, ``1.5 mm``, ``-0.25 mm``."""
    return decimal(length_um, 3) + (" mm" if unit else "")


def square_centimetres(area_mm2: float, unit: bool = True) -> str:
    """An area with one decimal at most: ``12.5 cm²``."""
    return decimal(round(area_mm2 / 10), 1) + (" cm²" if unit else "")
