"""Views, watch, replay and the plain twin, over recorded events: the same numbers everywhere."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesogun.errors import InputError
from mesogun.record import Event, Mark, TreatmentState, fold, fold_all
from mesogun.record import events as ev
from mesogun.record.alarms import Alarms, Facts, limit_words, step
from tests.trace import req
from tests.tui import scenes
from tui.follow import LONGEST_GAP_US, Entry, ReplaySource, WatchSource, plan_of
from tui.picture import picture_of
from tui.source import Moment
from tui.twin import as_json, news, report
from tui.view import Freshness, View, ViewMaker, next_shot
from tui.watch import lines


def entries(events: list[Event], gap_ms: int = 100) -> list[Entry]:
    return [
        Entry(
            number + 1, f"2026-01-05T09:{number * gap_ms // 60_000:02d}:{number * gap_ms % 60_000 / 1000:06.3f}Z", event
        )
        for number, event in enumerate(events)
    ]


def view_of(state: TreatmentState, **options: object) -> View:
    maker = ViewMaker(scenes.PLAN, title="t", source="LIVE", limits=scenes.LIMITS)
    chosen: dict[str, object] = {"phase": "treating", "age_us": 50_000, **options}
    return maker.view(state, scenes.status(len(state.shots)), **chosen)  # type: ignore[arg-type]


@settings(max_examples=25)
@given(st.integers(0, 2**31))
def test_the_total_shown_is_the_sum_of_the_records_after_every_event(seed: int) -> None:
    """Any order of loads, shots, unloads, breaks: nothing is estimated, nothing is lost."""
    choose = random.Random(seed)
    maker = ViewMaker(scenes.PLAN, title="t", source="LIVE", limits=scenes.LIMITS)
    state = fold_all(scenes.history(0, magazine=0))
    delivered = entry_no = index = 0
    held: list[ev.MagazineLoaded] = []
    for _ in range(40):
        what = choose.choice(("load", "shot", "shot", "settle", "break", "partial"))
        event: Event
        if what == "load" or not held:
            entry_no += 1
            event = scenes.loaded(entry_no, index % 70)
            held.append(event)
            index += 1
        elif what in ("shot", "partial"):
            entry = held.pop(0)
            given_nl = choose.randrange(0, 20_001) if what == "partial" else 20_000
            event = scenes.shot(
                entry.entry_no,
                entry.shot_index,
                delivered_nl=given_nl,
                outcome="PARTIAL" if what == "partial" else "DONE",
            )
            delivered += given_nl
        elif what == "settle":
            entry = held.pop()
            event = ev.EntrySettled(scenes.GUN, scenes.MEMORY, entry.entry_no, "unloaded")
        else:
            event = ev.LinkBroken("x")
        state = fold(state, event)
        view = maker.view(state, None, phase="treating", age_us=0)
        assert view.given_nl == delivered == sum(zone.given_nl for zone in view.zones)
        assert (view.low_nl, view.high_nl) == (state.ledger.low_nl, state.ledger.high_nl)
        assert view.low_nl <= delivered <= view.high_nl
        assert view.marks == tuple(state.mark(number) for number in range(len(scenes.PLAN.shots)))
        waiting = [
            shot.volume_nl for shot in scenes.PLAN.shots if state.mark(shot.index) in (Mark.PENDING, Mark.LOADED)
        ]
        assert view.remaining_nl == sum(waiting)


@req("H13")
def test_the_next_point_is_what_the_gun_says_and_nothing_without_its_word() -> None:
    state = scenes.state(10)
    assert next_shot(state, scenes.status(10)) == 10
    assert next_shot(state, scenes.status(10, next_entry_no=13)) == 12
    assert next_shot(state, scenes.status(10, next_entry_no=999)) is None
    assert next_shot(state, None) is None
    assert view_of(state, age_us=1_000_001).next_shot is None


@req("H13")
def test_unknown_is_shown_as_unknown_and_prime_apart() -> None:
    unknown = scenes.shot(11, 10, delivered_nl=3_000, outcome="INDETERMINATE")
    prime = scenes.shot(12, 0, kind="PRIME", flags=0)
    view = view_of(scenes.state(10, extra=[unknown, prime]))
    assert view.marks[10] is Mark.INDETERMINATE
    assert view.last[-1].kind == "prime"
    assert view.last[-1].point is None
    assert view.prime_high_nl == prime.high_nl
    assert view.given_nl == scenes.state(10, extra=[unknown]).dispensed_nl


@pytest.mark.parametrize(
    ("age_us", "fresh"),
    [(None, Freshness.WAITING), (0, Freshness.LIVE), (1_000_000, Freshness.LIVE), (1_000_001, Freshness.STALE),
     (3_000_000, Freshness.STALE), (3_000_001, Freshness.LOST)],
)  # fmt: skip
def test_freshness_by_age(age_us: int | None, fresh: Freshness) -> None:
    view = view_of(scenes.state(5), age_us=age_us)
    assert view.freshness is fresh
    assert (view.gun is not None) == (fresh in (Freshness.LIVE, Freshness.STALE))


def test_the_tightest_limit_is_the_one_with_the_largest_share() -> None:
    view = view_of(scenes.state(40))
    assert view.tightest is not None
    assert view.tightest.name == "protocol total"
    assert limit_words("treatment_ml.hard_high") == "this treatment"


# -- watch -------------------------------------------------------------------------------------------------------------


def test_a_watcher_folds_only_what_is_new_and_arrives_at_the_same_state() -> None:
    rows = entries(scenes.history(12))
    asked: list[int] = []
    upto = 5

    def fetch(after: int) -> Iterator[Entry]:
        asked.append(after)
        return iter([row for row in rows[:upto] if row.seq > after])

    source = WatchSource(fetch)
    assert source.look() == 5
    assert source.look() == 0
    upto = len(rows)
    source.look()
    assert asked == [0, 5, 5]
    moment = source.moment(1_000)
    assert moment.state == fold_all(row.event for row in rows)
    assert moment.snapshot is None, "a watcher renews no lease"
    assert source.moment(3_000).age_us == 2_000


def test_a_journal_that_cannot_be_read_is_told_until_it_can_be_again() -> None:
    failures = [True, False]

    def fetch(_: int) -> Iterator[Entry]:
        source.leave()
        if failures.pop(0):
            raise OSError("disk is gone")
        return iter(())

    source = WatchSource(fetch)
    source.run(0.0)
    assert source.moment(0).failure == "disk is gone"
    source._leave.clear()
    source.run(0.0)
    assert source.moment(0).failure is None


def watched(events: list[Event], *, at_us: int, utc: datetime | None = None) -> tuple[View, Moment]:
    rows = entries(events)
    source = WatchSource(lambda after: iter([row for row in rows if row.seq > after]), (lambda: utc) if utc else None)
    source.look()
    source.moment(0)
    moment = source.moment(at_us)
    return ViewMaker(scenes.PLAN, title="t", source="WATCH").of(moment), moment


@req("H13")
def test_a_record_that_says_armed_and_goes_silent_is_no_news_and_anything_else_has_an_age_only() -> None:
    """A killed treatment writes nothing; neither does one that is paused or asks: only the first is worth a word."""
    armed = scenes.history(5)
    view, moment = watched(armed, at_us=3_000_000)
    assert (view.freshness, moment.silent_us) == (Freshness.RECORD, 3_000_000)
    view, _ = watched(armed, at_us=15_000_000)
    assert view.freshness is Freshness.SILENT
    assert view.phase == "armed"
    for more, phase in (
        ([ev.Paused("op-ada"), ev.Disarmed("paused")], "paused"),
        ([ev.LinkBroken("gone")], "link broken"),
        ([ev.Disarmed("done with these entries")], "not armed"),
        ([ev.TreatmentEnded("complete", "op-ada")], "ended"),
    ):
        view, moment = watched([*armed, *more], at_us=600_000_000)
        assert (view.freshness, moment.silent_us, view.phase) == (Freshness.RECORD, None, phase)


def test_a_watcher_that_comes_late_knows_how_old_the_record_is() -> None:
    rows = entries(scenes.history(5))
    last = datetime.fromisoformat(rows[-1].at)
    view, _ = watched(scenes.history(5), at_us=1_000_000, utc=last + timedelta(seconds=7_200))
    assert view.age_us == 7_201_000_000
    assert view.freshness is Freshness.SILENT
    view, _ = watched(scenes.history(5), at_us=1_000_000, utc=last - timedelta(days=9))
    assert view.age_us == 1_000_000, "a record from the future of this computer's calendar is as old as this look"


def test_no_plan_no_picture() -> None:
    with pytest.raises(InputError, match="no plan"):
        plan_of([])
    assert plan_of(entries(scenes.history(0))) == scenes.PLAN


# -- replay ------------------------------------------------------------------------------------------------------------


def test_a_replay_ends_where_the_record_ends_and_goes_back() -> None:
    rows = entries(scenes.history(20))
    source = ReplaySource(rows)
    source.moment(0)
    end = source.moment(source.length_us)
    assert end.state == fold_all(row.event for row in rows)
    source.skip(-10)
    assert not source.playing
    assert source.moment(10**9).state == fold_all(row.event for row in rows[:-10])


def test_a_replay_runs_at_its_speed_and_cuts_long_waits() -> None:
    rows = entries(scenes.history(20))
    late = [*rows[:-1], Entry(rows[-1].seq, "2026-01-05T12:00:00.000Z", rows[-1].event)]
    source = ReplaySource(late)
    assert source.length_us == (len(rows) - 2) * 100_000 + LONGEST_GAP_US
    source.moment(0)
    source.faster(2)
    assert source.speed == 4.0
    source.moment(250_000)
    assert source.place == 10


@settings(max_examples=25)
@given(st.lists(st.integers(-30, 30), max_size=12))
def test_scrubbing_shows_exactly_the_events_up_to_the_place(moves: list[int]) -> None:
    rows = entries(scenes.history(15))
    source = ReplaySource(rows)
    for move in moves:
        source.skip(move)
        assert 0 <= source.place < len(rows)
        assert source.moment(0).state == fold_all(row.event for row in rows[: source.place + 1])


# -- the twin ----------------------------------------------------------------------------------------------------------


def rich_view() -> tuple[View, Alarms]:
    extra = [
        scenes.shot(31, 30, outcome="PARTIAL", delivered_nl=7_000),
        ev.PointReassigned(4, 12_000, 3_500, "op-ada", "it slipped"),
        ev.RedoOrdered(30, 31, "op-ada", "it was not given in full"),
    ]
    state = scenes.state(30, extra=extra)
    view = view_of(state, failure=None, link=scenes.LINK)
    return view, step(Alarms(), Facts(state, scenes.status(31, fault=1), limits=scenes.LIMITS), 0)


def test_json_carries_every_field_of_a_view() -> None:
    view, alarms = rich_view()
    data = json.loads(as_json(view, alarms))
    assert {field.name for field in fields(View)} | {"alarms"} == set(data)
    assert data["high_nl"] == view.high_nl
    assert data["gun"]["state"] == "armed"
    assert data["last"][-1]["outcome"] == "partial"
    assert {alarm["alarm"] for alarm in data["alarms"]} == set(alarms.alarms)


def test_plain_lines_carry_every_fact_of_a_view() -> None:
    """Each field, changed to something that stands out, changes the report."""
    view, alarms = rich_view()
    base = report(view, alarms)
    other: dict[str, object] = {
        "age_us": 7_700_000, "freshness": Freshness.STALE, "gun": None, "next_shot": 3, "failure": "boom",
        "ended": "done", "stop_failure": "the port vanished", "demonstration": False, "link": None,
        "moves": (), "next_depth_um": 7_250, "most_points": 99, "limits": (), "zones": (), "loaded": (), "last": (),
        "marks": (Mark.SKIPPED,),
        "remarks": ("not done: too late",),
    }  # fmt: skip
    for field in fields(View):
        value = getattr(view, field.name)
        if field.name in other:
            changed = other[field.name]
        elif isinstance(value, str):
            changed = value + "zzz"
        else:
            assert isinstance(value, int), field.name
            changed = value + 777_000
        assert report(replace(view, **{field.name: changed}), alarms) != base, field.name  # type: ignore[arg-type]


def test_plain_lines_carry_every_word_of_the_gun() -> None:
    view, alarms = rich_view()
    gun = view.gun
    assert gun is not None
    assert is_dataclass(gun)
    for field in fields(gun):
        value = getattr(gun, field.name)
        changed: object = (not value) if isinstance(value, bool) else f"{value}zzz"
        if isinstance(value, int) and not isinstance(value, bool):
            changed = value + 500_000
        other = replace(view, gun=replace(gun, **{field.name: changed}))  # type: ignore[arg-type]
        assert report(other, alarms) != report(view, alarms), field.name


@pytest.mark.parametrize("name", ["moves", "link", "limits", "zones"])
def test_plain_lines_carry_every_word_of_the_parts(name: str) -> None:
    """What, where, who and why of a corrected place; each count of the link; each figure of a limit and of a zone."""
    view, alarms = rich_view()
    found = getattr(view, name)
    part = found[0] if isinstance(found, tuple) else found
    assert is_dataclass(part)
    for field in fields(part):
        value = getattr(part, field.name)
        changed: object = (not value) if isinstance(value, bool) else f"{value}zzz"
        if isinstance(value, int) and not isinstance(value, bool):
            changed = value + 500_000
        other = replace(part, **{field.name: changed})  # type: ignore[type-var]
        parts: Any = (other, *found[1:]) if isinstance(found, tuple) else other
        assert report(replace(view, **{name: parts}), alarms) != report(view, alarms), field.name


def test_after_the_first_report_only_news_is_said() -> None:
    before = view_of(scenes.state(10))
    after = view_of(scenes.state(12))
    assert news(before, before, Alarms(), Alarms()) == []
    said = news(before, after, Alarms(), Alarms())
    assert [line.split(":")[0] for line in said] == [
        "shot 11",
        "shot 12",
        "given 0.24 mL on record; proved 0.232 mL, at most 0.371 mL",
    ]


def test_watching_in_plain_lines_follows_the_journal() -> None:
    rows = entries(scenes.history(5))
    upto = len(rows) - 6

    def fetch(after: int) -> Iterator[Entry]:
        return iter([row for row in rows[:upto] if row.seq > after])

    looks = lines(fetch, as_json_lines=False, now_us=lambda: 0)
    assert "shots 5 of 77" in next(looks)
    assert next(looks) == ""
    upto = len(rows)
    assert "at most" in next(looks)
    as_lines = lines(fetch, as_json_lines=True, now_us=lambda: 0)
    assert json.loads(next(as_lines))["shots_done"] == 5
    assert next(as_lines) == ""


def test_a_picture_of_a_recorded_moment_needs_no_network_and_repeats() -> None:
    rows = entries(scenes.history(30))
    made = picture_of(rows, share=0.5)
    assert "font-face" not in made
    assert "http" not in made.replace("http://www.w3.org/", "").replace("https://www.textualize.io", "")
    assert made == picture_of(rows, share=0.5)
    assert made != picture_of(rows, share=1.0)
