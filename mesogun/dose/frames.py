"""The field in time: diffusion and first-order clearance, one inverse transform per further frame; and exposure.

A solute spreads by ``D`` and fades by ``exp(-k t)``; superposition holds because nothing here saturates. Exposure is
the area under the curve of the areal dose: in Fourier space the time integral of each mode is closed,
``(1 - exp(-(k + D q^2) T)) / (k + D q^2)``. Not responsible for where D and k come from (``solutes``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mesogun.dose import checks
from mesogun.dose.checks import Floats, number
from mesogun.dose.depot import semi_axes
from mesogun.dose.field import MM2_PER_CM2, areal_dose
from mesogun.dose.grid import Grid
from mesogun.dose.solutes import DIFFUSIVITY_RANGE_MM2_S
from mesogun.dose.spectral import SOURCE_CELLS, SpectralPlane
from mesogun.errors import InputError


@dataclass(frozen=True, slots=True)
class _Group:
    a_mm: float
    sources: SpectralPlane


class Timeline:
    """Depots that diffuse and are cleared, on one grid, up to ``horizon_s``.

    Parameters
    ----------
    points_mm, volumes_ul, depth_mm, grid, layer
        As for ``areal_dose``.
    diffusivity_mm2_s, clearance_per_s
        Of the solute in this layer; see ``solutes.solute``.
    horizon_s
        Latest time that will be asked for: it decides how wide the periodic plane must be.

    Depots of many sizes are taken in groups of one size; above eight sizes frames are computed directly.
    """

    def __init__(
        self,
        points_mm: ArrayLike,
        volumes_ul: ArrayLike,
        depth_mm: ArrayLike,
        *,
        grid: Grid,
        diffusivity_mm2_s: float,
        clearance_per_s: float,
        horizon_s: float,
        layer: str = "dermis",
    ) -> None:
        self._xy = checks.points(points_mm)
        self._volumes = checks.volumes(volumes_ul, len(self._xy))
        self._depth = depth_mm
        self._grid = grid
        self._layer = layer
        self._d = number(diffusivity_mm2_s, "diffusivity_mm2_s", "mm2/s", *DIFFUSIVITY_RANGE_MM2_S)
        self._k = number(clearance_per_s, "clearance_per_s", "1/s", 0.0, 10.0)
        self._horizon_s = number(horizon_s, "horizon_s", "s", 0.0, 1e8)
        a_mm, _ = semi_axes(self._volumes, layer)
        sizes = np.unique(a_mm[self._volumes > 0.0])
        if not sizes.size:
            raise InputError("all volumes are zero; at least one depot must hold fluid")
        self._groups: list[_Group] = []
        if len(sizes) <= 8:
            tau2 = 2.0 * self._d * self._horizon_s
            for a in sizes:
                chosen = a_mm == a
                # Either form must fit: the spheroid's rim plus diffusion, or the Gaussian's tail.
                reach = max(float(a) + 8.5 * math.sqrt(tau2), 8.5 * math.sqrt(float(a) ** 2 / 5.0 + tau2))
                self._groups.append(
                    _Group(float(a), SpectralPlane(self._xy[chosen], self._volumes[chosen], grid, reach_mm=reach))
                )

    def frame(self, time_s: float) -> Floats:
        """Areal dose left at a time, ``(ny, nx)`` in uL/cm2 of the fluid whose solute it is."""
        self._in_horizon(time_s)
        diffused = self._d * time_s
        left = math.exp(-self._k * time_s)
        tau2 = 2.0 * diffused
        smooth = tau2 >= (SOURCE_CELLS * self._grid.h_mm) ** 2
        if not self._groups or not smooth:
            field = areal_dose(
                self._xy, self._volumes, self._depth, grid=self._grid, layer=self._layer, diffused_mm2=diffused
            )
            return field * left
        total = np.zeros(self._grid.shape)
        for group in self._groups:
            if diffused < group.a_mm**2:
                total += group.sources.frame(variance_mm2=tau2, spheroid_a_mm=group.a_mm)
            else:
                total += group.sources.frame(variance_mm2=group.a_mm**2 / 5.0 + tau2)
        return total * (left * MM2_PER_CM2 / self._grid.cell_mm2)

    def exposure(self, until_s: float = math.inf) -> Floats:
        """Area under the curve of areal dose from 0 to ``until_s``, ``(ny, nx)`` in uL s/cm2.

        Uses the Gaussian moment match at time zero; diffusion and time smooth the difference to the erf form away.
        """
        if math.isinf(until_s):
            if self._k == 0.0:
                raise InputError("exposure without end needs a clearance above zero; give until_s or clearance_per_s")
            if self._horizon_s < 6.0 / self._k:
                raise InputError(
                    f"exposure without end needs horizon_s >= 6 / clearance = {6.0 / self._k:.3g} s, so that the plane "
                    f"is wide enough; it is {self._horizon_s:g} s"
                )
        else:
            self._in_horizon(until_s)
        if not self._groups:
            raise InputError("exposure of depots of more than eight sizes is not offered; round the volumes first")
        total = np.zeros(self._grid.shape)
        for group in self._groups:
            total += group.sources.exposure(
                variance_mm2=group.a_mm**2 / 5.0, diffusivity_mm2_s=self._d, clearance_per_s=self._k, until_s=until_s
            )
        return total * (MM2_PER_CM2 / self._grid.cell_mm2)

    def remaining(self, time_s: float) -> float:
        """Share of the solute that is still there at a time, ``exp(-k t)``."""
        return math.exp(-self._k * self._in_horizon(time_s))

    def _in_horizon(self, time_s: float) -> float:
        return number(time_s, "time", "s", 0.0, self._horizon_s)


def exposure_kernel(r_mm: Floats, diffusivity_mm2_s: float, clearance_per_s: float) -> Floats:
    """Exposure around a point source in free tissue, ``exp(-r / L) / (4 pi D r)``, ``L = sqrt(D / k)``, in s/mm3."""
    reach = math.sqrt(diffusivity_mm2_s / clearance_per_s)
    return np.asarray(np.exp(-r_mm / reach) / (4.0 * math.pi * diffusivity_mm2_s * r_mm))


def exposure_gaussians(
    diffusivity_mm2_s: float, clearance_per_s: float, r_min_mm: float, count: int = 160
) -> tuple[Floats, Floats]:
    """The same kernel as a sum of Gaussians: weights (s) and variances (mm2 per axis), good beyond ``r_min_mm``.

    Trapezoid in log time, which converges exponentially for this integrand.
    """
    first = r_min_mm**2 / (4.0 * diffusivity_mm2_s) / 60.0
    last = 45.0 / clearance_per_s
    log_t = np.linspace(math.log(first), math.log(last), count)
    times = np.exp(log_t)
    weights = (log_t[1] - log_t[0]) * times * np.exp(-clearance_per_s * times)
    return weights, 2.0 * diffusivity_mm2_s * times
