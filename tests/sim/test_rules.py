"""The gun's rules G1..G15, each against the simulated firmware with a bare host."""

from __future__ import annotations

import pytest

from mesogun.wire import auth
from mesogun.wire import messages as m
from mesogun.wire.codes import (
    EventCode,
    Fault,
    Flag,
    FrameKind,
    LinkError,
    Op,
    Outcome,
    Reason,
    ShotFlag,
    ShotKind,
    State,
    Verdict,
)
from mesogun.wire.frame import Frame, encode
from mesogun.wire.schema import pack, unpack
from sim.firmware.table import Phase
from tests.sim.host import REF, Host, started
from tests.trace import req


def fire_one(host: Host, volume_nl: int = 20_000) -> m.ShotRecord:
    host.load(volume_nl)
    assert host.arm().verdict == Verdict.OK
    host.fire_all()
    host.ok(m.Disarm())
    return host.records()[-1]


@req("G1")
@pytest.mark.parametrize("how", ["boot", "hello", "stop", "unload", "bench", "syringe", "fault"])
def test_each_of_these_empties_the_magazine_and_disarms(how: str) -> None:
    world, host = started(hand=False)
    host.hello()
    host.load(25_000, kind=ShotKind.TEST, ref=0)
    assert host.arm().status.state == State.ARMED
    if how == "boot":
        world.power_cycle()
        host.hello()
    elif how == "hello":
        assert host.hello().dropped == 1
    elif how == "stop":
        host.ask(m.Stop())
    elif how == "unload":
        assert host.ok(m.Unload()).removed_count == 1
    elif how == "bench":
        world.gun.set_bench(bench=True)
    elif how == "syringe":
        world.gun.change_syringe()
    else:
        world.gun.trouble(Fault.SENSOR)
    status = host.status()
    assert status.magazine == 0
    assert status.state == (State.FAULT if how == "fault" else State.DISARMED)


@req("G2")
def test_boot_id_is_raised_before_the_first_reply_and_bad_memory_locks() -> None:
    world, host = started()
    first = host.hello()
    world.power_cycle()
    second = host.hello()
    assert second.boot_id == first.boot_id + 1
    assert second.nvm_id == first.nvm_id
    world.gun.store.spoil("entry_hwm")
    world.power_cycle()
    host.hello()
    assert host.status().state == State.LOCKED
    assert host.refusal(m.Load(50, 0, 0, ShotKind.TEST, 10_000, 0)) is Reason.LOCKED
    assert host.ask(m.GetLog(1)).reason == Reason.NO_SUCH_RECORD  # reading still works


@req("G3")
def test_a_used_number_is_never_taken_again_and_gaps_are_legal() -> None:
    world, host = started(hand=False)
    host.hello()
    load = m.Load(10, 0, 0, ShotKind.TEST, 10_000, 0)
    host.ok(load)
    host.ok(load)  # identical and still in the magazine
    assert host.refusal(m.Load(10, 0, 1, ShotKind.TEST, 10_000, 0)) is Reason.USED
    assert host.refusal(m.Load(9, 0, 0, ShotKind.TEST, 10_000, 0)) is Reason.USED
    host.ok(m.Load(500, 0, 0, ShotKind.TEST, 10_000, 0))
    assert host.ok(m.Unload()).removed_count == 2
    assert host.refusal(load) is Reason.USED
    world.power_cycle()
    host.hello()
    assert host.refusal(m.Load(500, 0, 0, ShotKind.TEST, 10_000, 0)) is Reason.USED
    host.ok(m.Load(501, 0, 0, ShotKind.TEST, 10_000, 0))


@req("G4", "G5")
def test_the_record_repeats_the_entry_and_carries_the_running_total() -> None:
    world, host = started()
    host.ready()
    first = fire_one(host)
    assert (first.treatment_ref, first.kind, first.commanded_nl, first.depth_um) == (REF, ShotKind.TREAT, 20_000, 1_500)
    second = fire_one(host, 30_000)
    assert second.running_total_nl == first.running_total_nl + second.delivered_nl
    assert [record.shot_no for record in host.records()] == [1, 2, 3]
    world.power_cycle()
    host.hello()
    assert host.records()[1:] == [first, second]


