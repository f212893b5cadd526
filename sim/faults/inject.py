"""Puts a fault plan into a world: watches time, bytes, messages, phases and writes, and reports what fired.

Not responsible for judging the outcome (``sim.invariants``) or for what a killed host leaves behind (the campaign).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from mesogun.errors import InputError, LinkTimeout
from mesogun.wire.codes import Op
from mesogun.wire.frame import Frame, parse
from sim.faults.catalogue import CATALOGUE
from sim.faults.effects import HAPPENS
from sim.faults.held import Held
from sim.faults.parcels import BYTES
from sim.faults.plan import Fault, FaultPlan
from sim.faults.report import Book, Came, Later, Nothing, Report
from sim.firmware.shotlog import Closing, Intent
from sim.firmware.table import BUSY, Phase
from sim.line import Parcel, Way
from sim.world import World

CUTS = ("host.kill", "gun.reset", "gun.brownout")  # at a byte they cut the frame that it belongs to


class HostKilled(BaseException):
    """The host program is gone at this very point; nothing of it runs any more."""


class Injector:
    """All faults of a plan in one world.

    Faults that need a program with a journal are carried out by ``host``, name without ``host.`` to what does it; a
    plan that asks for one that is not there is refused.
    """

    def __init__(
        self, world: World, plan: FaultPlan, host: Mapping[str, Callable[[Fault], Came]] | None = None
    ) -> None:
        self._host: Mapping[str, Callable[[Fault], Came]] = {} if host is None else host
        for fault in plan.faults:
            if CATALOGUE[fault.name].host and fault.name.removeprefix("host.") not in self._host:
                raise InputError(
                    f"fault {fault.name} needs a host with a journal that takes part, and there is none here; it works "
                    "in a campaign: mesogun sim campaign --seeds 1 --faults PLAN"
                )
        self.world: World = world
        self.plan = plan
        self.stream = world.streams.fork("faults")
        self.needle_resistance = world.profile.needle_kpa_s_per_nl() / world.profile["needle.count"]
        earlier = [witness for witness in world.gun.machine.witnesses if isinstance(witness, Injector)]
        self.held: Held = earlier[0].held if earlier else Held(world)  # several plans in one world hold the same things
        self.host_dead = False
        self.active = True
        self._book = Book(plan, world.kernel)
        self._parcels: dict[Way, list[tuple[Fault, int]]] = {way: [] for way in Way}
        self._held: dict[Way, bytes] = {}
        self._seen: Counter[str] = Counter()
        self._phases: Counter[Phase] = Counter()
        self._host_pending: list[tuple[str, int, Fault | None]] = []
        self._tears: list[Fault] = []
        self._outage_end_us = -1
        self._silent_until_us = -1
        self._repairs: list[Callable[[], None]] = []
        self._at_rest: list[Callable[[], None]] = []
        self._unseen_nl = 0.0
        self._hidden_from: float | None = None  # what had leaked when a leak began that no sensor sees
        self._leaks: list[list[bool]] = []  # of each that is open, whether it is hidden
        self._outages: list[tuple[int, Fault]] = []
        self._on_off: list[Callable[[], None]] = []
        self._waiting: dict[str, list[tuple[int, Fault]]] = {}
        for index, fault in enumerate(plan.faults):
            if fault.at.place == "time_us":
                world.kernel.at(fault.at.number, "fault", self._firing(index, fault))
            else:
                self._waiting.setdefault(fault.at.place, []).append((index, fault))
        self._others = (world.line.tamper, world.gun.store.memory.on_write, world.host_gate)
        world.line.tamper = self._tamper
        world.gun.machine.witnesses.append(self)
        world.gun.store.memory.on_write = self._on_write
        world.host_gate = self._gate

    # what became of it

    def reports(self) -> list[Report]:
        """One per fault, in the order of the plan."""
        return self._book.reports()

    def happened(self, fault: Fault) -> None:
        """It has broken something."""
        self._book.happened(fault)

    def stop(self) -> None:
        """No fault from here on, and everything repaired: the liveness phase begins."""
        self.active = False
        self._waiting.clear()
        self._host_pending.clear()
        self._parcels = {way: [] for way in Way}
        self._tears.clear()
        self._outage_end_us = -1
        self._on_off.clear()
        self.world.gun.store.memory.stuck.clear()
        self._at_rest.clear()
        self.world.plant.bleed()
        for repair in self._repairs:
            repair()
        self.held.clear()
        self.world.gun.panel.battery_mv = self.world.profile.integer("battery.open_mv")

    # services for effects

    def later(self, delay_us: int, action: Callable[[], object]) -> None:
        """Do something after a while."""
        self.world.kernel.after(delay_us, "fault", lambda: (action(), None)[1])

    def noise(self, count: int) -> bytes:
        """Random bytes."""
        return bytes(self.stream.integer(256) for _ in range(count))

    @property
    def unseen_nl(self) -> float:
        """What leaked so far where no sensor of this gun could see it."""
        self.world.plant.sync()
        leaked = self.world.plant.account.leaked
        return self._unseen_nl + (0.0 if self._hidden_from is None else leaked - self._hidden_from)

    def leak(self, per_kpa_s: float, *, hidden: bool) -> Callable[[], None]:
        """A leak begins that the gun's sensors cannot see, or one that they can; call what comes back to mend it."""
        mine = [hidden]
        self._leaks.append(mine)
        self._count_unseen()
        let_go = self.held.leak.take(per_kpa_s)

        def mend() -> None:
            self._leaks = [leak for leak in self._leaks if leak is not mine]
            self._count_unseen()
            let_go()

        return mend

    def _count_unseen(self) -> None:
        self._unseen_nl = self.unseen_nl
        hidden = bool(self._leaks) and all(leak[0] for leak in self._leaks)  # beside one that is seen nothing hides
        self._hidden_from = self.world.plant.account.leaked if hidden else None

    def at_rest(self, action: Callable[[], None]) -> None:
        """Now, or as soon as the shot under way is over."""
        if self.world.gun.machine.phase in BUSY:
            self._at_rest.append(action)
        else:
            action()

    def until_cleared(self, repair: Callable[[], None]) -> None:
        """Undo it when somebody has looked: when the gun leaves its fault, or is switched on again."""
        self._repairs.append(repair)

    def when_dead(self, delay_us: int, repair: Callable[[], None]) -> None:
        """When the gun has died by itself: repair it after a while and switch it on. What comes back alone is not."""

        def look() -> None:
            if self.world.gun.powered or self.held.no_supply.held:
                self._on_off.append(wait)
                return
            repair()
            self.world.gun.power_on()

        def wait() -> None:
            self.later(delay_us, look)

        self._on_off.append(wait)

    def cut_supply(self, for_us: int) -> Came:
        """Off, and on again when nobody cuts the supply any more."""
        if not self.world.gun.powered:
            return Nothing("the gun was off")
        back = self.held.no_supply.take(None)
        self.world.gun.power_off()
        if for_us:
            self.later(for_us, back)
        else:
            back()
        return None

    def tear_next(self, fault: Fault) -> Came:
        """The next memory write keeps only some bytes, and the supply is gone; it comes back soon."""
        self._tears.append(fault)
        return Later()

    def outage(self, duration_us: int, fault: Fault) -> Came:
        """Everything on the cable is lost for a while."""
        end_us = self.world.kernel.now_us + duration_us
        self._outage_end_us = max(self._outage_end_us, end_us)
        self._outages.append((end_us, fault))
        self.later(duration_us, lambda: self._book.nothing(fault, "nothing was on the cable meanwhile"))
        return Later()

    def jump(self, by_us: int) -> None:
        """The host's calendar jumps."""
        self.world.calendar_shift_us += by_us

    def hold_back(self, way: Way, data: bytes) -> list[Parcel]:
        """Keep a parcel until the next one has gone by."""
        self._held[way] = data
        return []

    def host(self, what: str, number: int = 0, fault: Fault | None = None) -> Came:
        """Something happens to the host at its next touch of the port, or by its own handler."""
        handler = self._host.get(what)
        if handler is not None and fault is not None:
            return handler(fault)
        self._host_pending.append((what, number, fault))
        return Later()

    # placement

    def _firing(self, index: int, fault: Fault) -> Callable[[], None]:
        return lambda: self._fire(index, fault)

    def _fire(self, index: int, fault: Fault) -> None:
        if not self.active or not self._book.reach(index):
            return
        if fault.name in BYTES:
            self._parcels[Way(fault.at.way)].append((fault, int(fault.number("count"))))
            return
        came = HAPPENS[fault.name](self, fault)
        if came is None:
            self._book.happened(fault)
        elif isinstance(came, Nothing):
            self._book.nothing(fault, came.why)

    def _fire_from(self, way: Way, index: int, fault: Fault) -> None:
        # bytes to the host leave from inside the firmware: whatever is not about bytes happens right behind it
        if way is Way.TO_HOST and fault.name not in BYTES:
            self.later(0, self._firing(index, fault))
        else:
            self._fire(index, fault)

    def _due(self, place: str, matches: Callable[[Fault], bool]) -> list[tuple[int, Fault]]:
        waiting = self._waiting.get(place)
        if not waiting:
            return []
        due = [(index, fault) for index, fault in waiting if matches(fault)]
        if due:
            self._waiting[place] = [item for item in waiting if item not in due]
        return due

    def _tamper(self, way: Way, data: bytes) -> list[Parcel]:
        if way is Way.TO_HOST and self.world.kernel.now_us < self._silent_until_us:
            return []  # behind a byte at which the gun will have lost its supply
        sent, pieces = self.world.line.bytes_sent[way], [data]
        for index, fault in self._due("byte", lambda f: f.at.way == way.value and f.at.number <= sent):
            if fault.name in CUTS:
                pieces = self._cut(way, index, fault, data, fault.at.number - (sent - len(data)))
            else:
                self._fire_from(way, index, fault)
        after: list[tuple[int, Fault]] = []
        if "message" in self._waiting:
            after = self._message(way, data)
        parcels = [parcel for piece in pieces for parcel in self._through_faults(way, piece)]
        earlier = self._others[0]
        if earlier is not None:
            parcels = [(delay + more, out) for delay, piece in parcels for more, out in earlier(way, piece)]
        for index, fault in after:
            self.later(0, self._firing(index, fault))
        return parcels

    def _cut(self, way: Way, index: int, fault: Fault, data: bytes, count: int) -> list[bytes]:
        """A side falls silent at the ``count``-th byte of ``data``: what of it goes on its way, and when it happens."""
        count = max(0, count)
        head, tail = data[:count], data[count:]
        line, kernel = self.world.line, self.world.kernel
        if way is Way.TO_GUN and fault.name == "host.kill":
            self._fire(index, fault)
            return [head]  # the rest never leaves
        if way is Way.TO_HOST and fault.name != "host.kill":
            self._silent_until_us = line.left_us(way, count)
            kernel.at(self._silent_until_us, "fault", self._firing(index, fault))
            return [head]
        kernel.at(line.arrived_us(way, count) + 1, "fault", self._firing(index, fault))
        return [head, tail]  # the other side heard the first part; the rest finds whoever is there then

    def _through_faults(self, way: Way, data: bytes) -> list[Parcel]:
        if self.world.kernel.now_us < self._outage_end_us:
            for end_us, fault in self._outages:
                if self.world.kernel.now_us < end_us:
                    self._book.happened(fault)
            return []
        held = self._held.pop(way, None)
        queue = self._parcels[way]
        if not queue or not data:
            return [(0, data)] if held is None else [(0, data), (0, held)]
        fault, left = queue[0]
        if left > 1:
            queue[0] = (fault, left - 1)
        else:
            del queue[0]
        parcels = BYTES[fault.name](self, fault, way, data)
        self._book.happened(fault)
        return parcels if held is None else [*parcels, (0, held)]

    def _message(self, way: Way, data: bytes) -> list[tuple[int, Fault]]:
        found = [frame for piece in data.split(b"\0") if piece and isinstance(frame := parse(piece), Frame)]
        after: list[tuple[int, Fault]] = []
        for frame in found:
            if frame.op not in Op.__members__.values():
                continue
            name = f"{way.value} {Op(frame.op).name}"
            self._seen[name] += 1
            due = self._due(
                "message",
                lambda f, name=name: f"{f.at.way} {f.at.op}" == name and f.at.number <= self._seen[name],  # type: ignore[misc]
            )
            for index, fault in due:
                if fault.at.when == "before":
                    self._fire_from(way, index, fault)
                else:
                    after.append((index, fault))
        return after

    def _on_write(self, serial: int, size: int) -> int | None:
        for index, fault in self._due("write", lambda f: f.at.number <= serial):
            if fault.name == "gun.torn_write":
                self._fire(index, fault)
            else:  # a write is inside the firmware: whatever else happens, happens right behind it
                self.later(0, self._firing(index, fault))
        if not self._tears:
            earlier = self._others[1]
            return None if earlier is None else earlier(serial, size)
        torn = self._tears.pop(0)
        self._book.happened(torn)
        self.later(300_000, self.held.no_supply.take(None))
        return min(int(torn.number("keep")), size)

    def _gate(self, what: str, data: bytes) -> None:
        earlier = self._others[2]
        if earlier is not None:
            earlier(what, data)
        if self.host_dead:
            raise HostKilled
        while self._host_pending:
            kind, number, fault = self._host_pending[0]
            if kind == "write_timeout" and what != "write":
                return
            del self._host_pending[0]
            if fault is not None:
                self._book.happened(fault)
            if kind == "kill":
                self.host_dead = True
                raise HostKilled
            if kind == "pause":
                self.world.kernel.run_for(number)
            else:
                raise LinkTimeout("the port took no bytes within its write timeout")

    # as a witness of the gun

    def phase_changed(self, before: Phase, after: Phase, /) -> None:
        """Phases are places for faults; leaving a fault is when things get repaired."""
        self._phases[after] += 1
        if after not in BUSY and self._at_rest:
            resting, self._at_rest = self._at_rest, []
            for action in resting:
                action()
        if after is Phase.OFF:
            waiting, self._on_off = self._on_off, []
            for action in waiting:
                action()
        if before is Phase.FAULT or after is Phase.OFF:
            repairs, self._repairs = self._repairs, []
            for repair in repairs:
                repair()
        if "phase" in self._waiting:
            for index, fault in self._due(
                "phase", lambda f: f.at.phase == after.value and f.at.number <= self._phases[after]
            ):
                # behind the event, so that the firmware finishes what it is doing
                self.later(0, self._firing(index, fault))

    def intended(self, _intent: Intent, /) -> None:
        """Nothing is placed by shots."""

    def closed(self, _intent: Intent, _closing: Closing, /) -> None:
        """Nothing is placed by records."""
