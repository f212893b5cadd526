from __future__ import annotations

from dataclasses import replace
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.affinity import scale
from shapely.geometry import Point, box

from mesogun.area import Sphere, example, from_polygon, laid_out
from mesogun.errors import InputError, Refused
from mesogun.plan import PlanRequest, Span, make_plan
from mesogun.plan.rounding import diffuse, split_evenly, whole_steps
from mesogun.plan.syringes import changes

REQUEST = PlanRequest(
    depth=Span.exactly(1_500),
    spacing=Span(4_000, 8_000, source="protocol, smith, grade B"),
    volume=Span(10_000, 30_000),
    total=Span.exactly(3_000_000),
    step_nl=500,
    syringe_nl=1_000_000,
)
ELLIPSE = from_polygon(scale(Point(0, 0).buffer(1, 64), 40, 25).difference(Point(10, 3).buffer(6, 32)), name="ellipse")


@given(st.lists(st.integers(1, 25), min_size=1, max_size=200), st.integers(0, 5_000))
def test_diffusion_is_exact_and_never_off_by_more_than_half_a_step(weights: list[int], units: int) -> None:
    given_units = diffuse(weights, units)
    assert sum(given_units) == units
    whole = sum(weights)
    for upto, running in zip(accumulate(given_units), accumulate(weights), strict=True):
        assert abs(2 * (upto * whole - running * units)) <= whole


@given(st.integers(1, 10**9), st.integers(1, 10**4))
def test_whole_steps_is_the_nearest(total_nl: int, step_nl: int) -> None:
    assert abs(whole_steps(total_nl, step_nl) * step_nl - total_nl) * 2 <= step_nl


@given(st.integers(1, 10**6), st.integers(1, 25))
def test_a_shot_is_shared_to_the_nanolitre(volume_nl: int, needles: int) -> None:
    shares = split_evenly(volume_nl, needles)
    assert sum(shares) == volume_nl
    assert max(shares) - min(shares) <= 1


@given(
    st.lists(st.integers(1, 300), min_size=1, max_size=80),
    st.integers(300, 900),
    st.sets(st.integers(1, 79), max_size=20),
)
def test_syringes_are_as_few_as_can_be_and_never_overfull(volumes: list[int], usable: int, breaks: set[int]) -> None:
    cuts = [0, *changes(volumes, usable, breaks), len(volumes)]
    fills = [sum(volumes[a:b]) for a, b in pairwise(cuts)]
    assert max(fills) <= usable
    assert min(fills) > 0
    fewest, left = 1, usable
    for volume in volumes:
        if volume > left:
            fewest, left = fewest + 1, usable
        left -= volume
    assert len(fills) == fewest


def test_a_change_moves_to_the_end_of_a_row_where_that_costs_no_syringe() -> None:
    assert changes([10] * 25, 100, ()) == (10, 20)
    assert changes([10] * 25, 100, {8, 17}) == (8, 17)
    assert changes([10] * 30, 100, {8, 17}) == (10, 20)


def test_spacing_moves_first_and_says_why() -> None:
    plan = make_plan(example("cheek"), REQUEST)
    assert plan.total_nl == 3_000_000
    assert plan.spacing_um == pytest.approx(4_600, rel=0.03)
    (spacing,) = [change for change in plan.changes if change.startswith("Spacing")]
    assert "4 mm to 8 mm" in spacing
    assert "smith" in spacing
    assert "3 mL" in spacing


def test_volume_moves_when_spacing_may_not() -> None:
    plan = make_plan(example("cheek"), replace(REQUEST, spacing=Span.exactly(5_000)))
    assert plan.spacing_um == 5_000
    assert plan.total_nl == 3_000_000
    assert any(change.startswith("Volume per point") for change in plan.changes)


def test_a_preferred_spacing_stays_where_the_rest_allows_it() -> None:
    plan = make_plan(example("cheek"), replace(REQUEST, spacing=Span(4_000, 8_000, 5_000)))
    assert plan.spacing_um == 5_000


@pytest.mark.parametrize("points", [60, 61, 97, 140])
def test_requested_points_are_hit_exactly(points: int) -> None:
    plan = make_plan(example("cheek"), replace(REQUEST, points=points, total=None))
    assert len(plan.points) == points


def test_points_out_of_reach_name_the_nearest() -> None:
    with pytest.raises(Refused, match=r"60 points cannot be reached .* nearest reachable are \d+"):
        make_plan(example("cheek"), replace(REQUEST, points=60, total=None, spacing=Span.exactly(5_000)))


def test_a_contradiction_lists_the_ways_out_with_numbers() -> None:
    request = replace(REQUEST, spacing=Span.exactly(5_000), volume=Span.exactly(10_000))
    with pytest.raises(Refused) as caught:
        make_plan(example("cheek"), request)
    message = str(caught.value)
    ways = ("mm with 10 µL per point", "µL per point with the spacing of 5 mm", "a total of 1.2", "an area of 6")
    assert [way for way in ways if way not in message] == []


