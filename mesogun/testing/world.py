"""A simulated world in the hands of a test: time, faults, truth, and a driver on the same gun.

Not responsible for pytest (``plugin``).
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from mesogun.clock import RealClock
from mesogun.errors import InputError

if TYPE_CHECKING:
    from mesogun.gun import Gun


def simulator() -> Any:
    """Our ``sim`` package; one clear line when a stranger's stands in front of it."""
    from mesogun.link.shadow import shadowed, stranger

    where = stranger("sim")
    if where is not None:
        raise InputError(shadowed("sim", where))
    from sim import world

    return world


class SimWorld:
    """What a test may do with the world around a gun.

    Attributes
    ----------
    world
        The world itself (``sim.world.World``): ``.kernel``, ``.gun``, ``.plant``, ``.hand``, ``.truth``.
    seed
        What decides everything in it.
    """

    def __init__(self, world: Any, invariants: Any) -> None:
        self.world = world
        self.seed: int = world.seed
        self.invariants = invariants
        self.injectors: list[Any] = []

    @property
    def truth(self) -> Any:
        """What really left the needle and stayed in tissue."""
        return self.world.truth

    @property
    def now_s(self) -> float:
        """Virtual time."""
        return float(self.world.kernel.now_us / 1e6)

    def run_for(self, seconds: float) -> None:
        """Let virtual time pass without the host doing anything."""
        self.world.run_for(seconds)

    def faults(self, plan: str) -> Any:
        """Put a fault plan (JSON text) into the world; returns the injector, whose ``reports()`` say what fired."""
        from sim.faults import Injector, from_json

        injector = Injector(self.world, from_json(plan))
        self.injectors.append(injector)
        return injector

    def fence(self) -> AbstractContextManager[None]:
        """Around a block: whatever touches wall clock, threads, sockets or global random raises ``FenceError``."""
        from sim.fence import fenced

        return fenced()

    def connect(self) -> Gun:
        """A driver on this gun, greeted."""
        from mesogun.gun import connect
        from mesogun.identity import SIMULATED_KEY
        from sim.doors.port import attach

        with self.fence():
            return connect(attach(self.world), keys=lambda _: SIMULATED_KEY)


def open_world(profile: str = "standard", *, seed: int = 0, hand: bool = True, real_time: bool = False) -> SimWorld:
    """A fresh world with all invariants watched; with ``real_time`` its calendar is today's, for servers."""
    module = simulator()
    from sim.invariants import Invariants

    start = RealClock().utc() if real_time else module.START
    world = module.World(profile, seed=seed, hand=hand, start=start)
    return SimWorld(world, Invariants(world))
