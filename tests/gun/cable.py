"""A transport to a gun in the same process, in virtual time, that can lose, double and delay what passes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from mesogun.clock import ManualClock
from mesogun.errors import LinkLost


class Feeds(Protocol):
    """A gun as bytes in, bytes out."""

    now_us: int

    def feed(self, data: bytes) -> bytes: ...


Fault = Callable[[bytes], list[bytes]]


def pass_on(data: bytes) -> list[bytes]:
    return [data]


class Cable:
    """``to_gun`` and ``from_gun`` decide what becomes of each write: nothing, one copy, several."""

    def __init__(self, gun: Feeds, clock: ManualClock, latency_us: int = 500) -> None:
        self.gun = gun
        self.clock = clock
        self.latency_us = latency_us
        self.to_gun: Fault = pass_on
        self.from_gun: Fault = pass_on
        self.written: list[bytes] = []
        self.unplugged = False
        self.closed = False
        self.on_idle: Callable[[], None] = lambda: None
        self._inbox: deque[tuple[int, bytes]] = deque()

    def write(self, data: bytes) -> None:
        self._check()
        self.written.append(data)
        for copy in self.to_gun(data):
            self.gun.now_us = self.clock.monotonic_us() + self.latency_us
            answer = self.gun.feed(copy)
            for reply in self.from_gun(answer) if answer else []:
                self._inbox.append((self.clock.monotonic_us() + 2 * self.latency_us, reply))

    def read(self, max_bytes: int, timeout_us: int) -> bytes:
        self._check()
        self.on_idle()
        if self._inbox and self._inbox[0][0] - self.clock.monotonic_us() <= timeout_us:
            at_us, data = self._inbox.popleft()
            self.clock.advance_us(max(0, at_us - self.clock.monotonic_us()))
            if data[max_bytes:]:
                self._inbox.appendleft((at_us, data[max_bytes:]))
            return data[:max_bytes]
        self.clock.advance_us(max(1, timeout_us))
        return b""

    def inject(self, data: bytes) -> None:
        """Bytes that nobody asked for."""
        self._inbox.append((self.clock.monotonic_us(), data))

    def close(self) -> None:
        self.closed = True

    def _check(self) -> None:
        if self.closed or self.unplugged:
            raise LinkLost("the cable is unplugged")
