"""Calibration writes: announced, taken in pieces, put in force at once and whole, or refused.

The gun keeps the bytes, hands them back, and goes by them where they are a block (``trim``). Not responsible for what
they say.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

from mesogun.wire import messages as m
from mesogun.wire.codes import Reason
from sim.firmware.machine import Machine
from sim.firmware.requests import OK, Requests, refused
from sim.firmware.session import Answer
from sim.firmware.store import CAL_BANK
from sim.firmware.trim import read as read_trim

CHUNK = 32


@dataclass(slots=True)
class Draft:
    """A calibration that is being written; in RAM, dies with the power."""

    calibration_id: int
    size: int
    crc: int
    data: bytearray
    written: set[int] = field(default_factory=set)


class Calibration:
    """The four calibration operations."""

    def __init__(self, machine: Machine, requests: Requests) -> None:
        self._machine = machine
        self._draft: Draft | None = None
        requests.add(m.CalBegin, self.begin)
        requests.add(m.CalChunk, self.chunk)
        requests.add(m.CalCommit, self.commit)
        requests.add(m.CalRead, self.read)

    def begin(self, message: m.CalBegin) -> Answer:
        """Announce size and checksum; nothing in force changes."""
        if not 0 < message.size <= CAL_BANK or not message.calibration_id:
            return refused(Reason.VOLUME_RANGE)
        self._draft = Draft(message.calibration_id, message.size, message.crc, bytearray(message.size))
        return OK

    def chunk(self, message: m.CalChunk) -> Answer:
        """One piece at its offset; the last may be padded."""
        draft = self._draft
        if draft is None or message.offset % CHUNK or message.offset >= draft.size:
            return refused(Reason.MISMATCH)
        room = min(CHUNK, draft.size - message.offset)
        draft.data[message.offset : message.offset + room] = message.data[:room]
        draft.written.add(message.offset)
        return OK

    def commit(self, message: m.CalCommit) -> Answer:
        """In force at once and whole, if every piece arrived and the checksum fits."""
        draft = self._draft
        if draft is None or draft.calibration_id != message.calibration_id:
            again = message.calibration_id == self._machine.store.kept.calibration_id
            return OK if again and draft is None else refused(Reason.MISMATCH)
        whole = len(draft.written) == -(-draft.size // CHUNK)
        if not whole or zlib.crc32(bytes(draft.data)) != draft.crc:
            return refused(Reason.CHECKSUM)
        trim = read_trim(bytes(draft.data))
        least_nl = self._machine.profile.integer("shot.min_volume_nl")
        if trim is not None and not trim.fits(self._machine.store.kept.device_id, least_nl):
            return refused(Reason.MISMATCH)
        if not self._machine.store.commit_calibration(draft.calibration_id, bytes(draft.data)):
            return refused(Reason.FAULT)
        self._draft = None
        return OK

    def read(self, message: m.CalRead) -> Answer:
        """32 bytes of what is in force."""
        kept = self._machine.store.kept
        data = self._machine.store.calibration()[message.offset : message.offset + CHUNK]
        return Answer(tail=(kept.calibration_id, kept.cal_size, kept.cal_crc, data))
