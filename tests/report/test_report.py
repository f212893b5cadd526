"""The report page: its form, its bytes, and that everything a reader must know stands on it."""

from __future__ import annotations

import dataclasses
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from mesogun.errors import InputError, RecordError
from mesogun.record import TreatmentState
from mesogun.record import events as ev
from mesogun.report import report_html
from mesogun.report.story import story as told
from tests.record.strategies import any_event
from tests.report import cases
from tests.report.pages import Page, read
from tests.trace import req

HOSTILE = "<script>alert('x')</script>\"><b onload=x>&amp;{{ 7 * 7 }}"


def page_of(story: cases.Story) -> bytes:
    return report_html(cases.TREATMENT, story.state, story.rows, story.plan, head=story.head, software="0.1.0")


@pytest.fixture(scope="module")
def eventful() -> Page:
    return read(page_of(cases.eventful()))


@pytest.mark.parametrize("name", ["quiet", "eventful"])
def test_page_is_well_formed_runs_nothing_and_fetches_nothing(name: str) -> None:
    assert read(page_of(getattr(cases, name)())).faults == []


@pytest.mark.parametrize("name", ["quiet", "eventful"])
def test_same_input_gives_the_same_bytes(name: str) -> None:
    make = getattr(cases, name)
    assert page_of(make()) == page_of(make())


def test_two_thousand_shots_stay_below_500_kb() -> None:
    page = page_of(cases.long())
    assert len(page) <= 500_000
    assert "2,000 of 2,074 planned shots given in full, 74 not given." in read(page).words


def test_totals_stand_on_the_page() -> None:
    words = read(page_of(cases.quiet())).words
    assert "29 of 29 planned shots given in full." in words
    assert "580,000 nL" in words
    assert "571,300 to 588,700 nL" in words
    assert "0.571 to 0.589 mL" in words
    assert "14.7 % of the hard limit of 4 mL" in words
    assert "estimate: dispensed × 0.976" in words
    assert "Norman et al. 2014" in words


@req("H13")
def test_unknown_is_never_called_failed_and_has_its_own_mark(eventful: Page) -> None:
    assert "indeterminate: the gun cannot say how much: 1" in eventful.words
    assert "loaded, outcome not known yet: 1" in eventful.words
    assert "failed" not in eventful.words.lower()
    assert {"indeterminate", "loaded", "skipped", "given", "pending"} <= eventful.classes


@req("H13")
def test_prime_stands_apart() -> None:
    story = cases.Story(cases.a_plan()).begin().fire(0, kind="PRIME").fire(1)
    words = read(page_of(story)).words
    assert "Priming 0.019 to 0.021 mL" in words
    assert "through the needle without skin contact; in no dose" in words


def test_everything_that_needs_attention_is_there(eventful: Page) -> None:
    for words in (
        "unattributed volume",
        "0.018 to 0.024 mL between records 70 and 73",
        "occlusion: pressure above 400 kPa",
        "the port vanished",
        "treatment_ml.soft_high: asked 3.6 mL, limit 3.5 mL: last visit was 2 months ago",
        "shot 24: a small scar there",
        "shot 8 once more, after record 8: the first shot stopped half way",
        "shot 12 went to",
        "redness, mild in left",
        "1 break of the link, 1 alarm, 1 override.",
    ):
        assert words in eventful.words


def test_provenance_stands_on_the_page(eventful: Page) -> None:
    story = cases.eventful()
    for words in (
        story.head.hash,
        f"event {story.head.seq}",
        story.plan.plan_hash,
        story.plan.protocol_sha256,
        story.plan.area_sha256,
        "serial SIM-0042",
        "33" * 8,
        "± (100 nL + 1 %)",
        "HA-2231",
        "2027-03",
        "mesogun 0.1.0, run by mesogun 0.1.0 on station room-2",
        "research and engineering software, not a medical device",
        "Positions are the plan's",
        "the gun does not measure them",
        "Hyaluronic acid, 15 mg/mL",
    ):
        assert words in eventful.words


def test_nothing_to_attend_to_is_said() -> None:
    assert "Nothing: no alarm, fault, break of the link" in read(page_of(cases.quiet())).words


@pytest.mark.parametrize(
    ("simulated", "kind", "demonstration", "seen", "unseen"),
    [
        (True, "simulated", False, ["SIMULATED"], ["DEMONSTRATION", "BENCH"]),
        (True, "simulated", True, ["SIMULATED", "DEMONSTRATION VALUES"], ["BENCH"]),
        (False, "clinical", True, ["DEMONSTRATION VALUES"], ["SIMULATED", "BENCH"]),
        (False, "simulated", False, ["SIMULATED"], ["DEMONSTRATION"]),
        (False, "bench", False, ["BENCH"], ["SIMULATED", "DEMONSTRATION"]),
        (False, "clinical", False, [], ["SIMULATED", "DEMONSTRATION", "BENCH"]),
    ],
)
def test_what_was_not_real_says_so(
    simulated: bool, kind: str, demonstration: bool, seen: list[str], unseen: list[str]
) -> None:
    story = cases.Story(cases.a_plan(), simulated=simulated, demonstration=demonstration).begin(kind).fire(0)
    page = read(page_of(story))
    assert all(word in page.words for word in seen)
    assert not any(word in page.words for word in unseen)
    assert ("watermark" in page.classes) is ({"SIMULATED", "DEMONSTRATION VALUES"} & set(seen) != set())


