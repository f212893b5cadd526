"""Depth and its backlash are found, stated with their scatter, and void with another needle."""

from __future__ import annotations

import math
import random
import statistics
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.calibration.depth import DepthFit, GaugeReading, fit_depth, true_depth_mm
from mesogun.errors import CalibrationFailed, InputError

SETTINGS_MM = (1.0, 2.0, 3.0, 4.0, 6.0)


def readings(
    offset_mm: float, gain: float, backlash_mm: float, spread_mm: float, seed: int = 1, each: int = 5
) -> list[GaugeReading]:
    noise = random.Random(seed)
    return [
        GaugeReading(
            s, offset_mm + gain * s + (0.5 if out else -0.5) * backlash_mm + noise.gauss(0, spread_mm), outwards=out
        )
        for s in SETTINGS_MM
        for out in (True, False)
        for _ in range(each)
    ]


def straight(each: int, seeds: int) -> list[DepthFit]:
    """Fits of one straight scale; a twentieth looks bent by chance, by the level of the test."""
    fits = []
    for seed in range(seeds):
        try:
            fits.append(fit_depth(readings(0.1, 1.02, -0.05, 0.02, seed, each), "N-1"))
        except CalibrationFailed:
            continue
    assert 0.93 * seeds < len(fits) < 0.97 * seeds
    return fits


@given(st.floats(-1, 1), st.floats(0.5, 1.5), st.floats(-0.2, 0.2))
def test_without_scatter_everything_is_found(offset_mm: float, gain: float, backlash_mm: float) -> None:
    found = fit_depth(readings(offset_mm, gain, backlash_mm, 0.0), "N-1")
    assert (found.offset_mm, found.gain, found.backlash_mm) == pytest.approx((offset_mm, gain, backlash_mm), abs=1e-9)
    assert found.stick_out_mm(3.5, "N-1") == pytest.approx(offset_mm + 3.5 * gain)


def test_the_stated_scatter_is_the_real_one() -> None:
    fits = straight(5, 400)
    backlashes = [found.backlash_mm for found in fits]
    stated = math.sqrt(statistics.fmean(found.backlash_uncertainty_mm**2 for found in fits))
    assert stated == pytest.approx(statistics.stdev(backlashes), rel=0.1)
    inside = [abs(found.backlash_mm + 0.05) <= found.expanded_backlash_uncertainty_mm() for found in fits]
    assert 0.92 < statistics.fmean(inside) < 0.98
    middles = [found.stick_out_mm(3.0, "N-1") for found in fits]
    of_scatter = [replace(found, backlash_mm=0.0).standard_uncertainty_mm(3.0) for found in fits]
    assert math.sqrt(statistics.fmean(u * u for u in of_scatter)) == pytest.approx(statistics.stdev(middles), rel=0.1)


def test_few_readings_count_their_degrees_of_freedom() -> None:
    """Two in each direction at five settings, less three parameters."""
    fits = straight(2, 1_000)
    assert math.sqrt(statistics.fmean(found.residual_spread_mm**2 for found in fits)) == pytest.approx(0.02, rel=0.03)
    assert fits[0].degrees_of_freedom == 17


def test_half_the_backlash_is_in_the_uncertainty() -> None:
    found = fit_depth(readings(0.0, 1.0, 0.12, 0.0), "N-1")
    assert found.standard_uncertainty_mm(3.0) == pytest.approx(0.06 / math.sqrt(3))


def test_another_needle_voids_the_zero() -> None:
    found = fit_depth(readings(0.1, 1.02, -0.05, 0.02), "N-1")
    with pytest.raises(CalibrationFailed, match="calibrate depth anew"):
        found.stick_out_mm(3.0, "N-2")
    with pytest.raises(InputError, match="from 1 to 6 mm"):
        found.stick_out_mm(6.5, "N-1")


def test_a_bent_scale_is_refused() -> None:
    bent = [replace(entry, measured_mm=entry.measured_mm + 0.02 * (entry.setting_mm - 3) ** 2)
            for entry in readings(0.1, 1.02, -0.05, 0.02)]  # fmt: skip
    with pytest.raises(CalibrationFailed, match="not straight"):
        fit_depth(bent, "N-1")


def test_true_depth_is_the_sine() -> None:
    assert true_depth_mm(4.0, 90.0) == pytest.approx(4.0)
    assert true_depth_mm(4.0, 30.0) == pytest.approx(2.0)
    for length, angle in ((4.0, 0.0), (4.0, 91.0), (-1.0, 90.0), (math.nan, 90.0)):
        with pytest.raises(InputError, match="no insertion"):
            true_depth_mm(length, angle)


def test_what_cannot_be_fitted_is_refused() -> None:
    series = readings(0.1, 1.02, -0.05, 0.02)
    with pytest.raises(InputError, match="4 setting"):
        fit_depth(series[:40], "N-1")
    with pytest.raises(InputError, match=r"0 reading\(s\) inwards at 6 mm"):
        fit_depth(series[:45], "N-1")
    with pytest.raises(InputError, match="give its reference"):
        fit_depth(series, " ")
    with pytest.raises(InputError, match="no number"):
        fit_depth([*series, GaugeReading(1.0, math.nan, outwards=True)], "N-1")
    with pytest.raises(CalibrationFailed, match="gauge's sign"):
        fit_depth(readings(8.0, -1.0, 0.0, 0.01), "N-1")
