"""The hash chain: which bytes of a row are hashed, and how.

Every stored field enters, each text and blob with its length before it, so that no two different rows have the
same frame. Not responsible for storage, nor for signatures (``mesogun.journal.checkpoints``).

::

    hash_0 = SHA-256("mesogun journal 1" 00 | journal id)
    hash_n = SHA-256("mesogun row 1" 00 | seq u64 | epoch i64 | |at| at | |treatment| treatment
                     | |kind| kind | |body| body | hash_(n-1))

Big-endian, lengths u32; ``epoch`` is -1 where there is none.
"""

from __future__ import annotations

import hashlib
import struct

_HEAD = struct.Struct(">14sQqI")
_LENGTH = struct.Struct(">I")
_DOMAIN = b"mesogun row 1\0"


def genesis(journal_id: str) -> bytes:
    """``prev_hash`` of the first row: rows of one journal never fit into another."""
    return hashlib.sha256(b"mesogun journal 1\0" + journal_id.encode()).digest()


def row_hash(seq: int, at: str, treatment: str, epoch: int | None, kind: str, body: bytes, prev_hash: bytes) -> bytes:
    """SHA-256 over the frame of one row."""
    at_bytes, treatment_bytes, kind_bytes = at.encode(), treatment.encode(), kind.encode()
    frame = b"".join(
        (
            _HEAD.pack(_DOMAIN, seq, -1 if epoch is None else epoch, len(at_bytes)),
            at_bytes,
            _LENGTH.pack(len(treatment_bytes)),
            treatment_bytes,
            _LENGTH.pack(len(kind_bytes)),
            kind_bytes,
            _LENGTH.pack(len(body)),
            body,
            prev_hash,
        )
    )
    return hashlib.sha256(frame).digest()
