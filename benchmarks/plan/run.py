"""The planner beside other solvers, in one run: ratios first, seconds beside them.

``python -m benchmarks.plan.run``. fast-tsp and OR-tools take part only where they are installed. Times are CPU
seconds of this process, best of three; a ratio is path length over the lattice's lower bound (points - 1) * spacing.
"""

from __future__ import annotations

import importlib.util
import json
import math
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import shapely
from shapely.affinity import scale, translate
from shapely.geometry import Point, Polygon
from shapely.geometry.base import BaseGeometry

from mesogun.area import Area, example, from_polygon
from mesogun.area.model import polygons_in
from mesogun.dose import Grid, areal_dose, metrics
from mesogun.plan import PlanRequest, Span, dose_summary, make_plan
from mesogun.plan.comfort import comfortable, turns
from mesogun.plan.fitting import Fitter
from mesogun.plan.heads import find, seats
from mesogun.plan.lattice import CELL, Ground, Setting
from mesogun.plan.regions import regions
from mesogun.plan.shortest import length, shortest
from mesogun.plan.sites import Sites
from mesogun.plan.stamping import stamps

CASES = Path(__file__).parents[2] / "tests" / "plan" / "cases" / "stamping.json"
PLAIN = PlanRequest(
    depth=Span.exactly(1_500),
    spacing=Span.exactly(3_000),
    volume=Span.exactly(10_000),
    step_nl=500,
    syringe_nl=10_000_000,
)


def blob(rng: random.Random, holes: int) -> Polygon:
    """A wavy outline of 100 mm radius with round holes."""
    waves = [(rng.uniform(0, 0.25), rng.uniform(0, 6.28)) for _ in range(rng.randint(2, 5))]
    corners = []
    for turn in np.linspace(0, math.tau, 120, endpoint=False).tolist():
        r = 100 * (1 + sum(a * math.sin((m + 2) * turn + p) for m, (a, p) in enumerate(waves)))
        corners.append((r * math.cos(turn), r * math.sin(turn)))
    shape: BaseGeometry = Polygon(corners).buffer(0)
    for _ in range(holes):
        turn, away = rng.uniform(0, 6.28), rng.uniform(0, 60)
        hole = Point(0, 0).buffer(rng.uniform(8, 25))
        shape = shape.difference(translate(hole, away * math.cos(turn), away * math.sin(turn)))
    return max(polygons_in(shape), key=lambda part: part.area)


def sites_of(shape: Polygon, points: int, angle_mdeg: int) -> Sites:
    spacing_mm = math.sqrt(shape.area / points / CELL["hex"])
    layout = Ground(shape, shape.buffer(-0.005)).layout(Setting("hex", spacing_mm, angle_mdeg, (0.3, 0.6)))
    return Sites([(i, j) for i, j in layout.ij.tolist()], "hex")


def paths() -> None:
    print("\nPath: ratio to the bound / CPU s / turns a point")
    shape = blob(random.Random(1), 2)
    for points in (200, 2_000, 20_000):
        row = []
        for name, way in WAYS.items():
            if not name.startswith("mesogun") and points > 2_000:
                continue
            best = math.inf
            for _ in range(3 if name.startswith("mesogun") else 1):
                sites = sites_of(shape, points, 0)
                start = time.process_time()
                order = way(sites)
                best = min(best, time.process_time() - start)
            ratio = length(sites, order) / (len(sites) - 1)
            row.append(f"{name} {ratio:.4f} / {best:.3f} / {turns(sites, order) / len(order):.2f}")
        print(f"  N={points}: " + "; ".join(row))
    rng = random.Random(1)
    ratios = []
    for _ in range(150):
        sites = sites_of(blob(rng, rng.randint(0, 3)), 200, rng.randrange(60_000))
        ratios.append(length(sites, shortest(sites)) / (len(sites) - 1))
    print(f"  150 blobs, N about 200: mean {statistics.mean(ratios):.5f}, worst {max(ratios):.4f}")