@req("G5", "MG-23", "MG-28")
def test_power_lost_in_the_middle_of_a_stroke_leaves_a_written_indeterminate() -> None:
    world, host = started()
    host.ready()
    host.load(200_000)
    assert host.arm().verdict == Verdict.OK
    while world.gun.machine.phase is not Phase.STROKE:
        world.run_for(0.001)
    world.run_for(0.2)
    world.power_cycle()
    welcome = host.hello()
    assert (welcome.status.last_shot_no, welcome.status.closed_shot_no) == (2, 2)
    record = host.records()[-1]
    assert record.outcome == Outcome.INDETERMINATE
    truth = world.truth.per_shot[-1]
    assert record.delivered_nl <= truth.dispensed_nl <= record.commanded_nl
    assert welcome.status.running_total_nl == record.running_total_nl


@req("G6", "G15")
def test_hello_in_the_middle_of_a_stroke_closes_it_before_it_answers() -> None:
    world, host = started()
    host.ready()
    host.load(200_000, 20_000)
    host.arm()
    while world.gun.machine.phase is not Phase.STROKE:
        world.run_for(0.001)
    world.run_for(0.1)
    welcome = host.hello()
    assert welcome.dropped == 1
    assert welcome.status.closed_shot_no == welcome.status.last_shot_no == 2
    assert welcome.status.state == State.DISARMED
    record = host.records()[-1]
    assert record.outcome == Outcome.PARTIAL
    assert 0 < record.delivered_nl < 200_000
    assert record.flags & ShotFlag.STOPPED


@req("G6")
def test_the_same_nonce_gets_the_same_answer_and_no_new_session() -> None:
    _, host = started()
    first = host.hello(nonce=5)
    number = host.status().entry_hwm + 1
    host.ok(m.Load(number, 0, 0, ShotKind.TEST, 10_000, 0))
    key = host.key
    again = host.hello(nonce=5)
    assert (again.session, again.gun_nonce) == (first.session, first.gun_nonce)
    assert host.key == key
    assert again.status.magazine == 1
    assert host.hello(nonce=6).session == first.session + 1


@req("G7", "MG-35")
def test_requests_without_the_right_tag_change_nothing() -> None:
    _, host = started(hand=False)
    host.hello()
    good = host.frame(m.Load(1, 0, 0, ShotKind.TEST, 10_000, 0))
    assert good.tag is not None
    bad = Frame(good.kind, good.op, good.seq, good.payload, bytes(8))
    bare = Frame(good.kind, good.op, good.seq, good.payload)
    mirrored = auth.sealed(host.key, auth.TO_HOST, host.session, bare)
    for forged in (bad, bare, mirrored):
        assert host.answer(forged).code == LinkError.BAD_TAG
    assert host.status().magazine == 0
    host.hello()
    assert host.answer(good).code == LinkError.BAD_TAG  # a frame of the old session
    assert host.status().entry_hwm == 0


@req("G8", "MG-35")
def test_a_repeated_request_gets_its_verdict_again_with_a_fresh_status() -> None:
    world, host = started(hand=False)
    host.hello()
    frame = host.frame(m.Load(1, 0, 0, ShotKind.TEST, 10_000, 0))
    first = host.answer(frame)
    host.ok(m.Unload())
    frame_unload = host.frame(m.Unload())
    world.run_for(1.0)
    assert host.answer(frame).code == LinkError.STALE_SEQ
    one = host.answer(frame_unload)
    world.run_for(1.0)
    two = host.answer(frame_unload)
    assert (one.verdict, one.reason) == (two.verdict, two.reason)
    assert two.status.gun_clock_us > one.status.gun_clock_us + 900_000
    assert first.verdict == Verdict.OK


@req("G8", "G13")
def test_a_repeated_arm_extends_no_lease() -> None:
    world, host = started(hand=False)
    host.hello()
    host.load(10_000, kind=ShotKind.TEST, ref=0)
    status = host.status()
    arm = m.Arm(0, 1, 1, 1, 10_000, status.gun_clock_us, 0, 1_000, 1)
    frame = host.frame(arm)
    first = host.answer(frame)
    world.run_for(0.5)
    again = host.answer(frame)
    assert again.verdict == Verdict.OK
    assert again.status.lease_left_ms < first.status.lease_left_ms - 450
    world.run_for(0.6)
    late = host.answer(frame)
    assert (late.verdict, late.status.state) == (Verdict.OK, State.DISARMED)


