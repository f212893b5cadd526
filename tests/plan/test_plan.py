from __future__ import annotations

import json
from dataclasses import replace

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon

from mesogun.area import Area, example
from mesogun.errors import InputError, Refused
from mesogun.plan import Plan, PlanRequest, Span, make_plan
from tests.trace import req

REQUEST = PlanRequest(
    depth=Span.exactly(1_500),
    spacing=Span(4_000, 8_000),
    volume=Span(10_000, 30_000),
    total=Span.exactly(3_000_000),
    step_nl=500,
    syringe_nl=1_000_000,
)


@pytest.fixture(scope="module")
def cheek() -> Area:
    return example("cheek")


@pytest.fixture(scope="module")
def plan(cheek: Area) -> Plan:
    return make_plan(cheek, REQUEST)


def test_the_total_is_exact_in_points_shots_and_zones(plan: Plan) -> None:
    assert plan.total_nl == 3_000_000
    assert sum(p.volume_nl for p in plan.points) == sum(s.volume_nl for s in plan.shots) == plan.total_nl
    assert sum(zone.total_nl for zone in plan.zones) == plan.total_nl
    assert all(shot.volume_nl % plan.step_nl == 0 for shot in plan.shots)


def test_no_needle_outside_or_in_an_exclusion_zone(plan: Plan, cheek: Area) -> None:
    xs, ys = [p.x_um / 1000 for p in plan.points], [p.y_um / 1000 for p in plan.points]
    assert shapely.contains_xy(cheek.polygon, xs, ys).all()
    assert not any(shapely.intersects_xy(e, xs, ys).any() for e in cheek.exclusions)


def test_the_plan_file_round_trips_byte_for_byte(plan: Plan) -> None:
    raw = plan.to_bytes()
    assert Plan.from_bytes(raw) == plan
    assert Plan.from_bytes(raw).to_bytes() == raw
    assert len(plan.plan_hash) == 64


def test_the_same_input_gives_the_same_bytes(plan: Plan, cheek: Area) -> None:
    assert make_plan(cheek, REQUEST).plan_hash == plan.plan_hash
    assert make_plan(cheek, replace(REQUEST, depth=Span.exactly(1_501))).plan_hash != plan.plan_hash


@req("MG-14")
@settings(max_examples=40)
@given(st.data())
def test_a_damaged_plan_file_is_refused(data: st.DataObject) -> None:
    raw = make_small().to_bytes()
    place = data.draw(st.integers(0, len(raw) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda b: b != raw[place]))
    damaged = raw[:place] + bytes([byte]) + raw[place + 1 :]
    read = read_or_none(damaged)
    # a change of a text or of a coordinate may be a plan again, but another one: its hash says so
    assert read is None or read.plan_hash != make_small().plan_hash


def read_or_none(raw: bytes) -> Plan | None:
    try:
        return Plan.from_bytes(raw)
    except InputError:
        return None


def test_contradicting_sums_are_refused(plan: Plan) -> None:
    data = json.loads(plan.to_bytes())
    data["total_nl"] += 500
    raw = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    with pytest.raises(InputError, match="not the sum of the shots"):
        Plan.from_bytes(raw)


def test_contradicting_numbers_are_refused_with_ways_out(cheek: Area) -> None:
    request = replace(REQUEST, spacing=Span.exactly(5_000), volume=Span.exactly(10_000))
    with pytest.raises(Refused, match=r"ways out: a spacing of .* or a total of .* or an area of"):
        make_plan(cheek, request)


_SMALL: list[Plan] = []


def make_small() -> Plan:
    if not _SMALL:
        area = example("cheek")
        _SMALL.append(make_plan(area, replace(REQUEST, spacing=Span.exactly(12_000), total=None)))
    return _SMALL[0]


def test_reversed_winding_changes_no_byte(cheek: Area) -> None:
    from mesogun.area import from_polygon

    ring = list(cheek.zones[0].polygon.exterior.coords)
    forth, back = (from_polygon(Polygon(r), cheek.exclusions, "cheek") for r in (ring, ring[::-1]))
    assert make_plan(forth, REQUEST).to_bytes() == make_plan(back, REQUEST).to_bytes()
