"""Two guns that the same duties are asked of: the minimal one and the simulated firmware; and a host that speaks raw.

The host may say anything, also what a real one must not.
"""

from __future__ import annotations

from typing import Any, Protocol

from mesogun.identity import SIMULATED_KEY
from mesogun.wire import auth, frame
from mesogun.wire.codes import Flag, FrameKind, Op, ShotKind, Verdict
from mesogun.wire.host import STOP_BYTES
from mesogun.wire.messages import (
    BY_OP,
    BY_REQUEST,
    FINGERPRINT,
    Arm,
    GetLog,
    GetStatus,
    Hello,
    Load,
    OpenTreatment,
    Status,
    Welcome,
)
from mesogun.wire.schema import pack, unpack
from sim.line import Way
from sim.world import World
from tests.gun.minimal_gun import MinimalGun

TREATMENT = 0x51
LEASE_MS = 2_000


class Subject(Protocol):
    """A gun on a bench: its line, its trigger, its switches."""

    def exchange(self, data: bytes) -> bytes: ...
    def advance(self, duration_us: int) -> None: ...
    def press(self, *, contact: bool) -> None: ...
    def release(self) -> None: ...
    def reboot(self) -> None: ...
    def new_syringe(self) -> None: ...


class Minimal:
    """The gun that was written from the document."""

    def __init__(self) -> None:
        self.gun = MinimalGun(SIMULATED_KEY, FINGERPRINT)

    def exchange(self, data: bytes) -> bytes:
        self.gun.now_us += 1_000
        return self.gun.feed(data)

    def advance(self, duration_us: int) -> None:
        self.gun.now_us += duration_us

    def press(self, *, contact: bool) -> None:
        del contact  # it has no contact sensor
        self.gun.trigger = True
        self.gun.pull()
        self.advance(150_000)

    def release(self) -> None:
        self.gun.trigger, self.gun.released = False, True

    def reboot(self) -> None:
        self.gun.reboot()

    def new_syringe(self) -> None:
        self.gun.new_syringe()


class Simulated:
    """The simulated firmware, without a hand and without a door."""

    def __init__(self) -> None:
        self.world = World("standard", seed=7, hand=False)
        self._arrived = bytearray()
        self.world.line.host_end = self._arrived.extend
        self.advance(100_000)
        self._arrived.clear()

    def exchange(self, data: bytes) -> bytes:
        self.world.line.send(Way.TO_GUN, data)
        for _ in range(20):
            self.advance(50_000)
            if b"\0" in self._arrived[1:]:
                break
        self.advance(20_000)
        answer = bytes(self._arrived)
        self._arrived.clear()
        return answer

    def advance(self, duration_us: int) -> None:
        self.world.kernel.run_for(duration_us)

    def press(self, *, contact: bool) -> None:
        self.world.gun.touch(2_000 if contact else 0)
        self.world.gun.press()
        self.advance(700_000)

    def release(self) -> None:
        self.world.gun.release()
        self.advance(50_000)
        self.world.gun.touch(0)

    def reboot(self) -> None:
        self.world.power_cycle()
        self.advance(100_000)
        self._arrived.clear()

    def new_syringe(self) -> None:
        self.world.gun.change_syringe()


