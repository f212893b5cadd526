"""``sim://PROFILE?seed=7&pace=max&world=NAME&hand=none&nvm=FILE&start=2026-01-05T09:00:00Z``: read and checked.

``kind=clinical`` is a gun that has to be paired first, for trying that out; what it gives is still simulated. Not
responsible for opening anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from mesogun.errors import InputError
from mesogun.wire.codes import GunKind
from sim import habits
from sim.firmware.gun import Gun
from sim.physics.profile import MODES
from sim.world import START, World, exists, find, register

KEYS = ("seed", "pace", "world", "hand", "nvm", "start", "mode", "kind")
KINDS = {"simulated": GunKind.SIMULATED, "clinical": GunKind.CLINICAL}


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed URL; ``pace`` ``None`` is as fast as possible."""

    profile: str = "standard"
    seed: int | None = None
    pace: float | None = None
    world: str | None = None
    hand: str = "auto"
    nvm: Path | None = None
    start: datetime = START
    mode: str | None = None
    kind: GunKind = GunKind.SIMULATED

    def build(self) -> World:
        """The world of that name if there is one, else a new one (registered when it has a name)."""
        if self.world is not None and exists(self.world):
            world = find(self.world)
            if self.seed is not None and self.seed != world.seed:
                raise InputError(
                    f"world {self.world!r} exists with seed {world.seed}, not {self.seed}; leave the seed out or name "
                    "another world"
                )
            return world
        world = self._made()
        if self.mode is not None:
            set_mode(world.gun, self.mode)
        if self.world is not None:
            register(self.world, world)
        return world

    def _habits(self) -> habits.Habits | None:
        return habits.load(self.hand) if self.hand in habits.names() else None

    def _made(self) -> World:
        if self.nvm is not None and self.nvm.is_dir():
            raise InputError(f"{self.nvm} is a folder, not a file for the memory of a simulated gun")
        try:
            return World(
                self.profile,
                seed=self.seed,
                hand=self.hand != "none",
                habits=self._habits(),
                start=self.start,
                memory_file=self.nvm,
                kind=self.kind,
            )
        except OSError as error:
            if self.nvm is None:
                raise
            raise InputError(
                f"{self.nvm}: the memory of a simulated gun cannot be kept there ({error.strerror});"
                " name a file in a folder that exists and can be written"
            ) from error


def set_mode(gun: Gun, mode: str) -> None:
    """Turn the mode dial of the gun."""
    gun.panel.mode = mode


def parse(url: str) -> Address:
    """Read a ``sim://`` URL; every fault is one line that says what would work."""
    parts = urlsplit(url)
    if parts.scheme != "sim":
        raise InputError(f"{url!r} is not an address of a simulated gun; it would start with sim://")
    profile = parts.netloc + parts.path
    if not profile.endswith(".toml"):  # a file of one's own keeps its leading slash
        profile = profile.strip("/") or "standard"
    given: dict[str, str] = {}
    for key, value in parse_qsl(parts.query, keep_blank_values=True):
        if key not in KEYS:
            raise InputError(f"{url!r}: {key!r} is no option of a simulated gun; options: {', '.join(KEYS)}")
        if key in given:
            raise InputError(f"{url!r}: {key!r} is given twice")
        given[key] = value
    if given.get("hand", "auto") not in {"auto", "none", *habits.names()}:
        raise InputError(
            f"{url!r}: hand={given['hand']!r} is neither auto nor none nor one of {', '.join(habits.names())}"
        )
    if "mode" in given and given["mode"] not in MODES:
        raise InputError(f"{url!r}: mode={given['mode']!r} is none of {', '.join(MODES)}")
    if given.get("kind", "simulated") not in KINDS:
        raise InputError(f"{url!r}: kind={given['kind']!r} is none of {', '.join(KINDS)}")
    return Address(
        profile,
        _seed(url, given.get("seed")),
        pace_of(given.get("pace", "max")),
        given.get("world") or None,
        given.get("hand", "auto"),
        Path(given["nvm"]) if given.get("nvm") else None,
        _start(url, given.get("start")),
        given.get("mode"),
        KINDS[given.get("kind", "simulated")],
    )


def pace_of(text: str, name: str = "pace", *, manual: bool = False) -> float | None:
    """``max`` is ``None``; a number is that many simulated seconds per real second. ``name`` is for the complaint.

    0 is manual time, only where somebody can let it pass (``manual``): elsewhere a blocking read would never end.
    """
    if text == "max":
        return None
    try:
        pace = float(text)
    except ValueError:
        pace = -1.0
    if pace == 0.0 and manual:
        return 0.0
    if not 0.001 <= pace <= 10_000:
        manually = ", nor 0" if manual else ""
        raise InputError(f"{name} {text!r} is neither max nor a number from 0.001 to 10000{manually}")
    return pace


def _seed(url: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        seed = int(text)
    except ValueError:
        seed = -1
    if not 0 <= seed < 2**63:
        raise InputError(f"{url!r}: seed {text!r} is not an integer from 0 to 2^63 - 1")
    return seed


def _start(url: str, text: str | None) -> datetime:
    if text is None:
        return START
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"{url!r}: start {text!r} is not an ISO 8601 time, such as 2026-01-05T09:00:00Z") from None
    if moment.tzinfo is None:
        raise InputError(f"{url!r}: start {text!r} has no time zone; add Z for UTC")
    return moment
