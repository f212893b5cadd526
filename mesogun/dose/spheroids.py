"""Mean and SD of the field of undiffused spheroids under error, without drawing.

As in ``robust``, with the exact shadow ``g`` of a spheroid. Under normal jitter all three sums over depots are
convolutions with radial kernels: ``E[g]`` and ``E[g^2]`` have closed transforms, that of the hemispherical shadow and
that of its square, the paraboloid ``9 / (4 pi^2 a^4) (1 - r^2 / a^2)``, whose unit transform is ``8 J2(q) / q^2``;
``E[g]^2`` is the square of the smoothed radial profile. Not responsible for diffused depots or layers, which have the
Gaussian form.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import CubicSpline
from scipy.special import j0, j1

from mesogun.dose import checks
from mesogun.dose.checks import Floats
from mesogun.dose.field import MM2_PER_CM2, areal_dose, sources
from mesogun.dose.grid import Grid
from mesogun.dose.robust import Errors, RobustField, assemble
from mesogun.dose.spectral import SOURCE_CELLS, SpectralPlane
from mesogun.dose.spheroid import profile
from mesogun.errors import InputError

MAX_SIZES = 8


def robust_spheroids(
    points_mm: ArrayLike,
    volumes_ul: ArrayLike,
    depth_mm: ArrayLike,
    errors: Errors,
    *,
    grid: Grid,
    layer: str = "dermis",
) -> RobustField:
    """Expected areal dose of undiffused depots and its variance by cause; arguments as for ``robust_field``.

    Raises
    ------
    InputError
        Jitter below two cells, or depots of more than eight sizes: use ``robust_field`` or draws then.
    """
    xy = checks.points(points_mm)
    volumes = checks.volumes(volumes_ul, len(xy))
    tau = errors.jitter_sd_mm
    if tau < SOURCE_CELLS * grid.h_mm:
        raise InputError(
            f"jitter_sd_mm = {tau:g} mm is too little for cells of {grid.h_mm:g} mm; h_mm <= {tau / SOURCE_CELLS:.3g} "
            f"would do, or the Gaussian form (robust_field)"
        )
    (every,) = sources(xy, volumes, depth_mm, layer=layer, form="erf") or (None,)
    if every is None:
        raise InputError("all volumes are zero; at least one depot must hold fluid")
    sizes = np.unique(every.a_mm)
    if len(sizes) > MAX_SIZES:
        raise InputError(
            f"depots have {len(sizes)} sizes and this form takes {MAX_SIZES}; robust_field takes any number"
        )
    mean, square, squared_mean = np.zeros(grid.shape), np.zeros(grid.shape), np.zeros(grid.shape)
    scale = MM2_PER_CM2 * errors.delivered
    for a in sizes:
        group = every.take(every.a_mm == a)
        reach = float(a) + 8.5 * tau
        # All depots of one size hold the same volume, so one transform of the places serves all three sums.
        mass = float(group.mass_ul[0]) * scale
        places = SpectralPlane(group.xy_mm, np.ones(len(group.mass_ul)), grid, reach_mm=reach)
        mean += places.frame(variance_mm2=tau**2, spheroid_a_mm=float(a)) * (mass / grid.cell_mm2)
        paraboloid = places.radial_transform(partial(_smoothed_paraboloid, a_mm=float(a), tau_mm=tau))
        square += places.through(paraboloid) * (9.0 / (8.0 * math.pi * a**2) * mass**2 / grid.cell_mm2)
        blurred = profile(float(a), tau)
        squared_mean += places.through(places.transform_of(partial(_squared, blurred))) * mass**2
    nominal = areal_dose(xy, volumes, depth_mm, grid=grid, layer=layer, form="erf", coarse_ok=True)
    return assemble(errors, grid, nominal, mean, square, square, squared_mean)


def _squared(profile: CubicSpline, r_mm: Floats) -> Floats:
    return np.asarray(np.maximum(np.nan_to_num(profile(r_mm), nan=0.0), 0.0) ** 2)


def _smoothed_paraboloid(k_per_mm: Floats, a_mm: float, tau_mm: float) -> Floats:
    """Transform of ``1 - r^2 / a^2`` on the disc, one at k = 0: ``8 J2(q) / q^2`` with ``q = k a``; then the jitter's.

    ``J2(q) = 2 J1(q) / q - J0(q)``: both are computed far faster than J2 itself.
    """
    q = k_per_mm * a_mm
    safe = np.where(q > 1e-2, q, 1.0)
    bessel = 2.0 * j1(safe) / safe - j0(safe)
    unit = np.where(q > 1e-2, 8.0 * bessel / safe**2, 1.0 - q * q / 12.0)
    return np.asarray(unit * np.exp(-0.5 * (tau_mm * k_per_mm) ** 2))
