"""A gun on the bench, armed directly and watched closely, and what a scenario comes to: numbers and traces.

Not responsible for the scenarios (``runs``, ``stiction``) or for pictures.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from sim.firmware.shot import Entry
from sim.firmware.table import BUSY, Happening, Phase
from sim.world import World

TICK_US = 500
LEASE_US = 3_600_000_000
REF = 1


@dataclass(slots=True)
class Outcome:
    """What a scenario measured: ``numbers`` by name with the unit last, ``traces`` by name as (x, y) columns."""

    scenario: str
    profile: str
    seed: int
    numbers: dict[str, float] = field(default_factory=dict)
    traces: dict[str, tuple[list[float], list[float]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> str:
        """Everything, as one JSON object; numbers rounded to a thousandth of their unit."""
        traces = {
            name: {"x": [round(value, 4) for value in x], "y": [round(value, 4) for value in y]}
            for name, (x, y) in self.traces.items()
        }
        numbers = {name: round(value, 3) for name, value in self.numbers.items()}
        told: dict[str, Any] = {"scenario": self.scenario, "profile": self.profile, "seed": self.seed}
        return json.dumps(told | {"numbers": numbers, "notes": self.notes, "traces": traces})


class Bench:
    """A gun on the bench: armed directly, one shot at a time, watched every half millisecond.

    It runs from a bench supply that keeps its cell full, unless it has to live on its ``own_cell``.
    """

    def __init__(self, profile: str, seed: int, *, own_cell: bool = False) -> None:
        self.world = World(profile, seed=seed, hand=False)
        self.machine = self.world.gun.machine
        self.machine.store.put("treatment", REF, 0)
        self.machine.primed_nl = 10**9
        self.world.plant.air = 0.0
        self.time_s: list[float] = []
        self.pressure_kpa: list[float] = []
        self.commanded_ul: list[float] = []
        self.left_ul: list[float] = []
        self.supply_mv: list[float] = []
        self.running_mv: list[float] = []  # the same, while the screw turned
        self._own_cell = own_cell
        self._cut = False
        self._base = self.world.plant.account.displaced, self.world.plant.account.left_needle
        self._entry = 0

    def sample(self) -> None:
        """One point of the traces."""
        plant = self.world.plant
        plant.sync()
        self.time_s.append(self.world.kernel.now_us / 1e6)
        self.pressure_kpa.append(plant.pressure)
        self.commanded_ul.append((plant.account.displaced - self._base[0]) / 1e3)
        self.left_ul.append((plant.account.left_needle - self._base[1]) / 1e3)
        self.supply_mv.append(0.0 if self._cut else self.machine.supply_mv())
        if plant.running:
            self.running_mv.append(self.supply_mv[-1])

    def traces(self, start: int = 0) -> dict[str, tuple[list[float], list[float]]]:
        """What was watched, from a reading on."""
        time_s = self.time_s[start:]
        return {
            "pressure (kPa)": (time_s, self.pressure_kpa[start:]),
            "displaced by the piston (µL)": (time_s, self.commanded_ul[start:]),
            "left the needle (µL)": (time_s, self.left_ul[start:]),
        }

    def cut_supply(self) -> None:
        """Pull the supply, at once."""
        self._cut = True
        self.world.gun.power_off()

    def supply_back(self) -> None:
        """Plug it in again, and switch on."""
        self._cut = False
        self.world.gun.power_on()

    def full_syringe(self, volume_nl: int) -> None:
        """A fresh one, primed, when little is left."""
        if self.world.plant.content < 3 * volume_nl:
            self.world.gun.change_syringe()
            self.machine.primed_nl = 10**9
            self.world.plant.air = 0.0

    def watch(self, seconds: float) -> None:
        """Let time pass and sample it."""
        end = self.world.kernel.now_us + round(seconds * 1e6)
        while self.world.kernel.now_us < end:
            self.world.kernel.run_for(TICK_US)
            self.sample()

    def fire(self, volume_nl: int, *, sampled: bool = True) -> None:
        """One whole shot with contact and trigger, to its record."""
        machine, gun = self.machine, self.world.gun
        if not self._own_cell:
            gun.charge()
        self._entry += 1
        step = machine.profile.integer("shot.step_nl")
        entry = Entry(
            self._entry, REF, self._entry, 1, volume_nl // step * step, machine.profile.integer("shot.min_depth_um")
        )
        machine.magazine.append(entry)
        machine.lead = 10**9
        machine.lease_end_us = machine.clock_us + LEASE_US
        if machine.phase is Phase.FAULT:
            machine.post(Happening.CLEAR)
        if machine.phase is Phase.DISARMED:
            machine.post(Happening.ARM)
        gun.touch(3_000)
        gun.press()
        while machine.phase in BUSY:
            self.world.kernel.run_for(TICK_US)
            if sampled:
                self.sample()
        gun.release()
        gun.touch(0)
