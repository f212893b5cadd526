"""The driver against a gun that was written from the document alone: a whole treatment, and each kind of loss."""

from __future__ import annotations

import pytest

from mesogun.clock import ManualClock
from mesogun.errors import AuthError, GunRefused, LinkLost, LinkTimeout, OutcomeUnknown
from mesogun.gun import connect
from mesogun.identity import SIMULATED_KEY
from mesogun.wire.codes import Reason, ShotKind, State
from mesogun.wire.messages import FINGERPRINT
from tests.gun.cable import Cable
from tests.gun.conftest import TREATMENT, Bench
from tests.gun.minimal_gun import MinimalGun
from tests.trace import req


def nothing(_: bytes) -> list[bytes]:
    return []


@req("G3", "G5", "G12", "G14")
def test_a_whole_treatment_runs(bench: Bench) -> None:
    bench.prime()
    gun = bench.gun
    volumes = [10_000 + 100 * number for number in range(20)]
    for at in range(0, 20, 5):
        entries = []
        for number in range(at, at + 5):
            entries += bench.load(number + 2, volume_nl=volumes[number])
        assert gun.arm(bench.arm_for(entries)).state == State.ARMED
        for _ in entries:
            assert bench.device.pull()
        shots = list(gun.log(2 + at))
        assert [shot.entry_no for shot in shots] == [entry.entry_no for entry in entries]
        gun.ack(shots[-1].shot_no)
        gun.disarm()
    records = list(gun.log(1))
    assert [record.delivered_nl for record in records[1:]] == volumes
    assert records[-1].running_total_nl == sum(record.delivered_nl for record in records)
    assert [record.kind for record in records] == [ShotKind.PRIME] + [ShotKind.TREAT] * 20
    gun.close_treatment(TREATMENT)
    assert gun.hello().last_treatment == TREATMENT


@req("G8")
def test_lost_reply_is_asked_again_and_executed_once(bench: Bench) -> None:
    bench.prime()
    lost = iter([True, True])
    bench.cable.from_gun = lambda data: [] if next(lost, False) else [data]
    assert bench.gun.load(bench.entry(2)).magazine == 1
    assert bench.gun.stats.resends == 2
    assert len(set(bench.cable.written[-3:])) == 1


@req("G8")
def test_doubled_request_is_executed_once(bench: Bench) -> None:
    bench.prime()
    bench.cable.to_gun = lambda data: [data, data]
    assert bench.gun.load(bench.entry(2)).magazine == 1
    assert bench.gun.load(bench.entry(3)).magazine == 2


@req("W-57")
def test_no_answer_to_a_change_is_unknown_and_not_a_failure(bench: Bench) -> None:
    bench.prime()
    bench.cable.from_gun = nothing
    with pytest.raises(OutcomeUnknown) as caught:
        bench.gun.load(bench.entry(2), deadline_ms=700)
    assert not isinstance(caught.value, LinkLost | GunRefused | OSError)
    assert len(bench.device.magazine) == 1


@req("W-57")
def test_no_answer_to_a_read_is_a_timeout_at_its_deadline(bench: Bench) -> None:
    bench.cable.from_gun = nothing
    before = bench.clock.monotonic_us()
    with pytest.raises(LinkTimeout):
        bench.gun.status(deadline_ms=700)
    assert 700_000 <= bench.clock.monotonic_us() - before <= 701_000


@req("H5", "W-18")
def test_reboot_answers_no_session_and_that_is_no_refusal(bench: Bench) -> None:
    bench.prime()
    bench.device.reboot()
    with pytest.raises(OutcomeUnknown):
        bench.gun.load(bench.entry(2))
    with pytest.raises(LinkLost):
        bench.gun.status()
    assert bench.gun.hello().boot_id == 2


def test_refusal_carries_the_reason(bench: Bench) -> None:
    bench.prime()
    with pytest.raises(GunRefused, match="used before") as caught:
        bench.gun.load(bench.entry(1))
    assert caught.value.reason == Reason.USED


@req("H7", "G9", "W-25")
def test_after_stop_only_hello_leads_back(bench: Bench) -> None:
    bench.prime()
    entries = bench.load(2, 3)
    bench.gun.arm(bench.arm_for(entries))
    bench.gun.stop()
    assert bench.gun.confirm_stop().state == State.DISARMED
    assert not bench.device.pull()
    with pytest.raises(LinkLost, match="HELLO"):
        bench.gun.status()
    welcome = bench.gun.hello()
    assert welcome.dropped == 0
    assert welcome.status.magazine == 0


@req("H7", "W-25")
def test_stop_cancels_the_pending_arm_for_good(bench: Bench) -> None:
    bench.prime()
    arm = bench.arm_for(bench.load(2))
    bench.cable.to_gun = nothing  # ARM is lost on its way
    stopped = iter([None])

    def stop_once() -> None:
        if next(stopped, False) is None:
            bench.cable.to_gun = lambda data: [data]
            bench.gun.stop()

    bench.cable.on_idle = stop_once
    with pytest.raises(OutcomeUnknown, match="cancelled"):
        bench.gun.arm(arm)
    bench.clock.advance_us(5_000_000)
    assert bench.device.state == 1
    assert bench.gun.confirm_stop().state == State.DISARMED


@req("H7", "W-26")
def test_arm_older_than_its_lease_is_not_sent_again(bench: Bench) -> None:
    bench.prime()
    arm = bench.arm_for(bench.load(2), lease_ms=300)
    count = len(bench.cable.written)
    sent_at = bench.clock.monotonic_us()
    times: list[int] = []

    def swallow(_: bytes) -> list[bytes]:
        times.append(bench.clock.monotonic_us())
        return []

    bench.cable.to_gun = swallow
    with pytest.raises(OutcomeUnknown):
        bench.gun.arm(arm, deadline_ms=2_000)
    assert len(bench.cable.written) > count + 1
    assert max(times) < sent_at + 300_000


@req("G7", "W-13")
def test_wrong_key_is_a_typed_error_and_names_no_key() -> None:
    clock = ManualClock()
    cable = Cable(MinimalGun(SIMULATED_KEY, FINGERPRINT), clock)
    wrong = b"w" * 32
    with pytest.raises(AuthError) as caught:
        connect((cable, clock), keys=lambda _: wrong)
    assert wrong.hex() not in str(caught.value)
    assert cable.closed


def test_unplugged_is_link_lost_or_unknown(bench: Bench) -> None:
    bench.prime()
    bench.cable.unplugged = True
    with pytest.raises(OutcomeUnknown):
        bench.gun.load(bench.entry(2))
    bench.cable.unplugged = False
    bench.gun.hello()
    bench.cable.unplugged = True
    with pytest.raises(LinkLost):
        bench.gun.status()


@req("H12", "W-58")
def test_a_clock_jump_drops_the_session(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    real = bench.clock.utc
    monkeypatch.setattr(bench.clock, "utc", lambda: real() + timedelta(seconds=30))
    with pytest.raises(LinkLost, match="slept"):
        bench.gun.status()
    assert not bench.gun.in_session


def test_the_reply_with_the_last_record_ends_the_log(bench: Bench) -> None:
    bench.prime()
    (entry,) = bench.load(2, volume_nl=10_000)
    bench.gun.arm(bench.arm_for([entry]))
    bench.device.pull()
    before = bench.gun.stats.requests
    assert [record.shot_no for record in bench.gun.log(1)] == [1, 2]
    assert bench.gun.stats.requests == before + 2
    assert list(bench.gun.log(3)) == []
