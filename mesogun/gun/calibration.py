"""Reading and writing the calibration in a gun: a blob of bytes in pieces, checked whole.

Not responsible for what the bytes say (``mesogun.calibration``) or whether they are good.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import cast

from mesogun.errors import InputError, WireError
from mesogun.gun.driver import Gun
from mesogun.wire import messages as m

CHUNK = 32
LARGEST = 0xFFFF


@dataclass(frozen=True, slots=True)
class StoredCalibration:
    """What is in force in a gun: its number and its bytes; no bytes where the gun has only its factory values."""

    calibration_id: int
    blob: bytes


def read_calibration(gun: Gun) -> StoredCalibration:
    """The calibration in force.

    Raises
    ------
    WireError
        If the pieces do not fit together: another calibration came in force meanwhile, or the checksum is wrong.
    """
    first = _piece(gun, 0)
    pieces = [first.data]
    for offset in range(CHUNK, first.size, CHUNK):
        piece = _piece(gun, offset)
        if (piece.calibration_id, piece.size, piece.crc) != (first.calibration_id, first.size, first.crc):
            raise WireError("the calibration changed while it was read; read it again")
        pieces.append(piece.data)
    blob = b"".join(pieces)[: first.size]
    if zlib.crc32(blob) != first.crc and first.size:
        raise WireError("the calibration in the gun does not match its own checksum; write it again")
    return StoredCalibration(first.calibration_id, blob)


def write_calibration(gun: Gun, calibration_id: int, blob: bytes) -> None:
    """Put a calibration in force, at once and whole; until the last step nothing in force changes.

    Raises
    ------
    InputError
        If the blob is empty or larger than the wire can announce.
    GunRefused
        If the gun does not take it: it is armed, or the blob is too large for it, or a piece was damaged.
    OutcomeUnknown
        If an answer was lost; ``read_calibration`` tells what is in force.
    """
    if not 0 < len(blob) <= LARGEST:
        raise InputError(f"a calibration has 1 to {LARGEST} bytes, not {len(blob)}")
    link = gun.link
    link.request(m.CalBegin(calibration_id=calibration_id, size=len(blob), crc=zlib.crc32(blob)))
    for offset in range(0, len(blob), CHUNK):
        link.request(m.CalChunk(offset=offset, data=blob[offset : offset + CHUNK].ljust(CHUNK, b"\0")))
    link.request(m.CalCommit(calibration_id=calibration_id))


def _piece(gun: Gun, offset: int) -> m.CalData:
    return cast(m.CalData, gun.link.request(m.CalRead(offset=offset)))
