"""A world: one kernel, one gun, one cable, one hand, one truth; found by name by whoever shares it in this process.

Not responsible for how a program reaches the gun (``sim.doors``).
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from mesogun.errors import InputError
from mesogun.wire.codes import GunKind
from sim.firmware.gun import Gun
from sim.habits import Habits
from sim.hand import Hand
from sim.kernel import Kernel, Streams
from sim.line import Line, Way
from sim.physics.plant import Plant
from sim.physics.profile import Profile, load
from sim.truth import Truth

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WORLDS: dict[str, World] = {}
_AWAITING: dict[str, Newcomer] = {}


class Newcomer(Protocol):
    """Something that stands beside a gun and may be there before it, as a balance is."""

    def join(self, world: World) -> None:
        """The world is there."""


class World:
    """Everything of one simulation. The gun is on when the world begins."""

    def __init__(
        self,
        profile: str | Profile = "standard",
        *,
        seed: int | None = None,
        hand: bool = True,
        habits: Habits | None = None,
        start: datetime = START,
        memory_file: Path | None = None,
        kind: GunKind = GunKind.SIMULATED,
    ) -> None:
        self.profile = load(profile) if isinstance(profile, str) else profile
        self.seed = secrets.randbits(31) if seed is None else seed
        self.start = start
        self.lock = threading.RLock()  # doors of several threads meet here
        self.streams = Streams(self.seed)
        self.kernel = Kernel()
        self.plant = Plant(self.profile, self.kernel, self.streams.fork("plant"))
        self.gun = Gun(
            self.profile,
            self.kernel,
            self.plant,
            self.streams.fork("memory"),
            self.streams.fork("pairing"),
            kind=kind,
            memory_file=memory_file,
        )
        self.gun.machine.calibrated_day = (start - _EPOCH).days - self.profile.integer("calibration.age_d")
        self.line = Line(self.kernel, self.profile)
        self.line.gun_end = self.gun.receive
        self.gun.out = lambda data: self.line.send(Way.TO_HOST, data)
        self.truth = Truth(self.plant, self.kernel.note)
        self.truth.stop_um = lambda: self.gun.panel.stop_um
        self.hand = Hand(self.kernel, self.gun, self.streams.fork("hand"), habits, self.streams.fork("aim"))
        self.hand.active = hand
        self.hand.placed = self.truth.place
        self.gun.machine.witnesses += [self.truth, self.hand]
        self.host_nonces = self.streams.fork("host nonce")  # a host in this process repeats itself too
        self.host_gate: Callable[[str, bytes], None] | None = None  # faults of the host act here
        self.calendar_shift_us = 0
        self.beside: Newcomer | None = None  # what stands next to the gun
        self.gun.power_on()

    def utc(self) -> datetime:
        """The calendar of this world."""
        return self.start + timedelta(microseconds=self.kernel.now_us + self.calendar_shift_us)

    def run_for(self, seconds: float) -> None:
        """Let virtual time pass without any host."""
        self.kernel.run_for(round(seconds * 1e6))

    def power_cycle(self, off_us: int = 500_000) -> None:
        """Switch the gun off and on again."""
        if self.gun.powered:
            self.gun.power_off()
        self.kernel.run_for(off_us)
        self.gun.power_on()


def register(name: str, world: World) -> None:
    """Make a world known under a name."""
    if name in _WORLDS:
        raise InputError(f"there is a world called {name!r} already; choose another name")
    _WORLDS[name] = world
    newcomer = _AWAITING.pop(name, None)
    if newcomer is not None:
        newcomer.join(world)


def expect(name: str, newcomer: Newcomer) -> None:
    """Let it join the world of that name as soon as there is one; one newcomer per name."""
    _AWAITING[name] = newcomer


def expected(name: str) -> Newcomer | None:
    """Who waits for a world of that name."""
    return _AWAITING.get(name)


def find(name: str) -> World:
    """The world of that name in this process."""
    if name not in _WORLDS:
        known = ", ".join(sorted(_WORLDS)) or "none"
        raise InputError(f"there is no world called {name!r} in this process; worlds: {known}")
    return _WORLDS[name]


def exists(name: str) -> bool:
    """Whether a world of that name is known."""
    return name in _WORLDS


def forget(name: str) -> None:
    """Let a named world go; harmless when there is none."""
    _WORLDS.pop(name, None)
    _AWAITING.pop(name, None)
