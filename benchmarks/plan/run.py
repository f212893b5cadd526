"""The planner beside other solvers, in one run: ratios first, seconds beside them.

``python -m benchmarks.plan.run``. fast-tsp and OR-tools take part only where they are installed, which nothing else
needs: ``python -m venv rivals; rivals/bin/pip install fast-tsp ortools``, and its ``site-packages`` on ``PYTHONPATH``.
Times are CPU seconds of this process, best of three (wall time for rivals, which are given two seconds each); a ratio
is path length over the lattice's lower bound.
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
from itertools import pairwise
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.affinity import scale, translate
from shapely.geometry import Point, Polygon
from shapely.geometry.base import BaseGeometry

from benchmarks.dose.timing import line
from mesogun.area import Area, example, from_polygon
from mesogun.area.model import polygons_in
from mesogun.dose import Grid, areal_dose, metrics
from mesogun.plan import PlanRequest, Span, dose_summary, make_plan
from mesogun.plan.comfort import comfortable, is_turn, turns
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


def changes_of_direction(sites: Sites, order: list[int]) -> int:
    """Turns, where those at consecutive points count once: the two of a row's end are one movement of the hand."""
    turned = [is_turn(sites, *three) for three in zip(order, order[1:], order[2:], strict=False)]
    return sum(here and not before for before, here in pairwise([False, *turned]))


SHORT = {200: (1.02, math.inf), 2_000: (1.002, 0.05), 20_000: (1.001, 0.5)}
"""Targets of the short path: ratio to the bound, CPU seconds."""


def paths() -> None:
    print("\nPath: ratio to the bound / s / turns a point")
    shape = blob(random.Random(1), 2)
    for points, (ratio_target, seconds_target) in SHORT.items():
        row = []
        targets = []
        for name, way in WAYS.items():
            ours = name.startswith("mesogun")
            if not ours and points > 2_000:
                continue
            best = math.inf
            clock = time.process_time if ours else time.perf_counter
            for _ in range(3 if ours else 1):
                sites = sites_of(shape, points, 0)
                start = clock()
                order = way(sites)
                best = min(best, clock() - start)
            ratio = length(sites, order) / sites.lower_bound()
            row.append(f"{name} {ratio:.4f} / {best:.3f} / {turns(sites, order) / len(order):.2f}")
            if name == "mesogun short":
                targets += [("ratio", ratio, "", ratio_target), ("time", best, "s", seconds_target)]
            elif ours and points == 2_000:
                targets += [("ratio, comfort", ratio, "", 1.02)]
                targets += [("turns a point, comfort", turns(sites, order) / len(order), "", 0.15)]
        print(f"  N={points}: " + "; ".join(row))
        for what, value, unit, target in targets:
            line(f"  N={points}: {what}", value, unit, None if math.isinf(target) else target)
    rng = random.Random(1)
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in OURS}
    for _ in range(150):
        sites = sites_of(blob(rng, rng.randint(0, 3)), 200, rng.randrange(60_000))
        for name, way in OURS.items():
            order = way(sites)
            found[name].append(
                (
                    length(sites, order) / sites.lower_bound(),
                    turns(sites, order) / len(order),
                    changes_of_direction(sites, order) / len(order),
                )
            )
    for name, rows in found.items():
        ratios, turned, changed = zip(*rows, strict=True)
        short = name == "mesogun short"
        line(f"  150 blobs, N about 200, {name}: mean ratio", statistics.mean(ratios), "", 1.002 if short else 1.02)
        line(f"  150 blobs, N about 200, {name}: worst ratio", max(ratios), "", 1.02 if short else None)
        line(f"  150 blobs, {name}: turns a point", statistics.mean(turned), "", None if short else 0.15)
        line(f"  150 blobs, {name}: changes of direction a point", statistics.mean(changed), "")


def distances(sites: Sites) -> NDArray[np.int64]:
    """Distances between all sites in thousandths of a spacing."""
    xy = np.array(sites.xy)
    return np.asarray(np.round(1_000 * np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))), dtype=np.int64)


def opened(sites: Sites, tour: list[int]) -> list[int]:
    """A round trip cut at its longest move."""
    cut = max(range(len(tour)), key=lambda k: sites.far(tour[k - 1], tour[k]))
    return tour[cut:] + tour[:cut]


