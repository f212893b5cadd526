"""Seeded draws of a plan: the oracle of the closed forms, and the way to shapes and distributions that have none.

Placement is normal (or uniform) per axis, volumes are lognormal, the delivered share is beta-distributed, depth is
normal and mirrored at the surface. The same seed gives the same draws. Not responsible for speed: see ``robust``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mesogun.dose import checks
from mesogun.dose.checks import Floats
from mesogun.dose.depot import semi_axes
from mesogun.dose.field import areal_dose
from mesogun.dose.grid import Grid
from mesogun.dose.kernel import axial_shares
from mesogun.dose.robust import Errors
from mesogun.errors import InputError

PLACEMENTS = ("normal", "uniform")


@dataclass(frozen=True, slots=True)
class Draws:
    """Mean and SD of the field over all draws."""

    mean: Floats
    sd: Floats


def delivered_shares(mean: float, sd: float, count: int, rng: np.random.Generator) -> Floats:
    """Beta-distributed shares with this mean and SD, ``(count,)``; ``InputError`` if no such distribution exists."""
    if sd == 0.0:
        return np.full(count, mean)
    spread = mean * (1.0 - mean) / sd**2 - 1.0
    if not 0.0 < mean < 1.0 or spread <= 0.0:
        raise InputError(
            f"no share in 0..1 has mean {mean:g} and SD {sd:g}; SD must be below {math.sqrt(mean * (1 - mean)):.3g}"
        )
    return rng.beta(mean * spread, (1.0 - mean) * spread, count)


def draw(
    points_mm: ArrayLike,
    volumes_ul: ArrayLike,
    depth_mm: ArrayLike,
    errors: Errors,
    *,
    grid: Grid,
    draws: int,
    seed: int,
    layer: str = "dermis",
    diffused_mm2: float = 0.0,
    form: str = "gaussian",
    placement: str = "normal",
    slab_mm: tuple[float, float] | None = None,
) -> Draws:
    """Mean and SD of ``draws`` fields; ``fields`` gives each of them."""
    total, squares = np.zeros(grid.shape), np.zeros(grid.shape)
    for field in fields(
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
        placement=placement,
        slab_mm=slab_mm,
    ):
        total += field
        squares += field**2
    mean = total / draws
    variance = np.maximum(squares / draws - mean**2, 0.0) * draws / (draws - 1.0)
    return Draws(mean, np.asarray(np.sqrt(variance)))


def fields(
    points_mm: ArrayLike,
    volumes_ul: ArrayLike,
    depth_mm: ArrayLike,
    errors: Errors,
    *,
    grid: Grid,
    draws: int,
    seed: int,
    layer: str = "dermis",
    diffused_mm2: float = 0.0,
    form: str = "gaussian",
    placement: str = "normal",
    slab_mm: tuple[float, float] | None = None,
) -> Iterator[Floats]:
    """The drawn fields, one after the other, each ``(ny, nx)`` in uL/cm2.

    Depots keep the width of their planned volume, as in the closed form: a volume error fills them more or less.
    """
    xy = checks.points(points_mm)
    volumes = checks.volumes(volumes_ul, len(xy))
    depths = checks.depths(depth_mm, len(xy))
    if placement not in PLACEMENTS:
        raise InputError(f"placement {placement!r} is unknown; it must be one of {', '.join(PLACEMENTS)}")
    if draws < 2:
        raise InputError(f"draws = {draws} gives no spread; take at least 2")
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        yield _one(xy, volumes, depths, errors, rng, grid, layer, diffused_mm2, form, placement, slab_mm)


def _one(
    xy: Floats,
    volumes: Floats,
    depths: Floats,
    errors: Errors,
    rng: np.random.Generator,
    grid: Grid,
    layer: str,
    diffused_mm2: float,
    form: str,
    placement: str,
    slab_mm: tuple[float, float] | None,
) -> Floats:
    n = len(xy)
    if placement == "normal":
        moved = xy + rng.normal(0.0, errors.jitter_sd_mm, (n, 2))
    else:
        moved = xy + rng.uniform(-1.0, 1.0, (n, 2)) * errors.jitter_sd_mm * math.sqrt(3.0)
    factor = _lognormal(errors.volume_cv, n, rng) * delivered_shares(errors.delivered, errors.delivered_sd, n, rng)
    factor *= _lognormal(errors.common_cv, 1, rng)[0]
    deep = np.abs(depths + rng.normal(0.0, errors.depth_sd_mm, n)) if errors.depth_sd_mm > 0.0 else depths
    out = np.zeros(grid.shape)
    # depots of one planned volume share their width; the drawn mass is put in by weighing each of them
    for volume in np.unique(volumes[volumes > 0.0]):
        same = np.flatnonzero(volumes == volume)
        out += _weighed(moved[same], volume, deep[same], factor[same], grid, layer, diffused_mm2, form, slab_mm)
    return out


def _weighed(
    xy: Floats,
    volume: float,
    depths: Floats,
    factor: Floats,
    grid: Grid,
    layer: str,
    diffused_mm2: float,
    form: str,
    slab_mm: tuple[float, float] | None,
) -> Floats:
    if slab_mm is not None:
        _, c_mm = semi_axes([volume], layer)
        share = np.array(
            [
                axial_shares(np.array(slab_mm), depth, float(c_mm[0]), math.sqrt(2.0 * diffused_mm2), form=form)[0]
                for depth in depths
            ]
        )
        factor = factor * share
    return areal_dose(
        xy, volume, 1.0, grid=grid, layer=layer, diffused_mm2=diffused_mm2, form=form, coarse_ok=True, factors=factor
    )


def _lognormal(cv: float, count: int, rng: np.random.Generator) -> Floats:
    """Positive factors with mean one and this coefficient of variation."""
    s2 = math.log1p(cv * cv)
    return rng.lognormal(-0.5 * s2, math.sqrt(s2), count)
