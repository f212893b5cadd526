"""Ports that answer with noise, with something else, slowly or not at all: a typed error within the deadline."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from mesogun.clock import ManualClock
from mesogun.errors import AuthError, LinkLost, LinkTimeout, MesogunError, OutcomeUnknown, VersionMismatch, WireError
from mesogun.identity import SIMULATED_KEY
from mesogun.link import Link
from mesogun.wire import frame
from mesogun.wire.codes import FrameKind, LinkError, Op
from mesogun.wire.messages import FINGERPRINT, Disarm, Done, Error, GetStatus, Hello, Status
from mesogun.wire.schema import pack
from tests.gun.cable import Cable
from tests.gun.minimal_gun import MinimalGun
from tests.trace import req

STATUS = Status(*range(16))


class Answering:
    """A device that answers each write with what it is told, as often as it is asked."""

    def __init__(self, clock: ManualClock, answers: Iterator[bytes]) -> None:
        self.clock = clock
        self.answers = answers

    def read(self, max_bytes: int, timeout_us: int) -> bytes:
        data = next(self.answers, b"")
        self.clock.advance_us(max(1, timeout_us) if not data else 1_000)
        return data[:max_bytes]

    def write(self, data: bytes) -> None:
        pass

    def close(self) -> None:
        pass


def answer(message: object, op: int, seq: int, major: int = 1) -> bytes:
    return frame.encode(frame.Frame(FrameKind.RSP, op, seq, pack(message), None, major))


@pytest.mark.parametrize(
    ("answers", "expected", "says"),
    [
        ([], LinkTimeout, "not one byte"),
        (itertools.repeat(b"ok\r\nT:21.5 /60\r\n"), LinkTimeout, "no MG1 frames"),
        (itertools.repeat(b"\xff" * 500), LinkTimeout, "another device, or another speed"),
        (itertools.repeat(b"\0"), LinkTimeout, "no MG1 frames"),
        ([frame.encode(frame.Frame(FrameKind.REQ, Op.HELLO, 0, pack(Hello(1, FINGERPRINT))))], LinkTimeout, "echoes"),
        ([answer(Done(0, 0, STATUS), Op.STATUS, 4)], VersionMismatch, "another protocol or version"),
        ([answer(Done(0, 0, STATUS), Op.HELLO, 0)], WireError, "no MG1 gun"),
        ([answer(Error(1, 0, STATUS, LinkError.WRONG_MAJOR, Op.HELLO), Op.ERROR, 0)], VersionMismatch, "another MG1"),
        ([answer(Error(1, 0, STATUS, LinkError.UNKNOWN_OP, Op.HELLO), Op.ERROR, 0, 2)], VersionMismatch, "another MG1"),
    ],
)
def test_what_is_no_gun_is_told_from_one(answers: list[bytes], expected: type[MesogunError], says: str) -> None:
    clock = ManualClock()
    link = Link(Answering(clock, iter(answers)), clock, lambda _: SIMULATED_KEY)
    with pytest.raises(expected, match=says):
        link.hello(deadline_ms=800)
    assert clock.monotonic_us() <= 802_000


@req("W-57")
def test_a_trickle_of_noise_cannot_stretch_a_deadline() -> None:
    clock = ManualClock()
    cable = Cable(MinimalGun(SIMULATED_KEY, FINGERPRINT), clock)
    link = Link(cable, clock, lambda _: SIMULATED_KEY)
    link.hello()
    cable.from_gun = lambda _: []
    start = clock.monotonic_us()

    def noise() -> None:
        clock.advance_us(100)
        cable.inject(b"\x01\x02\0")

    cable.on_idle = noise
    with pytest.raises(LinkTimeout):
        link.request(GetStatus(), deadline_ms=500)
    assert clock.monotonic_us() - start <= 501_000
    assert link.stats.damaged_frames > 1000
    assert link.stats.garbage_bytes == 2 * link.stats.damaged_frames


@pytest.mark.parametrize(
    "failure",
    [OSError(5, "Input/output error"), TypeError("'NoneType' object"), ValueError("fd"), AttributeError("fd")],
)
def test_nothing_but_our_errors_leaves_the_link(failure: Exception) -> None:
    class Broken(Cable):
        broken = False

        def read(self, max_bytes: int, timeout_us: int) -> bytes:
            if self.broken:
                raise failure
            return super().read(max_bytes, timeout_us)

        def write(self, data: bytes) -> None:
            if self.broken_write:
                raise failure
            super().write(data)

        broken_write = False

    clock = ManualClock()
    gun = MinimalGun(SIMULATED_KEY, FINGERPRINT)
    cable = Broken(gun, clock)
    link = Link(cable, clock, lambda _: SIMULATED_KEY)
    for broken in ("broken", "broken_write"):
        link.hello()
        setattr(cable, broken, True)
        with pytest.raises(LinkLost):
            link.request(GetStatus())
        setattr(cable, broken, False)
        link.hello()
        setattr(cable, broken, True)
        with pytest.raises(OutcomeUnknown):
            link.request(Disarm())
        with pytest.raises(LinkLost):
            link.hello()
        setattr(cable, broken, False)
    cable.broken_write = True
    with pytest.raises(LinkLost):
        link.stop()


def test_another_gun_behind_the_same_cable_is_seen() -> None:
    clock = ManualClock()
    cable = Cable(MinimalGun(SIMULATED_KEY, FINGERPRINT), clock)
    link = Link(cable, clock, lambda welcome: SIMULATED_KEY if welcome.device_id == 0xC0FFEE else b"other" + bytes(27))
    assert link.hello().device_id == 0xC0FFEE
    cable.gun = MinimalGun(SIMULATED_KEY, FINGERPRINT, device_id=0xBEEF)
    with pytest.raises(OutcomeUnknown, match="no session"):
        link.request(Disarm())
    with pytest.raises(AuthError, match="000000000000beef"):
        link.hello()


def test_the_numbers_of_the_link_move() -> None:
    clock = ManualClock()
    gun = MinimalGun(SIMULATED_KEY, FINGERPRINT)
    cable = Cable(gun, clock, latency_us=3_000)
    link = Link(cable, clock, lambda _: SIMULATED_KEY)
    assert link.stats.srtt_us is None
    assert link.rto_us == 100_000
    link.hello()
    for _ in range(10):
        link.request(GetStatus())
    stats = link.stats
    assert stats.srtt_us == stats.last_rtt_us == 6_000
    assert stats.rto_us == 25_000
    assert (stats.requests, stats.replies, stats.sessions) == (11, 11, 1)
    assert stats.clock_offset_us is not None
    assert stats.clock_offset_bound_us is not None
    assert abs(stats.clock_offset_us) <= stats.clock_offset_bound_us
    lost = iter([True])
    cable.from_gun = lambda data: [] if next(lost, False) else [data]
    link.request(GetStatus())
    assert link.stats.resends == 1
    assert link.stats.last_rtt_us is None
    cable.from_gun = lambda data: [data, data]
    link.request(GetStatus())
    link.request(GetStatus())
    assert link.stats.late == 1