def test_a_total_below_one_step_is_refused() -> None:
    with pytest.raises(Refused, match="less than one step"):
        make_plan(
            from_polygon(box(0, 0, 6, 6)),
            replace(REQUEST, spacing=Span.exactly(20_000), volume=Span.exactly(100), total=None),
        )


def test_less_than_a_step_a_shot_is_refused() -> None:
    with pytest.raises(Refused, match="less than one step"):
        make_plan(example("cheek"), replace(REQUEST, volume=Span.exactly(200), total=None))


def test_spacing_larger_than_the_area() -> None:
    plan = make_plan(from_polygon(box(0, 0, 6, 6)), replace(REQUEST, spacing=Span.exactly(30_000), total=None))
    assert len(plan.points) == 1
    with pytest.raises(Refused, match="puts no point"):
        make_plan(
            from_polygon(box(0, 0, 0.05, 40)),
            replace(REQUEST, spacing=Span.exactly(30_000), total=None, angle_mdeg=45_000),
        )


def test_an_area_smaller_than_a_stamp_takes_single_needles() -> None:
    plan = make_plan(
        from_polygon(box(0, 0, 7, 7)), replace(REQUEST, total=None, head="3x3", spacing=Span.exactly(4_000))
    )
    assert {shot.head for shot in plan.shots} == {"single"}


def test_margins() -> None:
    area = example("cheek")
    plan = make_plan(area, replace(REQUEST, margin_um=3_000, exclusion_margin_um=4_000, total=None))
    inner = area.zones[0].polygon.buffer(-2.99)
    keep_out = area.exclusions[0].buffer(3.99)
    assert all(inner.contains(Point(p.x_um / 1000, p.y_um / 1000)) for p in plan.points)
    assert not any(keep_out.contains(Point(p.x_um / 1000, p.y_um / 1000)) for p in plan.points)
    with pytest.raises(Refused, match="leave nothing"):
        make_plan(area, replace(REQUEST, margin_um=50_000))


def test_zones_have_their_own_totals() -> None:
    area = example("jowls")
    request = replace(
        REQUEST,
        spacing=Span.exactly(5_000),
        total=Span.exactly(2_000_000),
        zone_totals_nl=(("left", 1_200_000),),
    )
    plan = make_plan(area, request)
    assert {zone.name: zone.total_nl for zone in plan.zones} == {"left": 1_200_000, "right": 800_000}
    with pytest.raises(InputError, match="no zone 'middle'"):
        make_plan(area, replace(request, zone_totals_nl=(("middle", 1_200_000),)))


def test_few_steps_a_shot_warn() -> None:
    plan = make_plan(example("cheek"), replace(REQUEST, step_nl=6_000, total=None))
    assert any("steps" in warning for warning in plan.warnings)
    assert make_plan(example("cheek"), REQUEST).warnings == ()


def test_coverage_of_the_reference_ellipse() -> None:
    from mesogun.plan.fitting import Fitter
    from mesogun.plan.regions import regions

    request = replace(REQUEST, spacing=Span.exactly(3_000))
    pieces = regions(ELLIPSE, request)
    fit = Fitter(pieces, "hex", None).best(3_000)
    assert fit.covered(pieces) >= 0.985


def test_impossible_requests_are_refused_when_built() -> None:
    with pytest.raises(InputError, match="step"):
        replace(REQUEST, step_nl=0)
    with pytest.raises(InputError, match="nothing is left"):
        replace(REQUEST, dead_volume_nl=1_000_000)
    with pytest.raises(InputError, match="lattice"):
        replace(REQUEST, lattice="penrose")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="low <= high"):
        Span(5, 4)
    with pytest.raises(Refused, match="larger syringe"):
        make_plan(example("cheek"), replace(REQUEST, syringe_nl=15_000))


def test_a_range_of_depths_is_chosen_in_the_open() -> None:
    plan = make_plan(example("cheek"), replace(REQUEST, depth=Span(1_000, 4_000)))
    assert plan.points[0].depth_um == 2_500
    assert any(change.startswith("Depth: 2.5 mm, the middle of 1 mm to 4 mm") for change in plan.changes)


def test_a_spacing_held_by_its_range_says_so() -> None:
    plan = make_plan(example("cheek"), replace(REQUEST, spacing=Span(5_000, 8_000)))
    (spacing,) = [change for change in plan.changes if change.startswith("Spacing")]
    assert "the nearest allowed to 4.5" in spacing


def test_curved_skin_warns_in_the_plan() -> None:
    dome = laid_out(from_polygon(Point(0, 0).buffer(60), name="dome"), Sphere(90))
    plan = make_plan(dome, replace(REQUEST, spacing=Span.exactly(10_000), total=None))
    assert plan.surface == "sphere R 90 mm"
    assert any("split the area" in warning for warning in plan.warnings)
