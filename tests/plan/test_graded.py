"""Edges relaxed, zones with a spacing of their own, and what a square lattice cannot do."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise, permutations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import affine_transform, scale, translate
from shapely.geometry import Point, Polygon, box

from mesogun.area import Area, Zone, from_polygon
from mesogun.errors import InputError
from mesogun.plan import Plan, PlanRequest, Span, dose_summary, make_plan
from mesogun.plan.relax import CLOSEST
from mesogun.plan.sites import STEPS, Sites
from tests.plan.strategies import areas, shapes

REQUEST = PlanRequest(
    depth=Span.exactly(1_500),
    spacing=Span(2_000, 6_000, 3_000),
    volume=Span.exactly(10_000),
    step_nl=500,
    syringe_nl=10_000_000,
)
RELAXED = replace(REQUEST, spacing=Span.exactly(3_000), relax_edges=True)


def places(plan: Plan) -> np.ndarray:
    return np.array([(p.x_um, p.y_um) for p in plan.points]) / 1000


def closest_mm(at: np.ndarray) -> float:
    points = [shapely.Point(place) for place in at]
    tree = shapely.STRtree(points)
    pairs = tree.query(points, predicate="dwithin", distance=20.0)
    apart = pairs[:, pairs[0] != pairs[1]]
    return float(np.hypot(*(at[apart[0]] - at[apart[1]]).T).min())


def reference_area() -> Area:
    outline = scale(Point(0, 0).buffer(1, 64), 40, 25)
    return from_polygon(outline.difference(Point(10, 3).buffer(6, 32)), name="ellipse")


def covered(area: Area, plan: Plan, spacing_mm: float) -> float:
    reached = shapely.union_all([Point(place).buffer(spacing_mm / math.sqrt(3), 24) for place in places(plan)])
    return float(reached.intersection(area.polygon).area / area.area_mm2)


def test_relaxed_edges_cover_more_and_are_more_even() -> None:
    area = reference_area()
    plain, relaxed = make_plan(area, replace(RELAXED, relax_edges=False)), make_plan(area, RELAXED)
    assert len(plain.points) == len(relaxed.points)
    assert covered(area, relaxed, 3.0) > covered(area, plain, 3.0) + 0.002 > 0.985
    assert covered(area, relaxed, 3.0) >= 0.99
    assert dose_summary(relaxed)["cv"] < dose_summary(plain)["cv"]
    assert relaxed.path.length_um >= relaxed.path.lower_bound_um


@settings(max_examples=12)
@given(areas())
def test_relaxed_points_stay_inside_and_apart(area: Area) -> None:
    plan = make_plan(area, RELAXED)
    at = places(plan)
    assert shapely.contains_xy(area.polygon, at[:, 0], at[:, 1]).all()
    if len(at) > 1:
        assert closest_mm(at) >= CLOSEST * 3.0 - 0.005
    assert sum(shot.volume_nl for shot in plan.shots) == plan.total_nl
    assert Plan.from_bytes(plan.to_bytes()) == plan


@settings(max_examples=8)
@given(shapes(), st.floats(0, 6.28), st.booleans())
def test_a_turned_or_mirrored_area_is_relaxed_alike(
    shape: tuple[Polygon, list[Polygon]], turn: float, mirror: bool
) -> None:
    cos, sin, sign = math.cos(turn), math.sin(turn), -1.0 if mirror else 1.0
    matrix = [cos, -sin * sign, sin, cos * sign, 31.0, -17.0]
    here, there = (
        make_plan(from_polygon(outline, holes, "blob"), RELAXED)
        for outline, holes in (shape, tuple_moved(shape, matrix))
    )
    moved = places(here) @ np.array([[cos, -sin * sign], [sin, cos * sign]]).T + (31.0, -17.0)
    assert len(here.points) == len(there.points)
    gaps = np.hypot(*(moved[:, None] - places(there)[None]).transpose(2, 0, 1)).min(axis=1)
    assert gaps.max() < 0.02


def tuple_moved(shape: tuple[Polygon, list[Polygon]], matrix: list[float]) -> tuple[Polygon, list[Polygon]]:
    outline, holes = shape
    return affine_transform(outline, matrix), [affine_transform(hole, matrix) for hole in holes]


def two_zones(gap_mm: float = 0.0) -> Area:
    return Area("pair", (Zone("dense", box(0, 0, 30, 40)), Zone("plain", translate(box(30, 0, 60, 40), gap_mm))))


@pytest.mark.parametrize("gap_mm", [0.0, 25.0])
def test_a_zone_with_its_own_spacing_is_denser(gap_mm: float) -> None:
    plan = make_plan(two_zones(gap_mm), replace(REQUEST, zone_spacings_um=(("dense", 2_000),)))
    counts = {zone.name: zone.points for zone in plan.zones}
    assert counts["dense"] == pytest.approx(counts["plain"] * (3 / 2) ** 2, rel=0.12)
    at = places(plan)
    dense = np.array([p.zone == "dense" for p in plan.points])
    assert closest_mm(at[dense]) == pytest.approx(2.0, abs=0.01)
    assert closest_mm(at[~dense]) == pytest.approx(3.0, abs=0.01)
    assert closest_mm(at) >= (2.0 + 3.0) / 4 - 0.01, "the seam between two spacings doses nobody twice"
    assert plan.total_nl == len(plan.points) * 10_000


def test_the_total_is_met_with_the_spacing_of_the_other_zones() -> None:
    request = replace(REQUEST, total=Span.exactly(4_000_000), zone_spacings_um=(("dense", 2_500),))
    plan = make_plan(two_zones(), request)
    assert plan.total_nl == 4_000_000
    assert len(plan.points) == 400


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"zone_spacings_um": (("chin", 2_500),)}, "no zone 'chin' in area pair; there are dense, plain"),
        ({"zone_spacings_um": (("dense", 2_500), ("plain", 2_500))}, "leave one to the spacing of the plan"),
        ({"zone_spacings_um": (("dense", 9_000),)}, "9 mm is outside 2 to 6 mm"),
        ({"zone_spacings_um": (("dense", 2_500),), "head": "plus-5"}, "need a single needle"),
        ({"relax_edges": True, "head": "plus-5"}, "need a single needle"),
    ],
)
def test_what_cannot_be_graded_is_refused(changes: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says) as refused:
        make_plan(two_zones(), replace(REQUEST, **changes))  # type: ignore[arg-type]
    assert "\n" not in str(refused.value)


@settings(max_examples=40)
@given(st.integers(0, 2**16))
def test_no_path_on_a_square_lattice_undercuts_its_bound(seed: int) -> None:
    """Every order of up to seven points is tried."""
    rng = np.random.default_rng(seed)
    nodes = [(0, 0)]
    while len(nodes) < 7:
        a, b = nodes[rng.integers(len(nodes))]
        da, db = STEPS["square"][rng.integers(4)]
        if (a + da, b + db) not in nodes:
            nodes.append((a + da, b + db))
    sites = Sites(nodes, "square")
    shortest = min(sum(sites.far(a, b) for a, b in pairwise(p)) for p in permutations(range(7)))
    assert sites.lower_bound() <= shortest + 1e-9


def test_a_chessboard_with_two_dark_corners_missing_needs_a_diagonal() -> None:
    """Nine fields in a cross of one colour and its neighbours: five more light than dark."""
    plus = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]
    sites = Sites(plus, "square")
    assert sites.lower_bound() == pytest.approx(4 + 2 * (math.sqrt(2) - 1))
