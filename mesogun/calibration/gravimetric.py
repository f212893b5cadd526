"""The measurement model of a volume found by weighing water, and its uncertainty budget.

After EURAMET Calibration Guide No. 19 (v3.0, 2018) and ISO/TR 20461:

``V20 = (m + dm_res + dm_bal + m_evap) Z(t_w, t_a, p, h, rho_b, f_w) (1 - gamma (t_w - 20))``

Every input comes from the caller with its uncertainty and source: nothing is assumed here. The spread of the shots
is in the mean mass (its standard uncertainty is that of the mean). Not responsible for taking the readings.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from mesogun.calibration.uncertainty import Budget, Input, budget
from mesogun.calibration.zfactor import (
    Environment,
    air_density_g_per_ml,
    water_density_g_per_ml,
    z_from_densities,
)
from mesogun.errors import InputError

REFERENCE_C = 20.0  # reference temperature of volumes: ISO 8655-6:2022


@dataclass(frozen=True, slots=True)
class Weighing:
    """The inputs of one mean volume.

    ``mass_mg``: mean of what the balance showed per shot; ``resolution_mg`` and ``balance_mg``: corrections for the
    rounding and for the balance's own error (its value is 0 where the certificate gives no correction);
    ``loss_mg``: what evaporated in one cycle, positive; ``weight_g_per_ml``: density of the weights the balance was
    adjusted with; ``water_factor``: real over tabulated density of the water; ``expansion_per_c``: cubic expansion of
    what measures off the volume (syringe and screw), per degree.

    Raises
    ------
    InputError
        If an input carries another name than its place, or the environment is outside of the range of Z.
    """

    mass_mg: Input
    resolution_mg: Input
    balance_mg: Input
    loss_mg: Input
    water_c: Input
    air_c: Input
    pressure_kpa: Input
    humidity_pct: Input
    weight_g_per_ml: Input
    water_factor: Input
    expansion_per_c: Input

    def __post_init__(self) -> None:
        for place in fields(self):
            if (name := getattr(self, place.name).name) != place.name:
                raise InputError(f"the input {name!r} stands in the place of {place.name!r}")
        Environment(self.water_c.value, self.air_c.value, self.pressure_kpa.value, self.humidity_pct.value)

    @property
    def inputs(self) -> tuple[Input, ...]:
        """All inputs in the order of the model."""
        return tuple(getattr(self, place.name) for place in fields(self))


def volume_at_reference_ul(
    *,
    mass_mg: float,
    resolution_mg: float,
    balance_mg: float,
    loss_mg: float,
    water_c: float,
    air_c: float,
    pressure_kpa: float,
    humidity_pct: float,
    weight_g_per_ml: float,
    water_factor: float,
    expansion_per_c: float,
) -> float:
    """The volume at 20 °C; without a check of ranges, so that a value near a bound can be varied past it."""
    rho_a = air_density_g_per_ml(air_c, pressure_kpa, humidity_pct)
    rho_w = water_factor * water_density_g_per_ml(water_c, pressure_kpa)
    mass = mass_mg + resolution_mg + balance_mg + loss_mg
    z = z_from_densities(rho_w, rho_a, weight_g_per_ml)
    return mass * z * (1.0 - expansion_per_c * (water_c - REFERENCE_C))


def volume_budget(weighing: Weighing) -> Budget:
    """The mean volume at 20 °C in microlitres with its uncertainty budget."""
    return budget(volume_at_reference_ul, weighing.inputs, "µL")
