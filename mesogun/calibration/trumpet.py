"""The shot trumpet: how wrong the mean of *n* consecutive shots was at worst, against *n*; and the start-up.

After the trumpet curve of IEC 60601-2-24, with shots in the place of minutes: single shots may scatter while ten in
a row are right, and a practitioner spreads ten over one area. Not responsible for the volumes, nor for a verdict.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mesogun.errors import InputError


@dataclass(frozen=True, slots=True)
class Mouth:
    """Over all windows of ``shots`` consecutive shots: least and largest error of their mean, in per cent."""

    shots: int
    least_pct: float
    largest_pct: float

    @property
    def worst_pct(self) -> float:
        """The larger of the two in absolute value."""
        return max(abs(self.least_pct), abs(self.largest_pct))


def trumpet(given_ul: Sequence[float], set_ul: float, longest: int | None = None) -> tuple[Mouth, ...]:
    """One :class:`Mouth` for each window of 1, 2, ... ``longest`` shots (default: half of the series).

    Raises
    ------
    InputError
        For fewer than two shots, a window longer than the series, or a volume that is no number.
    """
    errors_pct = _errors_pct(given_ul, set_ul)
    longest = len(given_ul) // 2 if longest is None else longest
    if not 1 <= longest <= len(given_ul):
        raise InputError(f"a window of {longest} shots does not fit a series of {len(given_ul)}; choose a shorter one")
    sums = np.concatenate([[0.0], np.cumsum(errors_pct)])
    mouths = []
    for n in range(1, longest + 1):
        means = (sums[n:] - sums[:-n]) / n
        mouths.append(Mouth(n, float(means.min()), float(means.max())))
    return tuple(mouths)


@dataclass(frozen=True, slots=True)
class StartUp:
    """The first shots after a rest, a reversal or a change of syringe, against the later ones.

    ``errors_pct``: of each shot against its setting; ``settled_after``: number of shots before the first that lies,
    with all later ones, within ``band_pct`` of the mean of the second half of the series, or ``None`` if the series
    ends before that.
    """

    errors_pct: tuple[float, ...]
    settled_pct: float
    band_pct: float
    settled_after: int | None


def start_up(given_ul: Sequence[float], set_ul: float, band_pct: float) -> StartUp:
    """The start-up curve of a series.

    Raises
    ------
    InputError
        For fewer than two shots, a band that is not above 0, or a volume that is no number.
    """
    errors_pct = _errors_pct(given_ul, set_ul)
    if not 0.0 < band_pct < math.inf:
        raise InputError(f"a band of {band_pct} % holds no shot; name one above 0")
    settled_pct = float(errors_pct[len(errors_pct) // 2 :].mean())
    outside = np.flatnonzero(np.abs(errors_pct - settled_pct) > band_pct)
    after = int(outside[-1]) + 1 if outside.size else 0
    settled = None if after > len(errors_pct) // 2 else after
    return StartUp(tuple(errors_pct.tolist()), settled_pct, band_pct, settled)


def _errors_pct(given_ul: Sequence[float], set_ul: float) -> npt.NDArray[np.float64]:
    """Errors in per cent of the setting, ``(n_shots,)``."""
    if len(given_ul) < 2:
        raise InputError(f"{len(given_ul)} shot(s) are no series; two at least are needed")
    if not 0.0 < set_ul < math.inf or not all(math.isfinite(volume) for volume in given_ul):
        raise InputError("a volume of the series is no number, or the setting is not above 0; weigh again")
    return 100.0 * (np.asarray(given_ul, dtype=float) / set_ul - 1.0)
