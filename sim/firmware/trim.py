"""The calibration block as the gun itself reads it (docs/wire.md, section 8): how far the screw goes for a volume.

Bytes that are no block are kept for whoever wrote them and change nothing. Not responsible for taking or keeping the
bytes (``calibration``, ``store``).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

MAGIC = b"MGC1"
_BLOCK = struct.Struct("<4sBBHQIIIIiiIIiiB3x24s24s")
SIZE = _BLOCK.size
_PPM = 1e6


@dataclass(frozen=True, slots=True)
class Trim:
    """What this gun takes from a block; the default is the screw as it was built."""

    device_id: int = 0
    made_day: int = 0
    due_day: int = 0
    offset_nl: int = 0
    gain_ppm: int = 0

    def stroke_nl(self, volume_nl: float) -> float:
        """How far to turn so that ``volume_nl`` leaves: the measured line, turned round."""
        return (volume_nl - self.offset_nl) / (1.0 + self.gain_ppm / _PPM)

    def fits(self, device_id: int, least_nl: int) -> bool:
        """Whether it is for this gun, and leaves its smallest volume a stroke that goes forward."""
        return self.device_id == device_id and self.offset_nl < least_nl and self.gain_ppm > -_PPM

    def given_nl(self, stroke_nl: float) -> float:
        """What leaves for a part of a stroke; the offset belongs to a whole one."""
        return stroke_nl * (1.0 + self.gain_ppm / _PPM)


def read(data: bytes) -> Trim | None:
    """The block in ``data``, or ``None`` if it is something else."""
    if len(data) != SIZE or not data.startswith(MAGIC):
        return None
    _, version, _, size, device_id, _, made, due, _, offset_nl, gain_ppm, *_ = _BLOCK.unpack(data)
    return Trim(device_id, made, due, offset_nl, gain_ppm) if version == 1 and size == SIZE else None
