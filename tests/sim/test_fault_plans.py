"""Fault plans as data: strict JSON both ways, and what can never hold together is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.errors import InputError
from mesogun.wire.codes import Op
from sim.campaign.draw import draw as drawn
from sim.faults import CATALOGUE, At, Fault, FaultPlan, from_json, to_json
from sim.faults.catalogue import WHOLE
from sim.faults.plan import PLACES
from sim.firmware.table import Phase

STROKE = At("phase", 1, phase="stroke")


BAD = [
    ("[{}]", "needs 'fault' and 'at'"),
    ('[{"fault":"link.dorp","at":{"time_us":1}}]', "no fault called 'link.dorp'"),
    ('[{"fault":"link.drop","at":{"time_us":1,"byte":2}}]', "exactly one"),
    ('[{"fault":"link.drop","at":{"time_us":-1}}]', "start at 0"),
    ('[{"fault":"link.drop","at":{"message":1,"op":"FIRE"}}]', "operation 'FIRE' does not exist"),
    ('[{"fault":"link.drop","at":{"phase":1,"of":"dancing"}}]', "phase 'dancing' does not exist"),
    ('[{"fault":"link.drop","at":{"time_us":1},"numbers":{"count":0}}]', "outside 1 to 1000"),
    ('[{"fault":"link.drop","at":{"time_us":1},"numbers":{"bits":1}}]', "has no number 'bits'"),
    ('[{"fault":"link.drop","at":{"time_us":"soon"}}]', "must be numbers"),
    ("nonsense", "not JSON"),
    ('[{"fault":"link.drop","at":{"time_us":1,"when":"after"}}]', "when does not belong to a place by time_us"),
    ('[{"fault":"link.drop","at":{"time_us":1,"of":"nonsense","op":"FIRE"}}]', "of, op does not belong"),
    ('[{"fault":"gun.reset","at":{"time_us":1,"way":"to_gun"}}]', "way does not belong to a place by time_us"),
    ('[{"fault":"gun.reset","at":{"write":3,"of":"stroke"}}]', "of does not belong to a place by write"),
    ('[{"fault":"gun.reset","at":{"phase":1,"of":"stroke","when":"after"}}]', "by phase, which may have of"),
    ('[{"fault":"gun.reset","at":{"phase":1,"of":null}}]', "of are texts"),
    ('[{"fault":"gun.reset","at":{"message":1,"op":"ARM","when":"later"}}]', "neither before nor after"),
    ('[{"fault":"gun.reset","at":{"byte":1,"way":"up"}}]', "neither to_gun nor to_host"),
    ('[{"fault":"gun.reset","at":{"write":3,"write":4}}]', "stands twice"),
    ('[{"fault":"link.drop","at":{"byte":1},"numbers":{"count":1.5}}]', "not a whole number"),
    ('[{"fault":"gun.cold","at":{"byte":1},"numbers":{"below_k":NaN}}]', "no fault called"),
    ('[{"fault":"fluid.cold","at":{"byte":1},"numbers":{"below_k":NaN}}]', "outside"),
    ('[{"fault":7,"at":{"byte":1}}]', "no fault called '7'"),
]


@pytest.mark.parametrize(("text", "says"), BAD)
def test_a_plan_that_cannot_be_is_refused_in_one_line(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        from_json(text)
    assert "\n" not in str(caught.value)


@st.composite
def places(draw: st.DrawFn, *, parcels: bool) -> At:
    """Any place, with the fields that belong to it."""
    place = draw(st.sampled_from(sorted(PLACES)))
    number = draw(st.integers(0 if place == "time_us" else 1, 10**9))
    ways = st.sampled_from(["to_gun", "to_host"])
    if place == "message":
        when = draw(st.sampled_from(["before", "after"]))
        return At(place, number, way=draw(ways), op=draw(st.sampled_from([op.name for op in Op])), when=when)
    phase = draw(st.sampled_from([phase.value for phase in Phase])) if place == "phase" else ""
    return At(place, number, way=draw(ways) if place == "byte" or parcels else "to_gun", phase=phase)


@st.composite
def faults(draw: st.DrawFn) -> Fault:
    """Any fault of the catalogue, with any of its numbers."""
    name = draw(st.sampled_from(sorted(CATALOGUE)))
    numbers = {}
    for key, (_, low, high) in CATALOGUE[name].numbers.items():
        if draw(st.booleans()):
            value = st.integers(int(low), int(high)).map(float) if key in WHOLE else st.floats(low, high)
            numbers[key] = draw(value)
    return Fault(name, draw(places(parcels=CATALOGUE[name].parcels)), numbers)


@st.composite
def plans(draw: st.DrawFn) -> FaultPlan:
    """Any plan that can be."""
    kept: list[Fault] = []
    for fault in draw(st.lists(faults(), max_size=4, unique_by=lambda fault: (fault.name, fault.at))):
        if not any(fault.contradicts(other) for other in kept):
            kept.append(fault)
    return FaultPlan(tuple(kept))


@given(plans())
def test_every_plan_survives_its_json(plan: FaultPlan) -> None:
    assert from_json(to_json(plan)) == plan


@given(st.integers(0, 2**31))
def test_what_a_seed_draws_contradicts_nothing_and_survives_its_json(seed: int) -> None:
    plan = drawn(seed).plan
    assert from_json(to_json(plan)) == plan


def timed(name: str, at_us: int, **numbers: float) -> Fault:
    return Fault(name, At("time_us", at_us), numbers)


STUCK = timed("gun.trigger_stuck", 1_000_000, for_us=5e6)


CONTRADICTIONS = [
    (Fault("gun.trigger_stuck", STROKE), Fault("gun.trigger_dead", STROKE)),
    (STUCK, timed("gun.trigger_dead", 4_000_000)),
    (timed("gun.trigger_dead", 4_000_000), STUCK),
    (STUCK, timed("gun.trigger_bounce", 2_000_000)),
    (timed("gun.contact_stuck_on", 1, for_us=5e6), timed("gun.contact_stuck_off", 2)),
    (timed("gun.motor_dead", 1), timed("gun.lost_steps", 9_000_000)),
    (timed("gun.pressure_stuck_low", 1), timed("gun.pressure_stuck_high", 2)),
    (Fault("gun.battery_dead", STROKE), Fault("gun.battery_low", At("write", 20))),
    (timed("link.unplug", 1), timed("link.renamed", 2)),
    (
        Fault("gun.contact_stuck_on", At("message", 1, op="ARM", when="before")),
        Fault("gun.contact_stuck_off", At("message", 1, op="ARM", when="after")),
    ),
]


@pytest.mark.parametrize("pair", CONTRADICTIONS, ids=lambda pair: f"{pair[0].name}+{pair[1].name}")
def test_what_cannot_hold_together_is_refused_in_one_line(pair: tuple[Fault, Fault]) -> None:
    with pytest.raises(InputError, match=f"{pair[0].name} and {pair[1].name} contradict each other") as caught:
        FaultPlan(pair)
    assert "\n" not in str(caught.value)


def test_what_comes_one_behind_the_other_is_no_contradiction() -> None:
    FaultPlan((STUCK, timed("gun.trigger_dead", 6_000_001)))
    FaultPlan((Fault("gun.motor_dead", STROKE), Fault("gun.lost_steps", At("phase", 5, phase="stroke"))))
    FaultPlan((STUCK, timed("gun.trigger_stuck", 2_000_000)))
    with pytest.raises(InputError, match="twice"):
        FaultPlan((Fault("gun.reset", STROKE), Fault("gun.reset", STROKE)))
