"""Session keys and tags: HMAC-SHA-256, truncated to 8 bytes, bound to session and direction (G7).

Not responsible for where keys are kept (``mesogun.identity``) or for how a pairing key came to be.
"""

from __future__ import annotations

import hmac
import struct
from functools import lru_cache
from hashlib import sha256

from mesogun.wire.frame import HEAD, TAG_SIZE, Frame, finish

TO_GUN = b"H"
TO_HOST = b"G"
_KEY_INPUT = struct.Struct("<QQQII")
_SESSION = struct.Struct("<I")
_BLOCK = 64
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))


def session_key(
    pairing_key: bytes, *, host_nonce: int, gun_nonce: int, device_id: int, boot_id: int, session: int
) -> bytes:
    """The 32-byte key of one session, from the pairing key and both sides' nonces."""
    seed = b"MG1 session" + _KEY_INPUT.pack(host_nonce, gun_nonce, device_id, boot_id, session)
    return hmac.digest(pairing_key, seed, "sha256")


@lru_cache(maxsize=8)
def _halves(key: bytes, direction: bytes, session: int) -> tuple[bytes, bytes]:
    """What HMAC hashes before the frame (inner) and before the inner digest (outer), by RFC 2104.

    Kept for the few sessions in use: the one-shot HMAC of the standard library costs two and a half times as much,
    most of it for setting up what is the same in every frame of a session.
    """
    block = (key if len(key) <= _BLOCK else sha256(key).digest()).ljust(_BLOCK, b"\0")
    return block.translate(_INNER) + direction + _SESSION.pack(session), block.translate(_OUTER)


def _tag(key: bytes, direction: bytes, session: int, body: bytes) -> bytes:
    inner, outer = _halves(key, direction, session)
    return sha256(outer + sha256(inner + body).digest()).digest()[:TAG_SIZE]


def tag(key: bytes, direction: bytes, session: int, frame: Frame) -> bytes:
    """The tag of a frame; ``direction`` is ``TO_GUN`` or ``TO_HOST``. The frame's own tag bit must be set."""
    return _tag(key, direction, session, frame.body())


def sealed(key: bytes, direction: bytes, session: int, frame: Frame) -> Frame:
    """The same frame with its tag."""
    kind, op, seq, payload, _, major = frame
    body = HEAD.pack(major << 5 | kind << 3 | 4, op, seq) + payload
    return Frame(kind, op, seq, payload, _tag(key, direction, session, body), major)


def sealed_bytes(key: bytes, direction: bytes, session: int, frame: Frame) -> bytes:
    """The same frame with its tag, as it goes on the wire."""
    kind, op, seq, payload, _, major = frame
    body = HEAD.pack(major << 5 | kind << 3 | 4, op, seq) + payload
    return finish(body + _tag(key, direction, session, body))


def verified(key: bytes, direction: bytes, session: int, frame: Frame) -> bool:
    """Whether the tag fits, compared in constant time; a frame without a tag never does."""
    kind, op, seq, payload, tag_, major = frame
    if tag_ is None:
        return False
    body = HEAD.pack(major << 5 | kind << 3 | 4, op, seq) + payload
    return hmac.compare_digest(tag_, _tag(key, direction, session, body))
