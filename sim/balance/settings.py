"""What a simulated balance is like, with the range of every number.

All defaults are assumptions: a five-place balance of common make, a small vessel of water, a calm room. The ranges
refuse nonsense. Bounds (``sensitivity_ppm``, ``linearity_ug``) are as on a data sheet: the seed draws the error
between plus and minus.

Not responsible for reading URLs (``address``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields

from mesogun.errors import InputError
from sim.balance.faults import Planned

KINDS = ("mtsics", "sbi")
UNITS = {"g": 1e6, "mg": 1e3}  # micrograms

# name: (lowest, highest, unit)
RANGES: dict[str, tuple[float, float, str]] = {
    "readability_ug": (0.1, 100_000, "ug"),
    "noise_ug": (0, 100_000, "ug"),
    "drift_ug_s": (-1_000, 1_000, "ug/s"),
    "evaporation_ug_s": (0, 1_000, "ug/s"),
    "draught_per_min": (0, 60, "1/min"),
    "draught_ug": (0, 1_000_000, "ug"),
    "settle_ms": (1, 20_000, "ms"),
    "patience_ms": (500, 120_000, "ms"),
    "sensitivity_ppm": (0, 10_000, "ppm"),
    "linearity_ug": (0, 100_000, "ug"),
    "capacity_mg": (1_000, 10_000_000, "mg"),
    "vessel_mg": (0, 1_000_000, "mg"),
    "water_mg": (0, 1_000_000, "mg"),
    "cling_nl": (0, 20_000, "nL"),
    "temperature_c": (5, 40, "degC"),
    "pressure_kpa": (60, 110, "kPa"),
    "humidity_pct": (0, 100, "%"),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """One simulated balance, its vessel and its room.

    Raises
    ------
    InputError
        Naming every number outside of :data:`RANGES`.
    """

    readability_ug: float = 10.0
    noise_ug: float = 15.0
    drift_ug_s: float = 0.0
    evaporation_ug_s: float = 1.0
    draught_per_min: float = 0.0
    draught_ug: float = 500.0
    settle_ms: float = 300.0
    patience_ms: float = 10_000.0
    sensitivity_ppm: float = 5.0
    linearity_ug: float = 10.0
    capacity_mg: float = 80_000.0
    vessel_mg: float = 5_000.0
    water_mg: float = 2_000.0
    cling_nl: float = 0.0
    temperature_c: float = 20.0
    pressure_kpa: float = 101.325
    humidity_pct: float = 50.0
    kind: str = "mtsics"
    unit: str = "g"
    faults: tuple[Planned, ...] = field(default=())

    def __post_init__(self) -> None:
        wrong = [
            f"{name} = {value:g} {unit} is outside {low:g} to {high:g}"
            for name, (low, high, unit) in RANGES.items()
            if not (math.isfinite(value := float(getattr(self, name))) and low <= value <= high)
        ]
        if self.kind not in KINDS:
            wrong.append(f"kind {self.kind!r} is none of {', '.join(KINDS)}")
        if self.unit not in UNITS:
            wrong.append(f"unit {self.unit!r} is none of {', '.join(UNITS)}")
        if self.vessel_mg + self.water_mg >= self.capacity_mg:
            wrong.append("vessel_mg and water_mg together leave nothing of capacity_mg")
        if wrong:
            raise InputError("simulated balance: " + "; ".join(wrong))


NAMES = tuple(item.name for item in fields(Settings))
