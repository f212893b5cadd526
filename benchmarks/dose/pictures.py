"""The pictures of ``docs/dose-model.md``: ``python -m benchmarks.dose.pictures docs/pictures``.

``dose-plan.png`` is the figure of an example; ``dose-cost.svg`` shows measured times of this machine.
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from benchmarks.dose.speed import SIGMA, scattered
from mesogun.dose import Errors, Grid, areal_dose, figure
from mesogun.dose.depth import DepthField


def plan() -> bytes:
    """An oval with a hole, hexagonal points 3.6 mm apart, 20 uL each."""
    t = np.linspace(0.0, 2.0 * np.pi, 240, endpoint=False)
    ring = np.column_stack([26.0 * np.cos(t) + 2.5 * np.cos(2.0 * t), 20.0 * np.sin(t) + 1.5 * np.sin(2.0 * t)])
    hole = np.column_stack([8.0 + 4.5 * np.cos(t), 5.0 + 3.2 * np.sin(t)])
    x, y = np.meshgrid(np.arange(-36.0, 36.0, 3.6), np.arange(-30.0, 30.0, 3.6 * np.sqrt(0.75)))
    x[::2] += 1.8
    points = np.column_stack([x.ravel(), y.ravel()])
    inside = within(points, ring) & ~within(points, hole)
    return figure(
        [ring],
        points[inside],
        20.0,
        1.0,
        holes=[hole],
        errors=Errors.typical("grid_template"),
        title="Example: hexagonal lattice of 3.6 mm, 20 µL per point, needle guided by a template",
        file_format="png",
    )


def within(points: np.ndarray, ring: np.ndarray) -> np.ndarray:
    """Even-odd rule."""
    x, y = points[:, :1], points[:, 1:]
    (x0, y0), (x1, y1) = ring.T, np.roll(ring, -1, axis=0).T
    crosses = (y0 > y) != (y1 > y)
    at = x0 + (y - y0) * (x1 - x0) / np.where(y1 == y0, 1.0, y1 - y0)
    return np.asarray((crosses & (x < at)).sum(axis=1) % 2 == 1)


def cost() -> bytes:
    drawing = Figure(figsize=(9.0, 2.9), layout="constrained")
    by_points, by_cells, by_planes = drawing.subplots(1, 3)
    plane = Grid(0.0, 0.0, SIGMA / 4.0, 400, 400)
    counts = (50, 100, 200, 400, 800, 1_600, 3_200, 6_400)
    for form, engine, most in (("gaussian", "gemm", 6_400), ("gaussian", "spectral", 6_400), ("erf", "stamp", 1_600)):
        used = [count for count in counts if count <= most]
        times = [timed(scattered(count), plane, form, engine) for count in used]
        by_points.loglog(used, times, ".-", label=engine)
    by_points.set(xlabel="points (400 x 400 cells)", ylabel="processor time / ms")
    by_points.legend(frameon=False)
    sides = (100, 200, 400, 800, 1_200)
    for engine in ("gemm", "spectral"):
        grids = [Grid(0.0, 0.0, SIGMA / 4.0, side, side) for side in sides]
        times = [timed(scattered(400, grid), grid, "gaussian", engine) for grid in grids]
        by_cells.loglog([side**2 for side in sides], times, ".-", label=engine)
    by_cells.set(xlabel="cells (400 points)")
    by_cells.legend(frameon=False)
    field = DepthField(scattered(400, plane), 10.0, 1.0, grid=plane, form="gaussian")
    weights, levels = np.ones(plane.shape), np.linspace(0.0, 300.0, 100)
    depths = (8, 16, 32, 64, 128)
    swept = [cpu_ms(partial(sweep, field, count)) for count in depths]
    counted = [cpu_ms(partial(field.share_at_least, levels, np.linspace(0.0, 6.0, n + 1), weights)) for n in depths]
    by_planes.loglog(depths, swept, ".-", label="planes")
    by_planes.loglog(depths, counted, ".-", label="histogram")
    by_planes.set(xlabel="depth planes (400 points)")
    by_planes.legend(frameon=False)
    return saved(drawing)


def timed(points: np.ndarray, grid: Grid, form: str, engine: str) -> float:
    return cpu_ms(lambda: areal_dose(points, 10.0, 1.0, grid=grid, form=form, engine=engine))


def sweep(field: DepthField, count: int) -> None:
    for _ in field.planes(np.linspace(0.0, 6.0, count + 1)):
        pass


def cpu_ms(work: Callable[[], object], repeats: int = 5) -> float:
    """Best processor time, which other work on the machine disturbs less than wall time."""
    work()
    found = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return 1e3 * min(found)


def saved(drawing: Figure) -> bytes:
    out = io.BytesIO()
    for axes in drawing.axes:
        axes.spines[["top", "right"]].set_visible(False)
    with rc_context({"svg.hashsalt": "mesogun", "font.size": 8.0}):
        drawing.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dose-plan.png").write_bytes(plan())
    (folder / "dose-cost.svg").write_bytes(cost())


if __name__ == "__main__":
    write(Path(sys.argv[1]))
