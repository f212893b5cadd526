"""The correction of a gun: what it gives against what it was set to, by the simplest model that the shots support.

Three nested models: as it is (``given = set``), a gain (``given = gain set``) and a line
(``given = offset + gain set``). The larger one is taken only if it explains significantly more than the smaller, at
the level of :data:`~mesogun.calibration.comparison.SIGNIFICANCE`.
Then the line itself is tested against the scatter of repeats: a gun that is not straight over this range is
refused, because a straight correction would hide it.

Backlash and rate do not enter here: shots after a reversal, and shots of another rate, belong in a fit of their own.
Not responsible for outliers, which are a decision of the procedure before the first shot.
"""

from __future__ import annotations

import enum
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from mesogun.calibration.comparison import SIGNIFICANCE, Comparison, compare
from mesogun.errors import CalibrationFailed, InputError

LEAST_SETTINGS, LEAST_REPEATS = 3, 2  # fewer show neither a bend nor a scatter


Floats = npt.NDArray[np.float64]


class Model(enum.Enum):
    """What is corrected."""

    AS_IT_IS = "given = set"
    GAIN = "given = gain × set"
    LINE = "given = offset + gain × set"


@dataclass(frozen=True, slots=True)
class Shot:
    """One volume that was asked for, and what was found on the balance, in microlitres."""

    set_ul: float
    given_ul: float


@dataclass(frozen=True, slots=True)
class Correction:
    """A fitted model with everything that its uncertainty and its choice rest on.

    ``covariance`` is of (offset_ul, gain), zeros for what the model does not have; ``residuals_ul`` in the order of
    the shots; valid for settings from ``low_ul`` to ``high_ul`` only.
    """

    model: Model
    offset_ul: float
    gain: float
    covariance: tuple[tuple[float, float], tuple[float, float]]
    residual_spread_ul: float
    degrees_of_freedom: int
    low_ul: float
    high_ul: float
    residuals_ul: tuple[float, ...]
    tests: tuple[Comparison, ...]

    def given_ul(self, set_ul: float) -> float:
        """Mean volume that the gun gives when it is set to ``set_ul``; ``InputError`` outside of the range."""
        if not self.low_ul <= set_ul <= self.high_ul:
            raise InputError(
                f"a setting of {set_ul:g} µL was not calibrated; the calibration holds from {self.low_ul:g} to "
                f"{self.high_ul:g} µL"
            )
        return self.offset_ul + self.gain * set_ul

    def setting_ul(self, wanted_ul: float) -> float:
        """What to set so that ``wanted_ul`` is given; ``InputError`` if that setting is outside of the range."""
        setting_ul = (wanted_ul - self.offset_ul) / self.gain
        self.given_ul(setting_ul)
        return setting_ul

    def standard_uncertainty_ul(self, set_ul: float) -> float:
        """Of the mean given at a setting, from the scatter of the shots alone (the balance's part is apart)."""
        self.given_ul(set_ul)
        (c_oo, c_og), (_, c_gg) = self.covariance
        return math.sqrt(max(0.0, c_oo + 2.0 * set_ul * c_og + set_ul**2 * c_gg))

    def expanded_uncertainty_ul(self, set_ul: float, probability: float = 0.95) -> float:
        """``standard_uncertainty_ul`` times Student's t for the degrees of freedom of the fit."""
        return float(stdtrit(self.degrees_of_freedom, 0.5 * (1 + probability))) * self.standard_uncertainty_ul(set_ul)