@req("G9")
def test_stop_ends_the_session_at_any_major_and_only_hello_leads_back() -> None:
    world, host = started(hand=False)
    host.hello()
    host.load(10_000, kind=ShotKind.TEST, ref=0)
    host.arm()
    host.transport.write(encode(Frame(FrameKind.CTL, Op.STOP, 999, b"", None, 5)))
    reply = host.replies()[0]
    assert reply.op == Op.STOP
    assert auth.verified(host.key, auth.TO_HOST, host.session, reply)
    assert world.gun.machine.phase is Phase.DISARMED
    assert host.error(m.Disarm()) is LinkError.NO_SESSION
    host.hello()
    host.ok(m.Disarm())


@req("G10", "G5")
def test_unload_never_lists_an_entry_that_was_begun() -> None:
    world, host = started()
    host.ready()
    host.load(200_000, 10_000, 10_000)
    host.arm()
    while world.gun.machine.phase is not Phase.STROKE:
        world.run_for(0.001)
    unloaded = host.ok(m.Unload())
    assert (unloaded.removed_first, unloaded.removed_last, unloaded.removed_count) == (3, 4, 2)
    assert unloaded.status.fired_entry_no == 2
    assert unloaded.status.closed_shot_no == unloaded.status.last_shot_no == 2


@req("G11")
def test_prime_goes_into_the_air_and_contact_halts_it() -> None:
    world, host = started(hand=False)
    host.hello()
    host.load(100_000, kind=ShotKind.PRIME, ref=0)
    host.arm()
    world.gun.press()
    world.run_for(0.1)
    world.gun.touch(3_000)
    world.run_for(0.5)
    record = host.records()[-1]
    assert record.kind == ShotKind.PRIME
    assert record.outcome == Outcome.PARTIAL
    assert record.flags & ShotFlag.CONTACT_SEEN
    assert host.refusal(m.Load(9, 0, 0, ShotKind.BENCH, 10_000, 0)) is Reason.KIND_RANGE


@req("G11")
def test_a_magazine_holds_one_kind_and_bench_shots_have_no_treatment() -> None:
    world, host = started(hand=False)
    host.hello()
    host.ok(m.OpenTreatment(REF))
    host.load(10_000)
    assert host.refusal(m.Load(9, 0, 0, ShotKind.PRIME, 10_000, 0)) is Reason.MIXED_KIND
    world.gun.set_bench(bench=True)
    assert host.status().flags & Flag.BENCH
    assert host.error(m.Disarm()) is LinkError.NO_SESSION  # the switch ends the session
    host.hello()
    assert host.refusal(m.Load(9, REF, 0, ShotKind.TREAT, 10_000, 1_500)) is Reason.BENCH_MODE
    host.load(10_000, kind=ShotKind.TEST, ref=REF)
    host.arm()
    world.gun.press()
    world.run_for(0.5)
    record = host.records()[-1]
    assert (record.kind, record.treatment_ref) == (ShotKind.BENCH, 0)


@req("G12")
def test_a_full_log_refuses_and_ack_beyond_the_last_record_too() -> None:
    world, host = started()
    profile = world.profile.changed(memory__log_slots=8, memory__sector_slots=4)
    world = type(world)(profile, seed=3)
    host = Host(world).ready()
    assert host.refusal(m.Ack(2)) is Reason.BEYOND_LOG
    for _ in range(5):
        fire_one(host)
    assert host.status().last_shot_no == 6
    host.load(10_000)  # slots 7 and 8 are free: one entry and one spare
    number = host.status().entry_hwm + 1
    assert host.refusal(m.Load(number, REF, 0, ShotKind.TREAT, 10_000, 1_500)) is Reason.LOG_FULL
    host.ok(m.Ack(3))  # not a whole sector yet
    assert host.refusal(m.Load(number, REF, 0, ShotKind.TREAT, 10_000, 1_500)) is Reason.LOG_FULL
    host.ok(m.Ack(4))
    host.ok(m.Load(number, REF, 0, ShotKind.TREAT, 10_000, 1_500))
    assert [record.shot_no for record in host.records()] == [1, 2, 3, 4, 5, 6]  # ACK erases nothing


