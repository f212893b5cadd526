"""The balance of one world: cell, vessel and voice joined; power, line and faults, on the kernel of that world.

A balance may be there before the gun: it then lives in a world of its own and :meth:`Rig.join` moves it, with its
clock, into the one that somebody opens under the awaited name. Not responsible for how a program reaches it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sim.balance.cell import TICK_US, Cell
from sim.balance.faults import Planned
from sim.balance.sbi import Sbi
from sim.balance.settings import Settings
from sim.balance.sics import Sics
from sim.balance.vessel import Vessel
from sim.kernel import Kernel, Streams, Timer
from sim.world import World

Action = Callable[[], None]

BYTE_US = 1_042  # 9600 baud, 8N1
THINKING_US = 20_000  # from a command to the first byte of its answer: an assumption
BOOT_US = 3_000_000  # from switching on to the line that says so: an assumption
HEAVY_SHARE = 3.0  # of the capacity: what lies on the pan in an overload


class Voice(Protocol):
    """A dialect, from the balance's side."""

    end: bytes

    def power_up(self) -> None:
        """Switched on."""

    def receive(self, data: bytes, now_us: int) -> None:
        """Bytes from the host."""

    def tick(self, now_us: int) -> None:
        """The cell has looked again."""

    def print_key(self) -> None:
        """Somebody presses the print key."""


def _nothing() -> None:
    """The end of a fault that ends by itself."""


