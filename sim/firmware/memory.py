"""Non-volatile memory: one image of bytes, cells in two slots with a CRC each, and writes that can be torn (G2).

Every change goes through :meth:`Memory.write`, so that a power cut can be placed at any single write. Not
responsible for what the values mean.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mesogun.errors import InputError

_SEQ = struct.Struct("<I")
_MAGIC = b"MGNVM1\n"


class PowerCut(Exception):
    """The supply failed in the middle of a write; nothing after it happens."""


class Memory:
    """The image. ``on_write(serial, size)`` may answer with how many bytes still reach the cells before power fails."""

    def __init__(self, size: int, file: Path | None = None) -> None:
        self.image = bytearray(b"\xff" * size)
        self.writes = 0
        self.stuck: set[int] = set()  # offsets that no longer take a value
        self.on_write: Callable[[int, int], int | None] | None = None
        self._file = file
        if file is not None and file.exists():
            content = file.read_bytes()
            if len(content) != len(_MAGIC) + size or not content.startswith(_MAGIC):
                raise InputError(
                    f"{file}: not the memory of this kind of simulated gun; remove it or name another file"
                )
            self.image[:] = content[len(_MAGIC) :]

    @property
    def blank(self) -> bool:
        """Whether nothing was ever written."""
        return self.image.count(0xFF) == len(self.image)

    def write(self, offset: int, data: bytes) -> None:
        """Write; raises :class:`PowerCut` with only part of it written when the supply fails now."""
        self.writes += 1
        reach = self.on_write(self.writes, len(data)) if self.on_write is not None else None
        whole = len(data) if reach is None else reach
        self.image[offset : offset + whole] = data[:whole]
        for bad in self.stuck:
            if offset <= bad < offset + whole:
                self.image[bad] = 0
        if self._file is not None:
            self._save(self._file)
        if reach is not None:
            raise PowerCut

    def read(self, offset: int, size: int) -> bytes:
        """The bytes there now."""
        return bytes(self.image[offset : offset + size])

    def _save(self, file: Path) -> None:
        partial = file.with_name(file.name + ".part")
        partial.write_bytes(_MAGIC + self.image)
        os.replace(partial, file)  # noqa: PTH105 - atomic on every system


@dataclass(frozen=True, slots=True)
class Cell:
    """A named value in two slots: the newer valid one counts, the older one survives a torn write."""

    offset: int
    layout: struct.Struct

    @property
    def slot_size(self) -> int:
        """Bytes of one slot: sequence, value, CRC."""
        return _SEQ.size + self.layout.size + 4

    @property
    def size(self) -> int:
        """Bytes of both slots."""
        return 2 * self.slot_size

    def get(self, memory: Memory) -> tuple[int | bytes, ...] | None:
        """The value, ``None`` if both slots are bad."""
        newest = max((slot for slot in self._slots(memory) if slot is not None), default=None)
        return None if newest is None else self.layout.unpack(newest[1])

    def put(self, memory: Memory, *values: int | bytes) -> bool:
        """Write the older slot, read it back, say whether it holds."""
        slots = self._slots(memory)
        known = [(slot[0], at) for at, slot in enumerate(slots) if slot is not None]
        newest, at = max(known, default=(0, 1))
        body = _SEQ.pack(newest + 1) + self.layout.pack(*values)
        data = body + _SEQ.pack(zlib.crc32(body))
        target = self.offset + (1 - at) * self.slot_size
        memory.write(target, data)
        return memory.read(target, len(data)) == data

    def _slots(self, memory: Memory) -> list[tuple[int, bytes] | None]:
        found: list[tuple[int, bytes] | None] = []
        for at in (0, 1):
            raw = memory.read(self.offset + at * self.slot_size, self.slot_size)
            body, crc = raw[:-4], _SEQ.unpack(raw[-4:])[0]
            good = zlib.crc32(body) == crc
            found.append((_SEQ.unpack_from(body)[0], body[_SEQ.size :]) if good else None)
        return found
