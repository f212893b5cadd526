"""Z against published values and against the full equations of its sources."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.calibration.zfactor import (
    Environment,
    air_density_g_per_ml,
    volume_ul,
    water_density_g_per_ml,
    z_ul_per_mg,
)
from mesogun.errors import InputError

temperatures = st.floats(15.0, 30.0)
pressures = st.floats(80.0, 105.0)
humidities = st.floats(0.0, 80.0)


# Published conversion table for pipettes (Biohit mLine manual, Table 1), which gives four decimals.
@pytest.mark.parametrize(
    ("water_c", "pressure_kpa", "z"), [(20.0, 101.3, 1.0029), (22.0, 101.3, 1.0033), (25.0, 101.3, 1.0040)]
)
def test_published_z(water_c: float, pressure_kpa: float, z: float) -> None:
    assert z_ul_per_mg(Environment(water_c, water_c, pressure_kpa, 50.0)) == pytest.approx(z, abs=0.5e-4)


# Six rows of the Z table of ISO 8655-6 (Annex A), as a third party reproduces it; air and water at one temperature.
PRESSURES_KPA = (80.0, 85.0, 90.0, 95.0, 100.0, 101.3, 105.0)
TABLE = {
    15.0: (1.0017, 1.0018, 1.0019, 1.0019, 1.0020, 1.0020, 1.0020),
    20.0: (1.0026, 1.0027, 1.0027, 1.0028, 1.0028, 1.0029, 1.0029),
    22.0: (1.0031, 1.0031, 1.0032, 1.0032, 1.0033, 1.0033, 1.0033),
    25.0: (1.0038, 1.0038, 1.0039, 1.0039, 1.0040, 1.0040, 1.0040),
    27.0: (1.0043, 1.0044, 1.0044, 1.0045, 1.0045, 1.0045, 1.0046),
    30.0: (1.0052, 1.0052, 1.0053, 1.0053, 1.0054, 1.0054, 1.0054),
}


@pytest.mark.parametrize("water_c", TABLE)
def test_the_table_of_the_standard(water_c: float) -> None:
    for pressure_kpa, z in zip(PRESSURES_KPA, TABLE[water_c], strict=True):
        assert z_ul_per_mg(Environment(water_c, water_c, pressure_kpa, 50.0)) == pytest.approx(z, abs=0.6e-4)


# Tanaka et al. 2001, recommended table (kg/m3, free of air); dissolved air takes off 0.004612 - 0.000106 t.
@pytest.mark.parametrize(("water_c", "kg_per_m3"), [(15.0, 999.1026), (20.0, 998.2067), (25.0, 997.0470)])
def test_published_water_density(water_c: float, kg_per_m3: float) -> None:
    dissolved_air = -0.004612 + 0.000106 * water_c
    assert 1_000 * water_density_g_per_ml(water_c) == pytest.approx(kg_per_m3 + dissolved_air, abs=1e-4)


def test_water_yields_to_pressure() -> None:
    """Isothermal compressibility 4.59e-10 / Pa at 20 °C (Kell 1975, J Chem Eng Data 20:97)."""
    relative = water_density_g_per_ml(20.0, 105.0) / water_density_g_per_ml(20.0, 80.0) - 1
    assert relative / 25_000 == pytest.approx(4.59e-10, rel=0.002)


def cipm_2007_kg_per_m3(t: float, p_pa: float, humidity: float) -> float:
    """The full equation, 400 ppm CO2: Picard, Davis, Gläser, Fujii 2008, Metrologia 45:149."""
    kelvin = t + 273.15
    vapour_pa = math.exp(1.2378847e-5 * kelvin**2 - 1.9121316e-2 * kelvin + 33.93711047 - 6.3431645e3 / kelvin)
    x = humidity * (1.00062 + 3.14e-8 * p_pa + 5.6e-7 * t * t) * vapour_pa / p_pa
    a = 1.58123e-6 - 2.9331e-8 * t + 1.1043e-10 * t * t
    a += (5.707e-6 - 2.051e-8 * t) * x + (1.9898e-4 - 2.376e-6 * t) * x * x
    compressibility = 1 - p_pa / kelvin * a + (p_pa / kelvin) ** 2 * (1.83e-11 - 0.765e-8 * x * x)
    return 3.483740e-3 * p_pa / (compressibility * kelvin) * (1 - 0.3780 * x)


@given(temperatures, pressures, humidities)
def test_the_short_air_density_keeps_its_stated_bound(t: float, p_kpa: float, humidity_pct: float) -> None:
    full = cipm_2007_kg_per_m3(t, 1_000 * p_kpa, humidity_pct / 100)
    assert 1_000 * air_density_g_per_ml(t, p_kpa, humidity_pct) == pytest.approx(full, rel=2e-4)


@given(temperatures, temperatures, pressures, humidities)
def test_z_from_the_full_equations(water_c: float, air_c: float, p_kpa: float, humidity_pct: float) -> None:
    rho_a = cipm_2007_kg_per_m3(air_c, 1_000 * p_kpa, humidity_pct / 100) / 1_000
    rho_w = 0.999974950 * (1 - (water_c - 3.983035) ** 2 * (water_c + 301.797) / (522528.9 * (water_c + 69.34881)))
    z = (1 - rho_a / 8.0) / (rho_w - rho_a)
    assert z_ul_per_mg(Environment(water_c, air_c, p_kpa, humidity_pct)) == pytest.approx(z, abs=2e-5)


@given(temperatures, pressures)
def test_humidity_hardly_matters(t: float, p_kpa: float) -> None:
    dry, moist = (z_ul_per_mg(Environment(t, t, p_kpa, humidity)) for humidity in (20.0, 80.0))
    assert 0 < dry - moist < 1.5e-5


@given(st.floats(15.0, 29.0), st.floats(80.0, 104.0))
def test_warmer_or_denser_air_needs_a_larger_z(t: float, p_kpa: float) -> None:
    here = z_ul_per_mg(Environment(t, t, p_kpa, 50.0))
    assert z_ul_per_mg(Environment(t + 1, t + 1, p_kpa, 50.0)) > here
    assert z_ul_per_mg(Environment(t, t, p_kpa + 1, 50.0)) > here


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((14.9, 20.0, 101.3, 50.0), "water_c is 14.9"),
        ((20.0, 30.1, 101.3, 50.0), "air_c is 30.1"),
        ((20.0, 20.0, 1013.0, 50.0), "pressure_kpa is 1013.0 kPa, allowed are 80 to 105 kPa"),
        ((20.0, 20.0, 79.9, 50.0), "pressure_kpa"),
        ((20.0, 20.0, 101.3, 81.0), "humidity_pct"),
        ((float("nan"), 20.0, 101.3, 50.0), "water_c is nan"),
        ((20.0, float("inf"), 101.3, 50.0), "air_c is inf"),
    ],
)
def test_nothing_is_extrapolated(values: tuple[float, float, float, float], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Environment(*values)


def test_a_volume() -> None:
    where = Environment(20.0, 20.0, 101.325, 50.0)
    assert volume_ul(25.0, where) == pytest.approx(25.0715, abs=1e-3)
    with pytest.raises(InputError, match="weigh again"):
        volume_ul(float("nan"), where)
