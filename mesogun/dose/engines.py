"""Sums of depots on a plane of cells: four ways to the same numbers, behind ``plane``.

==========  ===================================================================================================
``gemm``    Gaussian depots as one matrix product of their x and y factors; exact, best below some thousand points
``spectral`` sources gridded as narrow Gaussians, the rest of the kernel multiplied in Fourier space; many points
``stamp``   undiffused or barely diffused spheroids (erf form), each in its own small window; exact at rest
``brute``   one depot after the other over the whole plane, no window, no sharing: the oracle of the tests
==========  ===================================================================================================

Masses in uL per cell; not responsible for units of dose, sizes of depots or time (``field``, ``depot``, ``frames``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mesogun.dose.checks import Floats
from mesogun.dose.grid import Grid
from mesogun.dose.kernel import gaussian_shares
from mesogun.dose.spectral import SpectralPlane
from mesogun.dose.spheroid import shares, smoothed_shares
from mesogun.errors import InputError

ENGINES = ("auto", "gemm", "spectral", "stamp", "brute")
SPECTRAL_FROM_POINTS = 1_000
"""Above this the gridding and two transforms cost less than the matrix product (benchmarks/dose)."""
SPECTRAL_FROM_CELLS = 3.0
"""Below this sigma / h the gridded sources alias above 1e-6 of the peak."""
_CHUNK = 1 << 19


@dataclass(frozen=True, slots=True)
class Sources:
    """Depots of one shape: ``xy_mm (n, 2)``, ``mass_ul (n,)``, semi-axis, smoothing SD, and form of the kernel."""

    xy_mm: Floats
    mass_ul: Floats
    a_mm: float
    tau_mm: float
    form: str

    @property
    def sigma_mm(self) -> float:
        """SD of the moment-matched Gaussian."""
        return math.sqrt(self.a_mm**2 / 5.0 + self.tau_mm**2)


def plane(sources: Sources, grid: Grid, engine: str) -> Floats:
    """Mass per cell in uL, ``(ny, nx)``; ``InputError`` for an engine that cannot do this form."""
    if engine == "auto":
        engine = choose(sources, grid)
    if engine == "brute":
        return _brute(sources, grid)
    if engine == "stamp" and sources.form == "erf":
        return _stamps(sources, grid)
    if engine == "gemm" and sources.form == "gaussian":
        return _gemm(sources, grid)
    if engine == "spectral":
        return _spectral(sources, grid)
    raise InputError(
        f"engine {engine!r} cannot compute the {sources.form} form; use 'auto', one of {', '.join(ENGINES)}"
    )


def choose(sources: Sources, grid: Grid) -> str:
    """The engine that ``auto`` takes for these sources."""
    if sources.form == "erf":
        return "spectral" if sources.tau_mm >= SPECTRAL_FROM_CELLS * grid.h_mm else "stamp"
    many = len(sources.mass_ul) > SPECTRAL_FROM_POINTS
    return "spectral" if many and sources.sigma_mm >= SPECTRAL_FROM_CELLS * grid.h_mm else "gemm"


def _gemm(sources: Sources, grid: Grid) -> Floats:
    # A lattice repeats its coordinates: each distinct x and y needs its factor once.
    xs, xi = np.unique(sources.xy_mm[:, 0], return_inverse=True)
    ys, yi = np.unique(sources.xy_mm[:, 1], return_inverse=True)
    ax = gaussian_shares(grid.x_edges_mm, xs, sources.sigma_mm)
    ay = gaussian_shares(grid.y_edges_mm, ys, sources.sigma_mm)
    n = len(sources.mass_ul)
    if len(xs) * len(ys) * grid.nx + len(ys) * grid.nx * grid.ny < n * grid.nx * grid.ny:
        weights = np.bincount(yi * len(xs) + xi, sources.mass_ul, len(xs) * len(ys)).reshape(len(ys), len(xs))
        return np.asarray(ay.T @ (weights @ ax))
    return np.asarray(ay[yi].T @ (sources.mass_ul[:, None] * ax[xi]))


def _brute(sources: Sources, grid: Grid) -> Floats:
    total = np.zeros(grid.shape)
    for (x, y), mass in zip(sources.xy_mm, sources.mass_ul, strict=True):
        bx, by = grid.x_edges_mm - x, grid.y_edges_mm - y
        if sources.form == "gaussian":
            zero = np.zeros(1)
            kernel = np.outer(
                gaussian_shares(by, zero, sources.sigma_mm)[0], gaussian_shares(bx, zero, sources.sigma_mm)[0]
            )
        elif sources.tau_mm == 0.0:
            kernel = shares(bx, by, sources.a_mm)
        else:
            kernel, (j, i) = _smoothed_window(sources, grid, x, y)
            _place(total, kernel, j, i, mass)
            continue
        total += mass * kernel
    return total


def _stamps(sources: Sources, grid: Grid) -> Floats:
    total = np.zeros(grid.shape)
    if sources.tau_mm > 0.0:
        for (x, y), mass in zip(sources.xy_mm, sources.mass_ul, strict=True):
            kernel, (j, i) = _smoothed_window(sources, grid, x, y)
            _place(total, kernel, j, i, mass)
        return total
    h, a = grid.h_mm, sources.a_mm
    width = math.ceil(2.0 * a / h) + 1
    steps = np.arange(width + 1)
    i0 = np.floor((sources.xy_mm[:, 0] - a - grid.x0_mm) / h).astype(int)
    j0 = np.floor((sources.xy_mm[:, 1] - a - grid.y0_mm) / h).astype(int)
    chunk = max(1, _CHUNK // (width + 1) ** 2)
    for start in range(0, len(i0), chunk):
        part = slice(start, start + chunk)
        bx = grid.x0_mm + h * (i0[part, None] + steps) - sources.xy_mm[part, 0, None]
        by = grid.y0_mm + h * (j0[part, None] + steps) - sources.xy_mm[part, 1, None]
        kernels = shares(bx, by, a)
        for kernel, j, i, mass in zip(kernels, j0[part], i0[part], sources.mass_ul[part], strict=True):
            _place(total, kernel, int(j), int(i), float(mass))
    return total


def window(sources: Sources, grid: Grid, x_mm: float, y_mm: float) -> tuple[Floats, tuple[int, int]]:
    """Share per cell of one unit depot in its own window, and the window's first row and column on the grid."""
    h = grid.h_mm
    if sources.form == "erf" and sources.tau_mm > 0.0:
        return _smoothed_window(sources, grid, x_mm, y_mm)
    reach = sources.a_mm if sources.form == "erf" else 8.3 * sources.sigma_mm
    i0, j0 = math.floor((x_mm - reach - grid.x0_mm) / h), math.floor((y_mm - reach - grid.y0_mm) / h)
    count = math.ceil(2.0 * reach / h) + 2
    bx, by = _borders(grid.x0_mm, h, i0, count, x_mm), _borders(grid.y0_mm, h, j0, count, y_mm)
    if sources.form == "erf":
        return shares(bx, by, sources.a_mm), (j0, i0)
    zero = np.zeros(1)
    along_x = gaussian_shares(bx, zero, sources.sigma_mm)[0]
    along_y = gaussian_shares(by, zero, sources.sigma_mm)[0]
    return np.outer(along_y, along_x), (j0, i0)


