"""What the gun remembers without power, by name (G2): cells, log, calibration banks, laid out in one image.

Not responsible for tearing or slots (``memory``) or for when a value may change (``requests``).
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from mesogun.identity import SIMULATED_KEY
from sim.firmware.memory import Cell, Memory
from sim.firmware.shotlog import SLOT_SIZE, ShotLog
from sim.kernel import Stream
from sim.physics.profile import Profile

CAL_BANK = 1024
_LAYOUTS = {
    "identity": struct.Struct("<QQ"),
    "key": struct.Struct("<32sB"),
    "boot": struct.Struct("<I"),
    "entry_hwm": struct.Struct("<I"),
    "acked": struct.Struct("<I"),
    "treatment": struct.Struct("<QQ"),
    "calibration": struct.Struct("<QHIB"),
}


@dataclass(slots=True)
class Kept:
    """The values in RAM, as read at boot and as written since."""

    device_id: int = 0
    nvm_id: int = 0
    key: bytes = b""
    paired: bool = False
    boot_id: int = 0
    entry_hwm: int = 0
    acked_shot_no: int = 0
    treatment_ref: int = 0
    last_treatment: int = 0
    calibration_id: int = 0
    cal_size: int = 0
    cal_crc: int = 0
    cal_bank: int = 0


class Store:
    """Named memory of one gun."""

    def __init__(self, profile: Profile, stream: Stream, file: Path | None = None) -> None:
        offset = 0
        self._cells: dict[str, Cell] = {}
        for name, layout in _LAYOUTS.items():
            self._cells[name] = Cell(offset, layout)
            offset += self._cells[name].size
        self._banks = offset
        offset += 2 * CAL_BANK
        slots, sector = profile.integer("memory.log_slots"), profile.integer("memory.sector_slots")
        self.memory = Memory(offset + slots * SLOT_SIZE, file)
        self.log = ShotLog(self.memory, offset, slots, sector)
        self.kept = Kept()
        if self.memory.blank:
            self._format(stream)

    def _format(self, stream: Stream) -> None:
        self._cells["identity"].put(self.memory, stream.bits(63) | 1, stream.bits(63) | 1)
        self._cells["key"].put(self.memory, SIMULATED_KEY, 1)
        for name in ("boot", "entry_hwm", "acked"):
            self._cells[name].put(self.memory, 0)
        self._cells["treatment"].put(self.memory, 0, 0)
        self._cells["calibration"].put(self.memory, stream.bits(31) | 1, 0, 0, 0)

    def read(self) -> bool:
        """Fill :attr:`kept` from memory; ``False`` when a value is bad in both slots (the gun locks itself)."""
        found = {name: cell.get(self.memory) for name, cell in self._cells.items()}
        kept = self.kept = Kept()
        good = True
        for name, value in found.items():
            if value is None:
                good = False
            else:
                _take(kept, name, value)
        return good

    def put(self, name: str, *values: int | bytes) -> bool:
        """Write a value durably; RAM follows only if it reads back."""
        if not self._cells[name].put(self.memory, *values):
            return False
        _take(self.kept, name, values)
        return True

    def spoil(self, name: str) -> None:
        """Break both slots of a cell (a fault)."""
        cell = self._cells[name]
        for at in (0, 1):
            self.memory.image[cell.offset + at * cell.slot_size + 4] ^= 0x5A

    def spoil_next_record(self) -> None:
        """A byte of the next log slot is stuck (a fault): an INTENT there cannot be verified."""
        at = self.log.last_shot_no % self.log.slots
        self.memory.stuck.add(self.log.offset + at * SLOT_SIZE)

    def commit_calibration(self, calibration_id: int, blob: bytes) -> bool:
        """Write the other bank, then switch to it in one cell."""
        bank = 1 - self.kept.cal_bank
        self.memory.write(self._banks + bank * CAL_BANK, blob)
        return self.put("calibration", calibration_id, len(blob), zlib.crc32(blob), bank)

    def calibration(self) -> bytes:
        """The calibration in force; empty when the gun still has its factory values."""
        return self.memory.read(self._banks + self.kept.cal_bank * CAL_BANK, self.kept.cal_size)


def _take(kept: Kept, name: str, value: tuple[int | bytes, ...]) -> None:
    targets = {
        "identity": ("device_id", "nvm_id"),
        "key": ("key", "paired"),
        "boot": ("boot_id",),
        "entry_hwm": ("entry_hwm",),
        "acked": ("acked_shot_no",),
        "treatment": ("treatment_ref", "last_treatment"),
        "calibration": ("calibration_id", "cal_size", "cal_crc", "cal_bank"),
    }[name]
    for target, item in zip(targets, value, strict=True):
        setattr(kept, target, bool(item) if target == "paired" else item)
