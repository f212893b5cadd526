"""The field in time, its exposure, and the solutes whose numbers drive it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad

from mesogun.dose import Grid, areal_dose
from mesogun.dose.frames import Timeline, exposure_gaussians, exposure_kernel
from mesogun.dose.solutes import diffusivity, half_life_s, names, solute
from mesogun.errors import InputError

from .shared import mass_ul

GRID = Grid(-12.0, -12.0, 0.2, 120, 120)
POINTS = np.array([(0.1, 0.2), (2.0, -1.0), (-3.0, 1.5)])
VOLUMES = np.array([10.0, 10.0, 4.0])
D, K = 1.7e-4, 1.2e-4


def timeline(horizon_s: float = 40_000.0, k: float = K) -> Timeline:
    return Timeline(POINTS, VOLUMES, 1.0, grid=GRID, diffusivity_mm2_s=D, clearance_per_s=k, horizon_s=horizon_s)


@pytest.mark.parametrize("time_s", [0.0, 60.0, 1_000.0, 4_000.0, 12_000.0])
def test_frames_are_the_directly_computed_fields(time_s: float) -> None:
    direct = areal_dose(POINTS, VOLUMES, 1.0, grid=GRID, diffused_mm2=D * time_s) * math.exp(-K * time_s)
    frame = timeline().frame(time_s)
    assert np.abs(frame - direct).max() <= 2e-5 * direct.max()
    assert mass_ul(frame, GRID) == pytest.approx(mass_ul(direct, GRID), rel=1e-9)


def test_many_sizes_are_computed_directly() -> None:
    rng = np.random.default_rng(0)
    points, volumes = rng.uniform(-4, 4, (12, 2)), rng.uniform(3.0, 12.0, 12)
    line = Timeline(points, volumes, 1.0, grid=GRID, diffusivity_mm2_s=D, clearance_per_s=K, horizon_s=1e4)
    direct = areal_dose(points, volumes, 1.0, grid=GRID, diffused_mm2=D * 9_000.0) * math.exp(-K * 9_000.0)
    np.testing.assert_allclose(line.frame(9_000.0), direct, atol=1e-9 * direct.max())
    with pytest.raises(InputError, match="more than eight sizes"):
        line.exposure(100.0)


def test_exposure_is_the_time_integral_of_the_frames() -> None:
    line = timeline()
    nodes, weights = np.polynomial.legendre.leggauss(24)
    until = 12_000.0
    summed = sum(
        0.5
        * until
        * w
        * areal_dose(POINTS, VOLUMES, 1.0, grid=GRID, diffused_mm2=D * t, form="gaussian")
        * math.exp(-K * t)
        for w, t in zip(weights, 0.5 * until * (nodes + 1.0), strict=True)
    )
    found = line.exposure(until)
    assert np.abs(found - summed).max() <= 2e-3 * found.max()
    assert mass_ul(found, GRID) == pytest.approx(24.0 * (1.0 - math.exp(-K * until)) / K, rel=1e-6)


def test_exposure_without_end_holds_mass_over_clearance() -> None:
    line = timeline(horizon_s=6.0 / K)
    assert mass_ul(line.exposure(), GRID) == pytest.approx(24.0 / K, rel=1e-3)
    with pytest.raises(InputError, match="horizon_s >="):
        timeline(horizon_s=100.0).exposure()
    with pytest.raises(InputError, match="clearance above zero"):
        timeline(k=0.0).exposure()
    still = timeline(k=0.0).exposure(50.0)
    assert mass_ul(still, GRID) == pytest.approx(24.0 * 50.0, rel=1e-9)


@pytest.mark.parametrize("r", [0.3, 1.0, 2.0])
def test_the_exposure_kernel_as_a_sum_of_gaussians(r: float) -> None:
    weights, variances = exposure_gaussians(1.0, 0.7, 0.3)
    summed = float(np.sum(weights * np.exp(-(r**2) / (2.0 * variances)) / (2.0 * math.pi * variances) ** 1.5))
    closed = float(exposure_kernel(np.array(r), 1.0, 0.7))
    assert summed == pytest.approx(closed, rel=1e-6)
    by_quadrature = quad(
        lambda t: math.exp(-0.7 * t - r * r / (4.0 * t)) / (4.0 * math.pi * t) ** 1.5, 0.0, np.inf, epsabs=1e-13
    )[0]
    assert closed == pytest.approx(by_quadrature, rel=1e-8)


def test_times_out_of_the_horizon_are_refused() -> None:
    line = timeline(horizon_s=100.0)
    assert line.remaining(100.0) == pytest.approx(math.exp(-100.0 * K))
    for time_s in (-1.0, 100.1, float("nan")):
        with pytest.raises(InputError, match="time"):
            line.frame(time_s)
    with pytest.raises(InputError, match="all volumes are zero"):
        Timeline(POINTS, 0.0, 1.0, grid=GRID, diffusivity_mm2_s=D, clearance_per_s=K, horizon_s=1.0)
    with pytest.raises(InputError, match="diffusivity"):
        Timeline(POINTS, 1.0, 1.0, grid=GRID, diffusivity_mm2_s=1.7e2, clearance_per_s=K, horizon_s=1.0)


def test_solutes_have_what_was_measured_and_refuse_what_was_not() -> None:
    salicylate = solute("salicylate")
    for layer, left in (("dermis", 0.482), ("subcutis", 0.436), ("muscle", 0.038)):
        assert math.exp(-600.0 * salicylate.clearance_per_s(layer)) == pytest.approx(left, abs=1e-3)
    assert salicylate.diffusivity_mm2_s("dermis") == pytest.approx(1.667e-4, rel=1e-3)
    with pytest.raises(InputError, match="no clearance for the dermis"):
        solute("lidocaine").clearance_per_s("dermis")
    with pytest.raises(InputError, match="known are"):
        solute("water")
    assert "insulin_monomer" in names()


@pytest.mark.parametrize(("name", "hours"), [("hexamer", 3.35), ("dimer", 1.56), ("monomer", 1.03)])
def test_half_lives_of_subcutaneous_insulin(name: str, hours: float) -> None:
    assert half_life_s(solute(f"insulin_{name}").clearance_per_s("subcutis")) / 3600.0 == pytest.approx(hours, rel=1e-2)


def test_diffusivities_come_in_with_their_unit() -> None:
    for value, unit in (
        (1.7e-4, "mm2/s"),
        (170.0, "um2/s"),
        (1.7e-6, "cm2/s"),
        (1.02e-4, "cm2/min"),
        (1.7e-10, "m2/s"),
    ):
        assert diffusivity(value, unit) == pytest.approx(1.7e-4)
    with pytest.raises(InputError, match="unit"):
        diffusivity(1.0, "ft2/s")
    with pytest.raises(InputError, match="diffusivity"):
        diffusivity(1e-4, "m2/s")
