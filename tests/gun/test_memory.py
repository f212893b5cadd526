"""What only a gun with memory, stroke and sensors can show: the simulated firmware; and the minimal gun's log."""

from __future__ import annotations

import pytest

from mesogun.wire import frame
from mesogun.wire.codes import LinkError, Outcome, Reason, ShotFlag, ShotKind, State, Verdict
from mesogun.wire.messages import Ack, Disarm, Error, GetCaps, OpenTreatment, Unload
from tests.gun.minimal_gun import SLOTS
from tests.gun.subjects import TREATMENT, Minimal, RawHost, Simulated
from tests.trace import req


class Bench:
    def __init__(self) -> None:
        self.gun = Simulated()
        self.host = RawHost(self.gun)
        self.host.ready()

    def firing(self, number: int = 2) -> None:
        """Armed, in contact, the trigger down, in mid-stroke."""
        self.host.load(number)
        assert self.host.arm(number).verdict == Verdict.OK
        self.gun.world.gun.touch(2_000)
        self.gun.world.gun.press()
        self.gun.advance(70_000)
        assert self.gun.world.gun.machine.shot is not None


@pytest.fixture
def bench() -> Bench:
    return Bench()


@req("W-45", "G5", "H8")
def test_power_lost_in_mid_stroke_is_indeterminate(bench: Bench) -> None:
    bench.firing()
    bench.gun.reboot()
    welcome = bench.host.hello()
    assert welcome.status.closed_shot_no == 2
    record = bench.host.records()[-1]
    assert record.outcome == Outcome.INDETERMINATE
    assert 0 <= record.delivered_nl <= 20_000
    bench.gun.reboot()
    bench.host.hello()
    assert bench.host.records()[-1] == record
    assert bench.host.load(2).reason == Reason.USED


@req("W-19", "G6")
def test_hello_in_mid_stroke_is_answered_after_the_outcome(bench: Bench) -> None:
    bench.firing()
    welcome = bench.host.hello()
    assert welcome.status.last_shot_no == welcome.status.closed_shot_no == 2
    assert bench.host.records()[-1].outcome == Outcome.PARTIAL


@req("W-22")
def test_a_new_request_during_unload_in_mid_stroke_is_ignored(bench: Bench) -> None:
    bench.firing()
    unload = frame.encode(bench.host.built(Unload()))
    disarm = frame.encode(bench.host.built(Disarm()))
    replies = bench.host.raw(unload + disarm)
    assert [(got.op, got.seq) for got in replies] == [(0x11, bench.host.seq - 1)]


@req("W-24", "W-41", "G9", "G10")
def test_stop_in_mid_stroke_leaves_a_record(bench: Bench) -> None:
    bench.firing()
    assert bench.host.stop().magazine == 0
    bench.gun.advance(2_000_000)
    bench.host.hello()
    record = bench.host.records()[-1]
    assert (record.shot_no, record.outcome) == (2, Outcome.PARTIAL)
    assert record.delivered_nl < 20_000


@req("W-42", "G11")
def test_contact_lost_ends_the_shot(bench: Bench) -> None:
    bench.firing()
    bench.gun.world.gun.touch(0)
    bench.gun.advance(2_000_000)
    record = bench.host.records()[-1]
    assert record.outcome == Outcome.PARTIAL
    assert record.flags & ShotFlag.CONTACT_LOST


@req("W-42", "G11")
def test_a_prime_does_not_start_in_contact(bench: Bench) -> None:
    bench.host.load(2, kind=ShotKind.PRIME)
    bench.host.arm(2)
    assert bench.host.pull(contact=True) == 0
    assert bench.host.pull(contact=False) == 1


@req("W-52", "G2")
def test_a_value_bad_in_both_slots_locks_the_gun(bench: Bench) -> None:
    bench.gun.world.gun.store.spoil("entry_hwm")
    bench.gun.reboot()
    bench.host.hello()
    assert bench.host.status().state == State.LOCKED
    refusal = bench.host.ask(OpenTreatment(TREATMENT))
    assert (refusal.verdict, refusal.reason) == (Verdict.REFUSED, Reason.LOCKED)
    assert bench.host.stop().state == State.LOCKED


@req("W-50", "G2")
def test_what_must_last_outlives_the_power(bench: Bench) -> None:
    bench.host.load(9)
    bench.host.ask(Ack(1))
    before = bench.host.hello()
    records = bench.host.records()
    bench.gun.reboot()
    after = bench.host.hello()
    assert (after.device_id, after.nvm_id) == (before.device_id, before.nvm_id)
    assert after.boot_id == before.boot_id + 1
    assert (after.status.entry_hwm, after.acked_shot_no, after.open_treatment) == (9, 1, TREATMENT)
    assert after.calibration_id == before.calibration_id
    assert bench.host.records() == records


@req("W-14")
def test_bench_mode_never_treats(bench: Bench) -> None:
    bench.gun.world.gun.set_bench(bench=True)
    bench.host.hello()
    assert bench.host.load(2).reason == Reason.BENCH_MODE
    assert bench.host.status().magazine == 0


@req("W-33", "G12")
def test_a_full_log_takes_no_entry_until_it_is_acknowledged() -> None:
    host = RawHost(Minimal())
    host.ready()
    number = 2
    while (reply := host.load(number, volume_nl=1_000)).verdict == Verdict.OK:
        host.arm(number, total_nl=1_000)
        assert host.pull() == 1
        host.ask(Disarm())
        number += 1
    assert reply.reason == Reason.LOG_FULL
    shots = host.status().last_shot_no
    assert shots == SLOTS - 1
    assert len(host.records()) == shots
    assert host.ask(Ack(shots)).verdict == Verdict.OK
    assert host.load(number, volume_nl=1_000).verdict == Verdict.OK


def test_errors_say_which_request_they_answer(bench: Bench) -> None:
    bench.gun.reboot()
    answer = bench.host.ask(Disarm())
    assert isinstance(answer, Error)
    assert (answer.code, answer.op) == (LinkError.NO_SESSION, 0x04)
    assert bench.host.ask(GetCaps()).verdict == Verdict.OK
