"""Solutes: how fast they spread and are cleared in each layer, where somebody has measured it.

A value that nobody measured is absent and asking for it is refused, with what is known. Not responsible for fields in
time (``frames``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from mesogun.dose.checks import number
from mesogun.dose.parameters import Parameter, load
from mesogun.errors import InputError

_CM2_PER_MIN_IN_MM2_PER_S = 100.0 / 60.0
DIFFUSIVITY_RANGE_MM2_S = (1e-9, 3e-3)
"""From megadalton gels to twice the self-diffusion of water at 37 degC; beyond it a unit is wrong."""


@dataclass(frozen=True, slots=True)
class Solute:
    """Diffusivity and first-order clearance by layer."""

    name: str
    diffusivity: tuple[tuple[str, Parameter], ...]
    clearance: tuple[tuple[str, Parameter], ...]

    def diffusivity_mm2_s(self, layer: str) -> float:
        """D in mm2/s; ``InputError`` where nobody measured or assumed one."""
        return self._known("diffusivity", dict(self.diffusivity), layer)

    def clearance_per_s(self, layer: str) -> float:
        """First-order clearance in 1/s; ``InputError`` where nobody measured or assumed one."""
        return self._known("clearance", dict(self.clearance), layer)

    def _known(self, quantity: str, rows: dict[str, Parameter], layer: str) -> float:
        if layer not in rows:
            known = ", ".join(rows) or "no layer"
            raise InputError(
                f"{self.name} has no {quantity} for the {layer}: none was found in the literature (known: {known}); "
                f"pass a number of your own with its source"
            )
        return rows[layer].value


def names() -> tuple[str, ...]:
    """Names of the solutes with at least one number."""
    return tuple(sorted({row.get("solute") for row in load("solutes").values()}))


def solute(name: str) -> Solute:
    """A packaged solute; ``InputError`` lists the known ones."""
    if name not in names():
        raise InputError(f"solute {name!r} is unknown; known are {', '.join(names())}")
    rows = [row for row in load("solutes").values() if row.get("solute") == name]
    by = {
        quantity: tuple((row.get("layer"), row) for row in rows if row.get("quantity") == quantity)
        for quantity in ("diffusivity", "clearance")
    }
    return Solute(name, by["diffusivity"], by["clearance"])


def diffusivity(value: float, unit: str) -> float:
    """A diffusivity in mm2/s from mm2/s, um2/s, cm2/s, cm2/min or m2/s; ``InputError`` if implausible."""
    factors = {"mm2/s": 1.0, "um2/s": 1e-6, "cm2/s": 100.0, "cm2/min": _CM2_PER_MIN_IN_MM2_PER_S, "m2/s": 1e6}
    if unit not in factors:
        raise InputError(f"diffusivity unit {unit!r} is unknown; it must be one of {', '.join(factors)}")
    return number(value * factors[unit], "diffusivity", "mm2/s", *DIFFUSIVITY_RANGE_MM2_S)


def half_life_s(clearance_per_s: float) -> float:
    """Half-life of first-order clearance, ``ln 2 / k``."""
    return math.log(2.0) / number(clearance_per_s, "clearance", "1/s", 1e-12, 1e3)