class RawHost:
    """Says whatever the test wants, byte for byte; knows the session key of its last HELLO."""

    def __init__(self, subject: Subject, key: bytes = SIMULATED_KEY) -> None:
        self.subject = subject
        self.pairing_key = key
        self.key = b""
        self.session = 0
        self.seq = 0
        self.nonce = 0x1111
        self.last_sent = b""

    def raw(self, data: bytes) -> list[frame.Frame]:
        """Replies (no hints) to bytes."""
        items = frame.FrameReader().feed(self.subject.exchange(data))
        return [item for item in items if isinstance(item, frame.Frame) and item.kind is FrameKind.RSP]

    def hello(self, nonce: int | None = None, fingerprint: int = FINGERPRINT) -> Welcome:
        self.nonce = self.nonce + 1 if nonce is None else nonce
        (got,) = self.raw(frame.encode(self.built(Hello(self.nonce, fingerprint), seq=0)))
        welcome = unpack(Welcome, got.payload)
        self.key = auth.session_key(
            self.pairing_key,
            host_nonce=welcome.host_nonce,
            gun_nonce=welcome.gun_nonce,
            device_id=welcome.device_id,
            boot_id=welcome.boot_id,
            session=welcome.session,
        )
        assert auth.verified(self.key, auth.TO_HOST, welcome.session, got)
        self.session = welcome.session
        self.seq = 0
        return welcome

    def built(self, message: Any, *, seq: int | None = None, tagged: bool | None = None) -> frame.Frame:
        spec = BY_REQUEST[type(message)]
        if seq is None:
            self.seq += 1
            seq = self.seq
        plain = frame.Frame(FrameKind.REQ, spec.op, seq, pack(message))
        if spec.changes if tagged is None else tagged:
            return auth.sealed(self.key, auth.TO_GUN, self.session, plain)
        return plain

    def ask(self, message: Any, *, seq: int | None = None, tagged: bool | None = None) -> Any:
        """The reply of the operation, or an ``Error``; its tag must fit unless the gun knows no session."""
        sent = self.built(message, seq=seq, tagged=tagged)
        self.last_sent = frame.encode(sent)
        return self.reply_to(sent, self.raw(self.last_sent))

    def again(self) -> Any:
        """The very same bytes."""
        items = frame.FrameReader().feed(self.last_sent)
        assert isinstance(items[0], frame.Frame)
        return self.reply_to(items[0], self.raw(self.last_sent))

    def reply_to(self, sent: frame.Frame, replies: list[frame.Frame]) -> Any:
        (got,) = replies
        assert got.seq == sent.seq
        assert got.op in (sent.op, Op.ERROR)
        reply: Any = unpack(BY_OP[got.op].reply, got.payload)
        if got.tag is not None:
            assert auth.verified(self.key, auth.TO_HOST, self.session, got)
        return reply

    def stop(self) -> Status:
        (got,) = self.raw(STOP_BYTES)
        reply: Any = unpack(BY_OP[Op.STOP].reply, got.payload)
        status: Status = reply.status
        return status

    def status(self) -> Status:
        status: Status = self.ask(GetStatus()).status
        return status

    def records(self) -> list[Any]:
        found: list[Any] = []
        while True:
            entry = self.ask(GetLog(found[-1].shot_no + 1 if found else 1))
            if entry.verdict == Verdict.REFUSED:
                return found
            found.append(entry.record)

    # a working session

    def ready(self) -> None:
        """HELLO, a treatment opened, primed: entry 1 is used up."""
        self.hello()
        assert self.ask(OpenTreatment(TREATMENT)).verdict == Verdict.OK
        assert self.load(1, volume_nl=60_000, kind=ShotKind.PRIME).verdict == Verdict.OK
        assert self.arm().verdict == Verdict.OK
        assert self.pull(contact=False) == 1
        self.hello()
        assert self.status().flags & Flag.PRIMED

    def entry(
        self, number: int, *, volume_nl: int = 20_000, kind: ShotKind = ShotKind.TREAT, ref: int = TREATMENT
    ) -> Load:
        return Load(number, ref, number, kind, volume_nl, 1_500)

    def load(self, number: int, *, volume_nl: int = 20_000, kind: ShotKind = ShotKind.TREAT) -> Any:
        return self.ask(self.entry(number, volume_nl=volume_nl, kind=kind))

    def arm(self, first: int = 1, last: int | None = None, **changed: int) -> Any:
        status = self.status()
        last = first if last is None else last
        count = last - first + 1
        volume = 60_000 if first == 1 else 20_000
        fields = {
            "treatment_ref": TREATMENT,
            "first_entry_no": first,
            "last_entry_no": last,
            "count": count,
            "total_nl": volume * count,
            "painted_clock_us": status.gun_clock_us,
            "painted_shot_no": status.last_shot_no,
            "lease_ms": LEASE_MS,
            "lead": 8,
        }
        return self.ask(Arm(**(fields | changed)))

    def pull(self, *, contact: bool = True) -> int:
        """Press and let go; how many shots that made."""
        before = self.status().last_shot_no
        self.subject.press(contact=contact)
        self.subject.release()
        return self.status().last_shot_no - before
