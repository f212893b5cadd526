"""Sources held in Fourier space: gridded once as narrow Gaussians, then any smooth kernel for one inverse transform.

Each source becomes a cell-averaged Gaussian of 1.2 cells, so that the sum over the plane is band-limited and its mass
exact; the rest of the kernel's variance is multiplied in. Aliasing of the result, with S and s in cells, is
``exp(-2 pi^2 s^2 (S^2 - s^2) / S^2)``: 6e-12 of the peak at S = 4. Not responsible for kernels narrower than the
gridded sources: it refuses them.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft2, next_fast_len, rfft2
from scipy.special import erf

from mesogun.dose.checks import Floats
from mesogun.dose.grid import Grid
from mesogun.dose.spheroid import transform
from mesogun.errors import InputError

SOURCE_CELLS = 1.2
_HALF_WIDTH = 8
_MAX_PERIOD_CELLS = 64_000_000


class SpectralPlane:
    """The transform of all sources on a periodic plane that is wide enough for kernels up to ``reach_mm``."""

    def __init__(self, xy_mm: Floats, mass_ul: Floats, grid: Grid, *, reach_mm: float) -> None:
        self._grid = grid
        self._reach_mm = reach_mm
        h, reach = grid.h_mm, reach_mm / grid.h_mm + _HALF_WIDTH + 1
        u = (xy_mm[:, 0] - grid.x0_mm) / h
        v = (xy_mm[:, 1] - grid.y0_mm) / h
        near = (u > -reach) & (u < grid.nx + reach) & (v > -reach) & (v < grid.ny + reach)
        u, v, mass = u[near], v[near], mass_ul[near]
        self._nx, self._ny = _period(u, grid.nx, reach), _period(v, grid.ny, reach)
        if self._nx * self._ny > _MAX_PERIOD_CELLS:
            raise InputError(
                f"the spectral engine would need {self._nx} x {self._ny} cells for a kernel that "
                f"reaches {reach_mm:g} mm; coarser cells (h_mm > {h:g}) or engine 'gemm' would do"
            )
        gridded = _spread(u, v, mass, self._nx, self._ny)
        self._sources = rfft2(gridded, workers=1)
        self._ky2 = (2.0 * math.pi * np.fft.fftfreq(self._ny, h)) ** 2
        self._kx2 = (2.0 * math.pi * np.fft.rfftfreq(self._nx, h)) ** 2

    def frame(self, *, variance_mm2: float, spheroid_a_mm: float | None = None) -> Floats:
        """Mass per cell for sources smoothed by a Gaussian of ``variance_mm2`` per axis, ``(ny, nx)``.

        ``spheroid_a_mm`` multiplies in the shadow of a uniform spheroid (the erf form) as well.
        """
        rest = variance_mm2 - (SOURCE_CELLS * self._grid.h_mm) ** 2
        if rest < 0.0:
            finest = math.sqrt(variance_mm2) / SOURCE_CELLS
            raise InputError(
                f"kernel smoothing of {math.sqrt(variance_mm2):.3g} mm is too narrow for cells of "
                f"{self._grid.h_mm:g} mm in the spectral engine; h_mm <= {finest:.3g} would do"
            )
        reach = 8.5 * math.sqrt(variance_mm2) + (spheroid_a_mm or 0.0)
        if reach > self._reach_mm * (1.0 + 1e-9):
            raise InputError(
                f"a kernel that reaches {reach:.3g} mm would wrap around: the plane is laid for {self._reach_mm:.3g} mm"
            )
        spectrum = self._sources * np.exp(-0.5 * rest * self._ky2)[:, None]
        spectrum *= np.exp(-0.5 * rest * self._kx2)
        if spheroid_a_mm is not None:
            spectrum *= transform(np.sqrt(self._ky2[:, None] + self._kx2), spheroid_a_mm)
        return self._inverse(spectrum)

    def exposure(
        self, *, variance_mm2: float, diffusivity_mm2_s: float, clearance_per_s: float, until_s: float
    ) -> Floats:
        """Time integral of the mass per cell, in uL s: each mode ``q`` integrates to a closed form in time."""
        rest = variance_mm2 - (SOURCE_CELLS * self._grid.h_mm) ** 2
        if rest < 0.0:
            raise InputError(
                f"depots of sigma {math.sqrt(variance_mm2):.3g} mm are too narrow for cells of {self._grid.h_mm:g} mm; "
                f"h_mm <= {math.sqrt(variance_mm2) / SOURCE_CELLS:.3g} would do"
            )
        q2 = self._ky2[:, None] + self._kx2
        rate = clearance_per_s + diffusivity_mm2_s * q2
        if math.isinf(until_s):
            integral = 1.0 / rate
        else:
            # expm1 keeps the slow modes exact; the mean without clearance lasts until_s.
            integral = np.where(rate > 0.0, -np.expm1(-rate * until_s) / np.where(rate > 0.0, rate, 1.0), until_s)
        return self._inverse(self._sources * np.exp(-0.5 * rest * q2) * integral)

    def _inverse(self, spectrum: NDArray[np.complex128]) -> Floats:
        field = irfft2(spectrum, s=(self._ny, self._nx), workers=1, overwrite_x=True)
        # Where there is no dose the transform leaves rounding of either sign.
        return np.maximum(field[: self._grid.ny, : self._grid.nx], 0.0)


def _period(position: Floats, cells: int, reach: float) -> int:
    """Shortest fast length on which no kernel wraps onto the grid."""
    if position.size == 0:
        return next_fast_len(cells, real=True)
    longest = max(float(position.max()) + reach, cells - float(position.min()) + reach, cells)
    return next_fast_len(math.ceil(longest) + 1, real=True)


def _spread(u: Floats, v: Floats, mass: Floats, nx: int, ny: int) -> Floats:
    """Cell-averaged Gaussians of SOURCE_CELLS at ``(u, v)`` cells, summed on the periodic plane ``(ny, nx)``."""
    steps = np.arange(-_HALF_WIDTH, _HALF_WIDTH + 1)
    i, j = np.floor(u).astype(np.intp), np.floor(v).astype(np.intp)
    wx, wy = _weights(u - i, steps), _weights(v - j, steps) * mass[:, None]
    columns = (i[:, None] + steps) % nx
    rows = (j[:, None] + steps) % ny * nx
    plane = np.zeros(nx * ny)
    for start in range(0, len(u), 2048):
        part = slice(start, start + 2048)
        flat = (rows[part, :, None] + columns[part, None, :]).ravel()
        plane += np.bincount(flat, (wy[part, :, None] * wx[part, None, :]).ravel(), nx * ny)
    return plane.reshape(ny, nx)


def _weights(offset: Floats, steps: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Floats:
    """Share of a narrow Gaussian, ``offset`` cells into its own cell, in the cells around it; rows sum to one."""
    borders = np.append(steps, steps[-1] + 1) - offset[:, None]
    shares = np.diff(erf(borders / (SOURCE_CELLS * math.sqrt(2.0))), axis=1)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))
