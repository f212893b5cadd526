"""Checks at the border of the dose core: finite, non-negative, plausible, and as many of one as of the other.

Not responsible for limits on what may be given; only for numbers that cannot be what the caller meant.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mesogun.errors import InputError

Floats = NDArray[np.float64]

PLAUSIBLE_VOLUME_UL = (0.0, 5_000.0)
"""A volume per point above 5 mL is nL or mL taken for uL (border of plausibility, not a clinical limit)."""
PLAUSIBLE_EXTENT_MM = 2_000.0
"""A person is about 2 m long; coordinates beyond that are um taken for mm."""
PLAUSIBLE_DEPTH_MM = (0.0, 50.0)
"""The deepest subcutaneous injections reach a few centimetres; beyond 50 mm is um taken for mm."""


def points(points_mm: ArrayLike) -> Floats:
    """Coordinates as ``(n, 2)`` in mm; ``InputError`` if empty, not finite or not plausibly in mm."""
    array = np.asarray(points_mm, dtype=float)
    if array.size == 0:
        raise InputError("points_mm is empty: a dose needs at least one point")
    if array.ndim != 2 or array.shape[1] != 2:
        raise InputError(f"points_mm has shape {array.shape}; it must be (n, 2): x and y in mm")
    _finite(array, "points_mm", "mm")
    worst = float(np.abs(array).max())
    if worst > PLAUSIBLE_EXTENT_MM:
        raise InputError(
            f"points_mm reaches {worst:g}; coordinates must lie within {PLAUSIBLE_EXTENT_MM:g} mm (um given for mm?)"
        )
    return array


def volumes(volumes_ul: ArrayLike, count: int) -> Floats:
    """Volumes as ``(count,)`` in uL; one number stands for all points."""
    array = np.asarray(volumes_ul, dtype=float)
    if array.ndim == 0:
        array = np.full(count, float(array))
    if array.shape != (count,):
        raise InputError(f"volumes_ul has shape {array.shape}, but there are {count} points; give one volume per point")
    _within(array, "volumes_ul", PLAUSIBLE_VOLUME_UL, "uL")
    return array


def depths(depth_mm: ArrayLike, count: int) -> Floats:
    """Depths as ``(count,)`` in mm; one number stands for all points."""
    array = np.asarray(depth_mm, dtype=float)
    if array.ndim == 0:
        array = np.full(count, float(array))
    if array.shape != (count,):
        raise InputError(
            f"depth_mm has shape {array.shape}, but there are {count} points; give one depth, or one per point"
        )
    _within(array, "depth_mm", PLAUSIBLE_DEPTH_MM, "mm")
    return array


def number(value: float, name: str, unit: str, low: float, high: float = math.inf) -> float:
    """One finite number in ``[low, high]``; ``InputError`` says name, value, interval and unit."""
    if not math.isfinite(value) or not low <= value <= high:
        raise InputError(f"{name} = {value:g} {unit} cannot be used; it must lie in [{low:g}, {high:g}] {unit}")
    return float(value)


def _finite(array: Floats, name: str, unit: str) -> None:
    bad = np.flatnonzero(~np.isfinite(array).all(axis=tuple(range(1, array.ndim))))
    if bad.size:
        raise InputError(f"{name}[{bad[0]}] = {array[bad[0]]} is not finite; every value must be a number in {unit}")


def _within(array: Floats, name: str, interval: tuple[float, float], unit: str) -> None:
    _finite(array, name, unit)
    low, high = interval
    bad = np.flatnonzero((array < low) | (array > high))
    if bad.size:
        raise InputError(
            f"{name}[{bad[0]}] = {array[bad[0]]:g} is outside the plausible range [{low:g}, {high:g}] {unit}"
        )
