"""Masses as a balance shows them, in milligrams.

Not responsible for buoyancy: what a balance shows is a weighing result in air, see :mod:`~mesogun.calibration.zfactor`.
"""

from __future__ import annotations

from decimal import Decimal

# Exact by definition: SI prefixes; the international avoirdupois pound of 0.45359237 kg and its parts, the troy
# ounce of 480 grains and the metric carat of 200 mg: NIST Handbook 44 (2024), Appendix C. Spelt as MT-SICS spells them.
MG_PER_UNIT: dict[str, Decimal] = {
    "ug": Decimal("0.001"),
    "µg": Decimal("0.001"),
    "mg": Decimal(1),
    "g": Decimal(1_000),
    "kg": Decimal(1_000_000),
    "ct": Decimal(200),
    "lb": Decimal("453592.37"),
    "oz": Decimal("28349.523125"),
    "ozt": Decimal("31103.4768"),
    "GN": Decimal("64.79891"),
    "dwt": Decimal("1555.17384"),
}


def in_mg(value: Decimal, unit: str) -> Decimal | None:
    """The mass in milligrams, exactly, or ``None`` if the unit is not one of mass (pieces, per cent, newton)."""
    factor = MG_PER_UNIT.get(unit)
    return None if factor is None else value * factor
