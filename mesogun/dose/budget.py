"""Where the dispensed volume goes: to the surface, into the layer aimed at, or into another layer.

Not responsible for where on the skin it lies (``field``) nor for the layers' thicknesses (``skin``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mesogun.dose import checks
from mesogun.dose.depot import LAYERS, semi_axes
from mesogun.dose.kernel import axial_shares
from mesogun.dose.parameters import DELIVERED_FRACTION
from mesogun.dose.skin import Skin
from mesogun.errors import InputError

ASTRAY_LIMIT = 0.05
"""Above this share outside the layer aimed at, a plan is flagged (a convention)."""


@dataclass(frozen=True, slots=True)
class Fate:
    """Volumes in uL: ``dispensed = surface + epidermis + dermis + subcutis``.

    ``surface`` leaked or stayed on the skin; ``astray`` is the share of what stayed in the tissue that lies outside the
    layer aimed at; ``flag`` says so in one line above ``ASTRAY_LIMIT``, with modality and n, and is empty below.
    """

    dispensed: float
    surface: float
    epidermis: float
    dermis: float
    subcutis: float
    astray: float
    flag: str


def fate(
    volumes_ul: ArrayLike,
    depth_mm: ArrayLike,
    skin: Skin,
    *,
    layer: str = "dermis",
    delivered: float = DELIVERED_FRACTION.mean,
    diffused_mm2: float = 0.0,
) -> Fate:
    """Split of the dispensed volume; arguments as for ``areal_dose``, ``skin`` from ``skin.skins``."""
    volumes = np.atleast_1d(np.asarray(volumes_ul, dtype=float))
    volumes = checks.volumes(volumes, volumes.size)
    depths = checks.depths(depth_mm, volumes.size)
    checks.number(delivered, "delivered", "", 0.0, 1.0)
    checks.number(diffused_mm2, "diffused_mm2 (D t)", "mm2", 0.0, 1e4)
    if volumes.sum() == 0.0:
        raise InputError("all volumes are zero; at least one depot must hold fluid")
    a_mm, c_mm = semi_axes(volumes, layer)
    borders = np.array([0.0, *skin.borders_mm, np.inf])
    tissue = np.zeros(3)
    for volume, depth, a, c in zip(volumes, depths, a_mm, c_mm, strict=True):
        if volume > 0.0:
            form = "erf" if diffused_mm2 < a * a else "gaussian"
            tissue += delivered * volume * axial_shares(borders, depth, c, math.sqrt(2.0 * diffused_mm2), form=form)
    total = float(volumes.sum())
    stayed = float(tissue.sum())
    astray = 1.0 - float(tissue[LAYERS.index(layer)]) / stayed if stayed > 0.0 else 0.0
    row = skin.sources[-1]
    flag = ""
    if astray > ASTRAY_LIMIT:
        count = "n not stated" if row.n is None else f"n = {row.n}"
        flag = (
            f"{100.0 * astray:.0f} % of the fluid lies outside the {layer} at {skin.site} "
            f"({skin.modality}, {count}), above {100.0 * ASTRAY_LIMIT:.0f} %; "
            f"a smaller volume or another depth keeps more in it"
        )
    return Fate(total, total - stayed, float(tissue[0]), float(tissue[1]), float(tissue[2]), astray, flag)
