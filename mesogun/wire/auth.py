"""Session keys and tags: HMAC-SHA-256, truncated to 8 bytes, bound to session and direction (G7).

Not responsible for where keys are kept (``mesogun.identity``) or for how a pairing key came to be.
"""

from __future__ import annotations

import hmac
import struct

from mesogun.wire.frame import HEAD, TAG_SIZE, Frame, finish

TO_GUN = b"H"
TO_HOST = b"G"
_KEY_INPUT = struct.Struct("<QQQII")
_SESSION = struct.Struct("<I")


def session_key(
    pairing_key: bytes, *, host_nonce: int, gun_nonce: int, device_id: int, boot_id: int, session: int
) -> bytes:
    """The 32-byte key of one session, from the pairing key and both sides' nonces."""
    seed = b"MG1 session" + _KEY_INPUT.pack(host_nonce, gun_nonce, device_id, boot_id, session)
    return hmac.digest(pairing_key, seed, "sha256")


def tag(key: bytes, direction: bytes, session: int, frame: Frame) -> bytes:
    """The tag of a frame; ``direction`` is ``TO_GUN`` or ``TO_HOST``. The frame's own tag bit must be set."""
    message = direction + _SESSION.pack(session) + frame.body()
    return hmac.digest(key, message, "sha256")[:TAG_SIZE]


def sealed(key: bytes, direction: bytes, session: int, frame: Frame) -> Frame:
    """The same frame with its tag."""
    marked = Frame(frame.kind, frame.op, frame.seq, frame.payload, bytes(TAG_SIZE), frame.major)
    return Frame(frame.kind, frame.op, frame.seq, frame.payload, tag(key, direction, session, marked), frame.major)


def sealed_bytes(key: bytes, direction: bytes, session: int, frame: Frame) -> bytes:
    """The same frame with its tag, as it goes on the wire."""
    body = HEAD.pack(frame.major << 5 | frame.kind << 3 | 4, frame.op, frame.seq) + frame.payload
    return finish(body + hmac.digest(key, direction + _SESSION.pack(session) + body, "sha256")[:TAG_SIZE])


def verified(key: bytes, direction: bytes, session: int, frame: Frame) -> bool:
    """Whether the tag fits, compared in constant time; a frame without a tag never does."""
    kind, op, seq, payload, tag_, major = frame
    if tag_ is None:
        return False
    covered = direction + _SESSION.pack(session) + HEAD.pack(major << 5 | kind << 3 | 4, op, seq) + payload
    return hmac.compare_digest(tag_, hmac.digest(key, covered, "sha256")[:TAG_SIZE])
