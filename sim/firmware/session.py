"""Frames in, frames out: sessions, tags, sequence numbers, cached verdicts (G6, G7, G8, G9, G15).

Not responsible for what a request does (``requests``) or for the line that carries the bytes.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from mesogun.identity import BENCH_KEY
from mesogun.wire import auth
from mesogun.wire.codes import (
    WIRE_MAJOR,
    EventCode,
    Flag,
    FrameKind,
    GunKind,
    LinkError,
    Op,
    Reason,
    State,
    Verdict,
)
from mesogun.wire.frame import Damage, Frame, FrameReader, encode
from mesogun.wire.messages import BY_OP, FINGERPRINT, Error, Event, Hello, Spec, Status
from mesogun.wire.schema import layout, leaves, unpack
from mesogun.wire.values import quick
from sim.firmware.machine import Machine
from sim.firmware.table import WIRE_STATE, Happening, Phase

SEQ_END = 0xFFFF_FF00
BLOCK = 2 + len(leaves(Status))  # verdict, reason, status block
# plain integers: IntFlag arithmetic in every status block would be a third of the reply
(BENCH, SESSION, CONTACT, TRIGGER, PAIRED, PRIMED, LOW_BATTERY, RELEASE_SEEN, LEAD_HOLD, LOW_SYRINGE) = map(int, Flag)
_NONCE = struct.Struct("<II")


@quick
@dataclass(frozen=True, slots=True)
class Answer:
    """Verdict, reason and what follows the status block."""

    verdict: int = Verdict.OK
    reason: int = Reason.NONE
    tail: tuple[Any, ...] = ()


@cache
def empty_tail(reply: type) -> tuple[Any, ...]:
    """Zeros for whatever follows the status block, for a refusal that has nothing to say there."""
    return tuple(b"" if leaf.wire.code.endswith("s") else 0 for leaf in leaves(reply)[BLOCK:])


@dataclass(slots=True)
class Session:
    """One authenticated conversation."""

    number: int
    key: bytes
    host_nonce: int
    fingerprint: int
    welcome: tuple[Any, ...]
    last_seq: int = 0
    last_body: bytes = b""
    last_answer: Answer | None = None
    waiting: bool = False


class Conversation:
    """The gun's end of the line. ``carry_out`` runs a request and gives its answer, at once or later."""

    def __init__(self, machine: Machine, kind: int, send: Callable[[bytes], None]) -> None:
        self.machine = machine
        self.kind = kind
        self.send = send
        self.carry_out: Callable[[Any, Callable[[Answer], None]], None] = lambda *_: None
        self.session: Session | None = None
        self.counts: Counter[str] = Counter()
        self._reader = FrameReader()
        self._signer: Session | None = None  # the session whose key signs; outlives STOP
        self._opened = 0
        self._pending_nonce: int | None = None
        self._events = 0
        self._low_mv = machine.profile["battery.low_mv"]
        self._low_nl = machine.profile["syringe.low_nl"]

    def reset(self) -> None:
        """Power was lost: no session, no cache, no half frame."""
        self.session = self._signer = None
        self._reader = FrameReader()
        self._opened = 0
        self._pending_nonce = None

    def end(self) -> None:
        """The bench switch was moved: no session any more. Until the next HELLO the old key signs, as after STOP."""
        self.session = None
        self._pending_nonce = None

    def receive(self, data: bytes) -> None:
        """Bytes from the host; damage is counted and never acted on."""
        for frame in self._reader.feed(data):
            if isinstance(frame, Damage):
                self.counts[f"damage: {frame.why}"] += 1
            elif self.machine.phase is not Phase.OFF:
                self._frame(frame)

    def _frame(self, frame: Frame) -> None:
        if frame.kind is FrameKind.CTL and frame.op == Op.STOP:
            self._stop(frame)  # any wire major, any sequence, no tag
            return
        if frame.kind is not FrameKind.REQ:
            self.counts["not a request"] += 1
            return
        spec = BY_OP.get(frame.op)
        if frame.major != WIRE_MAJOR:
            self._error(frame, LinkError.WRONG_MAJOR)
        elif spec is None or spec.request is None or spec.op is Op.STOP:
            self._error(frame, LinkError.UNKNOWN_OP)
        elif len(frame.payload) != layout(spec.request).size:
            self._error(frame, LinkError.BAD_LENGTH)
        elif spec.op is Op.HELLO:
            self._hello(frame)
        elif not spec.changes:
            message: Any = unpack(spec.request, frame.payload)
            self.carry_out(message, lambda answer: self._reply(spec, frame.seq, answer))
        else:
            self._change(spec, frame)

    def _change(self, spec: Spec, frame: Frame) -> None:
        session = self.session
        if session is None:
            self._error(frame, LinkError.NO_SESSION)
            return
        if not auth.verified(session.key, auth.TO_GUN, session.number, frame):
            self._error(frame, LinkError.BAD_TAG)
            return
        body = frame.body()
        if frame.seq == session.last_seq and body == session.last_body:
            self.counts["repeated"] += 1
            if session.last_answer is not None:
                self._reply(spec, frame.seq, session.last_answer)
            return
        if frame.seq <= session.last_seq:
            self._error(frame, LinkError.STALE_SEQ)
            return
        if session.waiting:
            self.counts["while busy"] += 1
            return  # one request outstanding; the host asks again
        if frame.seq >= SEQ_END:
            self._settle(session, spec, frame, body, Answer(Verdict.REFUSED, Reason.SEQ_END))
            return
        if session.fingerprint != FINGERPRINT and spec.op is not Op.DISARM:
            self._settle(session, spec, frame, body, Answer(Verdict.REFUSED, Reason.FINGERPRINT))
            return
        if WIRE_STATE[self.machine.phase] not in spec.states:
            self._settle(session, spec, frame, body, Answer(Verdict.REFUSED, self._state_reason()))
            return
        session.last_seq, session.last_body, session.last_answer = frame.seq, body, None
        session.waiting = True
        message = unpack(spec.request, frame.payload) if spec.request else None
        self.carry_out(message, lambda answer: self._settle(session, spec, frame, body, answer))

    def _settle(self, session: Session, spec: Spec, frame: Frame, body: bytes, answer: Answer) -> None:
        session.last_seq, session.last_body, session.last_answer = frame.seq, body, answer
        session.waiting = False
        if self.session is session:  # a session that has ended meanwhile is answered by nobody
            self._reply(spec, frame.seq, answer)

    def _state_reason(self) -> Reason:
        state = WIRE_STATE[self.machine.phase]
        return {State.FAULT: Reason.FAULT, State.LOCKED: Reason.LOCKED}.get(state, Reason.WRONG_STATE)

    # HELLO and STOP

    def _hello(self, frame: Frame) -> None:
        hello = unpack(Hello, frame.payload)
        session = self.session
        spec = BY_OP[Op.HELLO]
        if session is not None and session.host_nonce == hello.host_nonce:
            self.counts["repeated HELLO"] += 1
            self._reply(spec, frame.seq, Answer(tail=session.welcome))
            return
        if self._pending_nonce == hello.host_nonce:
            return
        self._pending_nonce = hello.host_nonce
        self.session = None
        dropped = len(self.machine.magazine)
        self.machine.post(Happening.EMPTY)
        self.machine.when_idle(lambda: self._open(frame, hello, dropped))

    def _open(self, frame: Frame, hello: Hello, dropped: int) -> None:
        if self._pending_nonce != hello.host_nonce:
            return  # a later HELLO or a STOP came in between
        self._pending_nonce = None
        machine, kept, log = self.machine, self.machine.store.kept, self.machine.store.log
        self._opened += 1
        # no random generator needed: boot_id and the session counter never repeat together
        seed = b"MG1 gun nonce" + _NONCE.pack(kept.boot_id, self._opened)
        gun_nonce = int.from_bytes(hmac.digest(kept.key or b"\0" * 32, seed, hashlib.sha256)[:8], "little")
        key = auth.session_key(
            self._pairing_key(),
            host_nonce=hello.host_nonce,
            gun_nonce=gun_nonce,
            device_id=kept.device_id,
            boot_id=kept.boot_id,
            session=self._opened,
        )
        welcome = (
            kept.device_id, self.kind, kept.nvm_id, kept.boot_id, self._opened, hello.host_nonce, gun_nonce,
            log.oldest_shot_no, log.total_before_oldest_nl, kept.acked_shot_no, dropped, kept.treatment_ref,
            kept.last_treatment, kept.calibration_id, FINGERPRINT,
        )  # fmt: skip
        machine.painted_clock_us = 0
        self.session = self._signer = Session(self._opened, key, hello.host_nonce, hello.fingerprint, welcome)
        self._reply(BY_OP[Op.HELLO], frame.seq, Answer(tail=welcome))

    def _pairing_key(self) -> bytes:
        """The key of a simulated gun is published anyway; any other gun has the bench key in bench mode (W-14)."""
        if self.machine.bench and self.kind != GunKind.SIMULATED:
            return BENCH_KEY
        return self.machine.store.kept.key or b"\0" * 32

    def _stop(self, frame: Frame) -> None:
        self.end()
        self.machine.post(Happening.EMPTY)
        self.counts["STOP"] += 1
        self._reply(BY_OP[Op.STOP], frame.seq, Answer())

    # out

    def status(self) -> tuple[int, ...]:
        """The status block, in the order of ``mesogun.wire.messages.Status``."""
        machine = self.machine
        store, panel, magazine = machine.store, machine.panel, machine.magazine
        kept, log = store.kept, store.log
        state = WIRE_STATE.get(machine.phase, State.LOCKED)
        flags = 0
        if machine.bench:
            flags |= BENCH
        if self.session is not None:
            flags |= SESSION
        if panel.contact:
            flags |= CONTACT
        if panel.trigger:
            flags |= TRIGGER
        if kept.paired:
            flags |= PAIRED
        if machine.primed:
            flags |= PRIMED
        if panel.battery_mv < self._low_mv:
            flags |= LOW_BATTERY
        if machine.release_seen:
            flags |= RELEASE_SEEN
        if (state is State.ARMED or state is State.FIRING) and machine.held_by_lead:
            flags |= LEAD_HOLD
        if machine.syringe_left_nl < self._low_nl:
            flags |= LOW_SYRINGE
        clock_us, lease_end_us = machine.clock_us, machine.lease_end_us
        lease_left_ms = max(0, lease_end_us - clock_us) // 1000 if lease_end_us else 0
        return (
            clock_us, state, flags, machine.fault, log.last_shot_no, log.closed_shot_no, log.last_entry_no,
            kept.entry_hwm, magazine[0].entry_no if magazine else 0, len(magazine),
            log.total_nl, min(0xFFFF, lease_left_ms), machine.syringe_left_nl,
            max(0, round(machine.pressure_kpa() * 1000)), min(0xFFFF, panel.contact_mn), panel.battery_mv,
        )  # fmt: skip

    def _reply(self, spec: Spec, seq: int, answer: Answer) -> None:
        tail = answer.tail or empty_tail(spec.reply)
        payload = layout(spec.reply).pack(answer.verdict, answer.reason, *self.status(), *tail)
        self._out(Frame(FrameKind.RSP, spec.op, seq, payload), signed=True)

    def _error(self, frame: Frame, code: LinkError) -> None:
        self.counts[code.name] += 1
        payload = layout(Error).pack(Verdict.REFUSED, Reason.NONE, *self.status(), code, frame.op)
        self._out(Frame(FrameKind.RSP, Op.ERROR, frame.seq, payload), signed=code is not LinkError.NO_SESSION)

    def event(self, code: EventCode) -> None:
        """Send a hint; it may get lost."""
        self._events += 1
        payload = layout(Event).pack(code, *self.status())
        self._out(Frame(FrameKind.EVT, Op.EVENT, self._events, payload), signed=True)

    def _out(self, frame: Frame, *, signed: bool) -> None:
        signer = self._signer
        if signed and signer is not None:
            self.send(auth.sealed_bytes(signer.key, auth.TO_HOST, signer.number, frame))
        else:
            self.send(encode(frame))
