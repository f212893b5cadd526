"""The mathematics of pairing, the same at both ends: an X25519 exchange, a code to compare, a proof.

1. The operator presses the gun's pairing button. For 60 s the gun takes PAIR_BEGIN.
2. PAIR_BEGIN and its answer exchange the public keys. Both ends compute key, code and proof.
3. The gun shows the code; the operator types it into the host, which compares it with its own.
4. The operator presses the gun's button once more (the codes agree); the host sends PAIR_CONFIRM with the proof;
   the gun compares it and keeps the key, durably, before it answers.

Eight characters are 40 bits: someone on the cable has one try, within 60 s, to find a key pair whose code happens to
agree with one that is already on the display. Not responsible for the conversation (``mesogun.gun.pairing``) or
for keeping the key (``mesogun.identity``).

X25519: Langley et al., RFC 7748, 2016. Extract-then-expand: Krawczyk and Eronen, RFC 5869, 2010 (its form with
HMAC-SHA-256). Comparing codes: Laur and Nyberg, CANS 2006.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from dataclasses import dataclass, field

from mesogun.errors import AuthError, InputError

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that looks like a digit."""
CODE_BYTES = 5
PAIRING_WINDOW_S = 60
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


@dataclass(frozen=True, slots=True)
class KeyPair:
    """One end's X25519 keys, 32 bytes each, used for one pairing only."""

    private: bytes = field(repr=False)
    public: bytes


@dataclass(frozen=True, slots=True)
class Agreement:
    """What both ends know after the exchange: the pairing key, the code to compare, the proof to send."""

    key: bytes = field(repr=False)
    code: str
    proof: bytes = field(repr=False)


def key_pair(private: bytes | None = None) -> KeyPair:
    """A fresh pair, or the one that belongs to 32 given private bytes (a gun without an operating system's random)."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    secret = X25519PrivateKey.generate() if private is None else X25519PrivateKey.from_private_bytes(private)
    return KeyPair(secret.private_bytes_raw(), secret.public_key().public_bytes_raw())


def agree(own: KeyPair, *, host_public: bytes, gun_public: bytes, device_id: int, nvm_id: int) -> Agreement:
    """Key, code and proof of one exchange; ``own`` is either end's pair, the rest is the same at both.

    Raises
    ------
    AuthError
        If the other end's public key is one that makes the shared secret known to everybody (RFC 7748, section 6).
    """
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

    if own.public not in (host_public, gun_public):
        raise ValueError("neither public key belongs to this end")
    peer = gun_public if own.public == host_public else host_public
    try:
        shared = X25519PrivateKey.from_private_bytes(own.private).exchange(X25519PublicKey.from_public_bytes(peer))
    except ValueError:
        raise AuthError("the other end offered a key that proves nothing; pairing was broken off") from None
    seed = hmac.digest(b"MG1 pairing", shared, hashlib.sha256)
    bound = host_public + gun_public + struct.pack("<QQ", device_id, nvm_id)
    key = hmac.digest(seed, b"key" + bound, hashlib.sha256)
    code = int.from_bytes(hmac.digest(seed, b"code" + bound, hashlib.sha256)[:CODE_BYTES], "big")
    return Agreement(key, _spelled(code), hmac.digest(key, b"proof" + bound, hashlib.sha256))


def same_code(typed: str, shown: str) -> bool:
    """Whether what the operator typed is the code, read kindly: case, dashes, O for 0, I or L for 1.

    Raises
    ------
    InputError
        If what was typed cannot be a code at all.
    """
    plain = typed.strip().upper().translate(_ALIKE)
    if len(plain) != CODE_BYTES * 8 // 5 or any(letter not in ALPHABET for letter in plain):
        raise InputError(f"{typed!r} is no pairing code; it has eight letters or digits, such as K7QF-2M9X")
    return hmac.compare_digest(plain, shown.replace("-", ""))


def _spelled(number: int) -> str:
    letters = [ALPHABET[number >> shift & 31] for shift in range(CODE_BYTES * 8 - 5, -1, -5)]
    return "".join(letters[:4]) + "-" + "".join(letters[4:])
