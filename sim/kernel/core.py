"""The kernel: integer microseconds, one heap, one thread at a time, and a rolling hash of everything that happened.

Time is advanced by whoever waits (a blocking read is the scheduler). Not responsible for real time: pacing is
a door's business (``sim.doors``).
"""

from __future__ import annotations

import hashlib
import heapq
import struct
import zlib
from collections.abc import Callable

_STAMP = struct.Struct("<QI")
_VALUE = struct.Struct("<Iq")
_LABELS: dict[str, int] = {}


class Timer:
    """One event to come; ``cancel`` makes it never happen."""

    __slots__ = ("action", "at_us", "label", "serial")

    def __init__(self, at_us: int, serial: int, label: str, action: Callable[[], None]) -> None:
        self.at_us = at_us
        self.serial = serial
        self.label = label
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        """Forget it; harmless when it has already happened."""
        self.action = None

    def __lt__(self, other: Timer) -> bool:
        return (self.at_us, self.serial) < (other.at_us, other.serial)


class Kernel:
    """Virtual clock and event heap.

    ``after_event`` hooks run once behind every event (invariants live there).
    """

    def __init__(self) -> None:
        self.now_us = 0
        self.events = 0
        self.guard: Callable[[Callable[[], None]], None] | None = None  # wraps every action, when set
        self.after_event: list[Callable[[], None]] = []
        self._heap: list[tuple[int, int, Timer]] = []
        self._serial = 0
        self._hash = hashlib.blake2b(digest_size=16)

    def at(self, at_us: int, label: str, action: Callable[[], None]) -> Timer:
        """Schedule ``action`` at an absolute time; times in the past happen next."""
        self._serial += 1
        timer = Timer(max(at_us, self.now_us), self._serial, label, action)
        heapq.heappush(self._heap, (timer.at_us, timer.serial, timer))
        return timer

    def after(self, delay_us: int, label: str, action: Callable[[], None]) -> Timer:
        """Schedule ``action`` after a delay."""
        return self.at(self.now_us + delay_us, label, action)

    def next_us(self) -> int | None:
        """When the next event is due, ``None`` if nothing is to come."""
        heap = self._heap
        while heap and heap[0][2].action is None:
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    def step(self, until_us: int) -> bool:
        """Run the next event if it is due by ``until_us``; else move the clock there and say ``False``."""
        heap = self._heap
        while heap and heap[0][0] <= until_us:
            at_us, _, timer = heapq.heappop(heap)
            action = timer.action
            if action is None:
                continue
            self.now_us = max(self.now_us, at_us)
            timer.action = None
            self.events += 1
            self._hash.update(_STAMP.pack(self.now_us, label_number(timer.label)))
            if self.guard is None:
                action()
            else:
                self.guard(action)
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
        self._hash.update(_VALUE.pack(label_number(label), value))

    def trace_hash(self) -> str:
        """The hash of all that happened so far, 32 hex digits."""
        return self._hash.copy().hexdigest()


def label_number(label: str) -> int:
    """A stable number for a label (never ``hash``, which changes with the hash seed)."""
    number = _LABELS.get(label)
    if number is None:
        number = _LABELS[label] = zlib.crc32(label.encode())
    return number
