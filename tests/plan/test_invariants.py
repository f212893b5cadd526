from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely.affinity import affine_transform
from shapely.geometry import Polygon

from mesogun.area import Area, from_polygon
from mesogun.plan import Plan, PlanRequest, Span, make_plan
from tests.plan.strategies import areas, requests, shapes
from tests.trace import req

PLAIN = PlanRequest(
    depth=Span.exactly(1_500),
    spacing=Span.exactly(4_000),
    volume=Span.exactly(20_000),
    step_nl=500,
    syringe_nl=1_000_000,
)


KINDS = [
    PLAIN,
    replace(PLAIN, lattice="square", order="comfort"),
    replace(PLAIN, order="comfort"),
    replace(PLAIN, lattice="square", head="plus-5"),
    replace(PLAIN, head="line-5"),
]


@req("MG-04")
@settings(max_examples=16)
@given(areas(), requests())
def test_what_holds_for_every_plan(area: Area, request: PlanRequest) -> None:
    plan = make_plan(area, request)
    # the total is exact, in points, shots and zones, and is the wanted one to half a step
    assert sum(p.volume_nl for p in plan.points) == sum(s.volume_nl for s in plan.shots) == plan.total_nl
    assert sum(z.total_nl for z in plan.zones) == plan.total_nl
    assert abs(plan.total_nl - len(plan.points) * request.volume.start) * 2 <= request.step_nl
    assert all(s.volume_nl % request.step_nl == 0 and s.volume_nl > 0 for s in plan.shots)
    # the running error is at most half a step
    wanted = plan.total_nl / len(plan.points)
    given_nl, points = 0, 0
    for shot in plan.shots:
        given_nl += shot.volume_nl
        points += len(shot.points)
        assert abs(given_nl - points * wanted) <= request.step_nl / 2 + 1e-6
    # nobody is dosed outside, in an exclusion zone, or twice
    xs, ys = [p.x_um / 1000 for p in plan.points], [p.y_um / 1000 for p in plan.points]
    assert shapely.contains_xy(area.polygon, xs, ys).all()
    assert not any(shapely.intersects_xy(exclusion, xs, ys).any() for exclusion in area.exclusions)
    places = np.array([(p.x_um, p.y_um) for p in plan.points])
    needles = [shapely.Point(place) for place in places.tolist()]
    nearest = shapely.STRtree(needles).query(needles, predicate="dwithin", distance=plan.spacing_um - 5)
    assert nearest.shape[1] == len(places), "two needles closer than the spacing"
    # syringes are never over capacity, and there are as few as the order allows
    cuts = [0, *plan.syringe_changes, len(plan.shots)]
    fills = [sum(s.volume_nl for s in plan.shots[a:b]) for a, b in pairwise(cuts)]
    assert min(fills) > 0
    assert max(fills) <= request.usable_nl
    assert len(fills) == fewest_syringes([s.volume_nl for s in plan.shots], request.usable_nl)
    # no path is shorter than its bound, and lifts are where they are said to be
    assert plan.path.length_um >= plan.path.lower_bound_um
    assert crossings(plan, area) <= set(plan.path.lifts)
    # the head is changed once
    heads = [s.head for s in plan.shots]
    assert sum(a != b for a, b in pairwise(heads)) <= 1
    # the plan file round-trips byte for byte
    assert Plan.from_bytes(plan.to_bytes()) == plan


def fewest_syringes(volumes_nl: list[int], usable_nl: int) -> int:
    count, left_nl = 1, usable_nl
    for volume_nl in volumes_nl:
        if volume_nl > left_nl:
            count, left_nl = count + 1, usable_nl
        left_nl -= volume_nl
    return count


def crossings(plan: Plan, area: Area) -> set[int]:
    """Shots that the hand reaches only across an exclusion zone."""
    found = set()
    for index, (a, b) in enumerate(pairwise(plan.shots), start=1):
        move = shapely.LineString([(a.x_um / 1000, a.y_um / 1000), (b.x_um / 1000, b.y_um / 1000)])
        if any(exclusion.buffer(-0.01).intersects(move) for exclusion in area.exclusions):
            found.add(index)
    return found


@settings(max_examples=14)
@given(
    shapes(),
    st.floats(0, 2 * math.pi),
    st.tuples(st.floats(-500, 500), st.floats(-500, 500)),
    st.booleans(),
    st.sampled_from(KINDS),
)
def test_a_moved_turned_or_mirrored_area_gets_the_congruent_plan(
    shape: tuple[Polygon, list[Polygon]],
    turn: float,
    shift: tuple[float, float],
    mirror: bool,
    kind: PlanRequest,
) -> None:
    outline, holes = shape
    m = -1 if mirror else 1
    c, s = math.cos(turn), math.sin(turn)
    # x' = c x - s m y + shift
    matrix = [c, -s * m, s, c * m, *shift]
    here = from_polygon(outline, holes, "blob")
    assume(len(holes) == len(here.exclusions))
    there = from_polygon(affine_transform(outline, matrix), [affine_transform(h, matrix) for h in holes], "blob")
    a, b = make_plan(here, kind), make_plan(there, kind)
    matrix_t = np.array([[c, s], [-s * m, c * m]])
    moved = np.array([(x.x_um, x.y_um) for x in a.shots]) @ matrix_t + 1000 * np.array(shift)
    found = np.array([(x.x_um, x.y_um) for x in b.shots])
    assert moved.shape == found.shape
    assert np.abs(moved - found).max() <= 5, "not the same shots in the same order"
    for one, other in zip(a.shots, b.shots, strict=True):
        # a mirror image lists the needles of a head in another order
        needles = np.array([(a.points[i].x_um, a.points[i].y_um) for i in one.points]) @ matrix_t
        needles += 1000 * np.array(shift)
        twins = np.array([(b.points[i].x_um, b.points[i].y_um) for i in other.points])
        assert np.abs(needles[:, None] - twins[None]).max(axis=2).min(axis=1).max() <= 5
    assert [x.volume_nl for x in a.shots] == [x.volume_nl for x in b.shots]
    assert (a.path.turns, a.path.lifts, a.syringe_changes) == (b.path.turns, b.path.lifts, b.syringe_changes)


@settings(max_examples=8)
@given(shapes(), st.data())
def test_winding_and_vertex_order_change_no_byte(shape: tuple[Polygon, list[Polygon]], data: st.DataObject) -> None:
    outline, holes = shape
    ring = list(outline.exterior.coords)[:-1]
    k = data.draw(st.integers(0, len(ring) - 1))
    turned = ring[k:] + ring[:k]
    if data.draw(st.booleans()):
        turned.reverse()
    doubled = [p for p in turned for _ in range(data.draw(st.integers(1, 2)))]
    a = from_polygon(outline, holes, "blob")
    b = from_polygon(Polygon(doubled), holes[::-1], "blob")
    assert a.sha256 == b.sha256
    assert make_plan(a, PLAIN).to_bytes() == make_plan(b, PLAIN).to_bytes()


def test_heads_serve_every_lattice_point_once() -> None:
    area = from_polygon(Polygon([(0, 0), (70, 5), (64, 50), (3, 44)]), name="patch")
    single = make_plan(area, replace(PLAIN, lattice="square"))
    for head in ("plus-5", "line-5", "3x3"):
        plan = make_plan(area, replace(PLAIN, lattice="square", head=head))
        assert Counter((p.x_um, p.y_um) for p in plan.points) == Counter((p.x_um, p.y_um) for p in single.points)
        assert len(plan.shots) < 0.5 * len(single.shots)
