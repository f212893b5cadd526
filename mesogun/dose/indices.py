"""Numbers that judge a field, by the names and definitions of the field they come from.

Each function takes ``dose`` and ``weights`` of one shape: the area (or volume) of each cell that belongs to the
target, in any unit; a boolean mask will do. A share is in 0..1, not in percent. Cells are taken as they are; regions
that are small against the cells need ``dvh.of_region`` first. Not responsible for uncertainty (``robust``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mesogun.dose.checks import Floats, number
from mesogun.dose.parameters import load
from mesogun.errors import InputError

COVERAGE_LEVEL = load("delivery")["coverage_level"]
"""A place counts as reached where the dose is at least this share of the reference (a convention)."""
HOT_LEVEL = 1.5
"""Hot area: at least 150 % of the reference, the V150 of implant dosimetry."""
COLD_LEVEL = 0.5
"""Cold area: below half of the reference (a convention)."""
_TIE = 1e-12


@dataclass(frozen=True, slots=True)
class Metrics:
    """The usual set. Doses in the unit of the field; shares in 0..1; areas in the unit of the weights.

    ``d90``: dose that the hottest 90 % of the area reaches. ``v100``: share with at least the reference.
    ``coverage``: share within reach, that is with at least ``COVERAGE_LEVEL`` of the reference.
    """

    reference: float
    mean: float
    minimum: float
    maximum: float
    cv: float
    d2: float
    d50: float
    d90: float
    d95: float
    d98: float
    v90: float
    v100: float
    v150: float
    coverage: float
    hi_matrad: float
    hi_icru: float
    christiansen: float
    du_low_quarter: float
    hot_area: float
    cold_area: float


def metrics(dose: ArrayLike, weights: ArrayLike, reference: float) -> Metrics:
    """All of ``Metrics`` at once, from one sort.

    Raises
    ------
    InputError
        Shapes differ, values are not finite or negative, the target is empty, or the reference is not positive.
    """
    values, share, area = _sorted(dose, weights)
    ref = _reference(reference)
    mean = float(values @ share)
    d2, d5, d50, d90, d95, d98 = (_dx(values, share, x) for x in (2.0, 5.0, 50.0, 90.0, 95.0, 98.0))
    return Metrics(
        reference=ref,
        mean=mean,
        minimum=float(values[-1]),
        maximum=float(values[0]),
        cv=_over(float(np.sqrt(np.maximum(share @ (values - mean) ** 2, 0.0))), mean, "cv"),
        d2=d2,
        d50=d50,
        d90=d90,
        d95=d95,
        d98=d98,
        v90=_vx(values, share, 0.9 * ref),
        v100=_vx(values, share, ref),
        v150=_vx(values, share, 1.5 * ref),
        coverage=_vx(values, share, COVERAGE_LEVEL.value * ref),
        hi_matrad=(d5 - d95) / ref,
        hi_icru=(d2 - d98) / d50 if d50 > 0.0 else float("inf"),
        christiansen=1.0 - _over(float(share @ np.abs(values - mean)), mean, "christiansen"),
        du_low_quarter=_over(_low_mean(values, share, 0.25), mean, "du_low_quarter"),
        hot_area=area * _vx(values, share, HOT_LEVEL * ref),
        cold_area=area * (1.0 - _vx(values, share, COLD_LEVEL * ref)),
    )


def dx(dose: ArrayLike, weights: ArrayLike, percent: float) -> float:
    """``D_x``: the dose that the hottest ``percent`` of the target reaches or passes (ICRU: D2, D50, D90, D98)."""
    values, share, _ = _sorted(dose, weights)
    return _dx(values, share, number(percent, "percent", "%", 0.0, 100.0))


def vx(dose: ArrayLike, weights: ArrayLike, level: float) -> float:
    """``V_x``: share of the target with at least ``level`` (a dose: V100 is ``vx(..., reference)``)."""
    values, share, _ = _sorted(dose, weights)
    return _vx(values, share, level)


def cv(dose: ArrayLike, weights: ArrayLike) -> float:
    """Coefficient of variation over the area, SD / mean."""
    return metrics(dose, weights, 1.0).cv


def homogeneity_matrad(dose: ArrayLike, weights: ArrayLike, reference: float) -> float:
    """``(D5 - D95) / D_ref`` as matRad reports it (there in percent)."""
    return (dx(dose, weights, 5.0) - dx(dose, weights, 95.0)) / _reference(reference)


def homogeneity_icru(dose: ArrayLike, weights: ArrayLike) -> float:
    """``(D2 - D98) / D50`` (ICRU Report 83, 2010)."""
    middle = dx(dose, weights, 50.0)
    return _over(dx(dose, weights, 2.0) - dx(dose, weights, 98.0), middle, "homogeneity_icru")


def conformity(dose: ArrayLike, target: ArrayLike, cells: ArrayLike, level: float) -> float:
    """Van't Riet's conformation number ``TV_level^2 / (TV V_level)`` at the dose ``level``.

    ``target`` weighs each cell by its part in the target, ``cells`` by its part in all that is looked at.
    """
    values, inside, everywhere = (np.asarray(item, dtype=float) for item in (dose, target, cells))
    _checked(values, inside)
    _checked(values, everywhere)
    reached = values >= level * (1.0 - _TIE)
    tv, tv_level, v_level = inside.sum(), inside[reached].sum(), everywhere[reached].sum()
    return float(tv_level**2 / (tv * v_level)) if v_level > 0.0 else 0.0


def outside_share(dose: ArrayLike, target: ArrayLike) -> float:
    """Share of all dose on the grid that lies outside the target; ``target``: share of each cell in it, 0..1."""
    values, inside = np.asarray(dose, dtype=float), np.asarray(target, dtype=float)
    _checked(values, inside)
    if inside.max() > 1.0 + 1e-9:
        raise InputError(f"target reaches {inside.max():g}; give the share of each cell that lies in it, from 0 to 1")
    total = float(values.sum())
    return _over(float((values * (1.0 - inside)).sum()), total, "outside_share")


def _sorted(dose: ArrayLike, weights: ArrayLike) -> tuple[Floats, Floats, float]:
    """Doses of the target, hottest first, their shares (summing to one), and the target's size."""
    values, area = np.asarray(dose, dtype=float), np.asarray(weights, dtype=float)
    _checked(values, area)
    inside = area > 0.0
    values, area = values[inside], area[inside]
    order = np.argsort(-values, kind="stable")
    total = float(area.sum())
    return values[order], area[order] / total, total


