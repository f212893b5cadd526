"""Frames: COBS between zero bytes, a fixed head, a tag, a CRC-32; bytes in, frames or damage out.

Raw frame, little-endian: ``head u8 | op u8 | seq u32 | payload | tag 8 B | crc32 u32``. Not responsible for what a
payload means or whether a tag verifies.

COBS: Cheshire and Baker, IEEE/ACM Trans. Networking 7(2), 1999. CRC-32 as in zlib (reflected 0x04C11DB7).
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from mesogun.wire.codes import WIRE_MAJOR, FrameKind

HEAD = struct.Struct("<BBI")
CRC = struct.Struct("<I")
TAG_SIZE = 8
OVERHEAD = HEAD.size + TAG_SIZE + CRC.size
MAX_RAW = 253  # one COBS block: exactly one byte of stuffing
NO_TAG = bytes(TAG_SIZE)


@dataclass(frozen=True, slots=True)
class Frame:
    """One undamaged frame. ``tag`` is ``None`` where the head says that there is none."""

    kind: FrameKind
    op: int
    seq: int
    payload: bytes
    tag: bytes | None = None
    major: int = WIRE_MAJOR

    def body(self) -> bytes:
        """The bytes that the tag covers: head, op, seq, payload."""
        return HEAD.pack(self._head(), self.op, self.seq) + self.payload

    def _head(self) -> int:
        return self.major << 5 | self.kind << 3 | (self.tag is not None) << 2


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that were no frame; counted, never acted on."""

    why: str
    size: int


def encode(frame: Frame) -> bytes:
    """Bytes on the wire, both delimiters included."""
    raw = frame.body() + (frame.tag if frame.tag is not None else NO_TAG)
    raw += CRC.pack(zlib.crc32(raw))
    if len(raw) > MAX_RAW:
        raise ValueError(f"a frame has at most {MAX_RAW} bytes before stuffing, not {len(raw)}")
    return b"\0" + cobs_encode(raw) + b"\0"


def cobs_encode(raw: bytes) -> bytes:
    """Stuff at most 253 bytes so that no zero byte is left."""
    return b"".join(bytes((len(run) + 1,)) + run for run in raw.split(b"\0"))


def cobs_decode(stuffed: bytes) -> bytes | None:
    """Unstuff; ``None`` if a code byte overshoots or a zero byte is inside."""
    runs: list[bytes] = []
    at = 0
    while at < len(stuffed):
        code = stuffed[at]
        end = at + code
        if code == 0 or end > len(stuffed) or code == 0xFF:
            return None
        runs.append(stuffed[at + 1 : end])
        at = end
    return b"\0".join(runs)


def parse(stuffed: bytes) -> Frame | Damage:
    """Judge what stood between two delimiters."""
    size = len(stuffed)
    raw = cobs_decode(stuffed)
    if raw is None:
        return Damage("stuffing", size)
    if len(raw) < OVERHEAD:
        return Damage("short", size)
    if zlib.crc32(raw[: -CRC.size]) != CRC.unpack_from(raw, len(raw) - CRC.size)[0]:
        return Damage("crc", size)
    head, op, seq = HEAD.unpack_from(raw)
    tag = raw[-CRC.size - TAG_SIZE : -CRC.size]
    tagged = bool(head & 4)
    if head & 3 or (not tagged and tag != NO_TAG):
        return Damage("head", size)
    kind = FrameKind(head >> 3 & 3)
    return Frame(kind, op, seq, raw[HEAD.size : -CRC.size - TAG_SIZE], tag if tagged else None, head >> 5)


class FrameReader:
    """Cuts a byte stream into frames. Never raises, holds at most ``MAX_RAW + 1`` bytes, resynchronises at the
    next delimiter.
    """

    __slots__ = ("_buffer", "_overflow")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._overflow = 0

    def feed(self, data: bytes) -> list[Frame | Damage]:
        """Frames and damage completed by ``data``, in order."""
        found: list[Frame | Damage] = []
        pieces = data.split(b"\0")
        for piece in pieces[:-1]:
            self._take(piece)
            found.extend(self._finish())
        self._take(pieces[-1])
        return found

    def _take(self, piece: bytes) -> None:
        room = MAX_RAW + 1 - len(self._buffer)
        if self._overflow or len(piece) > room:
            self._overflow += len(piece) + len(self._buffer)
            self._buffer.clear()
        else:
            self._buffer += piece

    def _finish(self) -> list[Frame | Damage]:
        if self._overflow:
            size, self._overflow = self._overflow, 0
            return [Damage("long", size)]
        if not self._buffer:
            return []
        stuffed = bytes(self._buffer)
        self._buffer.clear()
        return [parse(stuffed)]
