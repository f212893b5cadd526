"""What faults hold in a world: each thing by everybody who holds it, so that one that lets go repairs only its own.

Not responsible for when somebody lets go (``effects``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from sim.world import World

Value = TypeVar("Value")


class Hold(Generic[Value]):
    """One thing, and the values of those who hold it, oldest first; ``changed`` hears of every change."""

    def __init__(self, changed: Callable[[list[Value]], None]) -> None:
        self._changed = changed
        self._holders: list[list[Value]] = []  # a list each, told apart by identity: values may be alike

    @property
    def held(self) -> bool:
        """Whether anybody holds it."""
        return bool(self._holders)

    def take(self, value: Value) -> Callable[[], None]:
        """Hold it with a value; call what comes back to let go. A second time does nothing."""
        mine = [value]
        self._holders.append(mine)
        self._tell()

        def let_go() -> None:
            if any(holder is mine for holder in self._holders):
                self._holders = [holder for holder in self._holders if holder is not mine]
                self._tell()

        return let_go

    def clear(self) -> None:
        """Everybody lets go."""
        if self._holders:
            self._holders = []
            self._tell()

    def _tell(self) -> None:
        self._changed([value for holder in self._holders for value in holder])


class Held:
    """Everything of one world that faults can hold. Of several switch levels, readings or temperatures the newest
    counts; what stands in the way of the liquid, or leaks, adds up.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        gun, plant, line = world.gun, world.plant, world.line
        needles = world.profile.integer("needle.count")
        tight = world.profile["syringe.leak_nl_per_kpa_s"]
        self.trigger = Hold[bool](lambda levels: gun.stick_trigger(levels[-1] if levels else None))
        self.contact = Hold[bool](lambda levels: gun.stick_contact(levels[-1] if levels else None))
        self.pressure = Hold[float](self._say_pressure)
        self.dead = Hold[None](self._stop_motor)
        self.slip = Hold[float](self._lose_steps)
        self.blocked = Hold[None](lambda shut: self.path(blocked=bool(shut)))
        self.narrow = Hold[float](lambda more: self.path(extra_resistance=sum(more)))
        self.leak = Hold[float](lambda ways: self.path(leak=tight + sum(ways)))
        self.pins = Hold[None](lambda shut: self.path(open_pins=max(0, needles - len(shut))))
        self.cold = Hold[float](lambda factors: self.path(viscosity_factor=factors[-1] if factors else 1.0))
        self.unplugged = Hold[None](lambda pulled: setattr(line, "plugged", not pulled))
        self.no_supply = Hold[None](self._supply)
        self.bench = Hold[None](lambda moved: gun.set_bench(bench=bool(moved)))
        self.away = Hold[None](self._hand)
        self._plant = plant

    def path(self, **attributes: float | bool) -> None:
        """Change the fluid path now; a stroke under way feels it."""
        self._world.plant.change(**attributes)
        self._world.gun.machine.watch_again()

    def clear(self) -> None:
        """Nobody holds anything."""
        for hold in (
            self.trigger, self.contact, self.pressure, self.dead, self.slip, self.blocked, self.narrow, self.leak,
            self.pins, self.cold, self.unplugged, self.no_supply, self.bench, self.away,
        ):  # fmt: skip
            hold.clear()

    def _say_pressure(self, readings: list[float]) -> None:
        self._world.gun.panel.pressure_stuck_kpa = readings[-1] if readings else None
        self._world.gun.machine.watch_again()

    def _stop_motor(self, dead: list[None]) -> None:
        self._plant.sync()
        self._plant.motor_dead = bool(dead)
        if dead and self._plant.running:  # the firmware steps on; its encoder tells in the end
            self._plant.halt()
            self._world.gun.machine.watch_again()

    def _lose_steps(self, shares: list[float]) -> None:
        self._plant.sync()
        self._plant.lost_share = max(shares, default=0.0)

    def _supply(self, cuts: list[None]) -> None:
        if not cuts and not self._world.gun.powered:
            self._world.gun.power_on()

    def _hand(self, away: list[None]) -> None:
        hand = self._world.hand
        if away and hand.active:
            hand.leave()
        elif not away:
            hand.come_back()
