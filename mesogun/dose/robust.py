"""What remains of a plan when hand, pump and tissue are not exact: mean and SD of the field in closed form.

Depots are Gaussians of variance ``s^2`` (moment match). The hand misses by ``tau`` per axis, each volume by ``cv``,
what stays in the tissue by ``delivered_cv``, and all volumes together by ``common_cv``. For independent depots of mean
mass ``m``, with ``G(v)`` the plane Gaussian of variance v per axis::

    E[C]   = sum m G(s^2 + tau^2)
    E[g^2] = G(s^2 / 2 + tau^2) / (4 pi s^2)
    Var[C] = sum m^2 ((1 + cv^2) E[g^2] - E[g]^2),   E[g]^2 = G((s^2 + tau^2) / 2) / (4 pi (s^2 + tau^2))

In a layer, the share of each depot that lies in it has a mean and a second moment under depth error as well. Not
responsible for undiffused spheroids (``spheroids``) nor for other distributions (``montecarlo`` draws those).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mesogun.dose import checks, depot
from mesogun.dose.checks import Floats, number
from mesogun.dose.engines import Sources, banded_product
from mesogun.dose.field import MM2_PER_CM2, refuse_coarse, sources
from mesogun.dose.grid import Grid
from mesogun.dose.kernel import REACH_SIGMAS, axial_shares, grid_shares
from mesogun.dose.parameters import DELIVERED_FRACTION, load
from mesogun.errors import InputError


@dataclass(frozen=True, slots=True)
class Errors:
    """Standard deviations of everything that is not exact; zero switches a cause off.

    ``jitter_sd_mm``: placement per axis. ``volume_cv``: per shot. ``common_cv``: all shots of the plan together
    (calibration). ``delivered``, ``delivered_sd``: share of the dispensed volume that stays. ``depth_sd_mm``: matters
    only for the dose within a layer.
    """

    jitter_sd_mm: float = 0.0
    volume_cv: float = 0.0
    common_cv: float = 0.0
    delivered: float = 1.0
    delivered_sd: float = 0.0
    depth_sd_mm: float = 0.0

    def __post_init__(self) -> None:
        number(self.jitter_sd_mm, "jitter_sd_mm", "mm", 0.0, 20.0)
        number(self.volume_cv, "volume_cv", "", 0.0, 2.0)
        number(self.common_cv, "common_cv", "", 0.0, 1.0)
        number(self.delivered, "delivered", "", 0.01, 1.0)
        number(self.delivered_sd, "delivered_sd", "", 0.0, 0.5)
        number(self.depth_sd_mm, "depth_sd_mm", "mm", 0.0, 10.0)

    @classmethod
    def typical(cls, hand: str = "marked_skin") -> Errors:
        """Errors from the packaged parameters; ``hand`` is ``grid_template``, ``marked_skin`` or ``free_hand``.

        The hand's jitter is an assumption (no publication found); volume and delivered fraction are measured.
        """
        rows = load("delivery")
        if f"jitter_sd.{hand}" not in rows:
            raise InputError(f"hand {hand!r} is unknown; it must be grid_template, marked_skin or free_hand")
        return cls(
            jitter_sd_mm=rows[f"jitter_sd.{hand}"].value,
            volume_cv=rows["volume_cv.10ul"].value,
            delivered=DELIVERED_FRACTION.mean,
            delivered_sd=DELIVERED_FRACTION.sd or 0.0,
        )

    @property
    def delivered_cv(self) -> float:
        """Coefficient of variation of the delivered share."""
        return self.delivered_sd / self.delivered


@dataclass(frozen=True, slots=True)
class RobustField:
    """Fields in uL/cm2, ``(ny, nx)``: without error, expected, and the variances by cause, in (uL/cm2)^2."""

    grid: Grid
    nominal: Floats
    mean: Floats
    placement: Floats
    volume: Floats
    delivery: Floats
    depth: Floats
    common: Floats

    @property
    def variance(self) -> Floats:
        """Variance of the field, (uL/cm2)^2."""
        return self.placement + self.volume + self.delivery + self.depth + self.common

    @property
    def sd(self) -> Floats:
        """Standard deviation of the field, uL/cm2."""
        return np.asarray(np.sqrt(np.maximum(self.variance, 0.0)))

    def split(self, weights: Floats) -> dict[str, float]:
        """Shares of each cause in the expected non-uniformity over an area; they add up to one.

        The mean square deviation of dose from its mean is the spatial variance of the expected field (``pattern``:
        lattice, depot size and edges, after the smoothing by jitter) plus the mean of each variance. ``common`` moves
        the whole field and is no cause of non-uniformity, so it is not part of the split.
        """
        share = weights / weights.sum()
        mean = float((share * self.mean).sum())
        parts = {"pattern": float((share * (self.mean - mean) ** 2).sum())}
        for name in ("placement", "volume", "delivery", "depth"):
            parts[name] = float((share * getattr(self, name)).sum())
        total = sum(parts.values())
        if total <= 0.0:
            raise InputError("the field is even and certain: there is no non-uniformity to split")
        return {name: part / total for name, part in parts.items()}

    def expected_cv(self, weights: Floats) -> float:
        """Root mean square deviation over the area and over errors, relative to the mean: the CV to expect."""
        share = weights / weights.sum()
        mean = float((share * self.mean).sum())
        if mean <= 0.0:
            raise InputError("no dose at all lies in the area")
        random = self.placement + self.volume + self.delivery + self.depth
        return math.sqrt(float((share * ((self.mean - mean) ** 2 + random)).sum())) / mean


def robust_field(
    points_mm: ArrayLike,
    volumes_ul: ArrayLike,
    depth_mm: ArrayLike,
    errors: Errors,
    *,
    grid: Grid,
    layer: str = "dermis",
    diffused_mm2: float = 0.0,
    slab_mm: tuple[float, float] | None = None,
    coarse_ok: bool = False,
) -> RobustField:
    """Expected areal dose and its variance by cause.

    Arguments as for ``areal_dose``; ``slab_mm`` restricts the dose to a range of depth, and only then ``depth_sd_mm``
    matters. ``nominal`` is the dispensed volume without any error, in the same Gaussian form.
    """
    xy = checks.points(points_mm)
    volumes = checks.volumes(volumes_ul, len(xy))
    depths = checks.depths(depth_mm, len(xy))
    groups = sources(xy, volumes, depths, layer=layer, diffused_mm2=diffused_mm2, form="gaussian")
    if not groups:
        raise InputError("all volumes are zero; at least one depot must hold fluid")
    if not coarse_ok:
        refuse_coarse(groups, grid)
    (every,) = groups
    kept = volumes > 0.0
    first, second, exact = _slab_moments(every, depths[kept], layer, errors.depth_sd_mm, slab_mm)
    tau2 = errors.jitter_sd_mm**2
    scale = MM2_PER_CM2
    mean = (
        _gaussians(every, grid, every.sigma_mm**2 + tau2, every.mass_ul * errors.delivered * first, cells=True) * scale
    )
    nominal = _gaussians(every, grid, every.sigma_mm**2, every.mass_ul * exact, cells=True) * scale
    # A cell average of a Gaussian is a Gaussian of s^2 = sigma^2 + h^2/12 up to (h / sigma)^4.
    s2 = every.sigma_mm**2 + grid.h_mm**2 / 12.0
    m2 = (every.mass_ul * errors.delivered * scale) ** 2
    narrow, weight = s2 / 2.0 + tau2, m2 / (4.0 * math.pi * s2)
    at_mean_depth = _gaussians(every, grid, narrow, weight * first**2, cells=False)
    same = slab_mm is None or errors.depth_sd_mm == 0.0
    at_any_depth = at_mean_depth if same else _gaussians(every, grid, narrow, weight * second, cells=False)
    squared_mean = _gaussians(
        every, grid, (s2 + tau2) / 2.0, m2 * first**2 / (4.0 * math.pi * (s2 + tau2)), cells=False
    )
    return assemble(errors, grid, nominal, mean, at_mean_depth, at_any_depth, squared_mean)


def assemble(
    errors: Errors,
    grid: Grid,
    nominal: Floats,
    mean: Floats,
    at_mean_depth: Floats,
    at_any_depth: Floats,
    squared_mean: Floats,
) -> RobustField:
    """Variances by cause from the sums over depots of ``m^2 E[g^2]`` (at the mean depth, at any) and ``m^2 E[g]^2``."""
    cv2, dcv2, ccv2 = errors.volume_cv**2, errors.delivered_cv**2, errors.common_cv**2
    placement = np.maximum(at_mean_depth - squared_mean, 0.0)
    volume, delivery = cv2 * at_any_depth, dcv2 * (1.0 + cv2) * at_any_depth
    depth = np.maximum(at_any_depth - at_mean_depth, 0.0)
    within = placement + volume + delivery + depth
    return RobustField(
        grid=grid,
        nominal=nominal,
        mean=mean,
        placement=placement,
        volume=volume,
        delivery=delivery,
        depth=depth,
        common=ccv2 * (within + mean**2),
    )


def _slab_moments(
    every: Sources, depths: Floats, layer: str, depth_sd_mm: float, slab_mm: tuple[float, float] | None
) -> tuple[Floats, Floats, Floats]:
    """Mean and mean square of each depot's share of the slab under depth error, and its share without."""
    if slab_mm is None:
        ones = np.ones(len(depths))
        return ones, ones, ones
    borders = np.array(slab_mm, dtype=float)
    if borders.shape != (2,) or not 0.0 <= borders[0] < borders[1]:
        raise InputError(f"slab_mm = {slab_mm} is no range of depth; give two ascending depths in mm, from 0 down")
    _, c_mm = depot.semi_axes(every.mass_ul, layer)
    nodes, weights = np.polynomial.hermite_e.hermegauss(24)
    weights = weights / weights.sum()
    keys, index = np.unique(depths + 1j * c_mm, return_inverse=True)
    table = np.empty((len(keys), 3))
    for row, key in zip(table, keys, strict=True):
        # A tip pushed above the surface is mirrored: the shares depend on the distance from it only.
        shares = np.array(
            [
                axial_shares(borders, abs(key.real + depth_sd_mm * node), key.imag, every.tau_mm, form="gaussian")[0]
                for node in nodes
            ]
        )
        exact = axial_shares(borders, key.real, key.imag, every.tau_mm, form="gaussian")[0]
        row[:] = weights @ shares, weights @ shares**2, exact
    first, second, exact_shares = table[index].T
    return first, second, exact_shares


