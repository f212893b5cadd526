"""Simulated rigs: a gun, a balance, a technician's bench and a journal, with a truth that only the tests see."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from mesogun.calibration.balance import Balance
from mesogun.calibration.bench import Progress
from mesogun.calibration.mtsics import Dialogue
from mesogun.calibration.results import Results
from mesogun.calibration.runner import Calibrator
from mesogun.calibration.script import Script, parse
from mesogun.calibration.state import CalibrationState, fold_run
from mesogun.calibration.steps import Step
from mesogun.gun import Gun, connect
from mesogun.identity import SIMULATED_KEY, Operator, Role
from mesogun.journal import Journal
from mesogun.wire.messages import Status
from sim.balance import Rig as BalanceRig
from sim.balance import Settings
from sim.campaign.memory_journal import MemoryJournal
from sim.doors.balance import BalanceClock, BalanceTransport
from sim.doors.port import attach
from sim.physics.profile import Profile, load
from sim.world import World

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "calibration.toml"
TECHNICIAN = Operator("op-tech", Role.TECHNICIAN, "Tess")
_RUNS = itertools.count(1)


def script(**series: Any) -> Script:
    """The example with another series; the text is made to match, because a run reads it back from the journal."""
    text = EXAMPLE.read_text(encoding="utf-8")
    for name, value in series.items():
        section = "head" if name in {"syringe_ul", "needles", "needle"} else "series"
        text = _with(text, section, name, value)
    return parse(text)


def _with(text: str, section: str, name: str, value: Any) -> str:
    lines = [line for line in text.splitlines() if line.split("=")[0].strip() != name]
    at = lines.index(next(line for line in lines if line.startswith(f"[{section}]")))
    shown = f'"{value}"' if isinstance(value, str) else str(list(value) if isinstance(value, tuple) else value)
    return "\n".join([*lines[: at + 1], f"{name} = {shown}", *lines[at + 1 :], ""])


class Bench:
    """A technician who does everything at once and reads the instruments right."""

    def __init__(self, environment: tuple[str, str, str, str] = ("20.0", "20.0", "101.325", "50")) -> None:
        self.values = environment
        self.seen: list[Progress] = []
        self.lines: list[str] = []
        self.on_person: Callable[[Step], bool] = lambda _: True
        self.asked: list[str] = []
        self.no: set[str] = set()  # questions that are answered with no
        self.statuses: list[Status] = []
        self.shows = True

    def environment(self, step: Step) -> tuple[str, str, str, str]:
        return self.values

    def person(self, step: Step) -> bool:
        return self.on_person(step)

    def confirm(self, what: str, text: str) -> bool:
        self.asked.append(what)
        return what not in self.no

    def shown(self, status: Status) -> bool:
        if self.shows:
            self.statuses.append(status)
        return self.shows

    def told(self, line: str) -> None:
        self.lines.append(line)

    def progress(self, progress: Progress) -> None:
        self.seen.append(progress)


@dataclass
class Rig:
    """Everything of one bench."""

    world: World
    gun: Gun
    rig: BalanceRig
    balance: Balance
    journal: Journal
    bench: Bench = field(default_factory=Bench)
    run: str = ""

    def calibrator(self, operator: Operator = TECHNICIAN) -> Calibrator:
        return Calibrator(
            gun=self.gun,
            balance=self.balance,
            how="simbalance://",
            journal=self.journal,
            run=self.run,
            bench=self.bench,
            operator=operator,
            station="bench",
        )

    def calibrate(self, what: str = "volume", given: Script | None = None) -> Results:
        return self.calibrator().run(given if given is not None else script(), what)

    @property
    def state(self) -> CalibrationState:
        return fold_run(row.event for row in self.journal.rows(self.run))

    def truth_ul(self, set_ul: float) -> float:
        """What the gun gives in the mean of ever so many shots, with the calibration in force."""
        return self.world.plant.gain * self.world.gun.machine.trim.stroke_nl(1000.0 * set_ul) / 1000.0


class Dated(MemoryJournal):
    """A journal in memory whose rows have times and hashes, as a certificate prints them."""

    def __init__(self, world: World) -> None:
        super().__init__("", 0)
        self._world = world

    def append(self, events: Any, *, treatment: str, epoch: int | None) -> int:
        first = len(self._rows)
        last = super().append(events, treatment=treatment, epoch=epoch)
        at = self._world.utc().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._rows[first:] = [replace(row, at=at, hash=f"{row.seq:064x}") for row in self._rows[first:]]
        return last


@contextmanager
def rig(
    profile: str | Profile = "standard", seed: int = 1, *, memory: Path | None = None, **balance: Any
) -> Iterator[Rig]:
    """A bench with a world of its own; ``balance`` are settings of the simulated balance."""
    world = World(load(profile) if isinstance(profile, str) else profile, seed=seed, memory_file=memory)
    gun = connect(attach(world), keys=lambda _: SIMULATED_KEY)
    beside = BalanceRig(Settings(**balance), world, seed)
    clock = BalanceClock(beside, None)
    weighs = Balance(BalanceTransport(beside, clock), clock, Dialogue(), name="bench")
    weighs.greet()
    try:
        yield Rig(world, gun, beside, weighs, cast(Journal, Dated(world)), run=f"cal-{next(_RUNS):012x}")
    finally:
        gun.close()


def fitting(profile: Profile, **series: Any) -> Script:
    """The example script for whatever syringe and head a profile has."""
    return script(syringe_ul=profile["syringe.nominal_nl"] / 1000.0, needles=profile.integer("needle.count"), **series)
