"""Totals and doses of a report against the record and the plan."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.dose import DELIVERED_FRACTION
from mesogun.plan import dose_summary
from mesogun.record import Ledger, Mark, TreatmentState
from mesogun.record import events as ev
from mesogun.report import summary
from mesogun.report.doses import Doses, doses
from mesogun.report.totals import mark_counts, treat_shots, zone_totals
from tests.report import cases

PLAN = cases.a_plan(zones=("left", "right"))
OUTCOMES = st.sampled_from(["DONE", "PARTIAL", "INDETERMINATE"])
FIRED = st.lists(st.tuples(st.integers(0, len(PLAN.shots) - 1), st.integers(0, 21_000), OUTCOMES), max_size=12)


def story_of(fired: list[tuple[int, int, str]]) -> cases.Story:
    story = cases.Story(PLAN).begin()
    for index, volume_nl, outcome in fired:
        story.fire(index, delivered_nl=volume_nl, outcome=outcome)
    return story


def on_map(field: Doses, which: str) -> float:
    """Volume on a map, nL: areal dose times area, everywhere on the grid."""
    values = getattr(field, which)
    return float(values.sum()) * field.grid.cell_mm2 / 100.0 * 1_000.0


def test_summary_is_the_records_own() -> None:
    state = cases.eventful().state
    found = summary("a7", state)
    assert set(found) == {"treatment", "planned_nl", "dispensed_nl", "delivered_nl", "ledger", "shots"}
    assert found["planned_nl"] == 1_200_000
    assert found["dispensed_nl"] == sum(shot.delivered_nl for shot in state.shots)
    assert found["delivered_nl"] == round(found["dispensed_nl"] * DELIVERED_FRACTION.mean)
    assert found["ledger"] == {"low_nl": state.ledger.low_nl, "high_nl": state.ledger.high_nl}
    assert found["shots"] == 47
    assert json.loads(json.dumps(found)) == found


def test_summary_of_nothing_is_zero() -> None:
    assert summary("a7", TreatmentState())["ledger"] == {"low_nl": 0, "high_nl": 0}


def test_prime_is_no_dose_and_no_shot() -> None:
    story = cases.Story(PLAN).begin().fire(0, kind="PRIME").fire(0)
    assert summary("a7", story.state)["shots"] == 1
    assert summary("a7", story.state)["dispensed_nl"] == 20_000
    assert on_map(doses(story.state, PLAN), "given") == pytest.approx(20_000, rel=1e-6)


@given(FIRED)
def test_zones_add_up_to_the_records(fired: list[tuple[int, int, str]]) -> None:
    state = story_of(fired).state
    zones = zone_totals(state, PLAN)
    assert [zone.name for zone in zones] == ["left", "right"]
    assert sum(zone.planned_nl for zone in zones) == PLAN.total_nl
    assert sum(zone.dispensed_nl for zone in zones) == state.dispensed_nl
    assert sum((zone.ledger for zone in zones), Ledger()) == state.ledger
    assert sum(mark_counts(state, PLAN).values()) == len(PLAN.shots)


def test_a_loaded_shot_counts_at_its_most_in_its_zone() -> None:
    story = cases.Story(PLAN).begin()
    story.load(0)
    assert zone_totals(story.state, PLAN)[0].ledger == Ledger(0, 20_300)
    assert mark_counts(story.state, PLAN)[Mark.LOADED] == 1


def test_maps_hold_exactly_the_volumes() -> None:
    story = cases.eventful()
    field = doses(story.state, story.plan)
    shots = treat_shots(story.state)
    assert on_map(field, "planned") == pytest.approx(story.plan.total_nl, rel=1e-3)
    assert on_map(field, "given") == pytest.approx(sum(shot.delivered_nl for shot in shots), rel=1e-3)
    assert on_map(field, "low") == pytest.approx(sum(shot.low_nl for shot in shots), rel=1e-3)
    loaded = story.state.loaded_high_nl
    assert on_map(field, "high") == pytest.approx(sum(shot.high_nl for shot in shots) + loaded, rel=1e-3)


def test_band_encloses_the_given_volume_and_unexplained_volume_is_on_no_map() -> None:
    story = cases.Story(PLAN).begin().fire(0)
    before = doses(story.state, PLAN)
    story.say(ev.GapFound("11" * 8, "22" * 8, 1, 3, 50_000, 60_000, 99))
    after = doses(story.state, PLAN)
    assert on_map(after, "low") < on_map(after, "given") < on_map(after, "high")
    assert (after.high == before.high).all()


def test_a_corrected_place_moves_the_dose_there() -> None:
    story = cases.Story(PLAN).begin().fire(0)
    shot = PLAN.shots[0]
    before = doses(story.state, PLAN)
    whole_cells_um = round(20 * before.grid.h_mm * 1_000)
    story.say(ev.PointReassigned(0, shot.x_um + whole_cells_um, shot.y_um, "op-1", "slipped"))
    given = doses(story.state, PLAN).given
    assert np.allclose(given, np.roll(before.given, 20, axis=1), atol=1e-6)
    assert not np.allclose(given, before.given, atol=1.0)


def test_numbers_agree_with_the_plan() -> None:
    field = doses(cases.Story(PLAN).begin().state, PLAN)
    found, forecast = field.metrics(field.planned), dose_summary(PLAN)
    assert found.reference == pytest.approx(forecast["reference_ul_per_cm2"], rel=1e-3)
    assert found.cv == pytest.approx(forecast["cv"], rel=0.02)
    assert found.v100 == pytest.approx(forecast["v100"], abs=0.01)
    assert found.coverage == pytest.approx(forecast["coverage"], abs=0.01)


def test_wide_depots_on_the_outline_are_whole() -> None:
    plan = cases.a_plan(volume_nl=400_000, spacing_um=10_000)
    field = doses(cases.Story(plan).begin().state, plan)
    assert on_map(field, "planned") == pytest.approx(plan.total_nl, rel=1e-6)
    assert field.picture(field.planned).sum() * field.coarsening**2 == pytest.approx(field.planned.sum(), rel=1e-9)


def test_nothing_given_is_an_empty_map() -> None:
    field = doses(cases.Story(PLAN).begin().state, PLAN)
    assert not field.any_given
    assert not field.given.any()
