"""What docs/wire.md asks of a gun, asked of two: the minimal gun and the simulated firmware."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from mesogun.wire import auth, frame
from mesogun.wire.codes import Flag, FrameKind, LinkError, Op, Outcome, Reason, ShotKind, State, Verdict
from mesogun.wire.host import STOP_BYTES
from mesogun.wire.messages import (
    Ack,
    Caps,
    ClearFault,
    CloseTreatment,
    Disarm,
    Error,
    GetCaps,
    GetLog,
    GetStatus,
    Hello,
    OpenTreatment,
    Renew,
    Unload,
)
from mesogun.wire.schema import pack
from tests.gun.subjects import LEASE_MS, TREATMENT, Minimal, RawHost, Simulated, Subject
from tests.trace import req


@pytest.fixture(params=[Minimal, Simulated])
def host(request: pytest.FixtureRequest) -> RawHost:
    make: Callable[[], Subject] = request.param
    return RawHost(make())


def refused(reply: Any, reason: Reason) -> bool:
    return (reply.verdict, reply.reason) == (Verdict.REFUSED, reason)


def error(reply: Any, code: LinkError) -> bool:
    return isinstance(reply, Error) and reply.code == code


@req("W-5")
def test_unknown_and_ill_sized_requests_are_answered_by_error(host: RawHost) -> None:
    host.hello()
    (unknown,) = host.raw(frame.encode(frame.Frame(FrameKind.REQ, 0x7F, 9, b"")))
    assert error(host.reply_to(frame.Frame(FrameKind.REQ, 0x7F, 9, b""), [unknown]), LinkError.UNKNOWN_OP)
    sized = frame.Frame(FrameKind.REQ, Op.STATUS, 9, b"\1")
    assert error(host.reply_to(sized, host.raw(frame.encode(sized))), LinkError.BAD_LENGTH)
    for kind in (FrameKind.RSP, FrameKind.EVT):
        assert host.raw(frame.encode(frame.Frame(kind, Op.STATUS, 9, b""))) == []


@req("W-3", "W-4")
def test_damage_is_dropped_in_silence(host: RawHost) -> None:
    host.ready()
    load = bytearray(frame.encode(host.built(host.entry(2))))
    for at in range(1, len(load) - 1):
        broken = bytearray(load)
        broken[at] ^= 0x10
        assert host.raw(bytes(broken)) == []
    assert host.status().entry_hwm == 1


@req("W-7")
def test_in_step_again_after_garbage(host: RawHost) -> None:
    host.hello()
    status = frame.encode(host.built(GetStatus()))
    assert len(host.raw(b"\xff" * 1000 + status)) == 1
    assert len(host.raw(status[:10] + status)) == 1


@req("W-8", "W-9", "G7")
def test_changes_need_a_fitting_tag(host: RawHost) -> None:
    host.ready()
    assert error(host.ask(host.entry(2), tagged=False), LinkError.BAD_TAG)
    good, host.key = host.key, bytes(32)
    sent = frame.encode(host.built(host.entry(2)))
    host.key = good
    (got,) = host.raw(sent)
    assert got.op == Op.ERROR
    assert host.status().entry_hwm == 1


@req("W-9", "G7")
def test_a_frame_of_an_old_session_or_the_other_direction_is_refused(host: RawHost) -> None:
    host.ready()
    old = frame.encode(host.built(host.entry(2)))
    turned = host.built(host.entry(2), seq=1, tagged=False)
    turned = auth.sealed(host.key, auth.TO_HOST, host.session, turned)
    host.hello()
    for replay in (old, frame.encode(turned)):
        (got,) = host.raw(replay)
        assert got.op == Op.ERROR
    host.subject.reboot()
    (got,) = host.raw(old)
    assert got.op == Op.ERROR
    assert got.tag is None
    host.hello()
    (got,) = host.raw(old)
    assert got.op == Op.ERROR
    assert host.status().entry_hwm == 1


@req("W-10", "G7")
def test_every_reply_is_tagged_once_there_was_a_session(host: RawHost) -> None:
    asked = frame.encode(host.built(GetStatus(), seq=1))
    (before,) = host.raw(asked)
    assert before.tag is None
    host.hello()
    for data in (asked, frame.encode(host.built(Disarm())), STOP_BYTES, STOP_BYTES, asked):
        (got,) = host.raw(data)
        assert auth.verified(host.key, auth.TO_HOST, host.session, got)


@req("W-11", "G2")
def test_nonces_of_the_gun_never_repeat(host: RawHost) -> None:
    seen = set()
    for _ in range(3):
        for _ in range(3):
            seen.add(host.hello().gun_nonce)
        host.subject.reboot()
    assert len(seen) == 9


@req("W-16", "W-21", "G8")
def test_the_same_request_again_is_answered_and_not_executed(host: RawHost) -> None:
    host.ready()
    first = host.load(2)
    host.subject.advance(10_000)
    second = host.again()
    assert second.verdict == first.verdict == Verdict.OK
    assert second.status.magazine == first.status.magazine == 1
    assert second.status.gun_clock_us > first.status.gun_clock_us
    assert refused(host.load(2, volume_nl=30_000), Reason.USED)
    assert refused(host.again(), Reason.USED)


@req("W-21", "G8")
def test_a_repeated_arm_gives_no_new_lease(host: RawHost) -> None:
    host.ready()
    host.load(2)
    assert host.arm(2).verdict == Verdict.OK
    host.subject.advance((LEASE_MS + 100) * 1000)
    again = host.again()
    assert again.verdict == Verdict.OK
    assert again.status.state == State.DISARMED
    assert host.pull() == 0


@req("W-17", "W-20", "G6")
def test_the_same_host_nonce_gets_the_same_session(host: RawHost) -> None:
    host.ready()
    welcome = host.hello()
    host.load(2)
    (got,) = host.raw(frame.encode(frame.Frame(FrameKind.REQ, Op.HELLO, 0, pack(Hello(host.nonce, 0x0126B092)))))
    assert auth.verified(host.key, auth.TO_HOST, host.session, got)
    assert host.hello(nonce=host.nonce).session == welcome.session
    assert host.status().magazine == 1


@req("W-19", "G6", "G1")
def test_a_new_hello_disarms_and_empties(host: RawHost) -> None:
    host.ready()
    host.load(2)
    host.load(3)
    host.arm(2, 3)
    welcome = host.hello()
    assert (welcome.status.state, welcome.status.magazine, welcome.dropped) == (State.DISARMED, 0, 2)
    assert host.pull() == 0


@req("W-18")
def test_no_session_no_change(host: RawHost) -> None:
    host.ready()
    host.subject.reboot()
    reply = host.ask(host.entry(2))
    assert error(reply, LinkError.NO_SESSION)
    assert host.status().entry_hwm == 1


def test_old_sequence_numbers_are_stale(host: RawHost) -> None:
    host.ready()
    host.load(2)
    seq = host.seq
    assert error(host.ask(host.entry(3), seq=seq), LinkError.STALE_SEQ)
    assert error(host.ask(host.entry(3), seq=seq - 1), LinkError.STALE_SEQ)
    assert host.status().entry_hwm == 2


@req("W-23")
def test_sequence_numbers_do_not_wrap(host: RawHost) -> None:
    host.ready()
    assert refused(host.ask(host.entry(2), seq=0xFFFFFF00), Reason.SEQ_END)
    assert host.status().entry_hwm == 1


@req("W-24", "G9", "G1")
@pytest.mark.parametrize("head", [0x38, 0x58, 0xF8])
def test_stop_works_always(host: RawHost, head: int) -> None:
    host.ready()
    host.load(2)
    host.arm(2)
    body = bytes([head, Op.STOP]) + (77).to_bytes(4, "little") + bytes(8)
    (got,) = host.raw(frame.finish(body))
    assert (got.op, got.seq) == (Op.STOP, 77)
    assert host.pull() == 0
    status = host.stop()
    assert (status.state, status.magazine, status.flags & Flag.SESSION) == (State.DISARMED, 0, 0)
    assert error(host.ask(host.entry(3)), LinkError.NO_SESSION)
    assert host.hello().dropped == 0


@req("W-27")
def test_another_fingerprint_may_only_read_and_disarm(host: RawHost) -> None:
    host.ready()
    host.hello(fingerprint=0xBAD)
    assert refused(host.load(2), Reason.FINGERPRINT)
    assert host.ask(Disarm()).verdict == Verdict.OK
    assert host.status().entry_hwm == 1


@req("W-27")
def test_another_wire_major_is_told_so(host: RawHost) -> None:
    host.hello()
    sent = host.built(GetStatus())._replace(major=2)
    assert error(host.reply_to(sent, host.raw(frame.encode(sent))), LinkError.WRONG_MAJOR)


@req("W-29", "G15")
def test_hello_tells_what_was(host: RawHost) -> None:
    host.ready()
    host.load(2)
    host.arm(2)
    assert host.pull() == 1
    host.ask(Ack(1))
    before = host.hello()
    assert before.status.last_shot_no == before.status.closed_shot_no == 2
    assert (before.status.fired_entry_no, before.status.entry_hwm) == (2, 2)
    assert (before.acked_shot_no, before.open_treatment, before.last_treatment) == (1, TREATMENT, 0)
    records = host.records()
    held = [record for record in records if record.shot_no >= before.oldest_shot_no]
    total = before.total_before_oldest_nl + sum(record.delivered_nl for record in held)
    assert total == before.status.running_total_nl
    assert before.status.magazine == 0


@req("W-30", "W-51", "G1", "G2")
def test_boot_empties_and_raises_boot_id(host: RawHost) -> None:
    host.ready()
    first = host.hello()
    host.load(2)
    host.arm(2)
    host.subject.reboot()
    assert host.pull() == 0
    second = host.hello()
    assert second.boot_id == first.boot_id + 1
    assert (second.nvm_id, second.device_id) == (first.nvm_id, first.device_id)
    assert second.dropped == 0
    assert second.status.entry_hwm == 2
    assert refused(host.load(2), Reason.USED)


@req("W-30", "W-35", "G1")
def test_a_new_syringe_empties_and_wants_priming(host: RawHost) -> None:
    host.ready()
    host.load(2)
    host.subject.new_syringe()
    assert host.status().magazine == 0
    host.load(3)
    assert refused(host.arm(3), Reason.NOT_PRIMED)


@req("W-31", "G3")
def test_entry_numbers_only_grow(host: RawHost) -> None:
    host.ready()
    assert host.load(7).verdict == Verdict.OK
    assert host.load(7).verdict == Verdict.OK
    assert host.status().magazine == 1
    assert refused(host.load(7, volume_nl=30_000), Reason.USED)
    assert refused(host.load(5), Reason.USED)
    host.ask(Unload())
    assert refused(host.load(7), Reason.USED)
    assert host.load(8).verdict == Verdict.OK


@req("W-32", "G4", "G11")
def test_what_load_refuses(host: RawHost) -> None:
    host.ready()
    caps: Caps = host.ask(GetCaps())
    entry = host.entry(2)
    for changed, reason in (
        ({"volume_nl": caps.max_volume_nl + caps.step_nl}, Reason.VOLUME_RANGE),
        ({"volume_nl": caps.min_volume_nl - 1}, Reason.VOLUME_RANGE),
        ({"volume_nl": 20_001}, Reason.VOLUME_RANGE),
        ({"depth_um": caps.max_depth_um + 1}, Reason.DEPTH_RANGE),
        ({"depth_um": caps.min_depth_um - 1}, Reason.DEPTH_RANGE),
        ({"kind": 9}, Reason.KIND_RANGE),
        ({"kind": ShotKind.BENCH}, Reason.KIND_RANGE),
        ({"treatment_ref": TREATMENT + 1}, Reason.OTHER_TREATMENT),
        ({"treatment_ref": 0}, Reason.OTHER_TREATMENT),
    ):
        assert refused(host.ask(dataclasses.replace(entry, **changed)), reason), changed
    assert host.status().entry_hwm == 1
    host.load(2)
    assert refused(host.load(3, kind=ShotKind.PRIME), Reason.MIXED_KIND)
    for number in range(3, caps.magazine_size + 2):
        assert host.load(number).verdict == Verdict.OK
    assert refused(host.load(99), Reason.FULL)


@req("W-34", "G14")
@pytest.mark.parametrize(
    "changed",
    [
        {"treatment_ref": 1},
        {"first_entry_no": 1},
        {"last_entry_no": 4},
        {"count": 1},
        {"total_nl": 39_999},
        {"lead": 0},
    ],
)
def test_arm_names_exactly_what_is_held(host: RawHost, changed: dict[str, int]) -> None:
    host.ready()
    host.load(2)
    host.load(3)
    assert refused(host.arm(2, 3, **changed), Reason.MISMATCH)
    assert host.arm(2, 3).verdict == Verdict.OK


@req("W-34")
def test_nothing_to_arm(host: RawHost) -> None:
    host.ready()
    assert refused(host.arm(2), Reason.EMPTY_MAGAZINE)


@req("W-36", "G13")
def test_a_lease_runs_from_the_painted_clock(host: RawHost) -> None:
    host.ready()
    host.load(2)
    painted = host.status().gun_clock_us
    host.subject.advance(1_500_000)
    assert host.arm(2, painted_clock_us=painted).verdict == Verdict.OK
    assert host.status().lease_left_ms < 500
    host.subject.advance(500_000)
    assert host.status().state == State.DISARMED
    assert refused(host.arm(2, painted_clock_us=painted), Reason.STALE_TOKEN)
    ahead = host.status().gun_clock_us + 60_000_000
    assert refused(host.arm(2, painted_clock_us=ahead), Reason.STALE_TOKEN)
    assert refused(host.arm(2, painted_shot_no=99), Reason.STALE_TOKEN)
    for lease_ms in (1, 60_000):
        assert refused(host.arm(2, lease_ms=lease_ms), Reason.LEASE_RANGE)


@req("W-37", "G13")
def test_renew_keeps_a_lease_and_never_arms(host: RawHost) -> None:
    host.ready()
    host.load(2)
    status = host.status()
    assert refused(host.ask(Renew(status.gun_clock_us, status.last_shot_no, LEASE_MS)), Reason.WRONG_STATE)
    host.arm(2)
    host.subject.advance(1_500_000)
    status = host.status()
    assert host.ask(Renew(status.gun_clock_us, status.last_shot_no, LEASE_MS)).status.lease_left_ms > 1_500
    host.subject.advance((LEASE_MS + 100) * 1000)
    status = host.status()
    assert refused(host.ask(Renew(status.gun_clock_us, status.last_shot_no, LEASE_MS)), Reason.WRONG_STATE)
    assert status.state == State.DISARMED


@req("W-38", "G13")
def test_the_gun_waits_for_the_screen(host: RawHost) -> None:
    host.ready()
    host.load(2)
    host.load(3)
    assert host.arm(2, 3, lead=1).verdict == Verdict.OK
    assert host.pull() == 1
    assert host.pull() == 0
    status = host.status()
    assert host.ask(Renew(status.gun_clock_us, status.last_shot_no, LEASE_MS)).verdict == Verdict.OK
    assert host.pull() == 1


@req("W-39", "G14")
def test_a_held_trigger_does_not_fire(host: RawHost) -> None:
    host.ready()
    host.load(2)
    host.subject.press(contact=True)
    assert host.arm(2).verdict == Verdict.OK
    before = host.status().last_shot_no
    host.subject.press(contact=True)
    assert host.status().last_shot_no == before
    host.subject.release()
    assert host.pull() == 1


@req("W-40", "G14")
def test_load_extends_what_is_armed(host: RawHost) -> None:
    host.ready()
    host.load(2)
    assert host.arm(2).verdict == Verdict.OK
    assert host.pull() == 1
    status = host.status()
    assert status.state == State.ARMED
    assert host.ask(Renew(status.gun_clock_us, status.last_shot_no, LEASE_MS)).verdict == Verdict.OK
    assert host.load(3).verdict == Verdict.OK
    assert host.pull() == 1


@req("W-41", "G10")
def test_unload_lists_what_it_removed(host: RawHost) -> None:
    host.ready()
    for number in (2, 3, 5):
        host.load(number)
    host.arm(2, 5, count=3, total_nl=60_000)
    assert host.pull() == 1
    gone = host.ask(Unload())
    assert (gone.removed_first, gone.removed_last, gone.removed_count) == (3, 5, 2)
    assert (gone.status.state, gone.status.magazine, gone.status.fired_entry_no) == (State.DISARMED, 0, 2)
    empty = host.ask(Unload())
    assert (empty.removed_first, empty.removed_last, empty.removed_count) == (0, 0, 0)


@req("W-43", "W-44", "W-46", "W-48", "G4", "G5")
def test_a_record_repeats_its_entry_and_never_changes(host: RawHost) -> None:
    host.ready()
    host.load(2)
    host.arm(2)
    assert host.pull() == 1
    prime, shot = host.records()
    assert (shot.shot_no, shot.entry_no, shot.treatment_ref, shot.point_index) == (2, 2, TREATMENT, 2)
    assert (shot.kind, shot.outcome, shot.commanded_nl, shot.depth_um) == (1, Outcome.DONE, 20_000, 1_500)
    assert shot.running_total_nl == prime.running_total_nl + shot.delivered_nl
    assert prime.kind == ShotKind.PRIME
    caps: Caps = host.ask(GetCaps())
    assert abs(shot.delivered_nl - 20_000) <= caps.overrun_nl + 20_000 * caps.overrun_ppm // 1_000_000
    host.ask(Ack(2))
    host.hello()
    assert host.ask(GetLog(2)).record == shot
    none = host.ask(GetLog(3))
    assert refused(none, Reason.NO_SUCH_RECORD)
    assert not any(pack(none)[-70:])


@req("W-47", "G12")
def test_ack_is_never_beyond_the_log(host: RawHost) -> None:
    host.ready()
    assert refused(host.ask(Ack(2)), Reason.BEYOND_LOG)
    assert host.ask(Ack(1)).verdict == Verdict.OK
    assert host.ask(Ack(0)).verdict == Verdict.OK
    host.subject.reboot()
    assert host.hello().acked_shot_no == 1


@req("W-49")
def test_one_open_treatment(host: RawHost) -> None:
    host.ready()
    assert host.ask(OpenTreatment(TREATMENT)).verdict == Verdict.OK
    assert refused(host.ask(OpenTreatment(TREATMENT + 1)), Reason.OTHER_TREATMENT)
    host.load(2)
    assert refused(host.ask(CloseTreatment(TREATMENT)), Reason.WRONG_STATE)
    host.ask(Unload())
    assert host.ask(CloseTreatment(TREATMENT)).verdict == Verdict.OK
    assert host.ask(CloseTreatment(TREATMENT)).verdict == Verdict.OK
    assert refused(host.load(3), Reason.OTHER_TREATMENT)
    host.subject.reboot()
    assert host.hello().last_treatment == TREATMENT


@req("W-17")
def test_a_wrong_state_is_a_refusal(host: RawHost) -> None:
    host.ready()
    assert refused(host.ask(ClearFault(1)), Reason.WRONG_STATE)
    host.load(2)
    host.arm(2)
    assert refused(host.ask(CloseTreatment(TREATMENT)), Reason.WRONG_STATE)
    assert refused(host.arm(2), Reason.WRONG_STATE)