def test_hostile_words_stay_words() -> None:
    plan = cases.a_plan(title=HOSTILE, zones=(HOSTILE, "b"))
    story = cases.Story(plan).begin().fire(0)
    story.say(ev.NoteAdded(HOSTILE, HOSTILE), ev.AlarmRaised(HOSTILE, HOSTILE, HOSTILE), ev.NotDone(HOSTILE, HOSTILE))
    story.say(ev.SyringeInserted(HOSTILE, HOSTILE, 1, HOSTILE), ev.ScreeningAnswered(HOSTILE, HOSTILE, "", HOSTILE))
    page = read(page_of(story))
    assert page.faults == []
    assert page.words.count("{{ 7 * 7 }}") >= 10


@given(st.lists(st.builds(ev.NoteAdded, st.text(), st.text()), max_size=4), st.text(min_size=1))
@settings(max_examples=10, phases=[Phase.generate])
def test_any_text_keeps_the_form(notes: list[ev.NoteAdded], name: str) -> None:
    plan = cases.a_plan(spacing_um=14_000, zones=(name, name + "b"), title=name)
    page = read(page_of(cases.Story(plan).begin().say(*notes)))
    assert page.faults == []
    assert not any(unicodedata.category(sign) == "Cc" for sign in page.words)


@given(any_event())
def test_every_event_has_a_line_or_is_counted(event: ev.Event) -> None:
    story = cases.Story(cases.a_plan(spacing_um=20_000)).say(event)
    silent = {"ScreeningAnswered", "MagazineLoaded", "EntrySettled", "ShotRecorded", "Armed", "Disarmed"}
    assert len(told(story.rows)) == (type(event).__name__ not in silent)


def test_a_kind_of_event_from_tomorrow_is_told_with_its_fields() -> None:
    @dataclasses.dataclass(frozen=True, slots=True)
    class NeedleBent(ev.Event):
        angle_deg: int

    row = replace(cases.quiet().rows[0], event=NeedleBent(12))
    (line,) = told((row,))
    assert (line.what, line.detail) == ("needle bent", "angle_deg 12")


def test_a_long_story_is_cut_and_says_so() -> None:
    story = cases.Story(cases.a_plan()).begin().say(*[ev.Paused("op-1", f"pause {i}") for i in range(300)])
    words = read(page_of(story)).words
    assert "pause 200" in words
    assert "pause 290" not in words
    assert f"more lines: mesogun journal show {cases.TREATMENT}" in words


def test_days_after_the_first_carry_their_date() -> None:
    story = cases.Story(cases.a_plan()).begin().fire(0).say(ev.Paused("op-1", "overnight"), after_s=86_400)
    assert "6 Jan 09:00:50" in read(page_of(story)).words


def test_refused_before_it_began_is_still_a_report() -> None:
    story = cases.Story(cases.a_plan(), limit_nl=None)
    story.begin()
    story.events = [item for item in story.events if isinstance(item[1], ev.TreatmentPlanned)]
    story.say(ev.NotDone("hard treatment_ml: too much", "op-1"))
    page = read(page_of(story))
    assert page.faults == []
    assert "The plan was not cleared, so no limit is known." in page.words
    assert "No shot is recorded." in page.words
    assert "not done" in page.words


def test_a_limit_of_zero_is_said() -> None:
    story = cases.Story(cases.a_plan(), limit_nl=500_000).begin()
    cleared = next(event for _, event in story.events if isinstance(event, ev.PlanCleared))
    nothing = cases.clearance(story.plan, 500_000, False)
    caps = (replace(nothing.caps[0], cap_nl=0),)
    story.events = [
        (at, replace(event, clearance=replace(nothing, caps=caps).to_text()) if event is cleared else event)
        for at, event in story.events
    ]
    assert "The hard limit of this treatment is zero." in read(page_of(story)).words


def test_nothing_planned_is_refused() -> None:
    story = cases.quiet()
    with pytest.raises(InputError, match="never planned"):
        report_html("a7", TreatmentState(), story.rows, story.plan, head=story.head, software="0.1.0")


def test_a_shot_that_the_plan_lacks_is_a_damaged_record() -> None:
    story = cases.Story(cases.a_plan()).begin().fire(0)
    small = cases.a_plan(spacing_um=12_000)
    bad = replace(story.state, shots=(replace(story.state.shots[0], shot_index=500),))
    with pytest.raises(RecordError, match=f"names shot 500, but its plan has {len(small.shots)} shots"):
        report_html("a7", bad, story.rows, small, head=story.head, software="0.1.0")
