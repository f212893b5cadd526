"""Makes tests/plan/cases/stamping.json: lattice points of the reference ellipse and the fewest shots that serve them.

The optimum comes from an exact solver (HiGHS through scipy, 0/1 set packing); where its time limit ends the search
first, the proven bound is stored beside the best solution found. Run by hand; the file is read by test and benchmark.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_matrix
from shapely.affinity import scale
from shapely.geometry import Point

from mesogun.area import from_polygon
from mesogun.plan.fitting import Fitter
from mesogun.plan.heads import find, seats
from mesogun.plan.regions import regions
from mesogun.plan.request import Lattice, PlanRequest, Span

LIMIT_S = 25.0
CASES: tuple[tuple[str, Lattice, int], ...] = (
    ("plus-5", "square", 2_750),
    ("quincunx-5", "square", 2_750),
    ("line-5", "square", 2_750),
    ("3x3", "square", 2_750),
    ("line-5", "hex", 3_000),
    ("3+2", "hex", 3_000),
    ("line-5", "hex", 1_500),
    ("3x3", "square", 1_900),
)
Node = tuple[int, int]


def ellipse_nodes(lattice: Lattice, spacing_um: int) -> list[Node]:
    outline = scale(Point(0, 0).buffer(1, 64), 40, 25).difference(Point(10, 3).buffer(6, 32))
    spacing = Span.exactly(spacing_um)
    request = PlanRequest(Span.exactly(1_500), spacing, Span.exactly(10_000), 500, 10_000_000, lattice=lattice)
    fit = Fitter(regions(from_polygon(outline, name="ellipse"), request), lattice, None).best(spacing_um)
    return [(i, j) for i, j in fit.layouts[0].ij.tolist()]


def most_stamps(nodes: list[Node], shape: tuple[Node, ...]) -> tuple[int, int]:
    """The most stamps found, and the proven upper bound."""
    there = frozenset(nodes)
    placed = [p for i, j in sorted(there) if there.issuperset(p := tuple((i + a, j + b) for a, b in shape))]
    number = {node: k for k, node in enumerate(sorted(there))}
    rows = [number[node] for stamp in placed for node in stamp]
    columns = [k for k, stamp in enumerate(placed) for _ in stamp]
    matrix = coo_matrix((np.ones(len(rows)), (np.array(rows), np.array(columns))), shape=(len(number), len(placed)))
    found = milp(
        -np.ones(len(placed)),
        constraints=LinearConstraint(matrix, -np.inf, 1),
        integrality=[1] * len(placed),
        bounds=Bounds(0, 1),
        options={"time_limit": LIMIT_S},
    )
    if found.fun is None or found.mip_dual_bound is None:
        raise RuntimeError(found.message)
    return round(-found.fun), int(1e-6 - found.mip_dual_bound)


def make() -> None:
    cases = []
    for head_id, lattice, spacing_um in CASES:
        nodes = ellipse_nodes(lattice, spacing_um)
        seat = seats(find(head_id), lattice, Span.exactly(4_000))[0]
        found, bound = most_stamps(nodes, seat.nodes)
        extra = len(seat.nodes) - 1
        case = {
            "head": head_id,
            "lattice": lattice,
            "nodes": nodes,
            "shots": len(nodes) - extra * found,
            "bound": len(nodes) - extra * bound,
        }
        cases.append(case)
        print(head_id, lattice, len(nodes), case["shots"], case["bound"], flush=True)
    path = Path(__file__).parents[2] / "tests" / "plan" / "cases" / "stamping.json"
    path.write_text(json.dumps(cases, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    make()
