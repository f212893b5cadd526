"""The fluid that one needle leaves: an oblate spheroid sized from published widths, not an equal-volume sphere.

Semi-axes ``(a, a, c)`` in mm. The width follows ``d = d_100 (V / 100 uL)^p`` through the bleb measurements of the
layer, and the thickness follows from the volume, ``c = 3 V / (4 pi a^2)``. Where the extrapolated law would make a
depot taller than wide (below about 3.4 uL in dermis), the depot is a sphere. Not responsible for what diffusion does
to it afterwards (``kernel``), nor for where in the skin it lies (``skin``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mesogun.dose.checks import PLAUSIBLE_VOLUME_UL, Floats, number, volumes
from mesogun.dose.parameters import load
from mesogun.errors import InputError

LAYERS = ("epidermis", "dermis", "subcutis")


@dataclass(frozen=True, slots=True)
class WidthLaw:
    """Depot width (diameter) ``d_ref_mm (V / v_ref_ul)^exponent`` in one layer."""

    d_ref_mm: float
    v_ref_ul: float
    exponent: float

    def diameter_mm(self, volume_ul: Floats) -> Floats:
        """Diameter for volumes in uL, any shape."""
        return self.d_ref_mm * (volume_ul / self.v_ref_ul) ** self.exponent


def width_law(layer: str) -> WidthLaw:
    """The law of a layer, computed from the rows marked ``fit`` in ``depots.toml``; ``InputError`` if unknown."""
    rows = load("depots")
    if layer == "subcutis":
        # The longest reach is a semi-axis, so the diameter is twice it.
        reach = rows["subcutis.reach.50ul"]
        return WidthLaw(2.0 * reach.value, reach.get("volume_ul"), rows["subcutis.exponent"].value)
    if layer not in LAYERS:
        raise InputError(f"layer {layer!r} is unknown; it must be one of {', '.join(LAYERS)}")
    small, large = rows["dermis.diameter.20ul"], rows["dermis.diameter.100ul"]
    exponent = math.log(large.value / small.value) / math.log(large.get("volume_ul") / small.get("volume_ul"))
    return WidthLaw(large.value, large.get("volume_ul"), exponent)


def semi_axes(volumes_ul: ArrayLike, layer: str = "dermis") -> tuple[Floats, Floats]:
    """Semi-axes ``(a_mm, c_mm)`` of depots, each of the shape of ``volumes_ul``; zero volume gives zeros.

    Raises
    ------
    InputError
        Volume not finite, negative or beyond the plausible range; unknown layer.
    """
    array = np.atleast_1d(np.asarray(volumes_ul, dtype=float))
    checked = volumes(array.ravel(), array.size).reshape(array.shape)
    wide = width_law(layer).diameter_mm(checked) / 2.0
    sphere = np.cbrt(3.0 * checked / (4.0 * math.pi))
    a_mm = np.maximum(wide, sphere)
    with np.errstate(invalid="ignore"):
        c_mm = np.where(a_mm > 0.0, 3.0 * checked / (4.0 * math.pi * np.where(a_mm > 0.0, a_mm, 1.0) ** 2), 0.0)
    return a_mm, c_mm


def needle_tip(
    x_mm: float, y_mm: float, length_mm: float, angle_deg: float, azimuth_deg: float = 0.0
) -> tuple[float, float, float]:
    """Where a needle of ``length_mm`` ends: ``(x, y, depth)`` in mm, entered at ``angle_deg`` to the skin surface.

    90 degrees is perpendicular; ``depth = L sin(angle)``, and the tip lies ``L cos(angle)`` along ``azimuth_deg``.
    """
    number(length_mm, "length_mm", "mm", 0.0, 50.0)
    angle = math.radians(number(angle_deg, "angle_deg", "deg", 0.0, 90.0))
    azimuth = math.radians(number(azimuth_deg, "azimuth_deg", "deg", -360.0, 360.0))
    # cos(pi / 2) is 6e-17, not 0; the product form keeps a perpendicular needle exactly over its entry.
    along = 0.0 if angle_deg == 90.0 else length_mm * math.cos(angle)
    return x_mm + along * math.cos(azimuth), y_mm + along * math.sin(azimuth), length_mm * math.sin(angle)


def gaussian_sigma_mm(a_mm: Floats, diffused_mm2: float = 0.0) -> Floats:
    """Moment match of a uniform spheroid after diffusion: ``sigma^2 = a^2 / 5 + 2 D t`` (``diffused_mm2`` is D t)."""
    return np.sqrt(a_mm * a_mm / 5.0 + 2.0 * diffused_mm2)


def suitable_cell_mm(volumes_ul: ArrayLike, layer: str = "dermis") -> float:
    """A cell size that resolves the smallest depot well: half its sigma."""
    array = np.atleast_1d(np.asarray(volumes_ul, dtype=float))
    a_mm, _ = semi_axes(array[array > 0.0], layer)
    if a_mm.size == 0:
        raise InputError(f"all volumes are zero; at least one must lie in (0, {PLAUSIBLE_VOLUME_UL[1]:g}] uL")
    return float(gaussian_sigma_mm(a_mm).min()) / 2.0
