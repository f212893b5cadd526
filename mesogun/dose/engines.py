"""Sums of depots on a plane of cells: four ways to the same numbers, behind ``plane``.

==========  ===================================================================================================
``gemm``    Gaussian depots as one matrix product of their x and y factors; exact, best below some hundred points
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
from numpy.typing import NDArray

from mesogun.dose.checks import Floats
from mesogun.dose.grid import Grid
from mesogun.dose.kernel import REACH_SIGMAS, gaussian_shares, grid_shares
from mesogun.dose.spectral import SpectralPlane
from mesogun.dose.spheroid import shares, smoothed_shares
from mesogun.errors import InputError

ENGINES = ("auto", "gemm", "spectral", "stamp", "brute")
SPECTRAL_FROM_POINTS = 500
"""From about here the gridding and two transforms cost less than the matrix product (benchmarks/dose)."""
SPECTRAL_FROM_CELLS = 4.0
"""From this sigma / h on, the transform is within 1e-10 of the peak, so that nobody sees which engine ran."""
_BAND = 16
"""Rows of cells of one matrix product."""
_ONE_THREAD = 260_000
"""Multiplications up to which OpenBLAS keeps to one thread (4 x 65,536 in its interface/gemm.c)."""
_CHUNK = 40_000
"""Cells of the windows worked on together: their arrays stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Depots of one form: ``xy_mm (n, 2)``, ``mass_ul (n,)``, semi-axes ``a_mm (n,)``, and the smoothing SD of all."""

    xy_mm: Floats
    mass_ul: Floats
    a_mm: Floats
    tau_mm: float
    form: str

    @property
    def sigma_mm(self) -> Floats:
        """SDs of the moment-matched Gaussians, ``(n,)``."""
        return np.asarray(np.sqrt(self.a_mm**2 / 5.0 + self.tau_mm**2))

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.intp] | slice) -> Sources:
        """Some of the depots."""
        return Sources(self.xy_mm[chosen], self.mass_ul[chosen], self.a_mm[chosen], self.tau_mm, self.form)


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
    one_shape = bool((sources.a_mm == sources.a_mm[0]).all())
    if sources.form == "erf":
        return "spectral" if one_shape and sources.tau_mm >= SPECTRAL_FROM_CELLS * grid.h_mm else "stamp"
    smooth = one_shape and float(sources.sigma_mm[0]) >= SPECTRAL_FROM_CELLS * grid.h_mm
    return "spectral" if smooth and len(sources.mass_ul) > SPECTRAL_FROM_POINTS else "gemm"


def _gemm(sources: Sources, grid: Grid) -> Floats:
    sigma = sources.sigma_mm
    # A lattice repeats its coordinates: each distinct (x, sigma) and (y, sigma) needs its factor once.
    xs, xi = np.unique(sources.xy_mm[:, 0] + 1j * sigma, return_inverse=True)
    ys, yi = np.unique(sources.xy_mm[:, 1] + 1j * sigma, return_inverse=True)
    ax = grid_shares(grid.x0_mm, grid.h_mm, grid.nx, xs.real, xs.imag)
    ay = grid_shares(grid.y0_mm, grid.h_mm, grid.ny, ys.real, ys.imag)
    n = len(sources.mass_ul)
    if len(xs) * len(ys) * grid.nx + len(ys) * grid.nx * grid.ny < n * grid.nx * grid.ny:
        weights = np.bincount(yi * len(xs) + xi, sources.mass_ul, len(xs) * len(ys)).reshape(len(ys), len(xs))
        return np.asarray(ay.T @ (weights @ ax))
    return banded_product(sources.xy_mm[:, 1], REACH_SIGMAS * sigma, ay[yi], sources.mass_ul[:, None] * ax[xi], grid)


def banded_product(y_mm: Floats, reach_mm: Floats, rows: Floats, columns: Floats, grid: Grid) -> Floats:
    """``rows.T @ columns``, ``(n, ny)`` and ``(n, nx)``, where depot k has nothing beyond ``reach_mm[k]`` in y.

    A band of cell rows sees only the depots within reach of it: with the depots sorted by y those are neighbours. Each
    product is small enough for one thread: waking the others costs more than they save, and on a busy machine far more.
    """
    order = np.argsort(y_mm, kind="stable")
    y, rows, columns = y_mm[order], rows[order], columns[order]
    reach, total = float(reach_mm.max()), np.zeros(grid.shape)
    step = max(1, _ONE_THREAD // (_BAND * grid.nx))
    for top in range(0, grid.ny, _BAND):
        end = min(top + _BAND, grid.ny)
        low, high = grid.y0_mm + grid.h_mm * top - reach, grid.y0_mm + grid.h_mm * end + reach
        first, last = np.searchsorted(y, (low, high))
        for start in range(first, last, step):
            part = slice(start, min(start + step, last))
            total[top:end] += rows[part, top:end].T @ columns[part]
    return total


def _brute(sources: Sources, grid: Grid) -> Floats:
    total, zero = np.zeros(grid.shape), np.zeros(1)
    for (x, y), mass, a in zip(sources.xy_mm, sources.mass_ul, sources.a_mm, strict=True):
        bx, by = grid.x_edges_mm - x, grid.y_edges_mm - y
        if sources.form == "gaussian":
            sigma = math.sqrt(a * a / 5.0 + sources.tau_mm**2)
            total += mass * np.outer(gaussian_shares(by, zero, sigma)[0], gaussian_shares(bx, zero, sigma)[0])
        elif sources.tau_mm == 0.0:
            total += mass * shares(bx, by, a)
        else:
            kernel, (j, i) = window(grid, x, y, a, sources.tau_mm, "erf")
            _place(total, mass * kernel, j, i)
    return total


def _stamps(sources: Sources, grid: Grid) -> Floats:
    total = np.zeros(grid.shape)
    if sources.tau_mm > 0.0:
        for (x, y), mass, a in zip(sources.xy_mm, sources.mass_ul, sources.a_mm, strict=True):
            kernel, (j, i) = window(grid, x, y, a, sources.tau_mm, "erf")
            _place(total, mass * kernel, j, i)
        return total
    h = grid.h_mm
    sources = sources.take(np.argsort(sources.a_mm, kind="stable"))  # windows of one chunk then differ little
    start = 0
    while start < len(sources.a_mm):
        cells = (math.ceil(2.0 * float(sources.a_mm[start]) / h) + 2) ** 2
        part = sources.take(slice(start, start + max(1, _CHUNK // cells)))
        start += len(part.a_mm)
        a = part.a_mm
        steps = np.arange(math.ceil(2.0 * float(a.max()) / h) + 2)[:, None]
        i0 = np.floor((part.xy_mm[:, 0] - a - grid.x0_mm) / h).astype(np.intp)
        j0 = np.floor((part.xy_mm[:, 1] - a - grid.y0_mm) / h).astype(np.intp)
        bx = grid.x0_mm + h * (i0 + steps) - part.xy_mm[:, 0]
        by = grid.y0_mm + h * (j0 + steps) - part.xy_mm[:, 1]
        kernels = shares(bx, by, a) * part.mass_ul
        for kernel, j, i in zip(
            np.ascontiguousarray(np.moveaxis(kernels, 2, 0)), j0.tolist(), i0.tolist(), strict=True
        ):
            _place(total, kernel, j, i)
    return total


def window(
    grid: Grid, x_mm: float, y_mm: float, a_mm: float, tau_mm: float, form: str
) -> tuple[Floats, tuple[int, int]]:
    """Share per cell of one unit depot in its own window, and the window's first row and column on the grid."""
    h, sigma = grid.h_mm, math.sqrt(a_mm**2 / 5.0 + tau_mm**2)
    reach = a_mm + 8.5 * tau_mm if form == "erf" else REACH_SIGMAS * sigma
    i0, j0 = math.floor((x_mm - reach - grid.x0_mm) / h), math.floor((y_mm - reach - grid.y0_mm) / h)
    count = math.ceil(2.0 * reach / h) + 2
    bx, by = _borders(grid.x0_mm, h, i0, count, x_mm), _borders(grid.y0_mm, h, j0, count, y_mm)
    if form == "erf":
        return (shares(bx, by, a_mm) if tau_mm == 0.0 else smoothed_shares(bx, by, a_mm, tau_mm)), (j0, i0)
    zero = np.zeros(1)
    return np.outer(gaussian_shares(by, zero, sigma)[0], gaussian_shares(bx, zero, sigma)[0]), (j0, i0)


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


def _place(total: Floats, kernel: Floats, j: int, i: int) -> None:
    rows, cols = kernel.shape
    if j >= 0 and i >= 0 and j + rows <= total.shape[0] and i + cols <= total.shape[1]:
        total[j : j + rows, i : i + cols] += kernel
        return
    met = overlap((total.shape[0], total.shape[1]), kernel, j, i)
    if met is not None:
        where, part = met
        total[where] += part


def _spectral(sources: Sources, grid: Grid) -> Floats:
    total = np.zeros(grid.shape)
    for a in np.unique(sources.a_mm):
        group = sources.take(sources.a_mm == a)
        sigma = float(group.sigma_mm[0])
        gaussian = sources.form == "gaussian"
        reach = 8.5 * sigma if gaussian else float(a) + 8.5 * sources.tau_mm
        carried = SpectralPlane(group.xy_mm, group.mass_ul, grid, reach_mm=reach)
        if gaussian:
            total += carried.frame(variance_mm2=sigma**2)
        else:
            total += carried.frame(variance_mm2=sources.tau_mm**2, spheroid_a_mm=float(a))
    return total
