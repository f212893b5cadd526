"""``simbalance://?world=NAME&seed=7&noise_ug=15&faults=off@60+5&pace=max``: read and checked.

Every number of ``settings.RANGES`` is an option by its name. Not responsible for opening anything.
"""

from __future__ import annotations

import secrets
import zlib
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from mesogun.errors import InputError
from sim import world as worlds
from sim.balance.faults import parse as parse_faults
from sim.balance.rig import Rig
from sim.balance.settings import NAMES, RANGES, Settings
from sim.doors.address import pace_of
from sim.world import World

OPTIONS = ("world", "seed", "pace", *NAMES)


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed URL; ``changed`` tells which settings it gives itself."""

    settings: Settings
    changed: frozenset[str]
    seed: int | None = None
    world: str | None = None
    pace: float | None = None

    def build(self) -> Rig:
        """The balance of that world if there is one, else a new one, which may wait for its world."""
        if self.world is None:
            return self.made(World(seed=0, hand=False))
        here = worlds.find(self.world) if worlds.exists(self.world) else None
        beside = worlds.expected(self.world) if here is None else here.beside
        if isinstance(beside, Rig):
            return self._same(beside)
        rig = self.made(here or World(seed=0, hand=False))
        if here is None:
            worlds.expect(self.world, rig)
        return rig

    def made(self, world: World) -> Rig:
        """A new balance in a world."""
        seed = self.seed
        if seed is None:  # by its name a balance is the same whoever opens it first
            seed = secrets.randbits(31) if self.world is None else zlib.crc32(self.world.encode())
        return Rig(self.settings, world, seed)

    def _same(self, rig: Rig) -> Rig:
        for name in self.changed:
            asked, has = getattr(self.settings, name), getattr(rig.settings, name)
            if asked != has:
                raise InputError(
                    f"the balance of world {self.world!r} stands there with {name} = {has}, not {asked}; leave it out "
                    "or name another world"
                )
        if self.seed is not None and self.seed != rig.seed:
            raise InputError(f"the balance of world {self.world!r} has seed {rig.seed}, not {self.seed}; leave it out")
        return rig


def parse(url: str) -> Address:
    """Read a ``simbalance://`` URL; every fault is one line that says what would work."""
    parts = urlsplit(url)
    if parts.scheme != "simbalance" or (parts.netloc + parts.path).strip("/"):
        raise InputError(f"{url!r} is no simulated balance; write simbalance://?world=NAME, with options after the ?")
    given: dict[str, str] = {}
    for key, value in parse_qsl(parts.query.replace("+", "%2B"), keep_blank_values=True):
        if key not in OPTIONS:
            raise InputError(f"{url!r}: {key!r} is no option of a simulated balance; options: {', '.join(OPTIONS)}")
        if key in given:
            raise InputError(f"{url!r}: {key!r} is given twice")
        given[key] = value
    numbers = {key: _number(url, key, given[key]) for key in RANGES if key in given}
    words = {key: given[key] for key in ("kind", "unit") if key in given}
    settings = Settings(**numbers, **words, faults=parse_faults(given.get("faults", "")))  # type: ignore[arg-type]
    seed = None if "seed" not in given else _number(url, "seed", given["seed"])
    if seed is not None and not (seed.is_integer() and 0 <= seed < 2**53):
        raise InputError(f"{url!r}: seed {given['seed']!r} is not an integer from 0 to 2^53 - 1")
    return Address(
        settings,
        frozenset(given) & frozenset(NAMES),
        None if seed is None else int(seed),
        given.get("world") or None,
        pace_of(given.get("pace", "max")),
    )


def _number(url: str, key: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{url!r}: {key} = {text!r} is no number") from None
