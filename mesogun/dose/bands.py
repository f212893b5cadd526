"""Bands of the dose-area histogram, D90 and V100 under error: percentiles of seeded draws.

A share such as V100 depends on the whole field at once and on its skewed single-place distributions; a gamma marginal
with a Gaussian copula was tried and missed the mean histogram by 4 % of the area, so the band is drawn. 200 draws
place a 5 % or 95 % line within about 0.15 SD of its limit. Not responsible for the field's own mean and SD, which
have a closed form (``robust``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mesogun.dose.checks import Floats, number
from mesogun.dose.dvh import of_cells
from mesogun.dose.field import areal_dose
from mesogun.dose.grid import Grid
from mesogun.dose.montecarlo import fields
from mesogun.dose.robust import Errors

DRAWS = 200
_LEVELS = 90
_BINS = 4_000


@dataclass(frozen=True, slots=True)
class Spread:
    """One number of a plan: without error, mean over the draws, and the 5th and 95th percentile."""

    nominal: float
    mean: float
    p5: float
    p95: float


@dataclass(frozen=True, slots=True)
class Band:
    """Cumulative histogram with its 5 to 95 % band: ``dose`` in uL/cm2, shares in 0..1, ``(n_levels,)`` each."""

    dose: Floats
    nominal: Floats
    mean: Floats
    low: Floats
    high: Floats
    d90: Spread
    v100: Spread
    coefficient: Spread
    draws: int
    seed: int


def band(
    points_mm: ArrayLike,
    volumes_ul: ArrayLike,
    depth_mm: ArrayLike,
    errors: Errors,
    *,
    grid: Grid,
    weights: Floats,
    reference: float,
    layer: str = "dermis",
    diffused_mm2: float = 0.0,
    form: str = "auto",
    draws: int = DRAWS,
    seed: int = 1,
    coarse_ok: bool = False,
) -> Band:
    """Histogram, D90, V100 (share with at least ``reference`` uL/cm2) and CV with their spread under ``errors``.

    Further arguments as for ``areal_dose``; ``weights`` is the area of each cell inside the area, ``(ny, nx)``. Cells
    of a sigma or two thirds of it (``suitable_cell_mm``) are fine enough and keep 400 points within a second.
    """
    number(reference, "reference dose", "uL/cm2", np.finfo(float).tiny)
    exact = areal_dose(
        points_mm,
        volumes_ul,
        depth_mm,
        grid=grid,
        layer=layer,
        diffused_mm2=diffused_mm2,
        form=form,
        coarse_ok=coarse_ok,
    )
    certain = of_cells(exact, weights)
    levels = np.linspace(0.0, 1.4 * float(certain.dose[-1]), _LEVELS)
    reader = _Reader(weights, reference, float(levels[-1]))
    drawn = fields(
        points_mm,
        volumes_ul,
        depth_mm,
        errors,
        grid=grid,
        draws=draws,
        seed=seed,
        layer=layer,
        diffused_mm2=diffused_mm2,
        form=form,
    )
    seen = np.array([reader.read(field, levels) for field in drawn])
    low, high = np.percentile(seen, [5.0, 95.0], axis=0)
    mean = seen.mean(axis=0)
    nominal = (certain.dx(90.0), float(certain.vx(reference)), reader.cv(exact))
    d90, v100, spread = (
        Spread(value, float(mean[k]), float(low[k]), float(high[k])) for k, value in enumerate(nominal)
    )
    return Band(levels, certain.vx(levels), mean[3:], low[3:], high[3:], d90, v100, spread, draws, seed)


class _Reader:
    """Reads a drawn field by counting cells into narrow bins of dose, far faster than by sorting them.

    A bin is less than a thousandth of the highest dose wide, which bounds what D90 is off by; V100 and CV are exact.
    """

    def __init__(self, weights: Floats, reference: float, top: float) -> None:
        self._where = np.flatnonzero(weights)
        self._share = weights.ravel()[self._where] / weights.sum()
        self._reference = reference
        self._top = top

    def read(self, field: Floats, levels: Floats) -> Floats:
        """D90, V100, CV, and the share of the area with at least each of ``levels``."""
        dose = field.ravel()[self._where]
        width = self._top / _BINS
        bins = np.minimum((dose / width).astype(np.intp), _BINS)
        at_least = np.append(np.cumsum(np.bincount(bins, self._share, _BINS + 1)[::-1])[::-1], 0.0)
        borders = width * np.arange(_BINS + 2)
        d90 = float(borders[np.flatnonzero(at_least >= 0.9 - 1e-12)[-1]])
        v100 = float(self._share[dose >= self._reference * (1.0 - 1e-12)].sum())
        return np.array((d90, v100, self._cv(dose), *np.interp(levels, borders, at_least)))

    def cv(self, field: Floats) -> float:
        """SD over mean in the area; infinite without any dose."""
        return self._cv(field.ravel()[self._where])

    def _cv(self, dose: Floats) -> float:
        # plain sums: a dot product of this length wakes the threads of the linear algebra, which costs more
        mean = float((self._share * dose).sum())
        return float(np.sqrt((self._share * (dose - mean) ** 2).sum()) / mean) if mean > 0.0 else float("inf")
