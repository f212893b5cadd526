"""The heart of the firmware: runs the table, keeps magazine, lease, faults and power (G1, G2, G5, G13, G14).

Not responsible for what the screw does in a shot (``stroke``) or for when one may begin and how it is booked
(``machine``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from mesogun.wire.codes import EventCode, Fault, ShotKind
from sim.firmware.judge import OwnPath
from sim.firmware.panel import Panel
from sim.firmware.shot import Entry, Shot, Witness
from sim.firmware.shotlog import indeterminate
from sim.firmware.store import Store
from sim.firmware.table import BUSY, LISTED, Happening, Phase, Row
from sim.firmware.trim import Trim
from sim.firmware.trim import read as read_trim
from sim.kernel import Kernel, Timer
from sim.physics.battery import Sag
from sim.physics.plant import Plant
from sim.physics.profile import Profile

WATCHDOG_US = 50_000


class Core:
    """Phase, magazine, lease, faults and power; the shot under way, if any."""

    def __init__(self, profile: Profile, kernel: Kernel, plant: Plant, store: Store, panel: Panel) -> None:
        self.profile = profile
        self.kernel = kernel
        self.plant = plant
        self.store = store
        self.panel = panel
        self.phase = Phase.OFF
        self.coverage: Counter[Row] = Counter()
        self.witnesses: list[Witness] = []
        self.hint: Callable[[EventCode], None] = lambda _: None
        self.deferred: list[Callable[[], None]] = []
        self.magazine: list[Entry] = []
        self.shot: Shot | None = None
        self.fault = Fault.NONE
        self.hung = False
        self.reseating = False  # the screw goes forward again behind a relief
        self.own_path = OwnPath(
            profile.needle_kpa_s_per_nl() / profile["needle.count"],
            profile.compliance_nl_per_kpa,
            profile["tissue.stiffness_kpa_per_ul"] / 1e3 / profile["needle.count"],
        )
        self.forget_session: Callable[[], None] = lambda: None
        self.boot_us = 0
        self.calibrated_day = 0  # days since 1970-01-01; the world sets it
        self.primed_nl = 0
        self.syringe_left_nl = 0
        self._mounted_nl = self._mounted_at_nl = 0.0
        self.last_volume_nl = 0
        self.bench = False
        self.release_seen = False
        self.lease_end_us = 0
        self.lead = 1
        self.painted_shot_no = 0
        self.painted_clock_us = 0
        self.armed_ref = 0
        self.armed_kind = 0
        self.wants_syringe = False
        self._cause = 0
        self._event = Happening.POWER
        self._relief_end_us = 0
        self._owed_nl = 0.0  # what whole microsteps left out so far
        self._relief_kpa = 0.0
        self._lease: Timer | None = None
        self._motor: Timer | None = None
        self._reading: Timer | None = None
        self._seat: Timer | None = None
        self._supply: Timer | None = None
        self.sag = Sag(profile["battery.sag_mv"])
        self._last_start_us = -(10**9)
        self._closed_us = 0
        self._burst_left = 0

    # the table

    def post(self, event: Happening, cause: int = 0) -> None:
        """Let the table decide. ``cause`` is a shot flag or a fault, whatever the event carries."""
        if self.hung:
            if event is Happening.STROKE_END:
                self.plant.halt()
            return
        for row in LISTED.get((self.phase, event), ()):
            self._cause, self._event = cause, event
            if row.guard is None or getattr(self, row.guard)():
                self.coverage[row] += 1
                before = self.phase
                if row.after is not None:
                    self.phase = row.after
                if row.action is not None:
                    getattr(self, row.action)()
                if self.phase is not before:
                    self._changed(before)
                return

    def _changed(self, before: Phase) -> None:
        for witness in self.witnesses:
            witness.phase_changed(before, self.phase)
        if self.deferred and self.phase not in BUSY and self.phase is not Phase.OFF:
            waiting, self.deferred = self.deferred, []
            for action in waiting:
                action()

    def when_idle(self, action: Callable[[], None]) -> None:
        """Now, or as soon as the shot under way has its OUTCOME."""
        if self.phase in BUSY:
            self.deferred.append(action)
        else:
            action()

    # time, sensors, the shot under way

    @property
    def trim(self) -> Trim:
        """The correction in force; the screw as it was built where there is none."""
        return read_trim(self.store.calibration()) or Trim()

    @property
    def calibration_days(self) -> tuple[int, int]:
        """When the calibration in force was made and until when it is good, days since 1970-01-01."""
        trim = self.trim
        if trim.made_day:
            return trim.made_day, trim.due_day
        return self.calibrated_day, self.calibrated_day + self.profile.integer("calibration.valid_d")

    @property
    def clock_us(self) -> int:
        """The gun's own clock, from its last start."""
        return self.kernel.now_us - self.boot_us

    @property
    def primed(self) -> bool:
        """Whether enough was primed since the last syringe change or start."""
        return self.primed_nl >= self.profile["syringe.dead_volume_nl"]

    @property
    def held_by_lead(self) -> bool:
        """Whether the gun waits until the screen has caught up (G13)."""
        return self.store.log.last_shot_no - self.painted_shot_no >= self.lead

    def pressure_kpa(self) -> float:
        """What the pressure sensor reads."""
        self.plant.sync()
        return self.panel.pressure_read(self.plant.pressure + self.profile["sensors.pressure_offset_kpa"])

    def _risen_kpa(self) -> float:
        return self.pressure_kpa() - self._offset_kpa

    @property
    def _offset_kpa(self) -> float:
        return self.profile["sensors.pressure_offset_kpa"]

    def needs_contact(self) -> bool:
        """Whether this shot must be in contact throughout."""
        return self.shot is not None and self._kind() == ShotKind.TREAT

    def forbids_contact(self) -> bool:
        """Whether contact ends this shot: PRIME and TEST go into the air (G11)."""
        return not self.needs_contact()

    def _zero_kpa(self) -> float:
        return self._offset_kpa + 0.2

    def _kind(self) -> int:
        return self._shot().intent.kind

    def _shot(self) -> Shot:
        if self.shot is None:
            raise RuntimeError(f"no shot is under way in phase {self.phase.value}")
        return self.shot

    # power

    def supply_mv(self) -> float:
        """The cell's voltage now, under the motor or at rest."""
        return self.panel.battery_mv - self.sag.at_mv(self.kernel.now_us)

    def unload_cell(self) -> None:
        """The motor stands: the voltage comes back."""
        self.sag.turn(self.kernel.now_us, on=False)
        if self._supply is not None:
            self._supply.cancel()

    def battery_low(self) -> bool:
        """Whether the cell at rest is below what the gun shows as low."""
        return self.panel.battery_mv < self.profile["battery.low_mv"]

    def memory_good(self) -> bool:
        """Whether every cell could be read and the new boot_id holds (G2)."""
        store = self.store
        if not store.read():
            return False
        return store.put("boot", store.kept.boot_id + 1)

    def wake(self) -> None:
        """Boot: an open INTENT is closed by a written INDETERMINATE, everything volatile starts empty (G1, G5)."""
        self._fresh()
        log = self.store.log
        open_intent = log.read()
        if open_intent is not None and not log.close(indeterminate(open_intent, log.total_nl)):
            self.phase = Phase.FAULT
            self.fault = Fault.MEMORY
        elif open_intent is not None:
            closing = log.records[open_intent.shot_no][1]
            for witness in self.witnesses:
                if closing is not None:
                    witness.closed(open_intent, closing)
            if self.battery_low():  # the supply was lost in a shot, and the cell is weak: it cannot carry a stroke
                self.phase = Phase.FAULT
                self.fault = Fault.BATTERY
        self.hint(EventCode.BOOT)

    def wake_locked(self) -> None:
        """Memory is bad in both slots of something: read-only for good (G2)."""
        self._fresh()
        self.store.log.read()
        self.hint(EventCode.BOOT)

    def mounted(self, content_nl: float) -> None:
        """A syringe with so much in it stands on the screw where the screw is now."""
        self._mounted_nl = content_nl
        self._mounted_at_nl = self.plant.encoder_nl
        self.syringe_left_nl = max(0, int(content_nl))

    def _fresh(self) -> None:
        self.boot_us = self.kernel.now_us
        self.magazine.clear()
        self.shot = None
        self.fault = Fault.NONE
        self.primed_nl = 0
        self._owed_nl = 0.0
        self.bench = self.panel.bench
        self.release_seen = False
        self.painted_clock_us = self.lease_end_us = 0
        self.wants_syringe = False
        self.plant.sync()
        self.mounted(self.plant.content)

    def hang(self) -> None:
        """The processor stands still; the watchdog resets it. The screw's own counter ends the stroke meanwhile."""
        if self.phase is Phase.OFF or self.hung:
            return
        self.hung = True
        self.kernel.after(WATCHDOG_US, "watchdog", self._watchdog)

    def _watchdog(self) -> None:
        self.hung = False
        if self.phase is not Phase.OFF:
            self.post(Happening.CUT)
            self.forget_session()
            self.post(Happening.POWER)
            if self.phase is Phase.DISARMED:
                self.post(Happening.TROUBLE, Fault.WATCHDOG)

    def lose_everything(self) -> None:
        """The supply is gone: the screw stops, RAM is lost, memory keeps what was written."""
        self.plant.halt()
        self.plant.withdraw()
        self.unload_cell()
        for timer in (self._lease, self._motor, self._reading, self._seat):
            if timer is not None:
                timer.cancel()
        self.magazine.clear()
        self.deferred.clear()
        self.reseating = False
        self.shot = None

    # at rest

    def take_lease(self) -> None:
        """ARM: one release of the trigger must be seen first (G14)."""
        self.release_seen = not self.panel.trigger
        self.armed_ref, self.armed_kind = self.magazine[0].treatment_ref, self.magazine[0].kind
        self.set_lease()

    def set_lease(self) -> None:
        """Run the lease to :attr:`lease_end_us` of the gun's clock."""
        if self._lease is not None:
            self._lease.cancel()
        self._lease = self.kernel.at(self.boot_us + self.lease_end_us, "lease", self._lease_out)

    def _lease_out(self) -> None:
        self.post(Happening.LEASE_END)

    def end_lease(self) -> None:
        """Disarmed: entries stay."""
        if self._lease is not None:
            self._lease.cancel()
        self.lease_end_us = 0

    def lease_over(self) -> None:
        """The lease ran out."""
        self.end_lease()
        self.hint(EventCode.LEASE_EXPIRED)

    def empty(self) -> None:
        """Disarm and empty the magazine."""
        self.end_lease()
        self.magazine.clear()

    def latch(self) -> None:
        """A fault: disarm, empty, keep it until it is cleared."""
        self.empty()
        self.fault = Fault(self._cause)
        self.hint(EventCode.FAULT)

    def blame_sensor(self) -> None:
        """A pressure that cannot be there."""
        self._cause = Fault.SENSOR
        self.latch()

    def unlatch(self) -> None:
        """The operator has seen it."""
        self.fault = Fault.NONE

    def see_release(self) -> None:
        """The trigger is up: the next press counts."""
        self.release_seen = True
