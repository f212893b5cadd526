"""Alarms on the screen: which one leads, what silence looks like, and clocks that run apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from mesogun.clock import ManualClock
from mesogun.record import TreatmentState
from mesogun.record import events as ev
from mesogun.record.alarms import Alarms, Priority
from mesogun.wire.codes import Flag, State
from tests.trace import req
from tests.tui import scenes
from tui import panels
from tui.alerting import JUMP_US, Alerting, Surroundings
from tui.front import ScreenFront
from tui.palette import DARK
from tui.source import Moment, Stop

WEAK = int(Flag.SESSION | Flag.PAIRED | Flag.PRIMED | Flag.LOW_BATTERY)


def moment(state: TreatmentState | None = None, **status: int) -> Moment:
    word = replace(scenes.status(5), **status)
    return Moment(state if state is not None else scenes.state(5), word, "treating", 10_000)


def banner(alarms: Alarms, now_us: int = 0) -> str:
    return panels.banner(alarms, DARK, 80, now_us, flash=False).plain


def live(around: Surroundings | None = None, front: ScreenFront | None = None) -> Alerting:
    return Alerting(front, around if around is not None else Surroundings(), live=True)


@req("MG-24")
def test_the_highest_alarm_is_in_the_banner_and_the_others_are_counted() -> None:
    found = live()
    found.look(moment(flags=WEAK, fault=1), (), 0, painting_late=False)
    assert "!!  MEDIUM Occlusion" in banner(found.alarms)
    assert "+1 more" in banner(found.alarms)
    found.look(moment(flags=WEAK, fault=4), (), 1, painting_late=False)
    assert "!!! HIGH Overpressure" in banner(found.alarms)
    found.seen()
    found.look(moment(flags=WEAK, fault=4), (), 2, painting_late=False)
    assert "Overpressure (seen)" in banner(found.alarms), "seeing it does not clear it"


@req("MG-16")
def test_more_than_commanded_leads_at_the_next_look() -> None:
    too_much = scenes.shot(6, 5, delivered_nl=30_000)
    found = live()
    found.look(moment(), (), 0, painting_late=False)
    assert banner(found.alarms).startswith(" No alarm")
    found.look(moment(scenes.state(5, extra=[too_much])), (), 1, painting_late=False)
    assert "!!! HIGH More than commanded: shot 6 gave 0.03 mL of 0.02 mL" in banner(found.alarms)
    assert found.bell(1)


@req("MG-25")
def test_silence_is_visible_counts_down_and_ends_with_a_stop() -> None:
    found = live()
    found.look(moment(fault=1), (), 0, painting_late=False)
    assert found.bell(0)
    found.silence(0)
    assert "bell off 120 s" in banner(found.alarms)
    found.look(moment(fault=1), (), 60_000_000, painting_late=False)
    assert "bell off 60 s" in banner(found.alarms, 60_000_000)
    assert not found.bell(60_000_000)
    found.look(replace(moment(fault=1), stop=Stop.PROVED), (), 61_000_000, painting_late=False)
    assert "bell off" not in banner(found.alarms, 61_000_000)
    assert found.bell(61_000_000)


@req("MG-25")
def test_silence_is_visible_without_any_alarm_too() -> None:
    found = live()
    found.look(moment(), (), 0, painting_late=False)
    found.silence(0)
    assert banner(found.alarms).startswith(" No alarm")
    assert banner(found.alarms).endswith("bell off 120 s ")
    assert len(banner(found.alarms)) == 80


def test_a_calibration_that_is_due_is_said_by_the_gun_s_calendar() -> None:
    day = date(2026, 1, 5)
    for today, due in ((day, True), (day - timedelta(days=1), False)):
        found = live(Surroundings(today=today, calibration_due=day))
        found.look(moment(), (), 0, painting_late=False)
        assert ("calibration-due" in found.alarms.alarms) == due


@req("H12")
@pytest.mark.parametrize("jump_us", [JUMP_US + 1, -JUMP_US - 1, 3_600_000_000])
def test_a_computer_that_slept_drops_the_session_and_says_so(jump_us: int) -> None:
    clock, calendar_us = ManualClock(), [0]
    stops: list[str] = []
    front = ScreenFront(lambda: stops.append("stop"), ticks=clock)

    def utc() -> datetime:
        return clock.utc() + timedelta(microseconds=calendar_us[0])

    found = live(Surroundings(utc=utc), front)
    for _ in range(50):  # a time service that slews the calendar is no jump
        clock.advance_us(50_000)
        calendar_us[0] += 1_000
        found.look(moment(), (), clock.monotonic_us(), painting_late=False)
    assert stops == []
    calendar_us[0] += jump_us
    for _ in range(3):
        clock.advance_us(50_000)
        found.look(moment(), (), clock.monotonic_us(), painting_late=False)
    assert stops == ["stop"]
    assert "clock-jump" in found.alarms.alarms


def test_a_watcher_sees_the_alarms_of_the_record_and_what_the_operator_has_seen() -> None:
    raised = ev.AlarmRaised("stale", "medium", "2 s without a word from the gun")
    found = Alerting(None, Surroundings(), live=False)
    state = scenes.state(5, extra=[raised])
    found.look(Moment(state, None, "armed", 0), (), 0, painting_late=False)
    assert found.alarms.top is not None
    assert found.alarms.top.priority is Priority.MEDIUM
    assert "a Seen" in banner(found.alarms)
    seen = scenes.state(5, extra=[raised, ev.AlarmAcknowledged("stale", "op-ada")])
    found.look(Moment(seen, None, "armed", 0), (), 1, painting_late=False)
    assert "(seen)" in banner(found.alarms)


@pytest.mark.parametrize(
    ("state", "leads"), [(State.ARMED, "!!! HIGH Link lost while armed"), (State.DISARMED, "!!  MEDIUM Link lost")]
)
def test_a_break_counts_the_guns_last_word_although_no_frame_came_between(state: State, leads: str) -> None:
    found = live()
    disarmed = replace(moment(), status=replace(scenes.status(5), state=State.DISARMED))
    found.look(disarmed, (), 0, painting_late=False)
    broken = replace(moment(), status=replace(scenes.status(5), state=state), failure="gone", failure_kind="LinkLost")
    found.look(broken, (), 1, painting_late=False)
    assert leads in banner(found.alarms)
