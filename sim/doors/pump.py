"""A world in real time behind any pair of byte pipes: what pty and TCP servers share.

It reads what programs send, lets the world move on with the real clock, and hands back what the gun says. With pace
``max`` it runs as fast as it can while somebody is connected. Not deterministic: real time decides what
meets what. Not responsible for sockets or terminals.
"""

from __future__ import annotations

import threading
from typing import Protocol

from sim.doors.port import SimTransport, attach
from sim.world import World

MAX_REAL_US = 20_000
WAIT_S = 0.004


class Pipe(Protocol):
    """The far side of a server door."""

    def take(self, wait_s: float) -> bytes:
        """Bytes that came in, waiting at most so long."""

    def give(self, data: bytes) -> None:
        """Hand bytes out; what nobody takes is lost, as on a cable."""


class Pump:
    """Moves bytes and time for one world; ``run`` until ``stop`` is set."""

    def __init__(self, world: World, pipe: Pipe, *, pace: float | None) -> None:
        self.world = world
        self._pipe = pipe
        self._pace = pace
        self._transport: SimTransport
        self._transport, self._clock = attach(world, pace=pace, follows=True)

    def run(self, stop: threading.Event) -> None:
        """Until ``stop`` is set."""
        while not stop.is_set():
            self.turn(WAIT_S)

    def turn(self, wait_s: float) -> None:
        """Once round: in, on, out."""
        data = self._pipe.take(wait_s)
        if data and self.world.line.plugged:
            self._transport.write(data)
        if self._pace is None:
            with self.world.lock:
                self.world.kernel.run_for(MAX_REAL_US)
        else:
            self._clock.catch_up()
        out = self._transport.read(1 << 16, 0) if self.world.line.plugged else b""
        if out:
            self._pipe.give(out)
