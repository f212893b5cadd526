"""The doors to a simulated balance: in process, where a blocking read is the scheduler, and beside a gun's server.

Balance and gun of one world share its clock: what waits at one lets time pass at the other. Not responsible for the
balance (``sim.balance``).
"""

from __future__ import annotations

from datetime import datetime

from mesogun.errors import LinkLost
from sim.balance import address
from sim.balance.rig import Rig
from sim.doors.port import SimClock
from sim.doors.pump import Pipe


class BalanceClock:
    """The clock of whatever world the balance stands in."""

    def __init__(self, rig: Rig, pace: float | None) -> None:
        self._rig = rig
        self._pace = pace
        self._world = rig.world
        self._clock = SimClock(rig.world, pace, rig.world.lock)

    @property
    def now(self) -> SimClock:
        """The clock of the world that it is in at present."""
        if self._world is not self._rig.world:  # it has joined its gun, at the same moment of virtual time
            self._world = self._rig.world
            self._clock = SimClock(self._world, self._pace, self._world.lock)
        return self._clock

    def monotonic_us(self) -> int:
        """Virtual microseconds; never goes back."""
        return self.now.monotonic_us()

    def utc(self) -> datetime:
        """The calendar of the simulated world."""
        return self.now.utc()

    def sleep_us(self, duration_us: int) -> None:
        """Let that much of this world's time pass."""
        self.now.sleep_us(duration_us)


class BalanceTransport:
    """One open port on the balance. Opening another one takes the cable away from this one."""

    def __init__(self, rig: Rig, clock: BalanceClock) -> None:
        self._rig = rig
        self._clock = clock
        self._arrived = bytearray()
        self._open = True
        self._mine = self._arrived.extend
        rig.host_end = self._mine

    def read(self, max_bytes: int, timeout_us: int) -> bytes:
        """Up to ``max_bytes`` as soon as there are any; ``b""`` when the time is over. Runs the world meanwhile."""
        clock = self._clock.now
        end_us = clock.monotonic_us() + max(0, timeout_us)
        kernel, arrived = self._rig.kernel, self._arrived
        while True:
            with self._rig.world.lock:
                self._check()
                until_us = end_us if clock.pace is None else min(end_us, clock.target_us())
                while not arrived and kernel.step(until_us):
                    pass
                if arrived:
                    data = bytes(arrived[:max_bytes])
                    del arrived[:max_bytes]
                    return data
                left_us = end_us - kernel.now_us
            if left_us <= 0:
                return b""
            if clock.pace is not None:
                clock.doze(left_us)

    def write(self, data: bytes) -> None:
        """Put bytes on the line at this moment."""
        with self._rig.world.lock:
            self._check()
            self._clock.now.catch_up()
            self._rig.receive(data)

    def close(self) -> None:
        """Let the port go; the balance stays as it is."""
        with self._rig.world.lock:
            self._open = False
            if self._rig.host_end is self._mine:
                self._rig.host_end = lambda _: None

    def _check(self) -> None:
        if not self._open:
            raise LinkLost("this port was closed; open it again")
        if self._rig.host_end is not self._mine:
            raise LinkLost("another port was opened on the same simulated balance")


class BalancePump:
    """Moves bytes between a pipe and a balance; the pump of the gun beside it moves the time."""

    def __init__(self, rig: Rig, pipe: Pipe) -> None:
        self._rig = rig
        self._pipe = pipe
        rig.host_end = pipe.give

    def turn(self) -> None:
        """Once: what has come in goes on."""
        data = self._pipe.take(0.0)
        if data:
            with self._rig.world.lock:
                self._rig.receive(data)


def attach(rig: Rig, *, pace: float | None = None) -> tuple[BalanceTransport, BalanceClock]:
    """A transport and a clock on a balance that exists."""
    clock = BalanceClock(rig, pace)
    return BalanceTransport(rig, clock), clock


def open_port(url: str) -> tuple[BalanceTransport, BalanceClock]:
    """Open ``simbalance://...``: the balance is set up when there is none in that world."""
    asked = address.parse(url)
    return attach(asked.build(), pace=asked.pace)
