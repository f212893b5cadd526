"""The field of a plan: areal dose on a grid, from depots with their own size, form and engine.

Responsible for the units of dose and for choosing form and engine. Not responsible for time (``frames``), for depth
(``depth``) or for what the numbers mean (``indices``).
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from mesogun.dose import checks, depot
from mesogun.dose.checks import Floats
from mesogun.dose.engines import ENGINES, Sources, plane
from mesogun.dose.grid import Grid
from mesogun.errors import InputError

MM2_PER_CM2 = 100.0
UL_PER_ML = 1_000.0
FORMS = ("auto", "gaussian", "erf")


def areal_dose(
    points_mm: ArrayLike,
    volumes_ul: ArrayLike,
    depth_mm: ArrayLike,
    *,
    grid: Grid,
    layer: str = "dermis",
    diffused_mm2: float = 0.0,
    form: str = "auto",
    engine: str = "auto",
    coarse_ok: bool = False,
    factors: ArrayLike = 1.0,
) -> Floats:
    """Cell-averaged areal dose of all depots, summed over depth.

    Parameters
    ----------
    points_mm
        ``(n, 2)``: x and y.
    volumes_ul
        ``(n,)`` or one number for all.
    depth_mm
        ``(n,)`` or one number; checked, and otherwise without effect on a dose summed over depth.
    grid
        Cells to average over.
    layer
        Whose width law the depots follow: ``dermis``, ``subcutis`` or ``epidermis``.
    diffused_mm2
        ``D t``: how far diffusion has come.
    form
        ``gaussian`` (moment match), ``erf`` (uniform spheroid), or ``auto``: erf while ``D t < a^2``.
    engine
        See ``engines``; ``auto`` chooses by size.
    coarse_ok
        Accept cells wider than the smallest depot's sigma: the mass stays exact, peaks are averaged away.
    factors
        ``(n,)`` or one number: how full each depot is at the width of its volume (delivered share, volume error).

    Returns
    -------
    ndarray
        ``(ny, nx)`` in uL/cm2; ``amount_per_cm2`` turns it into mg or units per cm2.

    Raises
    ------
    InputError
        Empty, not finite, negative or implausible input; cells too coarse for the kernel; unknown names.
    """
    groups = sources(
        points_mm, volumes_ul, depth_mm, layer=layer, diffused_mm2=diffused_mm2, form=form, factors=factors
    )
    if engine not in ENGINES:
        raise InputError(f"engine {engine!r} is unknown; it must be one of {', '.join(ENGINES)}")
    if not coarse_ok:
        refuse_coarse(groups, grid)
    total = np.zeros(grid.shape)
    for group in groups:
        total += plane(group, grid, engine)
    return total * (MM2_PER_CM2 / grid.cell_mm2)


def amount_per_cm2(dose_ul_per_cm2: Floats, concentration_per_ml: float) -> Floats:
    """Amount of agent per cm2, in the unit of the concentration: mg/mL gives mg/cm2, units/mL gives units/cm2."""
    checks.number(concentration_per_ml, "concentration_per_ml", "per mL", 0.0, 1e6)
    return np.asarray(dose_ul_per_cm2 * (concentration_per_ml / UL_PER_ML))


def sources(
    points_mm: ArrayLike,
    volumes_ul: ArrayLike,
    depth_mm: ArrayLike,
    *,
    layer: str = "dermis",
    diffused_mm2: float = 0.0,
    form: str = "auto",
    factors: ArrayLike = 1.0,
) -> tuple[Sources, ...]:
    """Depots grouped by form, checked; points with zero volume leave nothing and are dropped.

    ``auto`` keeps the erf form while ``D t < a^2``, where the Gaussian would be off by more than 0.5 % of the peak.
    """
    xy = checks.points(points_mm)
    mass = checks.volumes(volumes_ul, len(xy))
    checks.depths(depth_mm, len(xy))
    checks.number(diffused_mm2, "diffused_mm2 (D t)", "mm2", 0.0, 1e4)
    if form not in FORMS:
        raise InputError(f"form {form!r} is unknown; it must be one of {', '.join(FORMS)}")
    a_mm, _ = depot.semi_axes(mass, layer)
    tau = math.sqrt(2.0 * diffused_mm2)
    filled = mass * checks.volumes(factors, len(xy))
    every = Sources(xy, filled, a_mm, tau, form).take(filled > 0.0)
    if form != "auto":
        groups = [every]
    else:
        early = diffused_mm2 < every.a_mm**2
        groups = [replace(every.take(early), form="erf"), replace(every.take(~early), form="gaussian")]
    return tuple(group for group in groups if len(group.mass_ul))


def refuse_coarse(groups: tuple[Sources, ...], grid: Grid) -> None:
    """``InputError`` when a cell is wider than the smallest depot's sigma; says which cell would do."""
    if not groups:
        return
    sigma = min(float(group.sigma_mm.min()) for group in groups)
    if grid.h_mm > sigma * (1.0 + 1e-9):
        raise InputError(
            f"grid cells of {grid.h_mm:g} mm are too coarse for depots with sigma {sigma:.3g} mm; "
            f"h_mm = {sigma / 2.0:.2g} would do (coarse_ok keeps the mass and averages the peaks away)"
        )
