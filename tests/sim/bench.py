"""A gun and a balance in one world, and a way to fire test shots over the vessel: what the balance tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from mesogun.calibration.balance import Balance, open_balance
from mesogun.gun import Gun, connect
from mesogun.identity import SIMULATED_KEY
from mesogun.wire.codes import ShotKind
from mesogun.wire.messages import Arm, Load
from sim import world as worlds
from sim.balance import Rig
from sim.world import World

_NUMBERS = count(1)


class Bench:
    """Balance and gun of one world."""

    def __init__(self, balance: Balance, gun: Gun, world: World) -> None:
        self.balance = balance
        self.gun = gun
        self.world = world
        assert isinstance(world.beside, Rig)
        self.rig = world.beside
        self._shot_no = 0

    def shoot(self, volume_nl: int, kind: ShotKind = ShotKind.TEST) -> None:
        """One shot, and wait until the gun has booked it."""
        self._shot_no += 1
        fire(self.gun, self._shot_no, volume_nl, kind, lambda: self.balance.clock.sleep_us(20_000))

    def prime(self) -> None:
        self.shoot(40_000, ShotKind.PRIME)


def fire(gun: Gun, shot_no: int, volume_nl: int, kind: ShotKind, wait: Callable[[], None]) -> None:
    """Load, arm, and wait for the simulated hand; shots and entries are numbered alike."""
    gun.load(Load(shot_no, 0, 0, kind, volume_nl, 1_000))
    status = gun.status()
    gun.arm(Arm(0, shot_no, shot_no, 1, volume_nl, status.gun_clock_us, status.last_shot_no, 2_000, 1))
    for _ in range(400):
        if gun.status().closed_shot_no == shot_no:
            gun.disarm()
            return
        wait()
    raise AssertionError("the simulated hand did not fire")


@contextmanager
def bench(options: str = "", gun: str = "standard", *, seed: int = 1, balance_first: bool = True) -> Iterator[Bench]:
    """Both, in a world of its own name."""
    name = f"bench-{next(_NUMBERS)}"
    gun_url = f"sim://{gun}?seed={seed}&world={name}"
    url = f"simbalance://?world={name}&seed={seed}&{options}".rstrip("&")
    kind = "sbi" if "kind=sbi" in options else "mtsics"
    try:
        if balance_first:
            balance = open_balance(url, dialect=kind)
            fired = connect(gun_url, keys=lambda _: SIMULATED_KEY)
        else:
            fired = connect(gun_url, keys=lambda _: SIMULATED_KEY)
            balance = open_balance(url, dialect=kind)
        yield Bench(balance, fired, worlds.find(name))
    finally:
        worlds.forget(name)
