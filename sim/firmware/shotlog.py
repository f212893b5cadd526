"""The shot log: a ring of slots in whole erase sectors, INTENT and OUTCOME in cells of their own (G5, G12).

Not responsible for when a shot is allowed; it refuses nothing but keeps count of what may be overwritten.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from mesogun.wire.codes import Outcome
from mesogun.wire.values import quick
from sim.firmware.memory import Memory

INTENT = struct.Struct("<IIQIBIHIQQ")
OUTCOME = struct.Struct("<IBHIQHIH")
_CRC = struct.Struct("<I")
SLOT_SIZE = INTENT.size + OUTCOME.size + 2 * _CRC.size


@quick
@dataclass(frozen=True, slots=True)
class Intent:
    """What was about to be fired, written and verified before motion."""

    shot_no: int
    entry_no: int
    treatment_ref: int
    point_index: int
    kind: int
    volume_nl: int
    depth_um: int
    boot_id: int
    start_us: int
    calibration_id: int


@quick
@dataclass(frozen=True, slots=True)
class Closing:
    """How it ended, with the running lifetime total."""

    shot_no: int
    outcome: int
    flags: int
    delivered_nl: int
    running_total_nl: int
    duration_ms: int
    peak_pressure_pa: int
    contact_mn: int


class ShotLog:
    """All records in memory, read once at boot, then kept in step with the image."""

    def __init__(self, memory: Memory, offset: int, slots: int, sector: int) -> None:
        self._memory = memory
        self.offset = offset
        self.slots = slots
        self.sector = sector
        self.records: dict[int, tuple[Intent, Closing | None]] = {}
        self.last_shot_no = 0
        self.closed_shot_no = 0
        self.total_nl = 0
        self.last_entry_no = 0

    def read(self) -> Intent | None:
        """Read the whole ring after boot; the one INTENT that is still open, if any."""
        self.records.clear()
        for at in range(self.slots):
            intent = self._cell(at, 0, INTENT)
            if intent is not None:
                record = Intent(*intent)
                raw = self._cell(at, INTENT.size + _CRC.size, OUTCOME)
                closing = Closing(*raw) if raw is not None and raw[0] == record.shot_no else None
                self.records[record.shot_no] = (record, closing)
        self.records = dict(sorted(self.records.items()))
        self.last_shot_no = max(self.records, default=0)
        closed = [pair for pair in self.records.values() if pair[1] is not None]
        self.closed_shot_no = max((intent.shot_no for intent, _ in closed), default=0)
        self.total_nl = max((closing.running_total_nl for _, closing in closed if closing), default=0)
        last = self.records.get(self.last_shot_no)
        self.last_entry_no = last[0].entry_no if last else 0
        return last[0] if last and last[1] is None else None

    @property
    def oldest_shot_no(self) -> int:
        """The oldest record still held; one more than the last when there is none."""
        return next(iter(self.records), self.last_shot_no + 1)

    @property
    def total_before_oldest_nl(self) -> int:
        """Running total before the oldest record."""
        for _, closing in self.records.values():
            return closing.running_total_nl - closing.delivered_nl if closing else self.total_nl
        return self.total_nl

    def free(self, acked_shot_no: int) -> int:
        """Slots that may be written, counted in whole erase sectors (G12)."""
        upcoming = self.last_shot_no  # index of the next shot, counted from 0
        block, used = divmod(upcoming, self.sector)
        sectors = self.slots // self.sector
        acked_blocks = acked_shot_no // self.sector
        if used == 0 and block >= sectors and acked_blocks <= block - sectors:
            return 0
        further = min(sectors - 1, acked_blocks - block + sectors - 1)
        return self.sector - used + self.sector * max(0, further)

    def intend(self, intent: Intent) -> bool:
        """Write and verify an INTENT; the sector is erased when its first slot is used."""
        at = (intent.shot_no - 1) % self.slots
        if at % self.sector == 0:
            size = SLOT_SIZE * self.sector
            self._memory.write(self.offset + at * SLOT_SIZE, b"\xff" * size)
            lost = intent.shot_no - self.slots + self.sector - 1
            for shot_no in [number for number in self.records if number <= lost]:
                del self.records[shot_no]
        if not self._put(at, 0, INTENT, intent_values(intent)):
            return False
        self.records[intent.shot_no] = (intent, None)
        self.last_shot_no = intent.shot_no
        self.last_entry_no = intent.entry_no
        return True

    def close(self, closing: Closing) -> bool:
        """Write and verify an OUTCOME; from now on the record is served and never changes."""
        at = (closing.shot_no - 1) % self.slots
        if not self._put(at, INTENT.size + _CRC.size, OUTCOME, closing_values(closing)):
            return False
        intent, _ = self.records[closing.shot_no]
        self.records[closing.shot_no] = (intent, closing)
        self.closed_shot_no = closing.shot_no
        self.total_nl = closing.running_total_nl
        return True

    def at_or_after(self, shot_no: int) -> tuple[Intent, Closing] | None:
        """The closed record with the lowest number at or above ``shot_no``."""
        number = max(shot_no, self.oldest_shot_no)
        while number <= self.closed_shot_no:
            pair = self.records.get(number)
            if pair is not None and pair[1] is not None:
                return pair[0], pair[1]
            number += 1
        return None

    def _put(self, at: int, inside: int, layout: struct.Struct, values: tuple[int, ...]) -> bool:
        body = layout.pack(*values)
        data = body + _CRC.pack(zlib.crc32(body))
        offset = self.offset + at * SLOT_SIZE + inside
        self._memory.write(offset, data)
        return self._memory.read(offset, len(data)) == data

    def _cell(self, at: int, inside: int, layout: struct.Struct) -> tuple[int, ...] | None:
        raw = self._memory.read(self.offset + at * SLOT_SIZE + inside, layout.size + _CRC.size)
        body, crc = raw[:-4], _CRC.unpack(raw[-4:])[0]
        return layout.unpack(body) if zlib.crc32(body) == crc else None


def intent_values(intent: Intent) -> tuple[int, ...]:
    """In the order of the cell."""
    return (intent.shot_no, intent.entry_no, intent.treatment_ref, intent.point_index, intent.kind, intent.volume_nl,
            intent.depth_um, intent.boot_id, intent.start_us, intent.calibration_id)  # fmt: skip


def closing_values(closing: Closing) -> tuple[int, ...]:
    """In the order of the cell."""
    return (closing.shot_no, closing.outcome, closing.flags, closing.delivered_nl, closing.running_total_nl,
            closing.duration_ms, closing.peak_pressure_pa, closing.contact_mn)  # fmt: skip


def record_values(intent: Intent, closing: Closing) -> tuple[int, ...]:
    """In the order of ``mesogun.wire.messages.ShotRecord``."""
    return (
        intent.shot_no, intent.entry_no, intent.treatment_ref, intent.point_index, intent.kind, closing.outcome,
        closing.flags, intent.volume_nl, closing.delivered_nl, intent.depth_um, closing.running_total_nl,
        intent.boot_id, intent.start_us, closing.duration_ms, closing.peak_pressure_pa, closing.contact_mn,
        intent.calibration_id,
    )  # fmt: skip


def indeterminate(intent: Intent, total_nl: int) -> Closing:
    """What boot writes for a shot whose end nobody saw: nothing is known to have left (checkpoint 0)."""
    return Closing(intent.shot_no, Outcome.INDETERMINATE, 0, 0, total_nl, 0, 0, 0)
