"""Ed25519 signing keys (RFC 8032), at rest either owner-only or sealed under a passphrase.

A sealed key is encrypted with ChaCha20-Poly1305 (RFC 8439) under scrypt (RFC 7914) of the passphrase. A passphrase
that is forgotten cannot be recovered, only replaced by a new key. Not responsible for whose key it is.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mesogun.errors import InputError, RecordError, Refused

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

MIN_PASSPHRASE = 8  # NIST SP 800-63B, 5.1.1.2: at least eight characters, any characters
# RFC 7914 leaves the cost to the user; N = 2^15, r = 8 takes 32 MiB and about 0.1 s on a small computer.
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**15, 8, 1
_SCRYPT_N_MOST = 2**20  # what a key file may ask for: 1 GiB


@dataclass(frozen=True, slots=True)
class Signer:
    """An unlocked signing key; ``public_key`` is the 32 raw bytes of Ed25519."""

    public_key: bytes
    _private: Ed25519PrivateKey = field(repr=False)

    @property
    def key_id(self) -> str:
        """Short name of the key, for screens and records."""
        return fingerprint(self.public_key)

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of ``message``."""
        return self._private.sign(message)

    @staticmethod
    def generate() -> Signer:
        """A fresh key."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return _signer(Ed25519PrivateKey.generate())

    @staticmethod
    def from_seed(seed: bytes) -> Signer:
        """The key of a 32-byte seed."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return _signer(Ed25519PrivateKey.from_private_bytes(seed))

    def _seed(self) -> bytes:
        return self._private.private_bytes_raw()


def _signer(private: Ed25519PrivateKey) -> Signer:
    return Signer(private.public_key().public_bytes_raw(), private)


def fingerprint(public_key: bytes) -> str:
    """First 16 hexadecimal digits of the key's SHA-256."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def verify_signature(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether ``signature`` is that of ``message`` under ``public_key``."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def pack(signer: Signer, passphrase: str | None) -> dict[str, Any]:
    """The key as it is stored: sealed when a passphrase is given.

    Raises ``InputError`` for a passphrase under eight characters.
    """
    public = signer.public_key.hex()
    if passphrase is None:
        return {"version": 1, "public": public, "seed": signer._seed().hex()}
    if len(passphrase) < MIN_PASSPHRASE:
        raise InputError(f"the passphrase is too short; it needs at least {MIN_PASSPHRASE} characters")
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    salt, nonce = os.urandom(16), os.urandom(12)
    key = _stretch(passphrase, salt, _SCRYPT_N, _SCRYPT_R, _SCRYPT_P)
    sealed = ChaCha20Poly1305(key).encrypt(nonce, signer._seed(), signer.public_key)
    kdf = {"name": "scrypt", "n": _SCRYPT_N, "r": _SCRYPT_R, "p": _SCRYPT_P, "salt": salt.hex()}
    return {"version": 1, "public": public, "kdf": kdf, "nonce": nonce.hex(), "sealed": sealed.hex()}


def unpack(content: dict[str, Any], passphrase: str | None, where: str) -> Signer:
    """Open a stored key.

    Raises ``Refused`` for a wrong or missing passphrase and ``RecordError`` for a file that no passphrase opens.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    try:
        public = bytes.fromhex(content["public"])
        if "sealed" not in content:
            seed = bytes.fromhex(content["seed"])
        else:
            if passphrase is None:
                raise Refused(f"{where}: this signing key is under a passphrase, and none was given")
            kdf = content["kdf"]
            n, r, p = int(kdf["n"]), int(kdf["r"]), int(kdf["p"])
            if kdf["name"] != "scrypt" or not (1 < n <= _SCRYPT_N_MOST and 0 < r <= 16 and 0 < p <= 4):
                raise RecordError(f"{where}: damaged key file (key derivation out of range); restore it")
            key = _stretch(passphrase, bytes.fromhex(kdf["salt"]), n, r, p)
            sealed = bytes.fromhex(content["sealed"])
            seed = ChaCha20Poly1305(key).decrypt(bytes.fromhex(content["nonce"]), sealed, public)
        signer = Signer.from_seed(seed)
    except InvalidTag:
        raise Refused(
            f"{where}: the passphrase does not open this signing key, and nothing was changed; a forgotten passphrase "
            "cannot be recovered, an admin can replace the key"
        ) from None
    except (KeyError, TypeError, ValueError) as error:
        raise RecordError(f"{where}: damaged key file ({type(error).__name__}); restore it from a copy") from error
    if signer.public_key != public:
        raise RecordError(f"{where}: damaged key file (public and private part differ); restore it from a copy")
    return signer


def _stretch(passphrase: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    memory = 128 * r * (n + p + 2) + 2**20
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=n, r=r, p=p, maxmem=memory, dklen=32)
