"""From a weighing result in air to the volume of water at its temperature: buoyancy and the Z factor.

Water: Tanaka et al. 2001, Metrologia 38:301, doi 10.1088/0026-1394/38/4/3, equation 1 with the correction for
air-saturated water and the compressibility of the same paper. Air: the short form of CIPM-2007 in OIML R 111-1:2004,
equation E.3-1. Volume: ISO 8655-6:2022 and EURAMET cg-19 (v3.0, 2018).

Outside of :data:`VALID` nothing is extrapolated: a value outside is refused. E.3-1 states its own 2e-4 from 900 hPa
upwards; below, down to 80 kPa, the tests hold it against the full equation of CIPM-2007 (Picard et al. 2008,
Metrologia 45:149), within the same 2e-4, which moves Z by less than 3e-7.

Not responsible for other liquids than water, nor for the vessel or the air displaced from it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mesogun.errors import InputError

WEIGHT_DENSITY_G_PER_ML = 8.0  # conventional density of weights: OIML D 28:2004
PA_PER_KPA = 1_000.0
STANDARD_PRESSURE_KPA = 101.325
ZERO_CELSIUS_K = 273.15

# what: (lowest, highest, unit, where the bounds come from)
VALID: Mapping[str, tuple[float, float, str, str]] = MappingProxyType(
    {
        "water_c": (15.0, 30.0, "°C", "the range of the Z table of ISO 8655-6"),
        "air_c": (15.0, 30.0, "°C", "the range of the Z table of ISO 8655-6"),
        "pressure_kpa": (80.0, 105.0, "kPa", "the range of the Z table of ISO 8655-6"),
        "humidity_pct": (0.0, 80.0, "%", "OIML R 111-1:2004, E.3-1"),
    }
)


@dataclass(frozen=True, slots=True)
class Environment:
    """The conditions of a weighing; refused when built outside of :data:`VALID`.

    Raises
    ------
    InputError
        Naming every value that is outside or no number.
    """

    water_c: float
    air_c: float
    pressure_kpa: float
    humidity_pct: float

    def __post_init__(self) -> None:
        faults = [
            f"{name} is {value} {unit}, allowed are {low:g} to {high:g} {unit} ({source})"
            for name, (low, high, unit, source) in VALID.items()
            if not low <= (value := float(getattr(self, name))) <= high
        ]
        if faults:
            raise InputError("no Z factor for these conditions: " + "; ".join(faults))


def water_density_g_per_ml(water_c: float, pressure_kpa: float = STANDARD_PRESSURE_KPA) -> float:
    """Density of air-saturated pure water, g/mL (Tanaka et al. 2001)."""
    t = water_c
    rho = 999.974950 * (1.0 - (t - 3.983035) ** 2 * (t + 301.797) / (522_528.9 * (t + 69.34881)))
    rho += -0.004612 + 0.000106 * t
    compressibility_per_pa = (50.74 - 0.326 * t + 0.00416 * t * t) * 1e-11
    return rho * (1.0 + compressibility_per_pa * (pressure_kpa - STANDARD_PRESSURE_KPA) * PA_PER_KPA) / 1_000.0


def air_density_g_per_ml(air_c: float, pressure_kpa: float, humidity_pct: float) -> float:
    """Density of moist air, g/mL (OIML R 111-1:2004, E.3-1)."""
    pressure_hpa = 10.0 * pressure_kpa
    moist = 0.009 * humidity_pct * math.exp(0.061 * air_c)
    return (0.34848 * pressure_hpa - moist) / (ZERO_CELSIUS_K + air_c) / 1_000.0


def z_ul_per_mg(where: Environment) -> float:
    """The Z factor: microlitres of water per milligram shown by a balance adjusted with weights of 8.0 g/mL.

    ``Z = (1 - rho_a / rho_b) / (rho_w - rho_a)``, densities in g/mL.
    """
    rho_a = air_density_g_per_ml(where.air_c, where.pressure_kpa, where.humidity_pct)
    rho_w = water_density_g_per_ml(where.water_c, where.pressure_kpa)
    return z_from_densities(rho_w, rho_a, WEIGHT_DENSITY_G_PER_ML)


def z_from_densities(rho_w: float, rho_a: float, rho_b: float) -> float:
    """Z from the densities of water, air and weights in g/mL, for those who vary them one by one."""
    return (1.0 - rho_a / rho_b) / (rho_w - rho_a)


def volume_ul(mass_mg: float, where: Environment) -> float:
    """Volume of the water whose weighing result is ``mass_mg``, at the temperature of the water.

    Raises
    ------
    InputError
        If the mass is no number.
    """
    if not math.isfinite(mass_mg):
        raise InputError(f"a mass of {mass_mg} mg has no volume; weigh again")
    return mass_mg * z_ul_per_mg(where)
