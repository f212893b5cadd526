"""A host that says what a real one must not: any frame, any sequence number, any tag.

Not responsible for what an answer should be (``judge.py``).
"""

from __future__ import annotations

import secrets
from typing import Any

from mesogun.clock import Clock
from mesogun.errors import AuthError, LinkTimeout
from mesogun.link import Transport
from mesogun.wire import auth
from mesogun.wire.codes import FrameKind
from mesogun.wire.frame import Frame, FrameReader, encode
from mesogun.wire.host import KeySource
from mesogun.wire.messages import BY_OP, BY_REQUEST, FINGERPRINT, Hello, Welcome
from mesogun.wire.schema import pack, unpack

ANSWER_US = 500_000
SILENCE_US = 150_000


class Unanswered(LinkTimeout):
    """The gun said nothing where it must answer."""


class RawHost:
    """Frames out, frames in; ``key`` and ``session`` are those of the newest HELLO."""

    def __init__(self, transport: Transport, clock: Clock, keys: KeySource) -> None:
        self._transport = transport
        self._clock = clock
        self._keys = keys
        self._reader = FrameReader()
        self.key = b""
        self.session = 0
        self.seq = 0
        self.tagged = False
        """Whether the newest answer had a tag that fits."""

    def hello(self, nonce: int | None = None, fingerprint: int = FINGERPRINT) -> Welcome:
        """Open a session."""
        said = Hello(secrets.randbits(64) if nonce is None else nonce, fingerprint)
        got = self.exchange(encode(self.built(said, seq=0)))
        welcome = unpack(Welcome, got.payload)
        offered = self._keys(welcome)
        for pairing_key in offered if isinstance(offered, tuple) else (offered,):
            if pairing_key is None:
                continue
            key = auth.session_key(
                pairing_key,
                host_nonce=welcome.host_nonce,
                gun_nonce=welcome.gun_nonce,
                device_id=welcome.device_id,
                boot_id=welcome.boot_id,
                session=welcome.session,
            )
            if auth.verified(key, auth.TO_HOST, welcome.session, got):
                self.key, self.session, self.seq = key, welcome.session, 0
                return welcome
        raise AuthError(f"no key of this station fits gun {welcome.device_id:016x}; pair it first (`mesogun gun pair`)")

    def built(self, message: Any, *, seq: int | None = None, tagged: bool | None = None, major: int = 1) -> Frame:
        """A request as it should be, but for what is named."""
        spec = BY_REQUEST[type(message)]
        if seq is None:
            self.seq += 1
            seq = self.seq
        plain = Frame(FrameKind.REQ, spec.op, seq, pack(message), None, major)
        return (
            auth.sealed(self.key, auth.TO_GUN, self.session, plain)
            if tagged or (tagged is None and spec.changes)
            else plain
        )

    def ask(self, message: Any, **changed: Any) -> Any:
        """The reply, of the operation or an ``Error``."""
        return self.reply(encode(self.built(message, **changed)))

    def reply(self, data: bytes) -> Any:
        """The reply to these bytes."""
        got = self.exchange(data)
        return unpack(BY_OP[got.op].reply, got.payload)

    def exchange(self, data: bytes) -> Frame:
        """The next frame of kind RSP after these bytes."""
        self._transport.write(data)
        got = self._next(ANSWER_US)
        if got is None:
            raise Unanswered(f"no answer within {ANSWER_US // 1000} ms to {data.hex()}")
        self.tagged = auth.verified(self.key, auth.TO_HOST, self.session, got) if self.key else False
        return got

    def silent(self, data: bytes) -> bool:
        """Whether these bytes bring no answer."""
        self._transport.write(data)
        return self._next(SILENCE_US) is None

    def _next(self, timeout_us: int) -> Frame | None:
        end_us = self._clock.monotonic_us() + timeout_us
        while (left_us := end_us - self._clock.monotonic_us()) > 0:
            for item in self._reader.feed(self._transport.read(512, left_us)):
                if isinstance(item, Frame) and item.kind is FrameKind.RSP:
                    return item
        return None
