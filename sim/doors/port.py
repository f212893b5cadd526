"""The in-process door: a transport whose blocking read is the scheduler, and the clock that goes with it.

With pace ``max`` virtual time jumps from event to event while the caller waits. With a numeric pace the same
events happen at the right real moment: the waiting is done in short real slices, and a host that was away finds
that time has passed. With pace 0 time stands until somebody else moves it (``pump.Pump.step``). ``write`` may come
from any thread. Not responsible for what the bytes mean.
"""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta

from mesogun.errors import LinkLost, NoDevice
from sim.doors import address
from sim.line import Way
from sim.world import World

SLICE_S = 0.004
MAX_READ = 1 << 16


class SimClock:
    """The world's clock; real time times pace where there is a pace.

    Time that somebody else lets pass (a step at the control door) is not waited for again: real time goes on behind it.
    """

    def __init__(self, world: World, pace: float | None, lock: threading.RLock) -> None:
        self._world = world
        self._kernel = world.kernel
        self._lock = lock
        self.pace = pace
        self._base = world.kernel.now_us, time.monotonic_ns() if pace else 0  # one tuple: threads see both or neither

    def monotonic_us(self) -> int:
        """Virtual microseconds; never goes back."""
        if self.pace is None:
            return self._kernel.now_us
        return max(self._kernel.now_us, self.target_us())

    def utc(self) -> datetime:
        """The calendar of the simulated world."""
        return self._world.start + timedelta(microseconds=self.monotonic_us() + self._world.calendar_shift_us)

    def sleep_us(self, duration_us: int) -> None:
        """Let that much of this world's time pass, with everything that happens in it."""
        self.run_until(self.monotonic_us() + max(0, duration_us))

    def target_us(self) -> int:
        """Where virtual time should be now by the real clock; where it is, without one."""
        now_us = self._kernel.now_us
        if not self.pace:
            return now_us
        virtual_us, real_ns = self._base
        now_ns = time.monotonic_ns()
        target_us = virtual_us + int((now_ns - real_ns) * self.pace / 1000)
        if target_us >= now_us:
            return target_us
        self._base = now_us, now_ns
        return now_us

    def catch_up(self) -> None:
        """Let everything happen that is due by now (numeric pace only)."""
        if self.pace is not None:
            with self._lock:
                self._kernel.run_until(self.target_us())

    def doze(self, left_us: int) -> None:
        """A short real wait for virtual time to go on (not with pace ``max``)."""
        time.sleep(min(SLICE_S, left_us / self.pace / 1e6) if self.pace else SLICE_S)

    def run_until(self, until_us: int) -> None:
        """Wait until a moment of virtual time."""
        while True:
            with self._lock:
                if self._kernel.now_us >= until_us:
                    return
                if self.pace is None:
                    self._kernel.step(until_us)
                    continue
                self._kernel.run_until(min(until_us, self.target_us()))
                left_us = until_us - self._kernel.now_us
            if left_us > 0:
                self.doze(left_us)


class SimTransport:
    """One open port on the gun of a world. Opening another one takes the cable away from this one.

    It is dead for good when the cable comes back under another name, unless it ``follows``.
    """

    def __init__(self, world: World, clock: SimClock, lock: threading.RLock, *, follows: bool = False) -> None:
        self._world = world
        self._kernel = world.kernel
        self._clock = clock
        self._lock = lock
        self._arrived = bytearray()
        self._open = True
        self._name = None if follows else world.line.port
        self._mine = self._arrived.extend
        world.line.host_end = self._mine

    def read(self, max_bytes: int, timeout_us: int) -> bytes:
        """Up to ``max_bytes`` as soon as there are any; ``b""`` when the time is over. Runs the world meanwhile."""
        gate = self._world.host_gate
        if gate is not None:
            gate("read", b"")
        kernel, clock, arrived = self._kernel, self._clock, self._arrived
        step, line = kernel.step, self._world.line
        end_us = clock.monotonic_us() + max(0, timeout_us)
        while True:
            with self._lock:
                self._check()
                if clock.pace is None:
                    while not arrived and kernel.now_us < end_us and step(end_us) and line.plugged:
                        pass
                else:
                    target_us = min(end_us, clock.target_us())
                    while not arrived and kernel.step(target_us):
                        pass
                if arrived:
                    data = bytes(arrived[:max_bytes])
                    del arrived[:max_bytes]
                    return data
                self._check()
                left_us = end_us - kernel.now_us
                if left_us <= 0:
                    return b""
            if clock.pace is not None:
                clock.doze(left_us)

    def write(self, data: bytes) -> None:
        """Put bytes on the wire at this moment."""
        with self._lock:
            self._check()
            gate = self._world.host_gate
            if gate is not None:
                gate("write", data)
            self._clock.catch_up()
            self._world.line.send(Way.TO_GUN, data)

    def host_nonce(self) -> int:
        """A nonce for the host's HELLO, from the seed: the same world hears the same bytes (``mesogun.link.Link``)."""
        return self._world.host_nonces.bits(64)

    def close(self) -> None:
        """Let the port go; the gun stays as it is and notices nothing."""
        with self._lock:
            self._open = False
            if self._world.line.host_end is self._mine:
                self._world.line.host_end = lambda _: None

    def _check(self) -> None:
        if not self._open:
            raise LinkLost("this port was closed; open it again")
        if not self._world.line.plugged:
            raise LinkLost("the simulated cable is unplugged")
        if self._name is not None and self._name != self._world.line.port:
            raise LinkLost(f"port {self._name} is gone: what was behind it came back under another name; look for it")
        if self._world.line.host_end is not self._mine:
            raise LinkLost("another port was opened on the same simulated gun")


def attach(
    world: World, *, pace: float | None = None, port: str | None = None, follows: bool = False
) -> tuple[SimTransport, SimClock]:
    """A transport and a clock on a world that exists; a ``port`` that is named must be there (``port_names``).

    ``follows`` is for servers: what they announce has a name of its own, whatever the cable behind it is called.
    """
    if not world.line.plugged:
        raise LinkLost("the simulated cable is unplugged")
    if port is not None and port not in port_names(world):
        raise NoDevice(f"{port}: no such port; is the gun plugged in, or has it come back under another name?")
    lock = world.lock
    clock = SimClock(world, pace, lock)
    return SimTransport(world, clock, lock, follows=follows), clock


def port_names(world: World) -> tuple[str, ...]:
    """What a computer would list of a world: its gun's port by the name that it has now; nothing while it is out."""
    return (world.line.port,) if world.line.plugged else ()


def open_port(url: str) -> tuple[SimTransport, SimClock]:
    """Open ``sim://...``: the world is built when no world of that name exists."""
    asked = address.parse(url)
    return attach(asked.build(), pace=asked.pace)