class Rig:
    """One simulated balance. ``vessel`` holds the truth."""

    def __init__(self, settings: Settings, world: World, seed: int) -> None:
        streams = Streams(seed)
        self.settings = settings
        self.seed = seed
        self.vessel = Vessel(settings, streams.fork("vessel"))
        self.cell = Cell(settings, streams.fork("cell"))
        self._noise = streams.fork("noise")
        self.serial = f"S{seed % 10**7:07d}"
        self.voice: Voice = self._voice()
        self.host_end: Callable[[bytes], None] = lambda _: None
        self.powered = True
        self.muted = False
        self.noisy = False
        self.jump_ug = 0.0
        self.heavy = False
        self._free_us = 0
        self._timer: Timer | None = None
        self._at_us = 0
        self._begun_us: int | None = None
        self._jobs: dict[int, tuple[int, Callable[[], None]]] = {}
        self._job_no = 0
        self.world = world
        self._settle_in()

    @property
    def kernel(self) -> Kernel:
        """The kernel of the world where it stands now."""
        return self.world.kernel

    # the world

    def _settle_in(self) -> None:
        self._at_us = self.kernel.now_us
        self.world.beside = self
        self.vessel.under(self.world.plant)
        self.world.gun.machine.witnesses.append(self.vessel)
        for number, (at_us, _) in self._jobs.items():
            self._schedule(number, at_us)
        self._timer = self.kernel.after(TICK_US, "balance", self._tick)
        if self._begun_us is None:
            self._begun_us = self.kernel.now_us
            for fault in self.settings.faults:
                self.strike(fault)

    def join(self, world: World) -> None:
        """Move into another world, which is first brought to this one's time."""
        now_us = self.kernel.now_us
        if self._timer is not None:
            self._timer.cancel()
        self.vessel.pass_time((now_us - self._at_us) / 1e6)
        world.kernel.run_until(now_us)
        self.world = world
        self._settle_in()

    def _tick(self) -> None:
        now_us = self.kernel.now_us
        duration_s = (now_us - self._at_us) / 1e6
        self._at_us = now_us
        self._timer = self.kernel.after(TICK_US, "balance", self._tick)
        self.vessel.pass_time(duration_s)
        if not self.powered:
            return
        load_ug = self.vessel.load_ug + self.jump_ug
        if self.heavy:
            load_ug += HEAVY_SHARE * self.settings.capacity_mg * 1e3
        self.cell.tick(load_ug, duration_s)
        self.voice.tick(now_us)

    def later(self, delay_us: float, action: Callable[[], None]) -> None:
        """Do something after so much of virtual time, in whatever world the balance then stands."""
        self._job_no += 1
        at_us = self.kernel.now_us + round(delay_us)
        self._jobs[self._job_no] = (at_us, action)
        self._schedule(self._job_no, at_us)

    def _schedule(self, number: int, at_us: int) -> None:
        def act() -> None:
            job = self._jobs.pop(number, None)
            if job is not None:
                job[1]()

        self.kernel.at(at_us, "balance", act)

    # the line

    def receive(self, data: bytes) -> None:
        """Bytes that a host sends; they are all there after their time on the line."""

        def arrive() -> None:
            if self.powered and not self.muted:
                self.voice.receive(data, self.kernel.now_us)

        self.later(len(data) * BYTE_US + THINKING_US, arrive)

    def _say(self, line: str) -> None:
        data = line.encode("latin-1") + self.voice.end
        if self.muted:
            return
        if self.noisy:
            data = self._damaged(data)
        start_us = max(self.kernel.now_us, self._free_us)
        self._free_us = start_us + len(data) * BYTE_US
        self.later(self._free_us - self.kernel.now_us, lambda: self.host_end(data))

    def _damaged(self, data: bytes) -> bytes:
        """A blank becomes a byte that no dialect has, wherever the noise hits; digits that change nobody could see."""
        at = self._noise.integer(len(data) - 2)
        return data[:at] + bytes([0x80 + self._noise.integer(0x20)]) + data[at:]

    def _voice(self) -> Voice:
        speaks = Sbi if self.settings.kind == "sbi" else Sics
        return speaks(self.cell, self.serial, round(self.settings.patience_ms * 1e3), self._say)

    # power and faults

    def power_off(self) -> None:
        """The supply goes."""
        self.powered = False

    def power_on(self) -> None:
        """Switch on: silent at first, then the line that says so."""
        self.voice = self._voice()

        def up() -> None:
            self.powered = True
            self.cell.power_up()
            self.voice.power_up()

        self.later(BOOT_US, up)

    def strike(self, fault: Planned) -> None:
        """Let a fault happen at its time (counted from now) and end."""
        begin, end = self._effect(fault)
        self.later(fault.start_s * 1e6, begin)
        if fault.for_s != float("inf"):
            self.later((fault.start_s + fault.for_s) * 1e6, end)

    def _effect(self, fault: Planned) -> tuple[Action, Action]:
        def put(where: object, name: str, during: object, after: object) -> tuple[Action, Action]:
            return (lambda: setattr(where, name, during)), (lambda: setattr(where, name, after))

        cell, own = self.cell, self.settings.unit
        effects: dict[str, Callable[[], tuple[Action, Action]]] = {
            "off": lambda: (self.power_off, self.power_on),
            "mute": lambda: put(self, "muted", during=True, after=False),
            "noise": lambda: put(self, "noisy", during=True, after=False),
            "draught": lambda: put(cell, "draught_ug", fault.size, 0.0),
            "overload": lambda: put(self, "heavy", during=True, after=False),
            "vessel": lambda: put(self.vessel, "on_pan", during=False, after=True),
            "jump": lambda: put(self, "jump_ug", fault.size, 0.0),
            "grams": lambda: put(cell, "unit", "g", own),
            "milligrams": lambda: put(cell, "unit", "mg", own),
            "pieces": lambda: put(cell, "unit", "PCS", own),
            "drop": lambda: (self.vessel.shake, _nothing),
            "print": lambda: (self._printing(fault), _nothing),
        }
        return effects[fault.kind]()

    def _printing(self, fault: Planned) -> Callable[[], None]:
        def press() -> None:
            if self.powered:
                self.voice.print_key()

        def begin() -> None:
            for at in range(max(1, min(1_000, round(min(fault.for_s, 1_000.0))))):
                self.later(at * 1e6, press)

        return begin