def fit(
    shots: Sequence[Shot], bend_allowed_ul: Mapping[float, float] | None = None, *, binding: float = 1.0
) -> Correction:
    """Choose and fit the correction.

    ``bend_allowed_ul``: for each setting, how far its mean may lie off the line before a bend that the scatter makes
    out counts; without it every significant bend does (decision 1105). ``binding``: by how much the variance of a
    difference between settings exceeds that of independent shots, for shots whose neighbours are bound (1106).

    Raises
    ------
    InputError
        For fewer than three settings, fewer than two shots at one of them, or a number that is none.
    CalibrationFailed
        If the gun is not straight over the range, or gives no more when set to more.
    """
    _check(shots)
    x = np.array([shot.set_ul for shot in shots])
    y = np.array([shot.given_ul for shot in shots])
    columns = {
        Model.AS_IT_IS: x[:, None][:, :0],
        Model.GAIN: x[:, None],
        Model.LINE: np.column_stack([np.ones_like(x), x]),
    }
    # below this a sum of squares is rounding: 1e-9 of the largest volume in every shot
    rounding = len(y) * (1e-9 * float(np.abs(y).max())) ** 2
    sums = {model: _squares(design, y if design.shape[1] else y - x, rounding) for model, design in columns.items()}
    pure, pure_dof = _pure_error(shots, rounding)
    n, settings = len(shots), len({shot.set_ul for shot in shots})

    bend = compare("is it bent?", sums[Model.LINE] - pure, settings - 2, binding * pure, pure_dof)
    if bend.p < SIGNIFICANCE and _matters(shots, columns[Model.LINE], y, bend_allowed_ul):
        raise CalibrationFailed(
            f"the volumes do not lie on a line (lack of fit, F = {bend.f:.3g}, p = {bend.p:.2g}): calibrate a smaller "
            "range, or look for a bubble, an occlusion or shots of mixed rate or direction"
        )
    offset = compare("is there an offset?", sums[Model.GAIN] - sums[Model.LINE], 1, binding * sums[Model.LINE], n - 2)
    gain = compare("is the gain not 1?", sums[Model.AS_IT_IS] - sums[Model.GAIN], 1, binding * sums[Model.GAIN], n - 1)
    both = compare("is anything wrong?", sums[Model.AS_IT_IS] - sums[Model.LINE], 2, binding * sums[Model.LINE], n - 2)
    if offset.p < SIGNIFICANCE and both.p < SIGNIFICANCE:
        model = Model.LINE
    else:
        model = Model.GAIN if gain.p < SIGNIFICANCE else Model.AS_IT_IS
    return _fitted(model, columns[model], x, y, (bend, offset, gain, both), binding)


def _matters(shots: Sequence[Shot], line: Floats, y: Floats, allowed_ul: Mapping[float, float] | None) -> bool:
    """Whether some setting's mean lies further off the line than is allowed there."""
    if allowed_ul is None:
        return True
    residuals = y - line @ np.linalg.lstsq(line, y, rcond=None)[0]
    off: dict[float, list[float]] = defaultdict(list)
    for shot, residual in zip(shots, residuals.tolist(), strict=True):
        off[shot.set_ul].append(residual)
    return any(abs(math.fsum(each) / len(each)) > allowed_ul.get(set_ul, 0.0) for set_ul, each in off.items())


def _fitted(
    model: Model, design: Floats, x: Floats, y: Floats, tests: tuple[Comparison, ...], binding: float
) -> Correction:
    parameters = design.shape[1]
    offset_ul, gain = 0.0, 1.0
    spread = np.zeros((2, 2))
    if parameters:
        found = np.linalg.lstsq(design, y, rcond=None)[0]
        gain = float(found[-1])
        offset_ul = float(found[0]) if parameters == 2 else 0.0
        spread[2 - parameters :, 2 - parameters :] = np.linalg.inv(design.T @ design)
    if gain <= 0.0:
        raise CalibrationFailed(
            f"the gun gives no more when set to more (gain {gain:.3g}): check needle, syringe and air"
        )
    residuals = y - offset_ul - gain * x
    dof = len(y) - parameters
    variance = float(residuals @ residuals) / dof
    (a, b), (c, d) = (binding * variance * spread).tolist()
    return Correction(
        model, offset_ul, gain, ((a, b), (c, d)), math.sqrt(variance), dof,
        float(x.min()), float(x.max()), tuple(residuals.tolist()), tests,
    )  # fmt: skip


def _check(shots: Sequence[Shot]) -> None:
    if not all(math.isfinite(shot.given_ul) and 0.0 < shot.set_ul < math.inf for shot in shots):
        raise InputError("a shot has a volume that is no number, or a setting that is not above 0; weigh it again")
    counts: dict[float, int] = defaultdict(int)
    for shot in shots:
        counts[shot.set_ul] += 1
    if len(counts) < LEAST_SETTINGS:
        raise InputError(f"{len(counts)} setting(s) cannot show a bend; shoot at {LEAST_SETTINGS} volumes or more")
    for set_ul, count in counts.items():
        if count < LEAST_REPEATS:
            raise InputError(f"{count} shot at {set_ul:g} µL shows no scatter; shoot {LEAST_REPEATS} or more each")


def _squares(design: Floats, y: Floats, rounding: float) -> float:
    residuals = y - design @ np.linalg.lstsq(design, y, rcond=None)[0] if design.shape[1] else y
    squares = float(residuals @ residuals)
    return squares if squares > rounding else 0.0


def _pure_error(shots: Sequence[Shot], rounding: float) -> tuple[float, int]:
    """Sum of squares within the settings and its degrees of freedom."""
    groups: dict[float, list[float]] = defaultdict(list)
    for shot in shots:
        groups[shot.set_ul].append(shot.given_ul)
    total = math.fsum((v - math.fsum(g) / len(g)) ** 2 for g in groups.values() for v in g)
    return total if total > rounding else 0.0, len(shots) - len(groups)
