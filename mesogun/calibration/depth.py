"""Depth: needle stick-out against the setting, from both directions, and the backlash between them.

``measured = offset + gain setting ± backlash / 2``, plus while the needle goes out, minus while it comes back
(the sign of the backlash is found, not assumed). Ordinary least squares over all readings of a gauge. The model is
held against the scatter of repeats at one setting and direction, and a scale that is bent is refused.

Stick-out is not yet depth in skin: pressing on indents the skin, and a needle that is not perpendicular reaches
``sin(angle)`` of its length (Micheels et al. 2016, J Drugs Dermatol 15:483). Not responsible for the gauge's own
error, which enters a budget of :mod:`~mesogun.calibration.uncertainty` beside what is found here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from mesogun.calibration.comparison import SIGNIFICANCE, Comparison, compare
from mesogun.errors import CalibrationFailed, InputError

LEAST_SETTINGS, LEAST_REPEATS = 5, 2  # choices of this procedure, for want of a standard


@dataclass(frozen=True, slots=True)
class GaugeReading:
    """One actuation: what was set, what the gauge showed beyond the nose, and whether the needle was going out."""

    setting_mm: float
    measured_mm: float
    outwards: bool


@dataclass(frozen=True, slots=True)
class DepthFit:
    """The depth scale of one gun with one needle; ``needle`` is its reference, and another one voids the zero.

    Uncertainties are standard uncertainties from the scatter of the readings with ``degrees_of_freedom``.
    """

    needle: str
    offset_mm: float
    gain: float
    backlash_mm: float
    backlash_uncertainty_mm: float
    residual_spread_mm: float
    degrees_of_freedom: int
    low_mm: float
    high_mm: float
    residuals_mm: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    bend: Comparison

    def stick_out_mm(self, setting_mm: float, needle: str) -> float:
        """Stick-out at a setting, midway between the directions.

        Raises
        ------
        CalibrationFailed
            For another needle than the calibrated one.
        InputError
            For a setting outside of the calibrated range.
        """
        if needle != self.needle:
            raise CalibrationFailed(
                f"the depth zero belongs to needle {self.needle}, not {needle}: calibrate depth anew"
            )
        if not self.low_mm <= setting_mm <= self.high_mm:
            raise InputError(
                f"a setting of {setting_mm:g} mm was not calibrated; the calibration holds from {self.low_mm:g} to "
                f"{self.high_mm:g} mm"
            )
        return self.offset_mm + self.gain * setting_mm

    def standard_uncertainty_mm(self, setting_mm: float) -> float:
        """Of the stick-out at a setting; half the backlash, taken as bounds, is in it (GUM 4.3.7)."""
        row = np.array([1.0, setting_mm, 0.0])
        scatter = float(row @ np.array(self.covariance) @ row)
        return math.sqrt(scatter + (0.5 * self.backlash_mm) ** 2 / 3.0)

    def expanded_backlash_uncertainty_mm(self, probability: float = 0.95) -> float:
        """Half width of the interval around ``backlash_mm``; a backlash smaller than it was not seen."""
        return float(stdtrit(self.degrees_of_freedom, 0.5 * (1 + probability))) * self.backlash_uncertainty_mm


def fit_depth(readings: Sequence[GaugeReading], needle: str) -> DepthFit:
    """Fit offset, gain and backlash.

    Raises
    ------
    InputError
        For fewer than five settings, a setting without two readings in each direction, no needle, or a value that is
        no number.
    CalibrationFailed
        If the needle comes out no further when set deeper, or not in a straight line.
    """
    _check(readings, needle)
    x = np.array([reading.setting_mm for reading in readings])
    y = np.array([reading.measured_mm for reading in readings])
    half = np.array([0.5 if reading.outwards else -0.5 for reading in readings])
    design = np.column_stack([np.ones_like(x), x, half])
    offset, gain, backlash = np.linalg.lstsq(design, y, rcond=None)[0].tolist()
    if gain <= 0.0:
        raise CalibrationFailed(
            f"the needle comes out no further when set deeper (gain {gain:.3g}): check the gauge's sign"
        )
    residuals = y - design @ np.array([offset, gain, backlash])
    dof = len(readings) - 3
    squares = float(residuals @ residuals)
    bend = _bend(readings, squares)
    if bend.p < SIGNIFICANCE:
        raise CalibrationFailed(
            f"the depth scale is not straight (lack of fit, F = {bend.f:.3g}, p = {bend.p:.2g}): calibrate a smaller "
            "range, or look for play in the nose and for a gauge that slips"
        )
    variance = squares / dof
    covariance = variance * np.linalg.inv(design.T @ design)
    return DepthFit(
        needle=needle,
        offset_mm=offset,
        gain=gain,
        backlash_mm=backlash,
        backlash_uncertainty_mm=math.sqrt(float(covariance[2, 2])),
        residual_spread_mm=math.sqrt(variance),
        degrees_of_freedom=dof,
        low_mm=float(x.min()),
        high_mm=float(x.max()),
        residuals_mm=tuple(residuals.tolist()),
        covariance=tuple(tuple(row) for row in covariance.tolist()),
        bend=bend,
    )


def true_depth_mm(inserted_mm: float, angle_deg: float) -> float:
    """Depth below the surface of a needle inserted by ``inserted_mm`` at ``angle_deg`` to the skin (90 = upright).

    Raises
    ------
    InputError
        Unless the length is 0 or more and the angle above 0 and up to 90 degrees.
    """
    if not 0.0 <= inserted_mm < math.inf or not 0.0 < angle_deg <= 90.0:
        raise InputError(
            f"{inserted_mm} mm at {angle_deg} degrees is no insertion; the angle lies above 0 and up to 90"
        )
    return inserted_mm * math.sin(math.radians(angle_deg))


def _check(readings: Sequence[GaugeReading], needle: str) -> None:
    if not needle.strip():
        raise InputError("a depth calibration belongs to one needle; give its reference")
    if not all(math.isfinite(reading.setting_mm) and math.isfinite(reading.measured_mm) for reading in readings):
        raise InputError("a reading of the gauge is no number; take it again")
    groups = _groups(readings)
    settings = {setting_mm for setting_mm, _ in groups}
    if len(settings) < LEAST_SETTINGS:
        raise InputError(f"{len(settings)} setting(s) cannot show a bend; read {LEAST_SETTINGS} or more")
    for setting_mm in settings:
        for outwards, name in ((True, "outwards"), (False, "inwards")):
            count = len(groups.get((setting_mm, outwards), ()))
            if count < LEAST_REPEATS:
                raise InputError(
                    f"{count} reading(s) {name} at {setting_mm:g} mm: read {LEAST_REPEATS} or more in each direction, "
                    "for the backlash and its scatter"
                )


def _groups(readings: Sequence[GaugeReading]) -> dict[tuple[float, bool], list[float]]:
    groups: dict[tuple[float, bool], list[float]] = {}
    for reading in readings:
        groups.setdefault((reading.setting_mm, reading.outwards), []).append(reading.measured_mm)
    return groups


def _bend(readings: Sequence[GaugeReading], squares: float) -> Comparison:
    """What the three parameters leave, against the scatter of repeats; below 1e-9 mm a reading is rounding."""
    groups = _groups(readings)
    rounding = len(readings) * 1e-18
    pure = math.fsum((value - math.fsum(group) / len(group)) ** 2 for group in groups.values() for value in group)
    left, pure = (value if value > rounding else 0.0 for value in (squares, pure))
    return compare("is it bent?", left - pure, len(groups) - 3, pure, len(readings) - len(groups))