def _borders(origin_mm: float, h_mm: float, first: int, count: int, centre_mm: float) -> Floats:
    """Cell borders of a window, relative to its depot."""
    return np.asarray(origin_mm + h_mm * (first + np.arange(count)) - centre_mm, dtype=np.float64)


def overlap(shape: tuple[int, int], kernel: Floats, j: int, i: int) -> tuple[tuple[slice, slice], Floats] | None:
    """Where a window at row ``j``, column ``i`` meets the plane, and the part that does; ``None`` if it misses."""
    rows, cols = (
        slice(max(j, 0), min(j + kernel.shape[0], shape[0])),
        slice(max(i, 0), min(i + kernel.shape[1], shape[1])),
    )
    if rows.start >= rows.stop or cols.start >= cols.stop:
        return None
    return (rows, cols), kernel[rows.start - j : rows.stop - j, cols.start - i : cols.stop - i]


def _place(total: Floats, kernel: Floats, j: int, i: int, mass: float) -> None:
    met = overlap((total.shape[0], total.shape[1]), kernel, j, i)
    if met is not None:
        where, part = met
        total[where] += mass * part


def _smoothed_window(sources: Sources, grid: Grid, x: float, y: float) -> tuple[Floats, tuple[int, int]]:
    h, reach = grid.h_mm, sources.a_mm + 8.5 * sources.tau_mm
    i0, j0 = math.floor((x - reach - grid.x0_mm) / h), math.floor((y - reach - grid.y0_mm) / h)
    count = math.ceil(2.0 * reach / h) + 2
    bx, by = _borders(grid.x0_mm, h, i0, count, x), _borders(grid.y0_mm, h, j0, count, y)
    return smoothed_shares(bx, by, sources.a_mm, sources.tau_mm), (j0, i0)


def _spectral(sources: Sources, grid: Grid) -> Floats:
    reach = 8.5 * sources.sigma_mm if sources.form == "gaussian" else sources.a_mm + 8.5 * sources.tau_mm
    carried = SpectralPlane(sources.xy_mm, sources.mass_ul, grid, reach_mm=reach)
    if sources.form == "gaussian":
        return carried.frame(variance_mm2=sources.sigma_mm**2)
    return carried.frame(variance_mm2=sources.tau_mm**2, spheroid_a_mm=sources.a_mm)