def fast_tsp_path(sites: Sites) -> list[int]:
    import fast_tsp  # type: ignore[import-not-found]

    return opened(sites, fast_tsp.find_tour(distances(sites), duration_seconds=2.0))


def ortools_path(sites: Sites) -> list[int]:
    """The routing library's guided local search, two seconds, from its cheapest arcs; a free end at no cost."""
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2  # type: ignore[import-not-found]

    n = len(sites)
    free = np.zeros((n + 1, n + 1), dtype=np.int64)  # the last place is nowhere: the path is open
    free[:n, :n] = distances(sites)
    manager = pywrapcp.RoutingIndexManager(n + 1, 1, n)
    routing = pywrapcp.RoutingModel(manager)
    routing.SetArcCostEvaluatorOfAllVehicles(routing.RegisterTransitMatrix(free.tolist()))
    search = pywrapcp.DefaultRoutingSearchParameters()
    search.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PATH_CHEAPEST_ARC
    search.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    search.time_limit.seconds = 2
    solution = routing.SolveWithParameters(search)
    order, at = [], routing.Start(0)
    while not routing.IsEnd(at):
        order.append(manager.IndexToNode(at))
        at = solution.Value(routing.NextVar(at))
    return order[1:]


OURS: dict[str, Callable[[Sites], list[int]]] = {
    "mesogun short": shortest,
    "mesogun comfort": lambda sites: comfortable(sites, None, None, None).order,
}
WAYS = dict(OURS)
if importlib.util.find_spec("fast_tsp"):
    WAYS["fast-tsp"] = fast_tsp_path
if importlib.util.find_spec("ortools"):
    WAYS["OR-tools"] = ortools_path


def ellipse() -> Area:
    outline = scale(Point(0, 0).buffer(1, 64), 40, 25)
    return from_polygon(outline.difference(Point(10, 3).buffer(6, 32)), name="ellipse")


def coverage() -> None:
    pieces = regions(ellipse(), PLAIN)
    start = time.process_time()
    fit = Fitter(pieces, "hex", None).best(3_000)
    took = time.process_time() - start
    print(f"\nCoverage of the ellipse at 3 mm: {fit.covered(pieces):.4f} with {fit.points} points")
    line("  skin out of reach", 1 - fit.covered(pieces), "", 0.015)
    line("  time", took, "s", 0.3)
    for relax in (False, True):
        start = time.process_time()
        plan = make_plan(ellipse(), replace(PLAIN, relax_edges=relax))
        took = time.process_time() - start
        places = [Point(p.x_um / 1000, p.y_um / 1000) for p in plan.points]
        reached = shapely.union_all([place.buffer(3 / math.sqrt(3), quad_segs=24) for place in places])
        share = reached.intersection(ellipse().polygon).area / ellipse().area_mm2
        print(f"  {'relaxed edges' if relax else 'lattice alone'}: {share:.4f}; CV of the dose "
              f"{dose_summary(plan)['cv']:.3f}; the plan took {took:.2f} s")  # fmt: skip


def stamping() -> None:
    print("\nShots with a head over the optimum (over the proven bound) / CPU s")
    worst = slowest = 0.0
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
        worst, slowest = max(worst, shots / case["shots"]), max(slowest, took)
    line("  worst over the best known", worst, "", 1.10)
    line("  slowest", slowest, "s", 0.5)


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
            line(f"  {area.name}, {steps} steps", cvs[0] / cvs[1], "", 1.08, f"({cvs[0]:.4f} over {cvs[1]:.4f})")


def whole() -> None:
    print("\nA whole plan with dose metrics, CPU s")
    area = example("cheek")
    for points, target in ((2_000, 1.0), (20_000, 5.0)):
        spacing_um = int(1000 * math.sqrt(area.area_mm2 / CELL["hex"] / points))
        start = time.process_time()
        plan = make_plan(area, replace(PLAIN, spacing=Span.exactly(spacing_um), volume=Span.exactly(3_000)))
        dose_summary(plan)
        line(f"  N={len(plan.points)}", time.process_time() - start, "s", target)


def main() -> None:
    paths()
    coverage()
    stamping()
    rounding()
    whole()


if __name__ == "__main__":
    main()