@req("G13", "MG-2", "MG-30")
def test_the_lease_runs_from_the_echoed_clock_and_ends_the_stroke() -> None:
    world, host = started(hand=False)
    host.hello()
    host.load(300_000, kind=ShotKind.TEST, ref=0)
    status = host.status()
    painted_us = status.gun_clock_us
    host.ok(m.Arm(0, 1, 1, 1, 300_000, painted_us, 0, 500, 1))
    world.gun.press()
    world.run_for(1.0)
    assert world.gun.machine.phase is Phase.DISARMED
    record = host.records()[-1]
    assert record.outcome == Outcome.PARTIAL
    stopped_us = record.start_us + record.duration_ms * 1000 - world.profile.integer("shot.settle_us")
    assert stopped_us == pytest.approx(painted_us + 500_000, abs=2_000)
    assert any(event.code == EventCode.LEASE_EXPIRED for event in host.events)


@req("G13")
def test_tokens_that_are_old_or_from_the_future_are_refused_and_renew_never_arms() -> None:
    _, host = started(hand=False)
    host.hello()
    host.load(10_000, kind=ShotKind.TEST, ref=0)
    now_us = host.status().gun_clock_us
    host.clock.sleep_us(600_000)
    assert host.refusal(m.Arm(0, 1, 1, 1, 10_000, now_us, 0, 500, 1)) is Reason.STALE_TOKEN
    assert host.refusal(m.Arm(0, 1, 1, 1, 10_000, 2**40, 0, 500, 1)) is Reason.STALE_TOKEN
    assert host.refusal(m.Arm(0, 1, 1, 1, 10_000, now_us, 0, 50, 1)) is Reason.LEASE_RANGE
    assert host.refusal(m.Renew(host.status().gun_clock_us, 0, 500)) is Reason.WRONG_STATE
    assert host.status().state == State.DISARMED


@req("G13")
def test_the_gun_waits_for_the_screen() -> None:
    world, host = started()
    host.ready()
    host.load(10_000, 10_000, 10_000)
    assert host.arm(lead=1).verdict == Verdict.OK
    painted = host.status().last_shot_no
    for _ in range(8):  # renewed, but the screen still shows the old shot
        host.clock.sleep_us(200_000)
        host.ok(m.Renew(host.status().gun_clock_us, painted, 2_000))
    status = host.status()
    assert status.last_shot_no == painted + 1
    assert status.flags & Flag.LEAD_HOLD
    host.ok(m.Renew(status.gun_clock_us, painted + 1, 2_000))
    host.clock.sleep_us(600_000)
    assert host.status().last_shot_no == painted + 2
    assert world.gun.machine.coverage.total() > 0


@req("G14", "MG-3")
def test_arm_names_exactly_the_magazine_and_a_held_trigger_fires_nothing() -> None:
    world, host = started(hand=False)
    host.hello()
    host.load(10_000, 10_000, kind=ShotKind.TEST, ref=0)
    now_us = host.status().gun_clock_us
    right = (0, 1, 2, 2, 20_000)
    for wrong in (
        (1, 1, 2, 2, 20_000),
        (0, 2, 2, 2, 20_000),
        (0, 1, 3, 2, 20_000),
        (0, 1, 2, 3, 20_000),
        (0, 1, 2, 2, 1),
    ):
        assert host.refusal(m.Arm(*wrong, now_us, 0, 1_000, 1)) is Reason.MISMATCH
    world.gun.press()
    host.ok(m.Arm(*right, host.status().gun_clock_us, 0, 2_000, 8))
    world.run_for(0.5)
    assert host.status().last_shot_no == 0
    world.gun.release()
    world.gun.press()
    world.run_for(0.5)
    assert host.status().last_shot_no == 1
    world.run_for(0.5)
    assert host.status().last_shot_no == 1  # one press, one shot


@req("G14")
def test_load_while_armed_extends_what_was_armed() -> None:
    world, host = started()
    host.ready()
    host.load(10_000, 10_000)
    host.arm()
    for _ in range(6):
        host.load(10_000)
        status = host.status()
        host.ok(m.Renew(status.gun_clock_us, status.last_shot_no, 2_000))
        host.clock.sleep_us(300_000)
    host.fire_all()
    assert host.status().last_shot_no == 9
    assert len(world.truth.per_shot) == 9
    number = host.status().entry_hwm + 1
    assert host.refusal(m.Load(number, 0, 0, ShotKind.TEST, 10_000, 0)) in {Reason.MIXED_KIND, Reason.OTHER_TREATMENT}


