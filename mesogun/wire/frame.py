"""Frames: COBS between zero bytes, a fixed head, a tag, a CRC-32; bytes in, frames or damage out.

Raw frame, little-endian: ``head u8 | op u8 | seq u32 | payload | tag 8 B | crc32 u32``. Not responsible for what a
payload means or whether a tag verifies.

COBS: Cheshire and Baker, IEEE/ACM Trans. Networking 7(2), 1999. CRC-32 as in zlib (reflected 0x04C11DB7).
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from mesogun.wire.codes import WIRE_MAJOR, FrameKind

HEAD = struct.Struct("<BBI")
CRC = struct.Struct("<I")
TAG_SIZE = 8
OVERHEAD = HEAD.size + TAG_SIZE + CRC.size
MAX_RAW = 253  # one COBS block: exactly one byte of stuffing
MAX_STUFFED = MAX_RAW + 1
NO_TAG = bytes(TAG_SIZE)
_RESIDUE = 0x2144DF1C  # what zlib's CRC-32 of anything followed by its own CRC-32 always is
_ZEROS = b"\1" + bytes(255)  # translates a zero to 1, anything else to 0
_KINDS = tuple(FrameKind(number) for number in range(4))


class Frame(NamedTuple):
    """One undamaged frame. ``tag`` is ``None`` where the head says that there is none.

    A named tuple, because building a frozen dataclass costs as much as the CRC and the stuffing together.
    """

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
    kind, op, seq, payload, tag, major = frame
    if tag is None:
        return finish(HEAD.pack(major << 5 | kind << 3, op, seq) + payload + NO_TAG)
    return finish(HEAD.pack(major << 5 | kind << 3 | 4, op, seq) + payload + tag)


def finish(raw: bytes) -> bytes:
    """Head, payload and tag with CRC, stuffing and delimiters."""
    if len(raw) > MAX_RAW - CRC.size:
        raise ValueError(f"a frame has at most {MAX_RAW} bytes before stuffing, not {len(raw) + CRC.size}")
    return b"\0" + cobs_encode(raw + CRC.pack(zlib.crc32(raw))) + b"\0"


def cobs_encode(raw: bytes) -> bytes:
    """Stuff at most 253 bytes so that no zero byte is left."""
    # Which bytes are zero decides every code byte, and is the same in most frames of a kind.
    codes = _codes(raw.translate(_ZEROS))
    return (int.from_bytes(raw, "little") << 8 | codes).to_bytes(len(raw) + 1, "little")


@lru_cache(maxsize=256)
def _codes(zeros: bytes) -> int:
    """The code bytes for a raw frame with zeros where ``zeros`` has ones, as a number to lay over the frame."""
    codes = bytearray(len(zeros) + 1)
    at = 0
    for run in zeros.split(b"\1"):
        codes[at] = len(run) + 1
        at += len(run) + 1
    return int.from_bytes(codes, "little")


def cobs_decode(stuffed: bytes) -> bytes | None:
    """Unstuff; ``None`` if a code byte overshoots or is 0xFF, or a zero byte is inside."""
    size = len(stuffed)
    if size > MAX_STUFFED or 0 in stuffed:  # within this size a code byte of 0xFF always overshoots
        return None
    out = bytearray(stuffed)
    at = 0
    while at < size:
        code = stuffed[at]
        out[at] = 0
        at += code
    return bytes(out)[1:] if at == size else None


def parse(stuffed: bytes) -> Frame | Damage:
    """Judge what stood between two delimiters."""
    raw = cobs_decode(stuffed)
    if raw is None:
        return Damage("stuffing", len(stuffed))
    size = len(raw)
    if size < OVERHEAD:
        return Damage("short", len(stuffed))
    crc_at = size - 4
    if zlib.crc32(raw) != _RESIDUE:
        return Damage("crc", len(stuffed))
    head, op, seq = HEAD.unpack_from(raw)
    tag = raw[crc_at - TAG_SIZE : crc_at]
    tagged = head & 4
    if head & 3 or (not tagged and tag != NO_TAG):
        return Damage("head", len(stuffed))
    payload = raw[HEAD.size : crc_at - TAG_SIZE]
    return Frame(_KINDS[head >> 3 & 3], op, seq, payload, tag if tagged else None, head >> 5)


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
        size = len(data)
        idle = not (self._buffer or self._overflow)
        if idle and 2 < size <= MAX_STUFFED + 2 and not data[0] and data.find(0, 1) == size - 1:
            return [parse(data[1:-1])]  # one whole frame and nothing else, as most reads bring
        found: list[Frame | Damage] = []
        pieces = data.split(b"\0")
        tail = pieces.pop()
        for piece in pieces:
            if self._buffer or self._overflow or len(piece) > MAX_STUFFED:
                self._take(piece)
                found.extend(self._finish())
            elif piece:
                found.append(parse(piece))
        if tail:
            self._take(tail)
        return found

    def _take(self, piece: bytes) -> None:
        room = MAX_STUFFED - len(self._buffer)
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