def _checked(values: Floats, weights: Floats) -> None:
    if values.shape != weights.shape:
        raise InputError(f"dose has shape {values.shape} and weights {weights.shape}; they must be the same")
    if not np.isfinite(values).all() or not np.isfinite(weights).all():
        raise InputError("dose or weights hold values that are not finite; every cell must be a number")
    if (weights < 0.0).any() or (values < 0.0).any():
        raise InputError("dose or weights hold negative values; every cell must be zero or more")
    if not (weights > 0.0).any():
        raise InputError("the target is empty: no cell has a positive weight")


def _reference(reference: float) -> float:
    return number(reference, "reference dose", "(unit of the field)", np.finfo(float).tiny)


def _dx(values: Floats, share: Floats, percent: float) -> float:
    reached = np.cumsum(share)
    index = int(np.searchsorted(reached, percent / 100.0 - _TIE, side="left"))
    return float(values[min(index, len(values) - 1)])


def _vx(values: Floats, share: Floats, level: float) -> float:
    # A cell that equals the level but for rounding has reached it.
    return min(float(share[values >= level * (1.0 - _TIE)].sum()), 1.0)


def _low_mean(values: Floats, share: Floats, part: float) -> float:
    """Mean dose of the coldest ``part`` of the target, with the border cell cut to size."""
    cold_values, cold = values[::-1], share[::-1]
    before = np.cumsum(cold) - cold
    used = np.clip(part - before, 0.0, cold)
    return float(cold_values @ used) / part


def _over(numerator: float, denominator: float, name: str) -> float:
    if denominator <= 0.0:
        raise InputError(f"{name} is not defined: no dose at all lies in the target")
    return numerator / denominator