def fast_tsp_path(sites: Sites) -> list[int]:
    import fast_tsp  # type: ignore[import-not-found]

    xy = np.array(sites.xy)
    far = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    tour: list[int] = fast_tsp.find_tour(np.round(1_000 * far).astype(int), duration_seconds=2.0)
    cut = max(range(len(tour)), key=lambda k: sites.far(tour[k - 1], tour[k]))
    return tour[cut:] + tour[:cut]


WAYS: dict[str, Callable[[Sites], list[int]]] = {
    "mesogun short": shortest,
    "mesogun comfort": lambda sites: comfortable(sites, None, None, None).order,
}
if importlib.util.find_spec("fast_tsp"):
    WAYS["fast-tsp"] = fast_tsp_path


def ellipse() -> Area:
    outline = scale(Point(0, 0).buffer(1, 64), 40, 25)
    return from_polygon(outline.difference(Point(10, 3).buffer(6, 32)), name="ellipse")


def coverage() -> None:
    pieces = regions(ellipse(), PLAIN)
    start = time.process_time()
    fit = Fitter(pieces, "hex", None).best(3_000)
    took = time.process_time() - start
    print(f"\nCoverage of the ellipse at 3 mm: {fit.covered(pieces):.4f} with {fit.points} points in {took:.2f} s")


def stamping() -> None:
    print("\nShots with a head over the optimum (over the proven bound) / CPU s")
    for case in json.loads(CASES.read_text(encoding="utf-8")):
        nodes = [(i, j) for i, j in case["nodes"]]
        seat = seats(find(case["head"]), case["lattice"], Span.exactly(4_000))[:1]
        start = time.process_time()
        found = stamps(nodes, seat)
        took = time.process_time() - start
        shots = len(nodes) - (len(seat[0].nodes) - 1) * len(found)
        print(
            f"  {case['head']} {case['lattice']} N={len(nodes)}: {shots / case['shots']:.3f} "
            f"({shots / case['bound']:.3f}) / {took:.2f}"
        )


def rounding() -> None:
    print("\nCV of the dose, rounded over unrounded, at 5 steps a shot")
    for area in (ellipse(), example("cheek")):
        for steps in (5.0, 5.3, 7.7, 20.0):
            plan = make_plan(area, replace(PLAIN, volume=Span.exactly(10_000), step_nl=round(10_000 / steps)))
            points = np.array([(p.x_um, p.y_um) for p in plan.points]) / 1000
            given = np.array([p.volume_nl for p in plan.points]) / 1000
            grid = Grid.around(area.polygon.bounds, 0.3, 0.0)
            inside = shapely.contains_xy(area.polygon, *np.meshgrid(grid.x_mm, grid.y_mm))
            cvs = []
            for volumes in (given, np.full(len(given), given.mean())):
                dose = areal_dose(points, volumes, 1.5, grid=grid, diffused_mm2=1.5, form="gaussian", coarse_ok=True)
                cvs.append(metrics(dose, inside, 1.0).cv)
            print(f"  {area.name}, {steps} steps: {cvs[0] / cvs[1]:.4f} ({cvs[0]:.4f} over {cvs[1]:.4f})")


def whole() -> None:
    print("\nA whole plan with dose metrics, CPU s")
    area = example("cheek")
    for points in (2_000, 20_000):
        spacing_um = int(1000 * math.sqrt(area.area_mm2 / CELL["hex"] / points))
        start = time.process_time()
        plan = make_plan(area, replace(PLAIN, spacing=Span.exactly(spacing_um), volume=Span.exactly(3_000)))
        dose_summary(plan)
        print(f"  N={len(plan.points)}: {time.process_time() - start:.2f}")


def main() -> None:
    paths()
    coverage()
    stamping()
    rounding()
    whole()


if __name__ == "__main__":
    main()
