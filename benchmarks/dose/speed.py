"""Figures of the dose core beside their targets and beside rivals, in one run: ``python -m benchmarks.dose.speed``.

Rivals compute the same field: point sources put on the grid with linear weights (cloud in cell) and smoothed by
``scipy.ndimage.gaussian_filter`` or ``scipy.signal.fftconvolve`` (on a refined grid until they are within 1e-3 of the
peak), a plain numpy loop over points, Monte Carlo for the robust field, and dense NNLS for the inverse plan.
"""

from __future__ import annotations

import time
import tracemalloc
from functools import partial

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.optimize import nnls
from scipy.signal import fftconvolve

from benchmarks.dose.timing import best_ms, line, ratio
from mesogun.dose import (
    Errors,
    Grid,
    LiveField,
    areal_dose,
    gaussian_sigma_mm,
    optimise,
    robust_field,
    robust_spheroids,
    semi_axes,
)
from mesogun.dose.checks import Floats
from mesogun.dose.depth import DepthField
from mesogun.dose.frames import Timeline
from mesogun.dose.inverse import _operator
from mesogun.dose.montecarlo import draw
from mesogun.dose.regions import Polygon

SIGMA = float(gaussian_sigma_mm(semi_axes([10.0])[0])[0])
PLANE = Grid(0.0, 0.0, SIGMA / 4.0, 400, 400)


def scattered(count: int, grid: Grid = PLANE, seed: int = 1) -> Floats:
    side = grid.nx * grid.h_mm
    return np.random.default_rng(seed).uniform(4.0, side - 4.0, (count, 2))


def lattice(across: int, spacing: float) -> tuple[Floats, Grid, Floats]:
    """Hexagonal points, a grid of one-sigma cells, and the area's weights."""
    x, y = np.meshgrid((np.arange(across) + 0.5) * spacing, (np.arange(across) + 0.5) * spacing * 0.866)
    x[::2] += spacing / 2.0
    width, height = (across + 0.5) * spacing, across * spacing * 0.866
    grid = Grid.around((0.0, 0.0, width, height), SIGMA, 3.0)
    weights = Polygon.of([[(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)]]).weights(grid)
    return np.column_stack([x.ravel(), y.ravel()]), grid, weights


def cloud_in_cell(points: Floats, grid: Grid, refine: int) -> Floats:
    """Point masses of 10 uL shared linearly between the four nearest cells of a refined grid."""
    h, nx, ny = grid.h_mm / refine, grid.nx * refine, grid.ny * refine
    u, v = points[:, 0] / h - 0.5, points[:, 1] / h - 0.5
    i, j = np.floor(u).astype(int), np.floor(v).astype(int)
    plane = np.zeros(nx * ny)
    for di in (0, 1):
        for dj in (0, 1):
            share = np.abs(1 - di - (u - i)) * np.abs(1 - dj - (v - j))
            plane += np.bincount((j + dj) * nx + i + di, 10.0 * share, nx * ny)
    return plane.reshape(ny, nx) * (100.0 / grid.cell_mm2)


def joined(plane: Floats, refine: int) -> Floats:
    ny, nx = plane.shape
    return np.asarray(plane.reshape(ny // refine, refine, nx // refine, refine).sum(axis=(1, 3)))


def filtered(points: Floats, grid: Grid, refine: int) -> Floats:
    plane = cloud_in_cell(points, grid, refine)
    return joined(gaussian_filter(plane, SIGMA / grid.h_mm * refine, mode="constant", truncate=5.0), refine)


def convolved(points: Floats, grid: Grid, refine: int) -> Floats:
    plane = cloud_in_cell(points, grid, refine)
    sigma = SIGMA / grid.h_mm * refine
    u = np.arange(-int(6 * sigma), int(6 * sigma) + 1) / sigma
    kernel = np.exp(-0.5 * (u[:, None] ** 2 + u**2))
    return joined(fftconvolve(plane, kernel / kernel.sum(), mode="same"), refine)


def looped(points: Floats, grid: Grid) -> Floats:
    x, y = np.meshgrid(grid.x_mm, grid.y_mm)
    total = np.zeros(grid.shape)
    for px, py in points:
        total += 10.0 * np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2.0 * SIGMA**2)) / (2.0 * np.pi * SIGMA**2)
    return total * 100.0


def fields() -> None:
    for count, engine, target in ((400, "auto", 10.0), (400, "gemm", 10.0), (6_400, "spectral", 15.0)):
        field(scattered(count), engine, target)
    points = scattered(400)
    ms = best_ms(lambda: areal_dose(points, 10.0, 1.0, grid=PLANE))
    line("400 undiffused spheroids (erf form, exact), sigma/h = 4", ms, "ms", 10.0)


