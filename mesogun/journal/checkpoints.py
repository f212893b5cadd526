"""Signed checkpoints: what a hash chain alone cannot show, that nobody without the key rewrote it.

Not responsible for keys (``mesogun.identity``). A checkpoint signs (Ed25519, RFC 8032)::

    "mesogun checkpoint 1" 00 | journal id 00 | number u64 | seq u64 | at 00 | hash of row seq
"""

from __future__ import annotations

import struct
from collections.abc import Collection
from typing import Protocol

import sqlalchemy as sa

from mesogun.identity import fingerprint, verify_signature
from mesogun.journal import schema
from mesogun.journal.values import Checkpoint, Head

_C = schema.checkpoints


class Signs(Protocol):
    """An unlocked Ed25519 key, such as ``mesogun.identity.Signer``."""

    @property
    def public_key(self) -> bytes:
        """32 raw bytes."""
        ...

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        ...


def message(journal_id: str, number: int, seq: int, at: str, row_hash: bytes) -> bytes:
    """What a checkpoint signs."""
    parts = (b"mesogun checkpoint 1\0", journal_id.encode(), b"\0", struct.pack(">QQ", number, seq))
    return b"".join((*parts, at.encode(), b"\0", row_hash))


def last(connection: sa.Connection) -> tuple[int, int]:
    """Number and row of the newest checkpoint, (0, -1) when there is none."""
    row = connection.execute(sa.select(_C.c.number, _C.c.seq).order_by(_C.c.number.desc()).limit(1)).one_or_none()
    return (0, -1) if row is None else (row.number, row.seq)


def write(connection: sa.Connection, signer: Signs, journal_id: str, head: Head, at: str) -> int:
    """Sign the chain up to ``head``; returns the checkpoint's number."""
    number = last(connection)[0] + 1
    row_hash = bytes.fromhex(head.hash)
    row = {
        "number": number,
        "at": at,
        "seq": head.seq,
        "hash": row_hash,
        "public_key": signer.public_key,
        "signature": signer.sign(message(journal_id, number, head.seq, at, row_hash)),
    }
    connection.execute(_C.insert(), row)
    return number


def read(connection: sa.Connection) -> list[Checkpoint]:
    """All checkpoints as stored, by number."""
    rows = connection.execute(sa.select(_C).order_by(_C.c.number)).all()
    return [
        Checkpoint(row.number, row.at, row.seq, bytes(row.hash).hex(), bytes(row.public_key), bytes(row.signature))
        for row in rows
    ]


def fault(checkpoint: Checkpoint, expected: int, journal_id: str, keys: Collection[bytes] | None) -> str | None:
    """What is wrong with a checkpoint by itself, or None."""
    if checkpoint.number != expected:
        return f"checkpoint {expected} is missing"
    signed = message(journal_id, checkpoint.number, checkpoint.seq, checkpoint.at, bytes.fromhex(checkpoint.hash))
    if not verify_signature(checkpoint.public_key, signed, checkpoint.signature):
        return f"checkpoint {checkpoint.number} was changed: its signature does not fit"
    if keys is not None and checkpoint.public_key not in keys:
        return f"checkpoint {checkpoint.number} is signed by {fingerprint(checkpoint.public_key)}, a key not known here"
    return None
