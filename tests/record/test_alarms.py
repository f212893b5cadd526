"""The alarm conditions, each raised by the state it is about, and the life of an alarm under a clock of our own."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.record import TreatmentState, fold_all
from mesogun.record import alarms as al
from mesogun.record import events as ev
from mesogun.record.alarm_facts import looked_at
from mesogun.wire.codes import Fault, Flag, ShotFlag, State
from mesogun.wire.messages import Status
from tests.record.strategies import stories
from tests.trace import req

GUN, MEMORY = "00000000000000d1", "00000000000000e1"
QUIET = Status(
    gun_clock_us=1, state=int(State.DISARMED), flags=int(Flag.SESSION | Flag.PAIRED | Flag.PRIMED), fault=0,
    last_shot_no=0, closed_shot_no=0, fired_entry_no=0, entry_hwm=0, next_entry_no=0, magazine=0, running_total_nl=0,
    lease_left_ms=0, syringe_left_nl=1_000_000, pressure_pa=0, contact_mn=0, battery_mv=4000,
)  # fmt: skip
HARD = al.Limit("treatment", 1_000_000, hard=True)
SOFT = al.Limit("treatment", 500_000, hard=False)


def shot(shot_no: int = 1, index: int = 0, *, high_nl: int = 21_000, **changes: object) -> ev.ShotRecorded:
    base = ev.ShotRecorded(
        GUN, MEMORY, shot_no, shot_no, index, "TREAT", "DONE", int(ShotFlag.CONTACT_SEEN), 20_000, 20_000, 19_000,
        high_nl, 4000, 20_000, 1, 0, 90, 80_000, 1000, "c",
    )  # fmt: skip
    return replace(base, **changes)  # type: ignore[arg-type]


def state(*events: ev.Event) -> TreatmentState:
    return fold_all(events)


def facts(*events: ev.Event, status: Status | None = QUIET, **changes: object) -> al.Facts:
    return replace(al.Facts(state(*events), status, age_us=10_000, limits=(HARD,)), **changes)  # type: ignore[arg-type]


def flagged(flag: Flag) -> Status:
    return replace(QUIET, flags=QUIET.flags | flag)


ARMED = replace(QUIET, state=int(State.ARMED))

RAISED: dict[str, al.Facts] = {
    "limit-reached": facts(shot(high_nl=1_000_000)),
    "double-shot": facts(shot(1), shot(2)),
    "overrun": facts(shot(low_nl=20_001)),
    "unattributed": facts(ev.GapFound(GUN, MEMORY, 1, 3, 0, 5_000, 40_000)),
    "foreign-record": facts(ev.ForeignRecorded(GUN, MEMORY, 4, 9, "00000000000000ff", "TREAT", 1, 2_000, 3)),
    "link-lost-armed": facts(failure="gone", failure_kind="LinkLost", was_armed=True),
    "record-failed": facts(failure="disk full", failure_kind="RecordError"),
    "program-error": facts(failure="oops", failure_kind="ZeroDivisionError"),
    "still-armed": facts(status=ARMED, pausing_us=al.PAUSE_GRACE_US + 1),
    "gun-locked": facts(status=replace(QUIET, state=int(State.LOCKED))),
    "painting-late": facts(status=ARMED, painting_late=True),
    **{
        f"fault-{fault.name.lower().replace('_', '-')}": facts(status=replace(QUIET, fault=int(fault)))
        for fault in Fault
        if fault is not Fault.NONE
    },
    "stopped": facts(stopped=True, stop_proved=True),
    "stop-unconfirmed": facts(stopped=True),
    "stop-failed": facts(stopped=True, stop_failure="LinkLost: the port vanished"),
    "no-news": facts(watching=True, silent_us=al.LOST_US + 1),
    "no-news-long": facts(watching=True, silent_us=al.SILENT_US + 1),
    "record-unread": facts(status=None, watching=True, failure="disk is gone", failure_kind="OSError"),
    "link-lost": facts(failure="gone", failure_kind="LinkTimeout"),
    "refused": facts(failure="no", failure_kind="LimitRefused"),
    "stale": facts(age_us=al.STALE_US + 1),
    "limit-near": facts(shot(high_nl=900_000)),
    "limit-soft": facts(shot(high_nl=500_001), limits=(SOFT,)),
    "indeterminate": facts(shot(outcome="INDETERMINATE")),
    "partial": facts(shot(outcome="PARTIAL")),
    "contact-lost": facts(shot(flags=int(ShotFlag.CONTACT_LOST))),
    "occluded-shot": facts(shot(flags=int(ShotFlag.OCCLUDED))),
    "prime-on-skin": facts(shot(shot_kind="PRIME")),
    "clock-jump": facts(clock_jump=True),
    "bench-mode": facts(status=flagged(Flag.BENCH)),
    "syringe-low": facts(status=flagged(Flag.LOW_SYRINGE)),
    "battery-low": facts(status=flagged(Flag.LOW_BATTERY)),
    "calibration-due": facts(today_day=100, calibration_due_day=100),
    "unpaired": facts(status=replace(QUIET, flags=int(Flag.SESSION))),
    "link-broke": facts(ev.LinkBroken("x")),
}


BY_NAME = {condition.name: condition for condition in al.CONDITIONS}


def names(found: al.Alarms) -> set[str]:
    return set(found.alarms)


def test_every_condition_is_shown_here_and_there_are_enough() -> None:
    assert set(RAISED) == {condition.name for condition in al.CONDITIONS}
    assert len(al.CONDITIONS) >= 20
    assert len({condition.title for condition in al.CONDITIONS}) == len(al.CONDITIONS)


@pytest.mark.parametrize("name", RAISED)
def test_condition_holds_for_what_it_is_about_and_for_nothing_quiet(name: str) -> None:
    assert names(al.step(al.Alarms(), facts(), 0)) == set()
    assert name in names(al.step(al.Alarms(), RAISED[name], 0))


@pytest.mark.parametrize("condition", al.CONDITIONS, ids=lambda condition: condition.name)
def test_every_condition_says_why_and_what_to_do(condition: al.Condition) -> None:
    assert condition.cause.endswith(".")
    assert condition.action.endswith(".")
    assert len(condition.title) <= 32


def cut(**changes: bool | str) -> al.Facts:
    """Facts of a run that STOP has ended, as far as the runner says."""
    return facts(
        failure="STATUS was cancelled", failure_kind="LinkLost", was_armed=True, stopped=True, status=QUIET, **changes
    )


@req("MG-24")
def test_stop_is_a_high_alarm_until_the_gun_has_answered_it() -> None:
    """What nobody knows is not said: the gun is stopped once its own word proves it, and not when the key was hit."""
    sent = al.step(al.Alarms(), cut(), 0)
    assert names(sent) == {"stop-unconfirmed"}
    assert sent.top is not None
    assert sent.top.priority is al.Priority.HIGH
    assert sent.top.text == "STOP sent, not confirmed: take the gun off the skin"
    proved = al.step(sent, cut(stop_proved=True), 1)
    assert names(proved) == {"stopped"}, "the proof says how it ended: nothing stays behind"


def test_a_gun_that_does_not_answer_stop_is_a_lost_link_too() -> None:
    silent = cut(stop_unanswered=True)
    assert names(al.step(al.Alarms(), silent, 0)) == {"stop-unconfirmed", "link-lost-armed"}
    unsent = cut(stop_failure="LinkLost: the port vanished")
    found = al.step(al.Alarms(), unsent, 0)
    assert names(found) == {"stop-failed", "link-lost-armed"}
    assert found.top is not None
    assert found.top.text == "STOP could not be sent: LinkLost: the port vanished"


def test_stop_after_a_break_does_not_take_the_break_from_the_screen() -> None:
    for proved in (False, True):
        found = cut(stop_proved=proved, lost_first=True)
        assert "link-lost-armed" in names(al.step(al.Alarms(), found, 0))


def test_only_a_record_that_says_armed_is_expected_to_go_on() -> None:
    """A low alarm first: a hand may look for its place for half a minute."""
    watched = facts(status=None, watching=True)
    assert names(al.step(al.Alarms(), watched, 0)) == set()
    assert names(al.step(al.Alarms(), replace(watched, silent_us=al.LOST_US), 0)) == set()
    assert names(al.step(al.Alarms(), RAISED["no-news"], 0)) == {"no-news"}
    assert names(al.step(al.Alarms(), RAISED["no-news-long"], 0)) == {"no-news-long"}


def test_a_watcher_that_cannot_read_claims_nothing_about_the_gun() -> None:
    for kind in ("OSError", "RecordError", "JournalBusy"):
        assert names(al.step(al.Alarms(), replace(RAISED["record-unread"], failure_kind=kind), 0)) == {"record-unread"}


@req("MG-16")
@pytest.mark.parametrize("name", ["limit-reached", "overrun", "double-shot"])
def test_giving_too_much_is_a_high_alarm_at_the_first_look(name: str) -> None:
    found = al.step(al.step(al.Alarms(), facts(), 0), RAISED[name], 1)
    assert found.top is not None
    assert found.top.priority is al.Priority.HIGH
    assert al.bell_due(found, None, 1)


def test_limits_are_judged_by_the_upper_end_of_the_ledger() -> None:
    low = facts(shot(low_nl=0, high_nl=1_000_000))
    assert "limit-reached" in names(al.step(al.Alarms(), low, 0))


def test_a_high_alarm_latches_until_somebody_has_seen_it() -> None:
    on = al.step(al.Alarms(), RAISED["gun-locked"], 0)
    off = al.step(on, facts(), 1)
    assert off.alarms["gun-locked"].stage is al.Stage.LATCHED
    assert names(al.acknowledge(off)) == set()


@req("MG-24")
def test_acknowledging_does_not_clear_what_still_holds() -> None:
    on = al.step(al.Alarms(), RAISED["gun-locked"], 0)
    seen = al.step(al.acknowledge(on), RAISED["gun-locked"], 1)
    assert seen.alarms["gun-locked"].stage is al.Stage.ACKNOWLEDGED
    assert names(al.step(seen, facts(), 2)) == set()


def test_a_low_alarm_disappears_by_itself() -> None:
    on = al.step(al.Alarms(), RAISED["battery-low"], 0)
    assert names(al.step(on, facts(), 1)) == set()


@req("MG-24")
def test_alarms_are_ordered_by_priority_then_causes_first() -> None:
    low = al.step(al.Alarms(), RAISED["battery-low"], 0)
    both = replace(RAISED["battery-low"], age_us=al.STALE_US + 1)
    medium = al.step(low, both, 1)
    high = al.step(medium, replace(both, failure="disk full", failure_kind="RecordError"), 2)
    assert [alarm.condition.name for alarm in high.ordered()] == ["record-failed", "stale", "battery-low"]


@req("MG-24")
def test_a_cause_leads_what_follows_from_it_and_what_holds_leads_what_is_over() -> None:
    """An occlusion cuts a shot short: the banner names the occlusion, whichever was seen first."""
    short = facts(shot(outcome="PARTIAL", flags=int(ShotFlag.OCCLUDED)))
    both = replace(short, status=replace(QUIET, fault=int(Fault.OCCLUSION)))
    blocked = facts(status=both.status)
    found = al.step(al.step(al.Alarms(), blocked, 0), both, 1)
    assert [alarm.condition.name for alarm in found.ordered()] == ["fault-occlusion", "occluded-shot", "partial"]
    later = al.step(al.step(al.Alarms(), short, 0), both, 1)
    assert later.top is not None
    assert later.top.condition.name == "fault-occlusion"
    over = al.step(found, short, 2)
    assert [alarm.condition.name for alarm in over.ordered()] == ["occluded-shot", "partial", "fault-occlusion"]


@req("MG-24")
def test_the_banner_shows_unseen_before_seen_even_if_less_urgent() -> None:
    both = replace(RAISED["gun-locked"], age_us=al.STALE_US + 1)
    high = al.acknowledge(al.step(al.Alarms(), RAISED["gun-locked"], 0))
    found = al.step(high, both, 1)
    assert found.top is not None
    assert found.top.condition.name == "stale"


def test_audio_pause_counts_down_and_ends_with_a_new_alarm_but_not_with_a_low_one() -> None:
    quiet = al.pause_audio(al.step(al.Alarms(), RAISED["stale"], 0), 0)
    assert quiet.audio_left_us(20_000_000) == 100_000_000
    assert not al.bell_due(quiet, None, 1)
    low = replace(RAISED["stale"], status=flagged(Flag.LOW_BATTERY))
    assert al.step(quiet, low, 2).audio_left_us(2) > 0
    assert al.step(quiet, replace(RAISED["gun-locked"], age_us=al.STALE_US + 1), 3).audio_left_us(3) == 0
    assert al.step(quiet, RAISED["stale"], al.AUDIO_PAUSE_US).audio_paused_until_us is None


@req("MG-25")
@pytest.mark.parametrize(
    "name", ["stopped", "stop-unconfirmed", "link-lost", "link-lost-armed", "stale", "limit-reached"]
)
def test_a_stop_a_lost_link_or_anything_new_ends_the_audio_pause(name: str) -> None:
    """Silence is for two minutes, and not for what comes after it was asked for."""
    quiet = al.pause_audio(al.step(al.Alarms(), RAISED["partial"], 0), 0)
    assert not al.bell_due(quiet, None, 1)
    seen = al.acknowledge(quiet)
    for before in (quiet, seen):
        after = al.step(before, RAISED[name], 1)
        assert after.audio_left_us(1) == 0
        assert al.bell_due(after, 0, 1), "the bell rings for it at once"


@pytest.mark.parametrize(("name", "low_hz", "high_hz"), [("gun-locked", 1.4, 2.8), ("stale", 0.4, 0.8)])
def test_flash_rate_lies_within_the_convention_and_below_three_a_second(
    name: str, low_hz: float, high_hz: float
) -> None:
    alarm = al.step(al.Alarms(), RAISED[name], 0).alarms[name]
    seconds = 20
    shown = [al.lit(alarm, step * 10_000) for step in range(seconds * 100)]
    flashes = sum(1 for before, after in itertools.pairwise(shown) if after and not before)
    assert low_hz <= (flashes + 1) / seconds <= high_hz
    assert flashes / seconds < 3
    assert 0.2 <= sum(shown) / len(shown) <= 0.6


def test_low_and_seen_alarms_do_not_flash() -> None:
    low = al.step(al.Alarms(), RAISED["battery-low"], 0).alarms["battery-low"]
    seen = al.acknowledge(al.step(al.Alarms(), RAISED["gun-locked"], 0)).alarms["gun-locked"]
    assert all(al.lit(alarm, step * 50_000) for alarm in (low, seen) for step in range(100))


def test_bell_rings_at_once_and_then_at_its_interval() -> None:
    on = al.step(al.Alarms(), RAISED["gun-locked"], 5)
    assert al.bell_due(on, None, 5)
    assert not al.bell_due(on, 5, 6)
    assert al.bell_due(on, 5, 5 + al.BELL_EVERY_US[al.Priority.HIGH])


@given(st.lists(st.sampled_from([*RAISED, "quiet", "ack", "silence"]), max_size=8))
def test_no_history_loses_an_unseen_high_alarm(history: list[str]) -> None:
    found, unseen = al.Alarms(), set[str]()
    for now, what in enumerate(history):
        if what == "ack":
            found, unseen = al.acknowledge(found), set()
        elif what == "silence":
            found = al.pause_audio(found, now)
        else:
            before = found
            found = al.step(found, facts() if what == "quiet" else RAISED[what], now)
            gone = {name for name in unseen - names(found) if BY_NAME[name].gives_way_to in names(found)}
            unseen -= gone  # another alarm says how it ended
            unseen |= {alarm.condition.name for alarm in al.raised(before, found) if alarm.priority is al.Priority.HIGH}
        assert unseen <= names(found)
        if unseen:
            assert found.top is not None
            assert found.top.priority is al.Priority.HIGH


@given(st.lists(st.sampled_from([*RAISED, "quiet"]), max_size=6), st.sampled_from(sorted(RAISED)))
def test_looking_twice_changes_nothing(history: list[str], last: str) -> None:
    found = al.Alarms()
    for now, what in enumerate([*history, last]):
        found = al.step(found, facts() if what == "quiet" else RAISED[what], now)
    assert al.step(found, RAISED[last], 99) is found


def test_who_follows_the_record_sees_what_stands_there() -> None:
    """Without a word of the gun: an alarm on record is active, seen by the operator, over and unseen, or done with."""
    stale, low = ev.AlarmRaised("stale", "medium", "2 s"), ev.AlarmRaised("battery-low", "low", "")
    unknown = ev.AlarmRaised("of-a-later-version", "high", "")
    nobody = al.Alarms()

    def shown(*events: ev.Event, before: al.Alarms = nobody) -> dict[str, al.Stage]:
        found = al.on_record(before, nobody, state(*events).alarms, 5)
        return {name: alarm.stage for name, alarm in found.alarms.items()}

    seen = ev.AlarmAcknowledged("stale", "op-ada")
    assert shown(stale, low, unknown) == {"stale": al.Stage.ACTIVE, "battery-low": al.Stage.ACTIVE}
    assert shown(stale, seen) == {"stale": al.Stage.ACKNOWLEDGED}
    assert shown(stale, ev.AlarmCleared("stale")) == {"stale": al.Stage.LATCHED}
    assert shown(stale, seen, ev.AlarmCleared("stale")) == {}
    here = al.acknowledge(al.on_record(nobody, nobody, state(stale).alarms, 5))
    assert shown(stale, before=here) == {"stale": al.Stage.ACKNOWLEDGED}, "seen by whoever watches"


STATUSES = st.builds(
    lambda state, flags, fault: replace(QUIET, state=state, flags=flags, fault=fault),
    st.sampled_from([int(state) for state in State]), st.integers(0, 2**10 - 1), st.sampled_from([0, 1, 5]),
)  # fmt: skip


@given(stories(), st.data())
def test_while_what_the_conditions_look_at_stays_equal_so_does_every_condition(
    story: list[ev.Event], data: st.DataObject
) -> None:
    limits = (al.Limit("hard", data.draw(st.integers(1, 200_000)), hard=True), al.Limit("soft", 40_000, hard=False))
    seen: dict[str, list[str | None]] = {}
    folded, status = TreatmentState(), QUIET
    for event in story:
        folded = fold_all([event], folded)
        status = data.draw(st.one_of(st.just(status), STATUSES))
        now = al.Facts(folded, status, limits=limits, failure=data.draw(st.sampled_from([None, "gone"])))
        found = [condition.test(now) for condition in al.CONDITIONS]
        assert seen.setdefault(repr(looked_at(now)), found) == found


@pytest.mark.parametrize("name", RAISED)
def test_a_condition_that_begins_is_something_that_is_looked_at(name: str) -> None:
    outside = {"stale", "still-armed", "clock-jump", "painting-late", "no-news", "no-news-long"}
    assert (looked_at(RAISED[name]) != looked_at(facts(status=QUIET))) != (name in outside)
