"""A person's signature on a row: who, when, and what it means (21 CFR 11.50).

It stands beside the row and covers the row's hash, and with it everything before. Not responsible for which rows need
one, nor for passphrases (``mesogun.identity``). A signature signs (Ed25519, RFC 8032)::

    "mesogun signature 1" 00 | journal id 00 | number u64 | seq u64 | at 00 | operator 00 | meaning 00 | hash of row seq
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import replace

import sqlalchemy as sa

from mesogun.identity import fingerprint, verify_signature
from mesogun.journal import schema
from mesogun.journal.checkpoints import Signs
from mesogun.journal.values import RowSignature

_S = schema.signatures


def message(journal_id: str, signed: RowSignature) -> bytes:
    """What a person signs."""
    parts = [b"mesogun signature 1\0", journal_id.encode(), b"\0", struct.pack(">QQ", signed.number, signed.seq)]
    for text in (signed.at, signed.operator, signed.meaning):
        parts += [text.encode(), b"\0"]
    return b"".join(parts) + bytes.fromhex(signed.hash)


def write(connection: sa.Connection, signer: Signs, journal_id: str, draft: RowSignature) -> RowSignature:
    """Number, sign and store ``draft``."""
    number = (connection.execute(sa.select(sa.func.max(_S.c.number))).scalar_one() or 0) + 1
    unsigned = RowSignature(
        number, draft.at, draft.seq, draft.hash, draft.operator, draft.meaning, signer.public_key, b""
    )
    signature = signer.sign(message(journal_id, unsigned))
    row = {name: getattr(unsigned, name) for name in ("number", "at", "seq", "operator", "meaning", "public_key")}
    connection.execute(_S.insert(), row | {"hash": bytes.fromhex(draft.hash), "signature": signature})
    return replace(unsigned, signature=signature)


def read(connection: sa.Connection, seq: int | None = None) -> list[RowSignature]:
    """All signatures as stored, or those on one row."""
    query = sa.select(_S).order_by(_S.c.number)
    if seq is not None:
        query = query.where(_S.c.seq == seq)
    return [
        RowSignature(
            row.number,
            row.at,
            row.seq,
            bytes(row.hash).hex(),
            row.operator,
            row.meaning,
            bytes(row.public_key),
            bytes(row.signature),
        )
        for row in connection.execute(query).all()
    ]


def first_fault(
    found: Iterable[RowSignature], hashes: Mapping[int, str], journal_id: str, people: Mapping[bytes, str] | None
) -> tuple[int, str] | None:
    """The first signature that does not hold, as (row, reason); ``people`` maps public keys to references."""
    for number, signed in enumerate(found, start=1):
        name = f"signature {signed.number} on row {signed.seq}"
        if signed.number != number:
            return signed.seq, f"signature {number} is missing"
        if not verify_signature(signed.public_key, message(journal_id, signed), signed.signature):
            return signed.seq, f"{name} was changed: it does not fit"
        if hashes.get(signed.seq) != signed.hash:
            return signed.seq, f"{name} is of another row than the one that stands there"
        if people is not None and people.get(signed.public_key) != signed.operator:
            return signed.seq, f"{name} is by {fingerprint(signed.public_key)}, no known key of {signed.operator}"
    return None
