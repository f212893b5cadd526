"""The host's side of one conversation: the table of ``phases.py`` applied to bytes. No port, no clock, no thread.

A pair of phase and cue that is not in ``TRANSITIONS`` cannot happen: ``HostMachine`` refuses the call and nothing is
sent. Not responsible for when to send again or when to stop waiting (``mesogun.link``), nor for what a reply means.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mesogun.errors import AuthError, LinkLost, MesogunError, VersionMismatch, WireError
from mesogun.wire import auth, frame
from mesogun.wire.codes import WIRE_MAJOR, FrameKind, LinkError, Op
from mesogun.wire.messages import BY_OP, BY_REQUEST, FINGERPRINT, Done, Error, Event, Hello, Spec, Welcome
from mesogun.wire.phases import TRANSITIONS, Answered, Counters, Cue, Failed, Happening, Hint, Phase, Stopped
from mesogun.wire.schema import pack, unpack

__all__ = [
    "HELLO_DUE_SEQ",
    "LAST_SEQ",
    "STOP_BYTES",
    "TRANSITIONS",
    "Answered",
    "Counters",
    "Cue",
    "Failed",
    "Happening",
    "Hint",
    "HostMachine",
    "KeySource",
    "Phase",
    "Stopped",
]

KeySource = Callable[[Welcome], bytes | tuple[bytes, ...] | None]

STOP_BYTES = frame.encode(frame.Frame(FrameKind.CTL, Op.STOP, 0, b""))
"""STOP is always the same bytes: any thread may send them without asking anybody."""
LAST_SEQ = 2**32 - 1
HELLO_DUE_SEQ = LAST_SEQ - 1_000


class HostMachine:
    """One conversation with one gun. Every method returns at once.

    Parameters
    ----------
    key_for
        The pairing key for the gun that answered, or the few that it may hold (after a pairing that was cut off), or
        ``None`` if this host has none: then only reading is possible.
    """

    def __init__(self, key_for: KeySource, fingerprint: int = FINGERPRINT) -> None:
        self._key_for = self._greeting_keys = key_for
        self._fingerprint = fingerprint
        self._reader = frame.FrameReader()
        self._nonce = 0
        self._key: bytes | None = None
        self._ended: tuple[bytes | None, int] = (None, 0)
        self._seq = 0
        self._pending: tuple[int, Spec] | None = None
        self._pending_bytes = b""
        self.phase = Phase.COLD
        self.session = 0
        self.welcome: Welcome | None = None
        self.read_only_reason: str | None = None
        self.counters = Counters()

    @property
    def read_only(self) -> bool:
        """Whether this host may only read from this gun."""
        return self.read_only_reason is not None

    @property
    def hello_due(self) -> bool:
        """Whether the sequence numbers of this session are nearly used up (H15)."""
        return self._seq >= HELLO_DUE_SEQ

    @property
    def pending_changes(self) -> bool:
        """Whether the request that is out changes the gun, so that losing its answer leaves the outcome unknown."""
        return self._pending is not None and self._pending[1].changes

    def hello(self, nonce: int, key_for: KeySource | None = None) -> bytes:
        """Bytes of HELLO; a nonce that the gun has seen last gives the same answer and no new session (G6).

        ``key_for`` stands in place of the source of keys for this HELLO only.
        """
        self._move(Cue.HELLO)
        self._greeting_keys = key_for or self._key_for
        self._forget()
        self._nonce = nonce
        self._pending_bytes = self._plain(Op.HELLO, 0, Hello(host_nonce=nonce, fingerprint=self._fingerprint))
        return self._pending_bytes

    def ask(self, message: Any) -> bytes:
        """Bytes of a request.

        Raises
        ------
        LinkLost
            If there is no session, or its sequence numbers are used up (say HELLO).
        VersionMismatch, AuthError
            If the gun may only be read and the request is not a read that every version has.
        ValueError
            If a field does not fit the wire.
        """
        spec = BY_REQUEST[type(message)]
        if (self.phase, Cue.ASK) not in TRANSITIONS:
            raise LinkLost(f"{spec.op.name} was not sent: {self.phase.value}; HELLO opens a session")
        self._permit(spec)
        if self._seq >= LAST_SEQ:
            raise LinkLost("the session has used all its sequence numbers; HELLO opens a new one")
        seq = self._seq + 1
        if spec.changes and self._key is not None:  # without a key _permit refused it
            plain = frame.Frame(FrameKind.REQ, spec.op, seq, pack(message))
            data = auth.sealed_bytes(self._key, auth.TO_GUN, self.session, plain)
        else:
            data = self._plain(spec.op, seq, message)
        self._move(Cue.ASK)
        self._seq = seq
        self._pending = (seq, spec)
        self._pending_bytes = data
        return data

    def again(self) -> bytes:
        """The bytes of the pending request once more, same sequence; empty if nothing may be sent again (H7)."""
        return self._pending_bytes

    def stop(self) -> bytes:
        """Bytes of STOP. The pending request is cancelled; nothing of this session is ever sent again (H7)."""
        if self.phase is not Phase.STOPPED:
            self._ended = (self._key, self.session)
        self._move(Cue.STOP)
        self._forget()
        return STOP_BYTES

    def give_up(self) -> None:
        """The deadline of the pending request passed."""
        self._move(Cue.GIVE_UP)
        self._pending = None
        self._pending_bytes = b""

    def drop(self) -> None:
        """The session is over for this host: the port failed, or time jumped (H12)."""
        self._move(Cue.DROP)
        self._forget()

    def receive(self, data: bytes) -> list[Happening]:
        """What ``data`` brought. Never raises, holds at most one frame, never acts on a damaged one."""
        happenings: list[Happening] = []
        for item in self._reader.feed(data):
            if isinstance(item, frame.Damage):
                self.counters.damaged += 1
                self.counters.garbage_bytes += item.size
                continue
            self.counters.frames += 1
            happening = self._judge(item)
            if happening is not None:
                happenings.append(happening)
        return happenings

    def _judge(self, got: frame.Frame) -> Happening | None:
        if got.kind is FrameKind.EVT:
            return self._hint(got)
        if got.kind is not FrameKind.RSP:
            self.counters.echoes += 1
            return None
        if got.op == Op.STOP:
            return self._stopped(got)
        if self.phase is Phase.GREETING:
            return self._greeted(got)
        if self.phase is not Phase.ASKING or self._pending is None:
            self.counters.late += 1
            return None
        return self._answered(got, *self._pending)

    def _answered(self, got: frame.Frame, seq: int, spec: Spec) -> Happening | None:
        if got.seq != seq:
            self.counters.late += 1
            return None
        if got.op == Op.ERROR:
            return self._line_error(got, spec)
        if got.op != spec.op:
            self.counters.late += 1
            return None
        if self._key is not None and not auth.verified(self._key, auth.TO_HOST, self.session, got):
            self.counters.untrusted += 1
            return None
        try:
            reply: Any = unpack(spec.reply, got.payload)
        except ValueError as error:
            self._fail()
            return Failed(WireError(f"{spec.op.name} was answered in another layout ({error}); session dropped"))
        self._move(Cue.REPLY)
        self._pending = None
        self._pending_bytes = b""
        return Answered(reply)

    def _greeted(self, got: frame.Frame) -> Happening | None:
        if got.op == Op.ERROR and got.seq == 0:
            return self._line_error(got, BY_OP[Op.HELLO])
        if got.op != Op.HELLO or got.seq != 0:
            self.counters.late += 1
            return None
        try:
            welcome = unpack(Welcome, got.payload)
        except ValueError as error:
            self._fail()
            return Failed(WireError(f"what answers HELLO is no MG1 gun: {error}"))
        if welcome.host_nonce != self._nonce:
            self.counters.late += 1
            return None
        try:
            keys = self._greeting_keys(welcome)
        except MesogunError as error:
            self._fail()
            return Failed(error)
        if keys:
            self._key = _proved(keys if isinstance(keys, tuple) else (keys,), welcome, got)
            if self._key is None:
                self.counters.untrusted += 1
                self._fail()
                return Failed(
                    AuthError(
                        f"gun {welcome.device_id:016x} does not hold the key that this station has for it; "
                        "pair it again (`mesogun gun pair`)"
                    )
                )
        self.read_only_reason = self._why_read_only(got, welcome)
        self._move(Cue.WELCOME)
        self._pending_bytes = b""
        self.session = welcome.session
        self.welcome = welcome
        return Answered(welcome)

    def _why_read_only(self, got: frame.Frame, welcome: Welcome) -> str | None:
        if got.major != WIRE_MAJOR:
            return f"the gun speaks MG{got.major}, this host MG{WIRE_MAJOR}: reading only"
        if welcome.fingerprint != self._fingerprint:
            return (
                f"the gun has another message table ({welcome.fingerprint:08x}, here {self._fingerprint:08x}): "
                "reading only; update the older of the two"
            )
        if self._key is None:
            return f"gun {welcome.device_id:016x} is not paired with this station: reading only (`mesogun gun pair`)"
        return None

    def _line_error(self, got: frame.Frame, spec: Spec) -> Happening | None:
        try:
            error = unpack(Error, got.payload)
        except ValueError:
            self.counters.foreign += 1
            return None
        if error.op != spec.op:
            self.counters.late += 1
            return None
        self._fail()
        name = LinkError(error.code).name if error.code in set(LinkError) else f"error {error.code}"
        said = f"{spec.op.name} was answered ERROR({name.lower().replace('_', ' ')})"
        if error.code in {LinkError.WRONG_MAJOR, LinkError.UNKNOWN_OP, LinkError.BAD_LENGTH}:
            return Failed(VersionMismatch(f"{said}: the gun speaks another MG1 than this host; session dropped"))
        return Failed(LinkLost(f"{said}: the session is over; HELLO opens a new one"))

    def _stopped(self, got: frame.Frame) -> Happening | None:
        key, session = self._ended
        if self.phase is not Phase.STOPPED:
            self.counters.late += 1
            return None
        if key is not None and not auth.verified(key, auth.TO_HOST, session, got):
            self.counters.untrusted += 1
            return None
        try:
            return Stopped(unpack(Done, got.payload).status)
        except ValueError:
            self.counters.foreign += 1
            return None

    def _hint(self, got: frame.Frame) -> Happening | None:
        if self._key is not None and not auth.verified(self._key, auth.TO_HOST, self.session, got):
            self.counters.untrusted += 1
            return None
        try:
            event = unpack(Event, got.payload)
        except ValueError:
            self.counters.foreign += 1
            return None
        self.counters.hints += 1
        return Hint(event.code, event.status)

    def _permit(self, spec: Spec) -> None:
        if self.read_only_reason is None:
            return
        if self._key is None and spec.changes:
            raise AuthError(f"{spec.op.name} was not sent: {self.read_only_reason}")
        same_table = self.welcome is not None and self.welcome.fingerprint == self._fingerprint
        if not spec.frozen and not same_table:
            raise VersionMismatch(f"{spec.op.name} was not sent: {self.read_only_reason}")

    def _plain(self, op: Op, seq: int, message: Any) -> bytes:
        return frame.encode(frame.Frame(FrameKind.REQ, op, seq, pack(message)))

    def _move(self, cue: Cue) -> None:
        self.phase = TRANSITIONS[self.phase, cue]

    def _fail(self) -> None:
        self._move(Cue.ERROR)
        self._forget()

    def _forget(self) -> None:
        self._key = None
        self.session = 0
        self._seq = 0
        self._pending = None
        self._pending_bytes = b""
        self.read_only_reason = None


def _proved(keys: tuple[bytes, ...], welcome: Welcome, got: frame.Frame) -> bytes | None:
    """The session key under which this Welcome was tagged, if it is one of these pairing keys."""
    for pairing_key in keys:
        key = auth.session_key(
            pairing_key,
            host_nonce=welcome.host_nonce,
            gun_nonce=welcome.gun_nonce,
            device_id=welcome.device_id,
            boot_id=welcome.boot_id,
            session=welcome.session,
        )
        if auth.verified(key, auth.TO_HOST, welcome.session, got):
            return key
    return None
