from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesogun.area import example, from_polygon
from mesogun.plan import PlanRequest, Span, make_plan
from mesogun.plan.comfort import comfortable, turns
from mesogun.plan.lattice import CELL, Ground, Setting
from mesogun.plan.request import Lattice
from mesogun.plan.shortest import Route, length, shortest
from mesogun.plan.sites import Sites, spanning_tree
from tests.plan.strategies import blob

Node = tuple[int, int]
nodes = st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=45)


def lattice_sites(points: int, seed: int, lattice: Lattice = "hex") -> Sites:
    rng = random.Random(seed)
    outline = blob([(rng.uniform(0.0, 0.2), rng.uniform(0, 6.2)) for _ in range(4)], 100, 120)
    for _ in range(seed % 4):
        turn, away = rng.uniform(0, 6.28), rng.uniform(0, 50)
        hole = from_polygon(outline).polygon.centroid.buffer(rng.uniform(8, 20))
        outline = outline.difference(shifted(hole, away * math.cos(turn), away * math.sin(turn)))
    ground = Ground(outline, outline.buffer(-0.005))
    spacing_mm = math.sqrt(outline.area / points / CELL[lattice])
    layout = ground.layout(Setting(lattice, spacing_mm, rng.randrange(60_000), (0.3, 0.6)))
    return Sites([(i, j) for i, j in layout.ij.tolist()], lattice)


def shifted(polygon, dx: float, dy: float):  # type: ignore[no-untyped-def]
    from shapely.affinity import translate

    return translate(polygon, dx, dy)


@settings(max_examples=30)
@given(nodes, st.sampled_from(["hex", "square"]), st.data())
def test_a_path_visits_every_site_and_keeps_its_ends(found: set[Node], lattice: Lattice, data: st.DataObject) -> None:
    sites = Sites(sorted(found), lattice)
    start = data.draw(st.one_of(st.none(), st.integers(0, len(sites) - 1)))
    end = data.draw(st.one_of(st.none(), st.integers(0, len(sites) - 1).filter(lambda k: k != start)))
    if len(sites) == 1:
        end = None
    for order in (shortest(sites, start, end), comfortable(sites, None, start, end).order):
        assert sorted(order) == list(range(len(sites)))
        assert start is None or order[0] == start
        assert end is None or order[-1] == end
        assert length(sites, order) >= sites.lower_bound() - 1e-9


@settings(max_examples=25)
@given(st.sets(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=6))
def test_a_short_path_is_near_the_best_of_all(found: set[Node]) -> None:
    from itertools import permutations

    sites = Sites(sorted(found), "hex")
    best = min(length(sites, order) for order in permutations(range(len(sites))))
    assert length(sites, shortest(sites)) <= 1.2 * best + 1e-9
    assert sites.lower_bound() <= best + 1e-9


def test_blobs_with_holes_stay_near_the_bound() -> None:
    ratios = []
    for seed in range(10):
        sites = lattice_sites(200, seed)
        ratios.append(length(sites, shortest(sites)) / (len(sites) - 1))
    assert sum(ratios) / len(ratios) <= 1.002
    assert max(ratios) <= 1.02


def test_two_thousand_points_are_at_the_bound_and_comfort_turns_little() -> None:
    sites = lattice_sites(2_000, 2)
    assert length(sites, shortest(sites)) <= 1.002 * (len(sites) - 1)
    sweep = comfortable(sites, None, None, None).order
    assert length(sites, sweep) <= 1.02 * (len(sites) - 1)
    assert turns(sites, sweep) <= 0.15 * len(sites)


def test_rows_move_away_from_the_operator() -> None:
    sites = Sites([(i, j) for i in range(9) for j in range(9)], "square")
    for deg, axis, sign in ((270.0, 1, 1), (90.0, 1, -1), (180.0, 0, 1), (0.0, 0, -1)):
        order = comfortable(sites, deg, None, None).order
        depth = [sign * sites.nodes[k][axis] for k in order]
        assert depth == sorted(depth), f"operator at {deg} degrees"


def test_an_exclusion_zone_is_walked_round_and_not_crossed() -> None:
    from shapely.geometry import box

    area = from_polygon(box(0, 0, 60, 60), [box(28, 6, 31, 54)])
    request = PlanRequest(Span.exactly(1_500), Span.exactly(4_000), Span.exactly(20_000), 500, 10**7)
    assert make_plan(area, request).path.lifts == ()
    assert make_plan(area, replace(request, order="comfort")).path.lifts == ()


def test_a_crossing_that_cannot_be_avoided_is_listed() -> None:
    from shapely.geometry import box

    area = from_polygon(box(0, 0, 60, 30), [box(28, -1, 31, 31)])
    plan = make_plan(area, PlanRequest(Span.exactly(1_500), Span.exactly(4_000), Span.exactly(20_000), 500, 10**7))
    assert len(plan.path.lifts) == 1


def test_start_and_end_are_where_they_are_asked_for() -> None:
    from shapely.geometry import box

    area = from_polygon(box(0, 0, 60, 40))
    request = PlanRequest(
        Span.exactly(1_500), Span.exactly(4_000), Span.exactly(20_000), 500, 10**7, start_um=(0, 0), end_um=(60_000, 0)
    )
    plan = make_plan(area, request)
    places = [(shot.x_um, shot.y_um) for shot in plan.shots]
    assert min(places, key=lambda p: math.dist(p, (0, 0))) == places[0]
    assert min(places, key=lambda p: math.dist(p, (60_000, 0))) == places[-1]


def test_the_spanning_tree_of_a_square_is_three_sides() -> None:
    assert spanning_tree([(0, 0), (1, 0), (1, 1), (0, 1)]) == pytest.approx(3)
    assert spanning_tree([(0, 0)]) == 0


@settings(max_examples=30)
@given(st.sets(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=5, max_size=40), st.integers(0, 10**6))
def test_every_improving_move_shortens_the_path_for_real(found: set[Node], seed: int) -> None:
    rng = random.Random(seed)
    sites = Sites(sorted(found), "hex")
    order = list(range(len(sites)))
    rng.shuffle(order)
    route = Route(sites, order, rng.random() < 0.3, rng.random() < 0.3)
    now = length(sites, route.order())
    for _ in range(60):
        route.mend([rng.randrange(len(sites))])
        after = length(sites, route.order())
        assert after <= now + 1e-9
        now = after
    assert sorted(route.order()) == list(range(len(sites)))


def test_rows_away_from_the_operator_waste_little_way_round_an_exclusion() -> None:
    """The band on the thigh splits the rows: entering each block at the wrong end would cost half the band twice."""
    request = PlanRequest(
        depth=Span.exactly(5_000),
        spacing=Span.exactly(15_000),
        volume=Span.exactly(100_000),
        step_nl=100,
        syringe_nl=20_000_000,
        order="comfort",
        operator_mdeg=0,
    )
    plan = make_plan(example("thigh"), request)
    assert plan.path.ratio < 1.05
    assert plan.path.turns <= 0.15 * len(plan.shots)
