"""A bare host for tests: frames by hand over any transport, no retransmission, no belief. Not mesogun's driver."""

from __future__ import annotations

from typing import Any

from mesogun.identity import SIMULATED_KEY
from mesogun.wire import auth
from mesogun.wire import messages as m
from mesogun.wire.codes import FrameKind, LinkError, Op, Reason, ShotKind, State, Verdict
from mesogun.wire.frame import Frame, FrameReader, encode
from mesogun.wire.schema import pack, unpack
from sim.doors.port import attach
from sim.world import World

REF = 77


class NoSession(Exception):
    pass


class Host:
    def __init__(self, world: World, key: bytes = SIMULATED_KEY) -> None:
        self.world = world
        self.transport, self.clock = attach(world)
        self.pairing_key = key
        self.key = b""
        self.session = 0
        self.seq = 0
        self.nonce = 1000
        self.events: list[m.Event] = []
        self.reader = FrameReader()

    def frame(self, message: Any, seq: int | None = None) -> Frame:
        spec = m.BY_REQUEST[type(message)]
        if seq is None:
            self.seq += 1
            seq = self.seq
        kind = FrameKind.CTL if spec.op is Op.STOP else FrameKind.REQ
        frame = Frame(kind, spec.op, seq, pack(message))
        return auth.sealed(self.key, auth.TO_GUN, self.session, frame) if spec.changes and self.key else frame

    def send(self, frame: Frame) -> None:
        self.transport.write(encode(frame))

    def replies(self, wait_us: int = 400_000) -> list[Frame]:
        found: list[Frame] = []
        end = self.clock.monotonic_us() + wait_us
        while (left := end - self.clock.monotonic_us()) > 0:
            for frame in self.reader.feed(self.transport.read(4096, left)):
                assert isinstance(frame, Frame), frame
                if frame.kind is FrameKind.EVT:
                    self.events.append(unpack(m.Event, frame.payload))
                else:
                    found.append(frame)
            if found:
                break
        return found

    def answer(self, frame: Frame) -> Any:
        self.send(frame)
        found = self.replies()
        assert found, f"no reply to {frame}"
        assert len(found) == 1
        reply = found[0]
        if reply.op == Op.ERROR:
            return unpack(m.Error, reply.payload)
        assert (reply.op, reply.seq) == (frame.op, frame.seq)
        if self.key and reply.op != Op.HELLO:
            assert auth.verified(self.key, auth.TO_HOST, self.session, reply)
        return unpack(m.BY_OP[reply.op].reply, reply.payload)

    def ask(self, message: Any) -> Any:
        return self.answer(self.frame(message))

    def hello(self, nonce: int | None = None) -> m.Welcome:
        self.nonce += 1
        self.key = b""
        self.seq = 0
        hello = m.Hello(self.nonce if nonce is None else nonce, m.FINGERPRINT)
        welcome: m.Welcome = self.answer(self.frame(hello, seq=0))
        self.session = welcome.session
        self.key = auth.session_key(
            self.pairing_key,
            host_nonce=welcome.host_nonce,
            gun_nonce=welcome.gun_nonce,
            device_id=welcome.device_id,
            boot_id=welcome.boot_id,
            session=welcome.session,
        )
        return welcome

    def ok(self, message: Any) -> Any:
        reply = self.ask(message)
        assert not isinstance(reply, m.Error), LinkError(reply.code)
        assert reply.verdict == Verdict.OK, Reason(reply.reason)
        return reply

    def refusal(self, message: Any) -> Reason:
        reply = self.ask(message)
        assert not isinstance(reply, m.Error), LinkError(reply.code)
        assert reply.verdict == Verdict.REFUSED
        return Reason(reply.reason)

    def error(self, message: Any) -> LinkError:
        reply = self.ask(message)
        assert isinstance(reply, m.Error), reply
        return LinkError(reply.code)

    def status(self) -> m.Status:
        status: m.Status = self.ok(m.GetStatus()).status
        return status

    def load(self, *volumes_nl: int, kind: int = ShotKind.TREAT, ref: int = REF, point: int = 0) -> None:
        for offset, volume_nl in enumerate(volumes_nl):
            number = self.status().entry_hwm + 1
            self.ok(m.Load(number, ref, point + offset, kind, volume_nl, 1_500 if kind == ShotKind.TREAT else 0))

    def arm(self, *, lease_ms: int = 2_000, lead: int = 8, ref: int | None = None) -> Any:
        magazine = self.world.gun.machine.magazine
        status = self.status()
        arm = m.Arm(
            magazine[0].treatment_ref if ref is None else ref,
            magazine[0].entry_no,
            magazine[-1].entry_no,
            len(magazine),
            sum(entry.volume_nl for entry in magazine),
            status.gun_clock_us,
            status.last_shot_no,
            lease_ms,
            lead,
        )
        return self.ask(arm)

    def ok_renew(self, status: m.Status) -> None:
        self.ok(m.Renew(status.gun_clock_us, status.last_shot_no, 2_000))

    def fire_all(self, limit_s: float = 60.0) -> None:
        end = self.clock.monotonic_us() + int(limit_s * 1e6)
        while self.clock.monotonic_us() < end:
            status = self.status()
            if status.state not in {State.ARMED, State.FIRING} or (
                status.magazine == 0 and status.state == State.ARMED
            ):
                return
            self.ask(m.Renew(status.gun_clock_us, status.last_shot_no, 2_000))
            self.clock.sleep_us(150_000)
        raise AssertionError("the magazine was not fired in time")

    def prime(self) -> None:
        self.load(max(25_000, self.world.profile.integer("syringe.dead_volume_nl")), kind=ShotKind.PRIME, ref=0)
        assert self.arm().verdict == Verdict.OK
        self.fire_all()
        self.ok(m.Disarm())

    def ready(self) -> Host:
        """Greeted, treatment open, primed."""
        self.hello()
        self.ok(m.OpenTreatment(REF))
        self.prime()
        return self

    def records(self) -> list[m.ShotRecord]:
        found: list[m.ShotRecord] = []
        number = 1
        while True:
            reply = self.ask(m.GetLog(number))
            if reply.verdict != Verdict.OK:
                return found
            found.append(reply.record)
            number = reply.record.shot_no + 1


def started(seed: int = 7, profile: str = "standard", *, hand: bool = True) -> tuple[World, Host]:
    world = World(profile, seed=seed, hand=hand)
    return world, Host(world)
