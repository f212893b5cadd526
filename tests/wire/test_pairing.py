"""Both ends of a pairing come to the same key, code and proof, and nobody between them does."""

from __future__ import annotations

import hashlib
import hmac
import struct

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from mesogun.errors import AuthError, InputError
from mesogun.wire.pairing import Agreement, KeyPair, agree, key_pair, same_code

HOST = key_pair(bytes(range(32)))
GUN = key_pair(bytes(range(32, 64)))


def between(own: KeyPair, host: bytes = HOST.public, gun: bytes = GUN.public, nvm_id: int = 0xA) -> Agreement:
    return agree(own, host_public=host, gun_public=gun, device_id=0xD, nvm_id=nvm_id)


def test_both_ends_agree() -> None:
    assert between(HOST) == between(GUN)
    fresh = key_pair()
    assert fresh != key_pair()
    assert len(fresh.public) == len(fresh.private) == 32


def test_the_formula_of_the_document() -> None:
    shared = X25519PrivateKey.from_private_bytes(HOST.private).exchange(X25519PublicKey.from_public_bytes(GUN.public))
    bound = HOST.public + GUN.public + struct.pack("<QQ", 0xD, 0xA)
    seed = hmac.new(b"MG1 pairing", shared, hashlib.sha256).digest()
    key = hmac.new(seed, b"key" + bound, hashlib.sha256).digest()
    made = between(HOST)
    assert made.key == key
    assert made.proof == hmac.new(key, b"proof" + bound, hashlib.sha256).digest()
    number = int.from_bytes(hmac.new(seed, b"code" + bound, hashlib.sha256).digest()[:5], "big")
    digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    spelled = "".join(digits[number // 32**place % 32] for place in range(7, -1, -1))
    assert made.code == spelled[:4] + "-" + spelled[4:]


def test_somebody_between_shows_another_code() -> None:
    middle = key_pair(b"m" * 32)
    assert between(HOST, gun=middle.public).code != between(GUN, host=middle.public).code
    assert between(HOST, nvm_id=0xB).key != between(HOST).key


def test_a_key_that_makes_the_secret_public_is_refused() -> None:
    with pytest.raises(AuthError, match="proves nothing"):
        between(HOST, gun=bytes(32))


def test_keys_are_not_shown() -> None:
    made = between(HOST)
    for text in (repr(made), repr(HOST)):
        assert repr(made.key) not in text
        assert repr(HOST.private) not in text


def test_codes_are_read_kindly_and_compared_strictly() -> None:
    assert same_code("k7qf2m9x", "K7QF-2M9X")
    assert same_code(" O1L0-i0lo ", "0110-1010")
    assert not same_code("K7QF-2M9Y", "K7QF-2M9X")
    for wrong in ("", "K7QF", "K7QF-2M9X-1", "K7QF-2M9U"):
        with pytest.raises(InputError, match="eight"):
            same_code(wrong, "K7QF-2M9X")
