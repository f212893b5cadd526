"""What the rows and panels say when something is not as usual: STOP, a lost link, stale words, a silent record.

Pure texts, no screen. Not responsible for the alarms themselves (``tests/record/test_alarms``).
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.console import Console
from rich.style import Style

from mesogun.record import Event
from mesogun.record import events as ev
from mesogun.record.alarms import Alarms, Facts, Limit, step
from mesogun.wire.codes import State
from tests.trace import req
from tests.tui import scenes
from tests.tui.fakes import Stage
from tui import gunpanel, pages, panels
from tui.keymap import Where, keymap
from tui.limitpage import agent_text, limits
from tui.lines import segments_of
from tui.palette import DARK, PALETTES, Palette
from tui.source import LiveSource, Progress, Stop
from tui.view import Freshness, View, ViewMaker
from tui.viewed import link_words

HARD = Limit("this treatment", 2_000_000, hard=True, told="2 mL (the clinic)")
SOFT = Limit("the course", 1_600_000, hard=False)


def view(done: int = 40, *, extra: tuple[Event, ...] = (), source: str = "LIVE", **options: object) -> View:
    maker = ViewMaker(scenes.PLAN, title="Skin hydration, cheek", source=source, limits=(HARD, SOFT))
    chosen: dict[str, object] = {"phase": "treating", "age_us": 50_000, "link": scenes.LINK, **options}
    told = scenes.status(done, state=int(chosen.pop("state", State.ARMED)))  # type: ignore[call-overload]
    return maker.view(scenes.state(done, extra=extra), told, **chosen)  # type: ignore[arg-type]


def row(seen: View, width: int = 80, note: str = "", *, totals: bool = False) -> str:
    text = panels.status(seen, DARK, width, 0, note, totals=totals)
    assert text.cell_len <= width
    return text.plain


def panel(seen: View, width: int = 36) -> str:
    return gunpanel.gun(seen, DARK, width, [10_000, 20_000]).plain


# -- how a run is over -------------------------------------------------------------------------------------------------

LOST = {"failure": "the port vanished", "failure_kind": "LinkLost"}


@pytest.mark.parametrize(
    ("options", "chip"),
    [
        (LOST, "LINK LOST"),
        ({"failure": "no", "failure_kind": "LimitRefused"}, "REFUSED"),
        ({"failure": "disk full", "failure_kind": "RecordError"}, "RECORD FAILED"),
        ({"failure": "oops", "failure_kind": "ZeroDivisionError"}, "FAILED"),
        ({"stop": Stop.SENT}, "STOP SENT"),
        ({"stop": Stop.UNANSWERED, **LOST}, "STOP SENT"),
        ({"stop": Stop.FAILED, "stop_failure": "gone", **LOST}, "STOP FAILED"),
        ({"stop": Stop.PROVED, **LOST}, "STOPPED"),
        ({"extra": (ev.TreatmentEnded("complete", "op-ada"),)}, "ENDED"),
    ],
)
def test_what_is_over_never_says_live_and_never_claims_the_old_phase(options: dict[str, object], chip: str) -> None:
    for width in (60, 80, 120):
        shown = row(view(**options), width)  # type: ignore[arg-type]
        assert shown.startswith(f" {chip} ")
        assert "LIVE" not in shown
        assert "treating" not in shown


def test_a_treatment_that_is_still_open_is_not_called_over() -> None:
    lost = view(**LOST)  # type: ignore[arg-type]
    assert panels.over_words(lost) == "40 of 77 given; q leaves, then mesogun treat --resume"
    assert panels.over_words(lost) in row(lost, 80, panels.over_words(lost))
    assert panels.over_words(lost, short=True) in row(lost, 60, panels.over_words(lost, short=True))
    ended = view(77, extra=(ev.TreatmentEnded("complete", "op-ada"),))
    assert panels.over_words(ended) == "it is over: q leaves"


def test_the_front_s_word_about_stop_reaches_the_screen() -> None:
    """Sent, unanswered, proved; or not written at all, until a second press gets through."""
    stage = Stage()
    stage.treat(5)

    def shown() -> tuple[Stop, str | None]:
        moment = stage.source.moment(stage.clock.monotonic_us())
        return moment.stop, moment.stop_failure

    assert shown() == (Stop.NONE, None)
    stage.front.stop_now()
    assert shown() == (Stop.SENT, None)
    stage.front.stop_answered(False)
    assert shown() == (Stop.UNANSWERED, None)
    stage.front.stop_answered(True)
    stage.front.stop_answered(False)
    assert shown() == (Stop.PROVED, None), "a proof stands"
    again = Stage()
    again.treat(5)
    works: list[None] = []

    def stop() -> None:
        if not works:
            raise OSError("the port vanished")

    again.front._stop = stop
    again.front.stop_now()
    moment = LiveSource(again.front).moment(0)
    assert (moment.stop, moment.stop_failure) == (Stop.FAILED, "OSError: the port vanished")
    works.append(None)
    again.front.stop_now()
    assert LiveSource(again.front).moment(0).stop is Stop.SENT


# -- stale words -------------------------------------------------------------------------------------------------------


@req("H13")
def test_a_stale_word_is_dim_all_over_and_its_lease_is_past() -> None:
    fresh, stale = view(age_us=50_000, state=State.FIRING), view(age_us=1_500_000, state=State.FIRING)
    assert "FIRING   lease 1.8 s" in panel(fresh)
    assert "FIRING   lease was 1.8 s" in panel(stale)
    styles = {str(span.style) for span in gunpanel.gun(stale, DARK, 36, []).spans}
    assert styles <= {DARK.quiet, f"{DARK.quiet} on {DARK.line}"}
    assert any(DARK.medium in str(span.style) for span in gunpanel.gun(fresh, DARK, 36, []).spans)


def test_a_silent_record_says_so_and_what_was_known_last() -> None:
    silent = view(source="WATCH", phase="armed", age_us=15_000_000, silent_us=15_000_000)
    assert row(silent).startswith(" NO NEWS  last known: armed, 15 s ago ")
    assert "this screen does not hear the gun" in panel(silent)
    assert "last known: armed, 15 s ago" in panel(silent)
    assert panels.total(silent, DARK, 36, 10).plain.startswith("ON RECORD, no news")
    calm = view(source="WATCH", phase="paused", age_us=600_000_000)
    assert row(calm).startswith(" WATCH  paused ")
    assert " 10 min ago " in row(calm)
    assert "last event 10 min ago" in row(calm, 120)
    assert "this screen does not hear the gun" in panel(calm)
    assert "last known" not in panel(calm)


# -- figures that must not vanish --------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_totals_stand_in_the_status_row_where_their_panel_is_hidden(width: int) -> None:
    seen = view()
    assert "0.8 mL  at most 0.948  60 %" in row(seen, width, totals=True)
    assert "0.8 mL  at most 0.948  60 %" in row(seen, width, "a note that is much too long for this row", totals=True)
    assert "at most" not in row(seen, width)
    lost = view(age_us=4_000_000)
    assert "---  last known at most 0.948 mL  60 %" in row(lost, width, totals=True)


def test_the_subject_is_there_before_the_kind_of_values() -> None:
    assert "simulated gun  S-0042  demonstration values" in row(view())


def test_depth_and_pressure_of_the_last_shot_and_depth_of_the_next() -> None:
    assert "last shot 4 mm 84 kPa  next 4 mm" in panel(view())
    assert "next" not in panel(view(age_us=2_000_000)), "the next point comes from a fresh word only"
    shown = panels.shots(view(), DARK, 36, 3).plain.splitlines()
    assert shown[0] == "#40 point 40  0.02 mL   done  4 mm"
    assert all(len(line) <= 36 for line in shown)
    assert "84 kPa" in panels.shots(view(), DARK, 44, 3).plain


def test_a_link_that_is_not_fine_is_told_in_short_and_on_the_page_of_the_gun() -> None:
    assert "link" not in panel(view())
    bad = replace(scenes.LINK, srtt_us=140_000, resends=12, damaged_frames=9)
    assert "link 140 ms" in panel(view(link=bad))
    assert "link 140 ms, 12 resent, 9 damaged" in panel(view(link=bad), 56)
    assert all(len(line) <= 36 for line in panel(view(link=bad)).splitlines())
    page = pages.page("gun", view(), Alarms(), keymap(Where.LIVE), DARK, 76).plain
    assert "12 ms, slowest 48 ms" in " ".join(page.split())
    assert "340, 2 sent again" in page
    assert link_words(scenes.LINK).trouble == ()


def test_every_limit_is_listed_with_its_share_and_so_are_agent_and_zones() -> None:
    seen = view()
    told = limits(seen, DARK, 76).plain
    assert "limit for this treatment 2 mL" in told
    assert "48 %" in told
    assert "2 mL (the clinic)" in told
    assert "soft limit for the course 1.6 mL" in told
    assert "60 %" in told
    assert "cheek  0.8 mL, at most 0.948 mL of 1.54 mL, 62 %  40 of 77 points" in told
    assert agent_text(seen) in told
    assert agent_text(seen).endswith("15 mg/mL: 0.8 mL, at most 0.948 mL = at most 14.22 mg")
    assert "limit of points 60: 40 on record, 67 %" in limits(replace(seen, most_points=60), DARK, 76).plain


def test_the_tightest_limit_and_the_points_in_words() -> None:
    shown = panels.total(view(), DARK, 36, 10).plain
    assert "soft limit for the course 1.6 mL" in shown
    assert shown.startswith("GIVEN  40 of 77 points ")
    assert "left 0.74 of 1.54 mL" in shown
    many = replace(view(), remaining_nl=12_345_000, planned_nl=120_500_000, shots_done=1_024, shots_total=1_128)
    many = replace(many, freshness=Freshness.LOST)
    assert "left 12.345 of 120.5 mL  1,024 of 1,128" in panels.total(many, DARK, 40, 10).plain
    assert all(len(line) <= 36 for line in panels.total(many, DARK, 36, 10).plain.splitlines())


def test_what_was_ordered_stands_on_the_page_of_shots_with_who_and_why() -> None:
    told = view(
        20,
        extra=(
            ev.PointReassigned(4, scenes.PLAN.shots[4].x_um + 1_500, scenes.PLAN.shots[4].y_um - 500, "op-ada", "slip"),
            ev.PointSkipped(30, "op-ada", "a mole"),
            ev.RedoOrdered(3, 4, "op-ada", "it ran out"),
            ev.HandedOver("op-ada", "op-bob", signature="00"),
        ),
    )
    page = " ".join(pages.page("log", told, Alarms(), keymap(Where.LIVE), DARK, 76).plain.split())
    assert "point 5 cheek went elsewhere: 1.5 mm right and 0.5 mm down, at" in page
    assert "(by op-ada: slip)" in page
    assert "point 31 skipped (by op-ada: a mole)" in page
    assert "point 4 ordered once more after shot 4 (by op-ada: it ran out)" in page
    assert "handed over from op-ada to op-bob, signed" in page


def test_nothing_of_a_shot_is_lost_on_its_page() -> None:
    short = scenes.shot(41, 40, outcome="PARTIAL", delivered_nl=7_000)
    for width in (56, 76):
        page = pages.page("log", view(extra=(short,)), Alarms(), keymap(Where.LIVE), DARK, width).plain
        assert max(map(len, page.splitlines())) <= width
        found = " ".join(page.split())
        assert "#41 point 41 0.007 mL partial cheek 4 mm 84 kPa of 0.02 mL" in found


# -- the banner and the replay -----------------------------------------------------------------------------------------


def test_the_banner_keeps_the_reason_of_a_refusal() -> None:
    why = "gun 00000000000000d1 must not treat now: its certificate has expired"
    facts = Facts(scenes.state(5), None, failure=why, failure_kind="Refused")
    found = step(Alarms(), facts, 0)
    shown = panels.banner(found, DARK, 80, 0, flash=False).plain
    assert shown.startswith(" !!  MEDIUM Refused: its certificate has expired")
    assert len(shown) == 80
    page = pages.page("alarms", view(), found, keymap(Where.LIVE), DARK, 76).plain
    assert why in page, "the whole text is on the page of alarms"
    assert panels.squeezed("Refused", "a: b", 99) == "Refused: a: b"
    assert panels.squeezed("Refused", "no colon in here at all", 16) == "Refused: no col…"


def test_a_narrow_banner_keeps_what_to_do_and_drops_what_stands_around_it() -> None:
    facts = Facts(scenes.state(5), None, stopped=True, stop_unanswered=True, failure="gone", failure_kind="LinkLost")
    found = step(Alarms(), facts, 0)
    shown = panels.banner(found, DARK, 60, 0, flash=False).plain
    assert shown == " !!! STOP sent, not confirmed: take the gun off the skin +1 "
    assert "+1 more  a Seen" in panels.banner(found, DARK, 80, 0, flash=False).plain


def test_the_rows_are_the_same_in_every_theme() -> None:
    for seen in (view(), view(**LOST), view(stop=Stop.SENT)):  # type: ignore[arg-type]
        for width in (60, 80, 120):
            for note in ("", "40 of 77 given; q leaves, then mesogun treat --resume"):
                told = {panels.status(seen, palette, width, 0, note).plain for palette in PALETTES.values()}
                assert len(told) == 1


def test_stop_withdraws_what_was_asked() -> None:
    stage = Stage()
    stage.ask_to_arm(5)
    assert stage.front.question is not None
    stage.front.stop_now()
    assert stage.front.question is None


def test_a_replay_shows_its_place_and_its_speed_while_it_is_held_too() -> None:
    for playing, word in ((True, "playing"), (False, "held")):
        progress = Progress(60, 120, "09:12:03", 0.25, playing)
        lines = gunpanel.gun(view(source="REPLAY"), DARK, 36, [], progress).plain.splitlines()
        assert lines[0] == f"REPLAY 09:12:03  x0.25 {word}"
        assert lines[1] == "event 60 of 120"
        assert lines[2] == "█" * 18 + "░" * 18
        assert max(map(len, lines)) <= 36
    assert view(source="REPLAY").freshness is Freshness.RECORD


@pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
def test_a_chip_colours_its_own_word_and_no_other(palette: Palette) -> None:
    """What is drawn, not what is in the text: a base style of the row would run on behind every word in it."""
    row = panels.status(view(), palette, 80, 0)
    drawn = segments_of(row, Console(color_system="truecolor"), Style())
    coloured = {part.text.strip() for part in drawn if part.style is not None and part.style.bgcolor is not None}
    assert coloured - {""} <= {"LIVE"}