@req("G14", "MG-22")
def test_nothing_is_treated_unprimed_and_a_new_syringe_must_be_primed_again() -> None:
    world, host = started()
    host.hello()
    host.ok(m.OpenTreatment(REF))
    host.load(10_000)
    assert Reason(host.arm().reason) is Reason.NOT_PRIMED
    host.ok(m.Unload())
    host.prime()
    host.load(10_000)
    assert host.arm().verdict == Verdict.OK
    world.gun.change_syringe()
    host.load(10_000)
    assert Reason(host.arm().reason) is Reason.NOT_PRIMED


@req("G15")
def test_welcome_tells_the_past_of_the_gun() -> None:
    world, host = started()
    host.ready()
    fire_one(host)
    host.ok(m.Ack(1))
    welcome = host.hello()
    status = welcome.status
    assert (status.last_shot_no, status.closed_shot_no, welcome.acked_shot_no) == (2, 2, 1)
    assert (status.entry_hwm, status.fired_entry_no) == (2, 2)
    assert (welcome.open_treatment, welcome.last_treatment) == (REF, 0)
    assert (welcome.oldest_shot_no, welcome.total_before_oldest_nl) == (1, 0)
    assert welcome.device_id == world.gun.store.kept.device_id
    host.ok(m.CloseTreatment(REF))
    host.ok(m.CloseTreatment(REF))
    closed = host.hello()
    assert (closed.open_treatment, closed.last_treatment) == (0, REF)


@req("H15")
def test_the_end_of_the_sequence_is_refused_not_wrapped() -> None:
    _, host = started()
    host.hello()
    reply = host.answer(host.frame(m.Unload(), seq=0xFFFF_FFFF))
    assert (reply.verdict, reply.reason) == (Verdict.REFUSED, Reason.SEQ_END)


def test_lines_errors_name_what_is_wrong_with_the_line() -> None:
    _, host = started()
    assert host.error(m.Unload()) is LinkError.NO_SESSION
    host.hello()
    assert host.answer(Frame(FrameKind.REQ, 0x7F, 1, b"")).code == LinkError.UNKNOWN_OP
    assert host.answer(Frame(FrameKind.REQ, Op.STATUS, 1, b"x")).code == LinkError.BAD_LENGTH
    assert host.answer(Frame(FrameKind.REQ, Op.STATUS, 1, b"", None, 3)).code == LinkError.WRONG_MAJOR


def test_another_schema_may_read_and_disarm_but_change_nothing() -> None:
    _, host = started()
    hello = m.Hello(3, m.FINGERPRINT ^ 1)
    host.send(Frame(FrameKind.REQ, Op.HELLO, 0, pack(hello)))
    reply = next(frame for frame in host.replies() if frame.op == Op.HELLO)
    welcome = unpack(m.Welcome, reply.payload)
    host.session = welcome.session
    host.key = auth.session_key(
        host.pairing_key, host_nonce=3, gun_nonce=welcome.gun_nonce, device_id=welcome.device_id,
        boot_id=welcome.boot_id, session=welcome.session,
    )  # fmt: skip
    assert host.refusal(m.Load(1, 0, 0, ShotKind.TEST, 10_000, 0)) is Reason.FINGERPRINT
    host.ok(m.Disarm())
    host.ok(m.GetStatus())


def test_a_calibration_is_put_in_force_whole_or_not_at_all() -> None:
    import zlib

    world, host = started()
    host.hello()
    before = host.ok(m.GetCaps()).calibration_id
    blob = bytes(range(70))
    host.ok(m.CalBegin(9, len(blob), zlib.crc32(blob)))
    host.ok(m.CalChunk(0, blob[:32]))
    host.ok(m.CalChunk(32, blob[32:64]))
    assert host.refusal(m.CalCommit(9)) is Reason.CHECKSUM
    assert host.ok(m.GetCaps()).calibration_id == before
    host.ok(m.CalChunk(64, blob[64:].ljust(32, b"\0")))
    host.ok(m.CalCommit(9))
    world.power_cycle()
    host.hello()
    assert host.ok(m.GetCaps()).calibration_id == 9
    read = b"".join(host.ok(m.CalRead(offset)).data for offset in (0, 32, 64))
    assert read[:70] == blob
