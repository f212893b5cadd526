"""A run that stops anywhere goes on there: each commit is a place to die, and a cut leaves the old block or the new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from mesogun.calibration.procedure import Finish, decide
from mesogun.calibration.state import fold_run
from mesogun.calibration.steps import Do, Phase
from mesogun.calibration.writing import put, settle
from mesogun.errors import CalibrationFailed, LinkLost, MesogunError, MustSettle, OutcomeUnknown, Refused
from mesogun.gun import connect
from mesogun.gun.calibration import Block, block_in_force, read_calibration, write_calibration
from mesogun.identity import SIMULATED_KEY
from mesogun.record import calibration_events as ce
from mesogun.record import events as ev
from mesogun.wire.messages import ShotRecord
from sim.campaign.memory_journal import MemoryJournal
from sim.doors.port import attach
from sim.firmware.table import Phase as Phase_
from tests.calibration.rigs import Rig, rig, script
from tests.record.strategies import planned
from tests.trace import req

SHORT = script(replicates=4, as_left_replicates=4, blanks=2, start_up=0)


class Killed(BaseException):
    """kill -9: nothing after it happens."""


def memory(bench: Rig) -> MemoryJournal:
    return cast(MemoryJournal, bench.journal)


def reconnect(bench: Rig) -> None:
    """Another process: a new port, nothing known but the journal."""
    bench.gun = connect(attach(bench.world), keys=lambda _: SIMULATED_KEY)


@req("H9", "H11")
@pytest.mark.parametrize("every", [11])
def test_killed_again_and_again_a_run_comes_to_the_same_kind_of_end(every: int) -> None:
    with rig("standard", 5) as bench:
        deaths = 0
        alive = 0

        def dies() -> None:
            nonlocal alive
            alive += 1
            if alive > every:
                raise Killed

        for _ in range(400):
            alive = 0
            memory(bench).on_append = dies
            try:
                found = bench.calibrate(given=SHORT if bench.state.started is None else None)
            except Killed:
                deaths += 1
                memory(bench).on_append = None
                reconnect(bench)
            else:
                break
        else:
            pytest.fail("the run made no progress")
        state = bench.state
        assert deaths > 5
        assert state.resumed >= deaths - 1
        assert isinstance(decide(state), Finish)
        assert len(found.of(Phase.AS_LEFT)) == 3
        # Each weighing that counts has exactly its own shots, and no shot counts twice.
        numbers = [shot.shot_no for item in state.measured for shot in item.shots]
        assert len(numbers) == len(set(numbers)) == sum(step.shots for step in state.steps)
        shot_in_truth = len(bench.world.truth.per_shot)
        recorded = [row.event for row in bench.journal.rows() if isinstance(row.event, ev.ShotRecorded)]
        assert [shot.shot_no for shot in recorded] == list(range(1, shot_in_truth + 1))


def test_a_shot_that_was_not_weighed_is_void_and_shot_again() -> None:
    with rig("standard", 6) as bench:
        fired = 0

        def dies() -> None:
            nonlocal fired
            state = bench.state
            fired += bool(state.shots and state.after is None and state.current and state.current.do is Do.SHOOT)
            if fired:
                raise Killed

        memory(bench).on_append = dies
        with pytest.raises(Killed):
            bench.calibrate(given=SHORT)
        memory(bench).on_append = None
        reconnect(bench)
        bench.calibrate(given=None)
        assert "between the shot and its weighing" in bench.state.voided[0].why


def test_another_gun_cannot_go_on_with_a_run(tmp_path: Path) -> None:
    with rig("standard", 7) as bench, rig("standard", 8) as other:

        def dies() -> None:
            if len(bench.state.done) > 4:
                raise Killed

        memory(bench).on_append = dies
        with pytest.raises(Killed):
            bench.calibrate(given=SHORT)
        memory(bench).on_append = None
        bench.gun, bench.balance = other.gun, other.balance
        with pytest.raises(Refused, match="connect that one"):
            bench.calibrate(given=None)


def test_another_balance_cannot_go_on_with_a_run() -> None:
    with rig("standard", 7) as bench, rig("standard", 8) as other:

        def dies() -> None:
            if len(bench.state.done) > 4:
                raise Killed

        memory(bench).on_append = dies
        with pytest.raises(Killed):
            bench.calibrate(given=SHORT)
        memory(bench).on_append = None
        bench.balance = other.balance
        with pytest.raises(Refused, match="begun on balance"):
            bench.calibrate(given=None)


# the two phases of a write


def block(bench: Rig, gain_ppm: int) -> Block:
    return Block(
        device_id=bench.gun.welcome.device_id,
        firmware=bench.gun.caps.firmware,
        made_day=20_000,
        due_day=20_100,
        syringe_nl=bench.gun.caps.syringe_nl,
        needles=1,
        syringe="1mL-A",
        needle="30G-4mm",
        offset_nl=5,
        gain_ppm=gain_ppm,
        low_nl=10_000,
        high_nl=50_000,
        confirmed=True,
    )


def old_or_new(bench: Rig, old: bytes, new: bytes) -> bytes:
    """What is in force after the power came back; never anything else, and the gun goes by it."""
    bench.world.power_cycle()
    reconnect(bench)
    found = read_calibration(bench.gun).blob
    assert found in {old, new}
    gain = Block.from_bytes(found).gain_ppm
    assert bench.world.gun.machine.trim.gain_ppm == gain
    return found


@req("W-56", "MG-32")
def test_a_power_cut_at_every_byte_of_every_cell_leaves_the_old_block_or_the_new_one() -> None:
    with rig("standard", 9) as bench:
        nvm = bench.world.gun.store.memory
        old = block(bench, -1_000).to_bytes()
        write_calibration(bench.gun, 1, old)
        sizes: list[int] = []

        def counted(_serial: int, size: int) -> int | None:
            sizes.append(size)
            return None

        nvm.on_write = counted
        write_calibration(bench.gun, 2, block(bench, 2_000).to_bytes())
        nvm.on_write = None
        assert len(sizes) == 2  # the bank, then the cell that points at it
        outcomes = set()
        number = 2
        for cell, size in enumerate(sizes):
            for reach in range(0, size + 1, 1 if cell else 8):
                number += 1
                before = read_calibration(bench.gun).blob
                after = block(bench, 100 * number).to_bytes()
                start = nvm.writes

                def cut(serial: int, _size: int, at: int = start + cell + 1, reach: int = reach) -> int | None:
                    return reach if serial == at else None

                nvm.on_write = cut
                with pytest.raises((LinkLost, OutcomeUnknown)):
                    write_calibration(bench.gun, number, after)
                nvm.on_write = None
                outcomes.add(old_or_new(bench, before, after) == after)
        assert outcomes == {True, False}


@req("W-56")
@pytest.mark.parametrize("lost", range(6))
def test_a_cable_that_goes_at_any_message_is_settled_by_reading_back(lost: int) -> None:
    with rig("standard", 10) as bench:
        first = block(bench, -1_000)
        write_calibration(bench.gun, 1, first.to_bytes())
        calibrator = bench.calibrator()
        books = calibrator._books
        books.take("bench")
        new = block(bench, 3_000)
        request = bench.gun.link.request
        asked = 0

        def breaks(message: object, **more: int) -> object:
            nonlocal asked
            if type(message).__name__ in {"CalBegin", "CalChunk", "CalCommit"}:
                asked += 1
                if asked == lost + 1:
                    bench.world.line.plugged = False
            return request(message, **more)

        bench.gun.link.request = breaks  # type: ignore[method-assign]
        try:
            put(bench.gun, books, 77, new, "op-tech")
        except MesogunError:
            bench.world.line.plugged = True
            reconnect(bench)
            settle(bench.gun, books)
            assert books.state.writing is None
            put(bench.gun, books, 77, new, "op-tech")
        assert block_in_force(bench.gun) == new
        told = [row.event.found for row in bench.journal.rows() if isinstance(row.event, ce.CalibrationWritten)]
        assert told[-1] == "new"
        assert set(told[:-1]) <= {"old"}


def test_a_stranger_who_writes_in_between_is_noticed() -> None:
    with rig("standard", 11) as bench:
        calibrator = bench.calibrator()
        books = calibrator._books
        books.take("bench")
        new = block(bench, 3_000)
        books.commit(ce.CalibrationWriting("00", "01", "", new.to_bytes().hex(), "op-tech"))
        write_calibration(bench.gun, 5, block(bench, 9).to_bytes())
        with pytest.raises(CalibrationFailed, match="somebody else"):
            settle(bench.gun, books)


def test_a_run_that_another_calibration_came_into_does_not_go_on() -> None:
    """What was weighed was weighed with one calibration in force; what is weighed now would be with another."""
    with rig("standard", 13) as bench:

        def dies() -> None:
            if any(step.do is Do.DECIDE for step in bench.state.steps[: len(bench.state.done)]):
                raise Killed

        memory(bench).on_append = dies
        with pytest.raises(Killed):
            bench.calibrate(given=SHORT)
        memory(bench).on_append = None
        reconnect(bench)
        write_calibration(bench.gun, 5, block(bench, 9).to_bytes())
        reconnect(bench)
        with pytest.raises(CalibrationFailed, match="meanwhile"):
            bench.calibrate(given=None)
        assert block_in_force(bench.gun) == block(bench, 9)


@req("H9")
def test_a_gun_that_tells_of_a_treatment_which_this_journal_has_not_read_is_not_calibrated() -> None:
    """Treated by a journal that was lost; the one restored from a backup knows the plan, and not this gun."""
    with rig("standard", 15) as bench:
        bench.calibrate("check", SHORT)
        read, hello = bench.gun.log, bench.gun.hello

        def treated(shot: int, **more: int) -> Iterator[ShotRecord]:
            return (replace(each, treatment_ref=0xA1) for each in read(shot, **more))

        bench.gun.log = treated  # type: ignore[method-assign,assignment]
        welcome = hello()
        with rig("standard", 16) as other:
            bench.journal = other.journal
            bench.journal.append([planned()], treatment=f"{0xA1:016x}", epoch=None)
            assert welcome.acked_shot_no > 0
            with pytest.raises(MustSettle, match="resume 00000000000000a1"):
                bench.calibrate("check", SHORT)


@pytest.mark.parametrize("trouble", [KeyboardInterrupt, OSError])
def test_whatever_ends_a_run_while_the_gun_is_armed_stops_it(trouble: type[BaseException]) -> None:
    with rig("standard", 14) as bench:
        renew, machine = bench.gun.renew, bench.world.gun.machine
        states: list[Phase_] = []

        def fails(*values: int, **more: int) -> object:
            if bench.state.measured:
                states.append(machine.phase)
                raise trouble
            return renew(*values, **more)

        bench.gun.renew = fails  # type: ignore[method-assign,assignment]
        with pytest.raises(trouble):
            bench.calibrate(given=SHORT)
        assert states == [Phase_.ARMED]
        bench.gun.clock.sleep_us(200_000)  # a lease would last ten times as long
        assert machine.phase is Phase_.DISARMED
        assert not machine.magazine


def test_the_fold_is_the_same_live_and_read_again() -> None:
    with rig("standard", 12) as bench:
        calibrator = bench.calibrator()
        calibrator.run(SHORT, "check")
        assert calibrator.state == fold_run(row.event for row in bench.journal.rows(bench.run))
