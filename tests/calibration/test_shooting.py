"""A calibration fires under the rules of every program: on disk first, never twice, nobody's treatment touched."""

from __future__ import annotations

from typing import Any

import pytest

from mesogun.errors import GunRefused, MustSettle, Refused
from mesogun.record import events as ev
from mesogun.wire.codes import Fault, Reason, State
from mesogun.wire.messages import Load
from tests.calibration.rigs import rig, script
from tests.trace import req

SHORT = script(replicates=4, as_left_replicates=0, blanks=2, start_up=0)


@req("H2", "H3")
def test_every_entry_is_on_disk_before_its_bytes_leave_and_no_number_comes_twice() -> None:
    with rig("standard", 1) as bench:
        load = bench.gun.load
        numbers: list[int] = []

        def checked(entry: Load, **more: int) -> Any:
            last = [row.event for row in bench.journal.rows() if isinstance(row.event, ev.MagazineLoaded)][-1]
            assert (last.entry_no, last.volume_nl) == (entry.entry_no, entry.volume_nl)
            numbers.append(entry.entry_no)
            return load(entry, **more)

        bench.gun.load = checked  # type: ignore[method-assign]
        bench.calibrate("check", SHORT)
        assert len(numbers) == len(set(numbers)) > 10


@req("G11")
def test_priming_and_test_shots_touch_no_skin_and_count_in_no_dose() -> None:
    with rig("standard", 1) as bench:
        bench.calibrate("check", SHORT)
        assert bench.world.truth.delivered_nl == 0.0
        assert bench.state.books.ledger.high_nl == 0
        assert {shot.shot_kind for shot in bench.state.books.shots} == {"PRIME", "TEST"}


def test_nobody_at_the_trigger_leaves_the_gun_disarmed_and_empty() -> None:
    with rig("standard", 1) as bench:
        bench.world.hand.leave()
        with pytest.raises(Refused, match="nobody pulled the trigger"):
            bench.calibrate("check", SHORT)
        bench.gun.hello()  # the run stopped the gun; only HELLO leads back
        status = bench.gun.status()
        assert status.state == State.DISARMED
        assert status.magazine == 0
        assert not bench.state.books.open_entries
        bench.world.hand.come_back()
        assert bench.calibrate("check", None).means


@req("H10")
def test_a_gun_in_the_middle_of_a_treatment_is_not_calibrated() -> None:
    with rig("standard", 1) as bench:
        bench.gun.open_treatment(0x5)
        with pytest.raises(MustSettle, match="0000000000000005"):
            bench.calibrate("check", SHORT)
        assert bench.world.truth.per_shot == ()


@req("H1")
def test_a_gun_that_lost_its_memory_is_not_calibrated() -> None:
    with rig("standard", 1) as bench, rig("standard", 1) as fresh:
        bench.calibrate("check", SHORT)
        fresh.journal, fresh.run = bench.journal, "cal-00000000aaaa"
        with pytest.raises(Refused, match="lost its memory"):
            fresh.calibrate("check", SHORT)


def test_a_latched_fault_stops_the_run_and_going_on_clears_it_on_record() -> None:
    with rig("standard", 1) as bench:
        seen = bench.bench.progress

        def progress(told: Any) -> None:
            seen(told)
            if told.step == 8 and not bench.state.resumed:
                bench.world.gun.trouble(Fault.TEMPERATURE)

        bench.bench.progress = progress  # type: ignore[method-assign,assignment]
        with pytest.raises(Refused, match="TEMPERATURE"):
            bench.calibrate("check", SHORT)
        assert bench.calibrate("check", None).means
        kinds = [type(row.event).__name__ for row in bench.journal.rows()]
        assert kinds.index("FaultRaised") < kinds.index("FaultCleared")


def test_a_gun_that_refuses_an_entry_leaves_nothing_open() -> None:
    with rig("standard", 1) as bench:
        load = bench.gun.load
        refused = 0

        def refuses(entry: Load, **more: int) -> Any:
            nonlocal refused
            refused += 1
            if refused == 5:
                raise GunRefused("LOAD refused by the gun: the log is full", Reason.LOG_FULL)
            return load(entry, **more)

        bench.gun.load = refuses  # type: ignore[method-assign]
        with pytest.raises(GunRefused):
            bench.calibrate("check", SHORT)
        settled = [row.event for row in bench.journal.rows() if isinstance(row.event, ev.EntrySettled)]
        assert [item.how for item in settled] == ["refused"]
        assert not bench.state.books.open_entries
