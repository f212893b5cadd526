"""The state machine: runs the table, holds magazine and lease, carries out shots (G1, G5, G10, G11, G13, G14).

Not responsible for frames, sessions or the wording of replies (``requests``).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mesogun.wire.codes import EventCode, Fault, Outcome, ShotFlag, ShotKind
from sim.firmware.memory import PowerCut
from sim.firmware.panel import Panel
from sim.firmware.shotlog import Closing, Intent, indeterminate
from sim.firmware.store import Store
from sim.firmware.table import BUSY, LISTED, Happening, Phase, Row
from sim.kernel import Kernel, Timer
from sim.physics.plant import Plant
from sim.physics.profile import Profile

RELIEF_ROOM = 1.2  # retract at most so many times what the pressure limit can store
RELIEF_SHARE = 0.1  # of the flow of a stroke: the sensor is read once a millisecond
SETTLE_LIMIT_US = 2_000_000
WATCHDOG_US = 50_000
STORED_SHARE = 0.75  # of the stated bound: more than this still stored means that it is still flowing
WEAK_SHARE = 0.6  # of the expected peak: below it, air, a leak or a dead sensor
STIFF_SHARE = 1.2
DEAD_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Entry:
    """One programmed shot in the magazine."""

    entry_no: int
    treatment_ref: int
    point_index: int
    kind: int
    volume_nl: int
    depth_um: int


@dataclass(slots=True)
class Shot:
    """The shot under way."""

    intent: Intent
    planned_us: int = 0
    started_us: int = 0
    encoder_start: float = 0.0
    flags: int = 0
    whole: bool = False
    occluded: bool = False
    relieved: bool = False
    contact_mn: int = 0
    fault: int = 0
    disarm: bool = False
    doubtful: bool = False
    waited_us: int = 0
    ran_nl: float = 0.0
    ran_us: int = 0
    motor_us: int = 0


class Witness(Protocol):
    """Who watches the gun from outside, without the gun knowing: the truth ledger, the hand, invariants."""

    def phase_changed(self, before: Phase, after: Phase, /) -> None:
        """The gun is in another phase."""

    def intended(self, intent: Intent, /) -> None:
        """A shot is about to move the piston."""

    def closed(self, intent: Intent, closing: Closing, /) -> None:
        """A record is complete."""


class Machine:
    """Phase, magazine, lease and the shot under way."""

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
        self.forget_session: Callable[[], None] = lambda: None
        self.boot_us = 0
        self.calibrated_day = 0  # days since 1970-01-01; the world sets it
        self.primed_nl = 0
        self.syringe_left_nl = 0
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
        self._relief_start_us = self._relief_end_us = 0
        self._lease: Timer | None = None
        self._motor: Timer | None = None
        self._last_start_us = -(10**9)
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

    # time and sensors

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

    # guards

    def memory_good(self) -> bool:
        """Whether every cell could be read and the new boot_id holds (G2)."""
        store = self.store
        if not store.read():
            return False
        return store.put("boot", store.kept.boot_id + 1)

    def may_fire(self) -> bool:
        """Whether a trigger edge fires the next entry."""
        self._burst_left = self.profile.integer("shot.burst") if self.panel.mode == "burst" else 1
        return self.ready()

    def ready(self) -> bool:
        """Everything that must hold before a shot (G11, G12, G13, G14)."""
        if not self.magazine or not self.release_seen or self.held_by_lead or self.fault:
            return False
        if self.clock_us >= self.lease_end_us:
            return False
        if self.kernel.now_us - self._last_start_us < 60_000_000 // self.profile.integer("shot.rate_per_min"):
            return False
        if self.store.log.free(self.store.kept.acked_shot_no) < 1:
            return False
        return self.panel.contact == (self.magazine[0].kind == ShotKind.TREAT)

    def may_repeat(self) -> bool:
        """Whether a burst or run goes on by itself: the trigger is still down."""
        mode = self.panel.mode
        going = mode == "continuous" or (mode == "burst" and self._burst_left > 0)
        return going and self.panel.trigger and self.ready()

    def needs_contact(self) -> bool:
        """Whether this shot must be in contact throughout."""
        return self.shot is not None and self._kind() == ShotKind.TREAT

    def forbids_contact(self) -> bool:
        """Whether contact ends this shot: PRIME and TEST go into the air (G11)."""
        return not self.needs_contact()

    def under_pressure(self) -> bool:
        """Whether an occluded shot still has pressure to let off."""
        return self.shot is not None and self.shot.occluded and self.pressure_kpa() > self._zero_kpa()

    def still_flowing(self) -> bool:
        """Whether more is stored in the path than the stated bound allows, and waiting may still help."""
        shot = self._shot()
        stored_nl = max(0.0, self.pressure_kpa() - self._zero_kpa()) * self.profile.compliance_nl_per_kpa
        if shot.occluded or stored_nl <= STORED_SHARE * self._bound_nl(shot.intent.volume_nl):
            return False
        if shot.waited_us < SETTLE_LIMIT_US and self.needs_contact():
            return True
        shot.occluded = True  # what does not come out in this time will not: let it off
        shot.flags |= ShotFlag.OCCLUDED
        shot.fault = shot.fault or Fault.OCCLUSION
        return False

    def then_fault(self) -> bool:
        """Whether the shot under way ends in a fault."""
        shot = self._shot()
        if shot.relieved and self.pressure_kpa() > self._zero_kpa() + 1.0:
            shot.doubtful = True  # a pressure that cannot be let off: the sensor or the screw lies
            shot.fault = Fault.SENSOR
        self._judge_pressure(shot)
        return shot.fault != Fault.NONE

    def then_disarm(self) -> bool:
        """Whether the gun must be disarmed behind this shot."""
        return self.shot is not None and self.shot.disarm

    # actions: power

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
        self.hint(EventCode.BOOT)

    def wake_locked(self) -> None:
        """Memory is bad in both slots of something: read-only for good (G2)."""
        self._fresh()
        self.store.log.read()
        self.hint(EventCode.BOOT)

    def _fresh(self) -> None:
        self.boot_us = self.kernel.now_us
        self.magazine.clear()
        self.shot = None
        self.fault = Fault.NONE
        self.primed_nl = 0
        self.bench = self.panel.bench
        self.release_seen = False
        self.painted_clock_us = self.lease_end_us = 0
        self.wants_syringe = False
        self.plant.sync()
        self.syringe_left_nl = max(0, int(self.plant.content))

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
        for timer in (self._lease, self._motor):
            if timer is not None:
                timer.cancel()
        self.magazine.clear()
        self.deferred.clear()
        self.shot = None

    # actions: rest

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

    def unlatch(self) -> None:
        """The operator has seen it."""
        self.fault = Fault.NONE

    def see_release(self) -> None:
        """The trigger is up: the next press counts."""
        self.release_seen = True

    # actions: a shot

    def begin(self) -> None:
        """INTENT first, verified; only then may anything move (G5). The entry is consumed for ever."""
        entry = self.magazine[0]
        kind, ref = (ShotKind.BENCH, 0) if self.bench else (entry.kind, entry.treatment_ref)
        log = self.store.log
        intent = Intent(
            log.last_shot_no + 1, entry.entry_no, ref, entry.point_index, kind, entry.volume_nl, entry.depth_um,
            self.store.kept.boot_id, self.clock_us, self.store.kept.calibration_id,
        )  # fmt: skip
        del self.magazine[0]
        if not log.intend(intent):
            self.phase = Phase.FAULT
            self._cause = Fault.MEMORY
            self.latch()
            return
        self.shot = Shot(intent, started_us=self.kernel.now_us, contact_mn=self.panel.contact_mn)
        self._burst_left -= 1
        self._last_start_us = self.kernel.now_us
        for witness in self.witnesses:
            witness.intended(intent)
        if self._kind() == ShotKind.TREAT:
            self.plant.insert()
        self._motor = self.kernel.after(self.profile.integer("shot.insert_us"), "inserted", self._inserted)

    def _inserted(self) -> None:
        self.post(Happening.INSERTED)

    def run_screw(self) -> None:
        """Turn the screw for as long as the volume takes; watch the pressure meanwhile."""
        shot = self._shot()
        if self.panel.battery_mv - self.profile["battery.sag_mv"] < self.profile["battery.brownout_mv"]:
            raise PowerCut  # the supply gives way under the motor
        flow = self.profile["screw.flow_nl_s"]
        volume = shot.intent.volume_nl
        self.plant.sync()
        self.plant.peak = self.plant.pressure
        shot.encoder_start = self.plant.encoder_nl
        shot.motor_us = self.kernel.now_us
        shot.planned_us = round(volume / flow * 1e6)
        self.plant.run(flow, volume)
        offset = self.profile["sensors.pressure_offset_kpa"]
        limit = self.panel.pressure_limit(self.profile["sensors.occlusion_kpa"] - offset)
        tripped = None if limit is None else self.plant.until_pressure(limit, shot.planned_us)
        if tripped is not None:
            self._motor = self.kernel.after(tripped, "pressure", self._pressure)
        else:
            self._motor = self.kernel.after(shot.planned_us, "stroke", self._stroke_end)

    def watch_again(self) -> None:
        """The fluid path changed in the middle of a stroke: when will it end now?"""
        if self.phase is Phase.STROKE and self.shot is not None and self._motor is not None:
            self._motor.cancel()
            self.plant.sync()
            done_nl = self.plant.encoder_nl - self.shot.encoder_start
            left_us = max(0, round((self.shot.intent.volume_nl - done_nl) / self.profile["screw.flow_nl_s"] * 1e6))
            offset = self.profile["sensors.pressure_offset_kpa"]
            limit = self.panel.pressure_limit(self.profile["sensors.occlusion_kpa"] - offset)
            tripped = None if limit is None else self.plant.until_pressure(limit, left_us)
            if tripped is not None:
                self._motor = self.kernel.after(tripped, "pressure", self._pressure)
            else:
                self._motor = self.kernel.after(left_us, "stroke", self._stroke_end)

    def _pressure(self) -> None:
        self.post(Happening.PRESSURE)

    def _stroke_end(self) -> None:
        self.post(Happening.STROKE_END)

    def stroke_done(self) -> None:
        """All steps were made; the encoder says whether the screw followed."""
        shot = self._shot()
        self.plant.halt()
        moved = self.plant.encoder_nl - shot.encoder_start
        if moved >= shot.intent.volume_nl - 4 * self.profile.microstep_nl:
            shot.whole = True
        elif self.plant.content <= self.profile.microstep_nl:
            shot.flags |= ShotFlag.EMPTY
            shot.fault = Fault.EMPTY
        else:
            shot.fault = Fault.STALL
        self._settle()

    def occluded(self) -> None:
        """Pressure above the limit: stop at once, never finish the stroke (MG-18)."""
        shot = self._shot()
        self.plant.halt()
        shot.flags |= ShotFlag.OCCLUDED
        shot.occluded = True
        shot.fault = Fault.OCCLUSION
        self._settle()

    def cut_short(self) -> None:
        """Something stops the stroke: the screw halts now."""
        if self._motor is not None:
            self._motor.cancel()
        self.plant.halt()
        if self._shot().planned_us == 0:
            self._shot().encoder_start = self.plant.encoder_nl
        self.remember(stopping=True)
        self._settle()

    def remember(self, *, stopping: bool = False) -> None:
        """Keep what the event means for the end of this shot."""
        shot, event = self._shot(), self._event
        if event is Happening.RELEASE:
            self.release_seen = True
            shot.flags |= ShotFlag.TRIGGER_RELEASED if stopping else 0
        elif event is Happening.LIFT and self.needs_contact():
            shot.flags |= ShotFlag.CONTACT_LOST
            self.plant.withdraw()
        elif event is Happening.TOUCH and self.forbids_contact():
            shot.flags |= ShotFlag.CONTACT_SEEN
        elif event is Happening.TROUBLE:
            shot.fault = shot.fault or self._cause
        elif event in {Happening.DISARM, Happening.EMPTY, Happening.LEASE_END}:
            shot.disarm = True
            shot.flags |= ShotFlag.STOPPED if stopping else 0
            if event is Happening.EMPTY:
                self.magazine.clear()
            if event is Happening.LEASE_END:
                self.hint(EventCode.LEASE_EXPIRED)
            self.end_lease()

    def _settle(self) -> None:
        shot = self._shot()
        if not shot.waited_us:
            shot.ran_nl = self.plant.encoder_nl - shot.encoder_start
            shot.ran_us = self.kernel.now_us - shot.motor_us
        self._motor = self.kernel.after(self.profile.integer("shot.settle_us"), "settled", self._settled)

    def _settled(self) -> None:
        self.post(Happening.SETTLED)

    def wait_on(self) -> None:
        """Let it flow a little longer."""
        self._shot().waited_us += self.profile.integer("shot.settle_us")
        self._settle()

    def relieve(self) -> None:
        """Needles out, screw back until the sensor reads zero; what came back is not counted as given."""
        self._shot().relieved = True
        self.plant.withdraw()
        self.plant.run(-RELIEF_SHARE * self.profile["screw.flow_nl_s"])
        most_nl = RELIEF_ROOM * self.profile["sensors.occlusion_kpa"] * self.profile.compliance_nl_per_kpa
        most_s = (most_nl + self.profile.backlash_nl) / (RELIEF_SHARE * self.profile["screw.flow_nl_s"])
        self._relief_start_us = self.kernel.now_us
        self._relief_end_us = self.kernel.now_us + round(most_s * 1e6)
        self._motor = self.kernel.after(1_000, "relief", self._relief_tick)

    def _relief_tick(self) -> None:
        if self.pressure_kpa() > self._zero_kpa() and self.kernel.now_us < self._relief_end_us:
            self._motor = self.kernel.after(1_000, "relief", self._relief_tick)
            return
        self.plant.halt()
        self._relief_end_us = self.kernel.now_us
        self.post(Happening.RELIEVED)

    def _judge_pressure(self, shot: Shot) -> None:
        """Pressure that does not fit a stroke into skin: air, a leak, or a sensor that says nothing (MG-22).

        Too low a peak for the way the piston has come, or a slow decay that no narrow path explains: a soft syringe
        (a bubble) hides how much is still to come.
        """
        if self._kind() not in {ShotKind.TREAT, ShotKind.PRIME} or not shot.ran_us or shot.ran_nl < self._bound_nl(0):
            return
        flow, tau = shot.ran_nl / shot.ran_us * 1e6, self.profile.tau_s
        resistance = self.profile.needle_kpa_s_per_nl() / self.profile["needle.count"]
        expected = flow * resistance * -math.expm1(-shot.ran_us / 1e6 / tau)
        offset = self.profile["sensors.pressure_offset_kpa"]
        seen = self.panel.pressure_read(self.plant.peak + offset) - offset
        soft = shot.waited_us > 0 and not shot.occluded and seen < STIFF_SHARE * expected
        if soft or seen < WEAK_SHARE * expected:
            shot.doubtful = True
            shot.fault = shot.fault or (Fault.SENSOR if seen < DEAD_SHARE * expected else Fault.SYRINGE)

    def _bound_nl(self, volume_nl: int) -> float:
        return self.profile["calibration.overrun_nl"] + volume_nl * self.profile["calibration.overrun_ppm"] / 1e6

    def close(self) -> None:
        """OUTCOME, with the running total; then the needles leave and the record is served (G5)."""
        shot = self._shot()
        intent = shot.intent
        self.plant.sync()
        moved = self.plant.encoder_nl - shot.encoder_start
        if shot.relieved:  # the way back through the play of the screw moved no piston
            moved += self.profile.backlash_nl
        delivered = intent.volume_nl
        if shot.doubtful:
            delivered = 0  # nothing is known to have left: the checkpoint (H8)
        elif shot.relieved or not shot.whole:
            delivered = min(intent.volume_nl, max(0, int(moved)))
        whole = shot.whole and not shot.relieved
        outcome = Outcome.INDETERMINATE if shot.doubtful else Outcome.DONE if whole else Outcome.PARTIAL
        log = self.store.log
        closing = Closing(
            intent.shot_no, outcome, shot.flags, delivered,
            log.total_nl + delivered, min(0xFFFF, (self.kernel.now_us - shot.started_us) // 1000),
            max(0, round(self.plant.peak * 1e3)), min(0xFFFF, shot.contact_mn),
        )  # fmt: skip
        self.panel.drain(self.profile["battery.per_shot_uv"])
        good = log.close(closing)
        self.plant.withdraw()
        if shot.relieved:
            self._forward_again(shot)
        self.shot = None
        self._motor = None
        self.syringe_left_nl = max(0, self.syringe_left_nl - (intent.volume_nl if shot.doubtful else delivered))
        if intent.kind == ShotKind.PRIME or (intent.kind == ShotKind.BENCH and not self.panel.contact):
            self.primed_nl += delivered
        if self.phase is Phase.DISARMED:
            self.end_lease()
        if not good:
            self.phase = Phase.FAULT
            self._cause = Fault.MEMORY
            self.latch()
            return
        for witness in self.witnesses:
            witness.closed(intent, closing)
        if shot.fault:
            self._cause = shot.fault
            self.latch()
        self.hint(EventCode.SHOT_CLOSED)
        if self.phase is Phase.ARMED and self.panel.mode != "single" and self.panel.trigger:
            rate_us = 60_000_000 // self.profile.integer("shot.rate_per_min")
            self.kernel.at(self._last_start_us + rate_us, "repeat", self._repeat)

    def _repeat(self) -> None:
        self.post(Happening.REPEAT)

    def _forward_again(self, shot: Shot) -> None:
        # behind a relief the screw has its whole play in front of it; behind one that a lying sensor misled, the
        # whole way back
        flow = RELIEF_SHARE * self.profile["screw.flow_nl_s"]
        back_us = self._relief_end_us - self._relief_start_us
        self.plant.run(flow)
        wait_us = back_us if shot.doubtful else round(self.profile.backlash_nl / flow * 1e6)
        self.kernel.after(wait_us, "play", self._stop_forward)

    def _stop_forward(self) -> None:
        if self.phase not in BUSY:
            self.plant.halt()

    def _zero_kpa(self) -> float:
        return self.profile["sensors.pressure_offset_kpa"] + 0.2

    def _kind(self) -> int:
        return self._shot().intent.kind

    def _shot(self) -> Shot:
        if self.shot is None:
            raise RuntimeError(f"no shot is under way in phase {self.phase.value}")
        return self.shot
