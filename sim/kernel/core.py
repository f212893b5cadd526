"""The kernel: integer microseconds, one heap, one thread at a time, and a rolling hash of everything that happened.

Time is advanced by whoever waits (a blocking read is the scheduler). Not responsible for real time: pacing is
a door's business (``sim.doors``).
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable
from heapq import heappop, heappush

_STAMP = struct.Struct("<QI").pack
_VALUE = struct.Struct("<Iq").pack
_LABELS: dict[str, int] = {}
_BATCH = 512  # stamps kept before they go into the hash together: hashing piece by piece gives the same, slower


class Timer:
    """One event to come; ``cancel`` makes it never happen."""

    __slots__ = ("action", "number")

    def __init__(self, number: int, action: Callable[[], None]) -> None:
        self.number = number  # of its label
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        """Forget it; harmless when it has already happened."""
        self.action = None


class Kernel:
    """Virtual clock and event heap.

    ``after_event`` hooks run once behind every event (invariants live there). An exception of the kinds in ``cut``
    ends the action that raised it, and ``on_cut`` is called: a supply that fails in the middle of something.
    """

    def __init__(self) -> None:
        self.now_us = 0
        self.events = 0
        self.cut: tuple[type[BaseException], ...] = ()
        self.on_cut: Callable[[], None] = lambda: None
        self.after_event: list[Callable[[], None]] = []
        self._heap: list[tuple[int, int, Timer]] = []
        self._serial = 0
        self._hash = hashlib.blake2b(digest_size=16)
        self._stamps: list[bytes] = []

    def at(self, at_us: int, label: str, action: Callable[[], None]) -> Timer:
        """Schedule ``action`` at an absolute time; times in the past happen next."""
        self._serial = serial = self._serial + 1
        number = _LABELS.get(label)
        timer = Timer(label_number(label) if number is None else number, action)
        heappush(self._heap, (at_us if at_us > self.now_us else self.now_us, serial, timer))
        return timer

    def after(self, delay_us: int, label: str, action: Callable[[], None]) -> Timer:
        """Schedule ``action`` after a delay."""
        return self.at(self.now_us + delay_us, label, action)

    def next_us(self) -> int | None:
        """When the next event is due, ``None`` if nothing is to come."""
        heap = self._heap
        while heap and heap[0][2].action is None:
            heappop(heap)
        return heap[0][0] if heap else None

    def step(self, until_us: int) -> bool:
        """Run the next event if it is due by ``until_us``; else move the clock there and say ``False``."""
        heap = self._heap
        while heap and heap[0][0] <= until_us:
            at_us, _, timer = heappop(heap)
            action = timer.action
            if action is None:
                continue
            self.now_us = at_us  # never in the past: ``at`` sees to it, and no event is left behind
            timer.action = None
            self.events += 1
            self._stamps.append(_STAMP(self.now_us, timer.number))
            if len(self._stamps) >= _BATCH:
                self._digest()
            try:
                action()
            except self.cut:
                self.on_cut()
            for hook in self.after_event:
                hook()
            return True
        self.now_us = max(self.now_us, until_us)
        return False

    def run_until(self, until_us: int) -> None:
        """Run every event due by then, and move the clock there."""
        while self.step(until_us):
            pass

    def run_for(self, duration_us: int) -> None:
        """Let that much virtual time pass."""
        self.run_until(self.now_us + duration_us)

    def note(self, label: str, value: int) -> None:
        """Put a quantised value into the trace hash."""
        self._stamps.append(_VALUE(label_number(label), value))

    def trace_hash(self) -> str:
        """The hash of all that happened so far, 32 hex digits."""
        self._digest()
        return self._hash.copy().hexdigest()

    def _digest(self) -> None:
        self._hash.update(b"".join(self._stamps))
        self._stamps.clear()


def label_number(label: str) -> int:
    """A stable number for a label (never ``hash``, which changes with the hash seed)."""
    number = _LABELS.get(label)
    if number is None:
        number = _LABELS[label] = zlib.crc32(label.encode())
    return number
