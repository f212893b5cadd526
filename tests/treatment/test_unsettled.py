"""What stands open in a treatment, as values: bounds, since when, which planned shots, what it stops."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mesogun.clock import ManualClock
from mesogun.errors import InputError
from mesogun.journal import Journal, open_journal
from mesogun.record import Ledger
from mesogun.record import events as ev
from mesogun.treatment.unsettled import About, all_unsettled, unsettled
from tests.record.strategies import loaded, planned, shot
from tests.trace import req

TREATMENT, OTHER = "00000000000000a1", "00000000000000a2"
MINUTE_US = 60_000_000


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def record(tmp_path: Path, clock: ManualClock) -> Iterator[Journal]:
    with open_journal(tmp_path / "journal.db", clock) as opened:
        yield opened


@req("H8", "H10", "H14")
def test_every_kind_of_question_has_its_bounds_its_shots_and_its_time(record: Journal, clock: ManualClock) -> None:
    story: list[list[ev.Event]] = [
        [planned(), loaded(7, 1, gun="lost"), loaded(8, 2), loaded(9, 3)],
        [shot(4, 8, 2, outcome="INDETERMINATE", delivered_nl=4_000)],
        [ev.GapFound("g", "m", 4, 6, 1_000, 20_500, 20_000)],
        [ev.ForeignRecorded("g", "m", 6, 9, "f" * 16, "TREAT", 20_000, 20_500, 40_000)],
    ]
    times = []
    for events in story:
        times.append(clock.utc())
        record.append(events, treatment=TREATMENT, epoch=None)
        clock.advance_us(MINUTE_US)
    found = unsettled(record, TREATMENT)
    told = [(item.about, item.gun, item.bounds, item.shot_no, item.shots, item.stops) for item in found.questions]
    assert told == [
        (About.VOLUME, "g", Ledger(1_000, 20_500), 6, (3,), True),
        (About.VOLUME, "g", Ledger(0, 20_500), 6, (), True),
        (About.OUTCOME, "g", Ledger(3_500, 20_500), 4, (2,), False),
        (About.ENTRIES, "lost", Ledger(0, 20_500), 0, (1,), True),
        (About.ENTRIES, "g", Ledger(0, 20_500), 0, (3,), True),
    ]
    assert [item.what for item in found.questions[:2]] == ["unattributed volume", "foreign record"]
    since = [item.since[:16] for item in found.questions]
    assert since == [f"{times[place]:%Y-%m-%dT%H:%M}" for place in (2, 3, 1, 0, 0)]


def test_a_treatment_that_has_ended_keeps_its_questions(record: Journal) -> None:
    for name, outcome in ((TREATMENT, "INDETERMINATE"), (OTHER, "DONE")):
        events = [planned(), loaded(8, 2), shot(4, 8, 2, outcome=outcome), ev.TreatmentEnded("complete", "op-1")]
        record.append(events, treatment=name, epoch=None)
    record.append([shot(1, 1, 0, outcome="INDETERMINATE")], treatment="cal-000000000001", epoch=None)
    assert [item.treatment for item in all_unsettled(record)] == [TREATMENT]
    assert record.doubted() == {TREATMENT, "cal-000000000001"}
    record.append([ev.ShotSettled("g", "m", 4, "op-1", "a bleb as the others")], treatment=TREATMENT, epoch=None)
    assert all_unsettled(record) == ()
    assert record.doubted() == {TREATMENT, "cal-000000000001"}, "what was once unknown, settled or not"


def test_a_treatment_that_is_not_there_has_no_questions(record: Journal) -> None:
    with pytest.raises(InputError, match="holds no treatment"):
        unsettled(record, TREATMENT)
    assert all_unsettled(record) == ()
