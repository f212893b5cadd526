"""Densities of water and air in the simulated room, by other formulae than the host uses, so that both can be wrong.

Water: Kell 1975, J. Chem. Eng. Data 20:97, doi 10.1021/je60064a005, equation 16 (at 101.325 kPa, air-free).
Air: an ideal gas of dry air and vapour, vapour pressure after Magnus (WMO-No. 8). Not responsible for evaporation.
"""

from __future__ import annotations

import math

WEIGHTS_G_PER_ML = 8.0  # what balances are adjusted with: OIML D 28:2004
COMPRESSIBILITY_PER_KPA = 4.6e-7  # water near 20 degC


def water_g_per_ml(t: float, pressure_kpa: float = 101.325) -> float:
    """Density of water at ``t`` degC; the same number is µg per nL."""
    above = (
        999.83952 + 16.945176 * t - 7.9870401e-3 * t**2 - 46.170461e-6 * t**3 + 105.56302e-9 * t**4
        - 280.54253e-12 * t**5
    )  # fmt: skip
    density = above / (1.0 + 16.879850e-3 * t) / 1_000.0
    return density * (1.0 + COMPRESSIBILITY_PER_KPA * (pressure_kpa - 101.325))


def air_g_per_ml(t: float, pressure_kpa: float, humidity_pct: float) -> float:
    """Density of moist air."""
    vapour_pa = humidity_pct / 100.0 * 611.2 * math.exp(17.62 * t / (243.12 + t))
    dry_pa = pressure_kpa * 1e3 - vapour_pa
    return (dry_pa / 287.058 + vapour_pa / 461.495) / (t + 273.15) / 1e3


def shown_share(density_g_per_ml: float, air: float) -> float:
    """What a balance adjusted with weights of 8.0 g/mL shows of a mass, as a share: the buoyancy of air."""
    return (1.0 - air / density_g_per_ml) / (1.0 - air / WEIGHTS_G_PER_ML)
