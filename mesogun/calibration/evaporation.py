"""How much water left the vessel unseen, and what was delivered in spite of it.

Two ways (ISO 8655-6:2022, clause on evaporation; Liang et al. 2013, Meas. Sci. Technol. 24:025301):
*blanks*, weighing cycles without a shot, for single weighings; and a *regression* of the balance's stream before
and after one shot, extrapolated to the moment of the shot.

A loss is positive: the mass on the pan falls. Not responsible for reading the balance.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from mesogun.errors import CalibrationFailed, InputError


@dataclass(frozen=True, slots=True)
class Loss:
    """Mean loss of one weighing cycle with its standard uncertainty; ``count`` blanks were averaged."""

    loss_mg: float
    standard_uncertainty_mg: float
    count: int

    @property
    def degrees_of_freedom(self) -> int:
        """Of the standard uncertainty: the blanks less their mean."""
        return self.count - 1


def loss_from_blanks(changes_mg: Sequence[float]) -> Loss:
    """The loss per cycle from blanks, each the change shown over one whole cycle without a shot (negative as a rule).

    Raises
    ------
    InputError
        For fewer than two blanks, or a change that is no number.
    """
    if len(changes_mg) < 2:
        raise InputError(f"{len(changes_mg)} blank(s) show no spread; weigh at least two")
    _finite(changes_mg, "a blank")
    spread_mg = statistics.stdev(changes_mg)
    return Loss(-statistics.fmean(changes_mg), spread_mg / math.sqrt(len(changes_mg)), len(changes_mg))


@dataclass(frozen=True, slots=True)
class Step:
    """A shot seen as a step in a drifting stream.

    ``step_mg`` is what was added at ``at_s``; ``loss_mg_per_s`` the evaporation found; the uncertainty holds the
    scatter of the readings about the fit, taken as independent, with ``degrees_of_freedom``.
    """

    step_mg: float
    at_s: float
    loss_mg_per_s: float
    standard_uncertainty_mg: float
    degrees_of_freedom: int


def step_by_regression(
    before: Sequence[tuple[float, float]], after: Sequence[tuple[float, float]], at_s: float
) -> Step:
    """Fit one drift to the readings ``(time_s, mass_mg)`` on both sides of a shot at ``at_s``, and take the step.

    Least squares of ``m = a + s [t > at_s] + b (t - at_s)``. One drift for both sides: a shot of some ten
    microlitres changes the surface in a conditioned vessel too little to change its evaporation, and a common drift
    is known better than two.

    Raises
    ------
    InputError
        For fewer than three readings on a side, a reading on the wrong side, or a value that is no number.
    CalibrationFailed
        If all readings of both sides fall on one moment each, so that no drift can be told from them.
    """
    if len(before) < 3 or len(after) < 3:
        raise InputError(
            f"{len(before)} readings before and {len(after)} after the shot; three on each side are needed"
        )
    _finite([value for reading in (*before, *after) for value in reading], "a reading")
    _finite([at_s], "the moment of the shot")
    if any(time_s >= at_s for time_s, _ in before) or any(time_s <= at_s for time_s, _ in after):
        raise InputError(f"a reading lies on the wrong side of the shot at {at_s:g} s; leave out what fell during it")
    sides = [_centred(before, at_s), _centred(after, at_s)]
    s_tt = sum(side.s_tt for side in sides)
    if s_tt <= 0.0:
        raise CalibrationFailed("the readings before and after the shot have one time each: no drift can be seen")
    drift = sum(side.s_tm for side in sides) / s_tt
    levels = [side.mean_mg - drift * side.mean_s for side in sides]
    count = len(before) + len(after)
    squares = sum(
        (mass_mg - level - drift * (time_s - at_s)) ** 2
        for readings, level in zip((before, after), levels, strict=True)
        for time_s, mass_mg in readings
    )
    variance = squares / (count - 3)
    lever_s = sides[1].mean_s - sides[0].mean_s
    u = math.sqrt(variance * (1 / len(before) + 1 / len(after) + lever_s**2 / s_tt))
    return Step(levels[1] - levels[0], at_s, -drift, u, count - 3)


@dataclass(frozen=True, slots=True)
class _Side:
    mean_s: float
    mean_mg: float
    s_tt: float
    s_tm: float


def _centred(readings: Sequence[tuple[float, float]], at_s: float) -> _Side:
    times_s = [time_s - at_s for time_s, _ in readings]
    masses_mg = [mass_mg for _, mass_mg in readings]
    mean_s, mean_mg = statistics.fmean(times_s), statistics.fmean(masses_mg)
    s_tt = math.fsum((time_s - mean_s) ** 2 for time_s in times_s)
    s_tm = math.fsum(
        (time_s - mean_s) * (mass_mg - mean_mg) for time_s, mass_mg in zip(times_s, masses_mg, strict=True)
    )
    return _Side(mean_s, mean_mg, s_tt, s_tm)


def _finite(values: Sequence[float], what: str) -> None:
    for value in values:
        if not math.isfinite(value):
            raise InputError(f"{what} is {value}, which is no number; weigh again")
