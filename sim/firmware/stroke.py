"""A shot as the screw makes it: INTENT, needles in, stroke, settling, relief of an occlusion (G5, G10, G11, MG-18).

Not responsible for when a shot may begin or for what is booked about it (``machine``).
"""

from __future__ import annotations

from mesogun.wire.codes import EventCode, Fault, ShotFlag, ShotKind
from sim.firmware.core import Core
from sim.firmware.judge import DECAY_SAMPLES, SEEN_KPA, SLOWEST_SAMPLE_US
from sim.firmware.memory import PowerCut
from sim.firmware.shot import Shot
from sim.firmware.shotlog import Intent
from sim.firmware.table import Happening, Phase

RELIEF_ROOM = 1.2  # retract at most so many times what the pressure limit can store
RELIEF_SHARE = 0.1  # of the flow of a stroke: the sensor is read once a millisecond
DEAF_SHARE = 0.3  # of the way that must let all pressure off: after it a sensor that has not moved lies
RESEAT_TRIES = 12
STALL_US = 2_000  # an encoder that has not moved for so long has met the end


class Stroke(Core):
    """The actions of a shot under way."""

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
        self.shot.seen.rest_kpa = self._risen_kpa()
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
        flow = self.profile["screw.flow_nl_s"]
        shot.stroke_nl = self._whole_steps(self.trim.stroke_nl(shot.intent.volume_nl))
        self.plant.sync()
        self.plant.peak = self.plant.pressure
        shot.encoder_start = self.plant.encoder_nl
        shot.motor_us = self.kernel.now_us
        shot.planned_us = round(shot.stroke_nl / flow * 1e6)
        shot.seen.rest_kpa = self._risen_kpa()
        # the stopper sticks, then catches up; in the air the screw may have all that turning back takes in front of it
        early_us = max(self.own_path.early_us, round(self.profile.stick_nl / flow * 1e6) + SLOWEST_SAMPLE_US)
        if not self.needs_contact():
            shot.seen.slack_s = self.profile.dead_band_nl / flow
        shot.seen.early_s = early_us / 1e6
        self.plant.run(flow, shot.stroke_nl)
        self._load_cell()
        self._reading = self.kernel.after(early_us + round(shot.seen.slack_s * 1e6), "reading", self._read_early)
        self._watch(shot.planned_us)

    def _whole_steps(self, volume_nl: float) -> float:
        """The screw makes whole microsteps; what a stroke is short or long of, the next one makes good."""
        step_nl = self.profile.microstep_nl
        stroke_nl = round((volume_nl + self._owed_nl) / step_nl) * step_nl
        self._owed_nl += volume_nl - stroke_nl
        return stroke_nl

    def _load_cell(self) -> None:
        """The motor pulls the cell's voltage down; a relief, at a tenth of the flow, does not."""
        self.sag.turn(self.kernel.now_us, on=True)
        room_mv = self.panel.battery_mv - self.profile["battery.brownout_mv"]
        gives_way_us = self.sag.until_us(room_mv)
        if gives_way_us is not None:
            self._supply = self.kernel.after(gives_way_us, "supply", self._give_way)

    def _give_way(self) -> None:
        raise PowerCut  # below brown-out: the motor's own load has taken the supply away

    def watch_again(self) -> None:
        """The fluid path changed in the middle of a stroke: when will it end now?"""
        if self.phase is Phase.STROKE and self.shot is not None and self._motor is not None:
            self._motor.cancel()
            self.plant.sync()
            done_nl = self.plant.encoder_nl - self.shot.encoder_start
            left_us = max(0, round((self.shot.stroke_nl - done_nl) / self.profile["screw.flow_nl_s"] * 1e6))
            self._watch(left_us)

    def _watch(self, left_us: int) -> None:
        # whichever comes first: the pressure limit, all steps made, or a piston that stands at the end of its syringe
        limit = self.panel.pressure_limit(self.profile["sensors.occlusion_kpa"] - self._offset_kpa)
        tripped = None if limit is None else self.plant.until_pressure(limit, left_us)
        if tripped is not None:
            self._motor = self.kernel.after(tripped, "pressure", self._pressure)
            return
        empty_us = self.plant.until_empty_us()
        ends_us = left_us if empty_us is None else min(left_us, empty_us + STALL_US)
        self._motor = self.kernel.after(ends_us, "stroke", self._stroke_end)

    def _read_early(self) -> None:
        if not self.hung and self.phase is Phase.STROKE:
            self._shot().seen.early_kpa = self._risen_kpa()

    def _read_decay(self) -> None:
        if self.hung or self.phase is not Phase.SETTLE:
            return
        seen = self._shot().seen
        seen.decay_kpa.append(self._risen_kpa())
        if len(seen.decay_kpa) < DECAY_SAMPLES:
            self._reading = self.kernel.after(self.own_path.decay_us, "reading", self._read_decay)

    def _pressure(self) -> None:
        self.post(Happening.PRESSURE)

    def _stroke_end(self) -> None:
        self.post(Happening.STROKE_END)

    def stroke_done(self) -> None:
        """All steps were made; the encoder says whether the screw followed."""
        shot = self._shot()
        self.plant.halt()
        moved = self.plant.encoder_nl - shot.encoder_start
        if moved >= shot.stroke_nl - 4 * self.profile.microstep_nl:
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
        self.unload_cell()
        if not shot.waited_us:
            self._read_stop(shot)
        self._motor = self.kernel.after(self.profile.integer("shot.settle_us"), "settled", self._settled)

    def _read_stop(self, shot: Shot) -> None:
        if not shot.motor_us:
            return  # it never ran
        if self._reading is not None:
            self._reading.cancel()
        seen = shot.seen
        seen.ran_nl = self.plant.encoder_nl - shot.encoder_start
        seen.ran_s = (self.kernel.now_us - shot.motor_us) / 1e6
        seen.stop_kpa = self._risen_kpa()
        seen.peak_kpa = self.panel.pressure_read(self.plant.peak + self._offset_kpa) - self._offset_kpa
        self._reading = self.kernel.after(self.own_path.decay_us, "reading", self._read_decay)

    def _settled(self) -> None:
        self.post(Happening.SETTLED)

    def wait_on(self) -> None:
        """Let it flow a little longer."""
        self._shot().waited_us += self.profile.integer("shot.settle_us")
        self._settle()

    def relieve(self) -> None:
        """Needles out, screw back until the sensor reads zero; what came back is not counted as given."""
        shot = self._shot()
        shot.relieved = True
        shot.relief_start_nl = self.plant.encoder_nl
        self.plant.withdraw()
        self.plant.run(-RELIEF_SHARE * self.profile["screw.flow_nl_s"])
        self._relief_kpa = self.pressure_kpa()
        most_s = (self._relief_most_nl() + self.profile.dead_band_nl) / (RELIEF_SHARE * self.profile["screw.flow_nl_s"])
        self._relief_end_us = self.kernel.now_us + round(most_s * 1e6)
        self._motor = self.kernel.after(1_000, "relief", self._relief_tick)

    def _relief_tick(self) -> None:
        now_kpa = self.pressure_kpa()
        piston_nl = self._back_nl() - self.profile.dead_band_nl
        needed_nl = (self._relief_kpa - self._zero_kpa()) * self.profile.compliance_nl_per_kpa
        deaf = now_kpa > self._relief_kpa - SEEN_KPA and piston_nl > DEAF_SHARE * needed_nl
        if now_kpa > self._zero_kpa() and self.kernel.now_us < self._relief_end_us and not deaf:
            self._motor = self.kernel.after(1_000, "relief", self._relief_tick)
            return
        self.plant.halt()
        shot = self._shot()
        shot.back_nl = self._back_nl()
        drawn_nl = max(0.0, -self._risen_kpa()) * self.profile.compliance_nl_per_kpa  # beyond zero, within one reading
        shot.idle_nl = min(shot.back_nl, self.profile.dead_band_nl) + drawn_nl
        self.post(Happening.RELIEVED)

    def _relief_most_nl(self) -> float:
        return RELIEF_ROOM * self.profile["sensors.occlusion_kpa"] * self.profile.compliance_nl_per_kpa

    def _back_nl(self) -> float:
        return self._shot().relief_start_nl - self.plant.encoder_nl

    def _forward_again(self, shot: Shot) -> None:
        """Go back by what let no pressure off (play, friction, a little suction); behind a doubt, the whole way.

        A creeping screw leaves the stopper a little short, and nothing would ever fill that suction: so a little more.
        """
        back_nl = shot.back_nl + self.profile.creep_nl if shot.doubtful else shot.idle_nl
        self._reseat(self.plant.encoder_nl + back_nl, RESEAT_TRIES)

    def stop_reseating(self) -> None:
        """Another syringe: there is nothing to go back to."""
        if self.reseating and self._seat is not None:
            self._seat.cancel()
            self.reseating = False
            self.plant.halt()

    def _reseat(self, until_nl: float, tries: int) -> None:
        # by the encoder: a screw that loses steps needs longer
        self.plant.sync()
        left_nl = until_nl - self.plant.encoder_nl
        self.reseating = left_nl > self.profile.microstep_nl and tries > 0
        if not self.reseating:
            self.plant.halt()
            return
        flow = RELIEF_SHARE * self.profile["screw.flow_nl_s"]
        self.plant.run(flow)
        self._seat = self.kernel.after(round(left_nl / flow * 1e6), "play", lambda: self._reseat(until_nl, tries - 1))