def field(points: Floats, engine: str, target: float) -> None:
    def ours() -> Floats:
        return areal_dose(points, 10.0, 1.0, grid=PLANE, form="gaussian", engine=engine)

    exact = ours()
    ms = best_ms(ours)
    line(f"{len(points)} points on 400 x 400, {engine}", ms, "ms", target)
    for refine in (1, 3):
        for name, rival in (("gaussian_filter", filtered), ("fftconvolve", convolved)):
            error = float(np.abs(rival(points, PLANE, refine) - exact).max() / exact.max())
            rival_ms = best_ms(partial(rival, points, PLANE, refine), 5)
            wanted = 5.0 if refine > 1 else None
            ratio(
                f"  {engine}", ms, f"scipy {name}, {refine}x cells", rival_ms, wanted, f"(off by {error:.0e} of peak)"
            )
    if len(points) <= 400:
        error = float(np.abs(looped(points, PLANE) - exact).max() / exact.max())
        loop_ms = best_ms(lambda: looped(points, PLANE), 2)
        ratio(f"  {engine}", ms, "numpy loop over points", loop_ms, None, f"(off by {error:.0e} of peak)")


def live() -> None:
    points = scattered(12_000, seed=2)
    for form in ("erf", "gaussian"):
        field, at = LiveField(PLANE, form=form), iter(points)
        times = []
        for x, y in at:
            start = time.perf_counter()
            field.add(x, y, 10.0)
            times.append(time.perf_counter() - start)
        first, last = 1e3 * float(np.median(times[5:205])), 1e3 * float(np.median(times[-200:]))
        line(f"one more depot on a live 400 x 400 map ({form}), point 10", first, "ms", 0.3)
        line(f"one more depot on a live 400 x 400 map ({form}), point 12,000", last, "ms", 0.3)


def frames() -> None:
    points = scattered(400)
    timeline = Timeline(
        points, 10.0, 1.0, grid=PLANE, diffusivity_mm2_s=1.7e-4, clearance_per_s=1e-4, horizon_s=7_200.0
    )
    line("a further time frame, 400 points on 400 x 400", best_ms(lambda: timeline.frame(7_000.0)), "ms", 5.0)
    line("exposure, 400 points on 400 x 400", best_ms(lambda: timeline.exposure(7_000.0)), "ms")


def robust() -> None:
    points, errors = scattered(400), Errors.typical()
    ms = best_ms(lambda: robust_field(points, 10.0, 1.0, errors, grid=PLANE))
    line("robust mean and SD, 400 points on 400 x 400, warm", ms, "ms", 50.0)
    whole = best_ms(lambda: robust_spheroids(points, 10.0, 1.0, errors, grid=PLANE))
    line("the same for undiffused spheroids", whole, "ms", 50.0)
    start = time.perf_counter()
    draw(points, 10.0, 1.0, errors, grid=PLANE, draws=20, seed=1)
    ratio("  closed form", ms, "4,000 draws (20 measured)", 200.0 * 1e3 * (time.perf_counter() - start), None)


def inverse() -> None:
    for across, target in ((20, 0.2), (45, 2.0)):
        invert(*lattice(across, 1.6), target)


def invert(points: Floats, grid: Grid, weights: Floats, target: float) -> None:
    total = 10.0 * len(points)
    ms = best_ms(lambda: optimise(points, total, 1.0, grid=grid, weights=weights), 3)
    found = optimise(points, total, 1.0, grid=grid, weights=weights)
    line(f"inverse plan, {len(points)} points", ms / 1e3, "s", target, f"residual {found.kkt:.0e}")
    if len(points) <= 400:
        share = np.sqrt(weights.ravel() / weights.sum())
        dense = _operator(points, SIGMA, grid).toarray() * share[:, None]
        rows = np.vstack([dense, np.full((1, len(points)), 1e4)])
        wanted = np.append(100.0 * total / weights.sum() * share, 1e4 * total)
        start = time.perf_counter()
        nnls(rows, wanted)
        ratio("  inverse plan", ms, "dense scipy nnls", 1e3 * (time.perf_counter() - start), None)


def memory() -> None:
    grid = Grid(0.0, 0.0, 0.1, 512, 512)
    points, borders, weights = scattered(256, grid), np.linspace(0.0, 6.4, 129), np.ones(grid.shape)
    tracemalloc.start()
    field = DepthField(points, 10.0, 1.0, grid=grid, form="gaussian")
    field.share_at_least(np.linspace(0.0, 500.0, 200), borders, weights)
    field.dx(90.0, borders, weights)
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    line("traced peak, metrics on 512 x 512 x 128 (dense: 268 MB)", peak, "MB", 60.0)


def main() -> None:
    for part in (fields, live, frames, robust, inverse, memory):
        part()


if __name__ == "__main__":
    main()
