"""A world in real time behind any pair of byte pipes: what pty and TCP servers share.

It reads what programs send, lets the world move on with the real clock, and hands back what the gun says. With pace
``max`` it runs as fast as it can while somebody is connected. Not deterministic: real time decides what
meets what. With pace 0 it is: time passes in :meth:`Pump.step` alone, and what was sent before a step is on the line
before it. Not responsible for sockets or terminals.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Protocol

from mesogun.errors import LinkLost
from sim.doors.port import SimTransport, attach
from sim.world import World

MAX_REAL_US = 20_000
WAIT_S = 0.004
MAX_PIECES = 256  # a program that never stops sending keeps nobody else waiting


class Pipe(Protocol):
    """The far side of a server door."""

    def take(self, wait_s: float) -> bytes:
        """Bytes that came in, waiting at most so long; ``b""`` when there are no more."""

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
        self._put(self._pipe.take(wait_s))
        if self._pace is None:
            with self.world.lock:
                self.world.kernel.run_for(MAX_REAL_US)
        else:
            self._clock.catch_up()
        self._hand_out()

    def take_in(self) -> None:
        """Put everything on the line that programs have sent by now."""
        for _ in range(MAX_PIECES):
            data = self._pipe.take(0.0)
            if not data:
                break
            self._put(data)
        self._clock.catch_up()

    def step(self, duration_us: int) -> None:
        """Let so much virtual time pass at once; real time goes on behind it."""
        with self.world.lock:
            self._clock.catch_up()
            self.world.kernel.run_for(duration_us)

    def settle(self) -> None:
        """Let happen what is due at this moment, and hand out what the gun has said."""
        self._clock.catch_up()
        self._hand_out()

    def _put(self, data: bytes) -> None:
        if data and self.world.line.plugged:
            self._transport.write(data)

    def _hand_out(self) -> None:
        out = b""
        if self.world.line.plugged:
            with suppress(LinkLost):  # a fault may pull the cable in this very moment
                out = self._transport.read(1 << 16, 0)
        if out:
            self._pipe.give(out)