def _gaussians(
    every: Sources,
    grid: Grid,
    variance_mm2: Floats,
    mass: Floats,
    *,
    cells: bool,
) -> Floats:
    """Sum of plane Gaussians per mm2, cell-averaged or at cell centres."""
    sd = np.sqrt(variance_mm2)
    xs, xi = np.unique(every.xy_mm[:, 0] + 1j * sd, return_inverse=True)
    ys, yi = np.unique(every.xy_mm[:, 1] + 1j * sd, return_inverse=True)
    if cells:
        ax = grid_shares(grid.x0_mm, grid.h_mm, grid.nx, xs.real, xs.imag)[xi] / grid.h_mm
        ay = grid_shares(grid.y0_mm, grid.h_mm, grid.ny, ys.real, ys.imag)[yi] / grid.h_mm
    else:
        ax, ay = _normal(grid.x_mm, xs)[xi], _normal(grid.y_mm, ys)[yi]
    return banded_product(every.xy_mm[:, 1], REACH_SIGMAS * sd, ay, mass[:, None] * ax, grid)


def _normal(x_mm: Floats, centres: np.ndarray[tuple[int], np.dtype[np.complex128]]) -> Floats:
    u = (x_mm[None, :] - centres.real[:, None]) / centres.imag[:, None]
    return np.asarray(np.exp(-0.5 * u * u) / (math.sqrt(2.0 * math.pi) * centres.imag[:, None]))
