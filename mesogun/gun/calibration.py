"""Reading and writing the calibration in a gun, and what keeps a gun from treating with the one it has.

A block of bytes (docs/wire.md, section 8), in pieces, put in force whole. Not responsible for whether its numbers are
good (``mesogun.calibration``).
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import cast

from mesogun.errors import InputError, WireError
from mesogun.gun.driver import Gun
from mesogun.wire import messages as m

CHUNK = 32
LARGEST = 0xFFFF
PPM = 1_000_000
_MAGIC, _VERSION, _CONFIRMED = b"MGC1", 1, 1
_BLOCK = struct.Struct("<4sBBHQIIIIiiIIiiB3x24s24s")
_TEXT = 24


@dataclass(frozen=True, slots=True)
class StoredCalibration:
    """What is in force in a gun: its number and its bytes; no bytes where the gun has only its factory values."""

    calibration_id: int
    blob: bytes


@dataclass(frozen=True, slots=True)
class Block:
    """What a calibration says to the gun and to every host that meets it; days count from 1970-01-01.

    The gun gives ``offset_nl + (1 + gain_ppm / 10^6) stroke`` for a stroke that it was built to take for ``stroke``,
    measured between ``low_nl`` and ``high_nl``. ``confirmed`` only once weighed again with it in force.
    ``depth_offset_um`` and ``depth_gain_ppm`` are the same for the stick-out of ``needle``.

    Raises
    ------
    InputError
        For a number that does not fit its field, or a text longer than 24 bytes.
    """

    device_id: int
    firmware: int
    made_day: int
    due_day: int
    syringe_nl: int
    needles: int
    syringe: str
    needle: str
    offset_nl: int
    gain_ppm: int
    low_nl: int
    high_nl: int
    depth_offset_um: int = 0
    depth_gain_ppm: int = 0
    confirmed: bool = False

    def __post_init__(self) -> None:
        for name in ("syringe", "needle"):
            if len(getattr(self, name).encode()) > _TEXT:
                raise InputError(
                    f"{name} {getattr(self, name)!r} is longer than {_TEXT} bytes; use a shorter reference"
                )
        if self.gain_ppm <= -PPM:
            raise InputError(f"a gain of {self.gain_ppm} ppm less than one gives nothing; calibrate again")
        self.to_bytes()

    def to_bytes(self) -> bytes:
        """The bytes for the gun."""
        try:
            return _BLOCK.pack(
                _MAGIC, _VERSION, _CONFIRMED if self.confirmed else 0, _BLOCK.size, self.device_id, self.firmware,
                self.made_day, self.due_day, self.syringe_nl, self.offset_nl, self.gain_ppm, self.low_nl, self.high_nl,
                self.depth_offset_um, self.depth_gain_ppm, self.needles, self.syringe.encode(), self.needle.encode(),
            )  # fmt: skip
        except struct.error as error:
            raise InputError(f"a calibration block cannot hold these numbers: {error}") from None

    @classmethod
    def from_bytes(cls, data: bytes) -> Block:
        """The block in ``data``; ``WireError`` if it is none that this version knows."""
        if len(data) != _BLOCK.size or data[:5] != _MAGIC + bytes([_VERSION]):
            raise WireError("the bytes in the gun are no calibration block that this version of mesogun knows")
        (
            _, _, flags, _, device_id, firmware, made, due, syringe_nl, offset_nl, gain_ppm, low_nl, high_nl, depth_um,
            depth_ppm, needles, syringe, needle,
        ) = _BLOCK.unpack(data)  # fmt: skip
        return cls(
            device_id, firmware, made, due, syringe_nl, needles, _text(syringe), _text(needle), offset_nl, gain_ppm,
            low_nl, high_nl, depth_um, depth_ppm, bool(flags & _CONFIRMED),
        )  # fmt: skip


def _text(padded: bytes) -> str:
    return padded.rstrip(b"\0").decode("utf-8", "replace")


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


def block_in_force(gun: Gun) -> Block | None:
    """The block in the gun; ``None`` where it has only its factory values.

    Raises
    ------
    WireError
        If there are bytes in the gun that are no block, or damaged.
    """
    stored = read_calibration(gun)
    return Block.from_bytes(stored.blob) if stored.blob else None


def foreign(gun: Gun, *, needle: str | None = None) -> tuple[str, ...]:
    """Why the calibration in force is not this gun's as it is now, and so bars it from treating; empty if it is.

    ``needle`` is the reference of the needle or head that is mounted, where anybody knows it. Whether it has expired is
    told by the gun's capabilities alone.
    """
    caps = gun.caps
    try:
        block = block_in_force(gun)
    except WireError as error:
        return (f"{error}: calibrate it (mesogun calibrate volume)",)
    if block is None:
        return ()
    made_for = [
        f"{what} {there}, not {here}"
        for what, there, here in (
            ("gun", f"{block.device_id:016x}", f"{gun.welcome.device_id:016x}"),
            ("firmware", str(block.firmware), str(caps.firmware)),
            ("a syringe of", f"{block.syringe_nl / 1e6:g} mL", f"{caps.syringe_nl / 1e6:g} mL"),
            ("needles:", str(block.needles), str(caps.needles)),
            ("needle", block.needle, block.needle if needle is None else needle),
        )
        if there != here
    ]
    if made_for:
        return (f"its calibration was made for {'; '.join(made_for)}: calibrate it (mesogun calibrate volume)",)
    if not block.confirmed:
        return ("its calibration was never confirmed by weighing: finish it (mesogun calibrate volume --resume)",)
    return ()


def _piece(gun: Gun, offset: int) -> m.CalData:
    return cast(m.CalData, gun.link.request(m.CalRead(offset=offset)))
