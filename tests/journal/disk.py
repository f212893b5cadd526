"""Which files a power cut may leave behind, given what the engine wrote and synced before it.

The model: what was synced is there. Each later write may be there whole, not at all, or torn: some of its 512-byte
sectors only; writes reach the disk in any order. A truncation or deletion that no sync followed may not have
happened. (A sector is all old or all new, as SQLite assumes: sqlite.org/atomiccommit.html, section 2.)
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.journal.vfs import Step

SECTOR = 512


@dataclass(slots=True)
class Disk:
    """Durable files, and for each the steps that no sync has followed yet."""

    durable: dict[str, bytes]
    pending: dict[str, list[Step]] = field(default_factory=dict)

    def take(self, step: Step) -> None:
        """One more step of the engine."""
        if step.what == "sync":
            for waiting in self.pending.pop(step.file, []):
                apply(self.durable, waiting)
        elif step.what != "mark":
            self.pending.setdefault(step.file, []).append(step)

    def left_behind(self, choice: random.Random, keep: float, tear: float) -> dict[str, bytes]:
        """Files after a cut now: each pending step survives with probability ``keep``, torn with ``tear``."""
        files = dict(self.durable)
        for steps in self.pending.values():
            for step in steps:
                draw = choice.random()
                if draw < keep:
                    apply(files, step)
                elif draw < keep + tear and step.what == "write":
                    for piece in sectors(step):
                        if choice.random() < 0.5:
                            apply(files, piece)
        return files


def sectors(step: Step) -> list[Step]:
    """A write in pieces that end at sector boundaries."""
    pieces, offset, end = [], step.offset, step.offset + len(step.data)
    while offset < end:
        stop = min(end, (offset // SECTOR + 1) * SECTOR)
        data = step.data[offset - step.offset : stop - step.offset]
        pieces.append(Step("write", step.file, offset, data))
        offset = stop
    return pieces


def apply(files: dict[str, bytes], step: Step) -> None:
    """Carry out a step on ``files``."""
    content = files.get(step.file, b"")
    if step.what == "delete":
        files.pop(step.file, None)
    elif step.what == "truncate":
        files[step.file] = content[: step.offset].ljust(step.offset, b"\0")
    else:
        content = content.ljust(step.offset, b"\0")
        files[step.file] = content[: step.offset] + step.data + content[step.offset + len(step.data) :]


def replay(start: Mapping[str, bytes], steps: Sequence[Step]) -> Disk:
    """The disk after ``steps``."""
    disk = Disk(dict(start))
    for step in steps:
        disk.take(step)
    return disk
