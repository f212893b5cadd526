"""The state machine whole: its guards (when may a shot begin, go on, end) and the record of a shot (G5, G11, G13).

Not responsible for frames, sessions or the wording of replies (``requests``).
"""

from __future__ import annotations

from mesogun.wire.codes import EventCode, Fault, Outcome, ShotFlag, ShotKind
from sim.firmware.judge import SEEN_KPA, doubt
from sim.firmware.shot import Shot
from sim.firmware.shotlog import Closing
from sim.firmware.stroke import Stroke
from sim.firmware.table import Happening, Phase

SETTLE_LIMIT_US = 2_000_000
STORED_SHARE = 0.75  # of the stated bound: more than this still stored means that it is still flowing
REST_ROOM_KPA = 1.0


class Machine(Stroke):
    """The whole machine."""

    # guards

    def lies_at_rest(self) -> bool:
        """Whether a shot would begin with a pressure that cannot be there: the sensor lies, or the path is shut."""
        if not self._free():
            return False
        risen = self._risen_kpa()
        into_air = self.magazine[0].kind != ShotKind.TREAT  # priming takes out what a fault has left behind
        shut = self.holds_too_much() and self.kernel.now_us - self._closed_us > SETTLE_LIMIT_US
        return risen > self._rest_most_kpa() or shut or (risen < -REST_ROOM_KPA and not into_air)

    def _rest_most_kpa(self) -> float:
        return STORED_SHARE * self._bound_nl(self.last_volume_nl) / self.profile.compliance_nl_per_kpa + REST_ROOM_KPA

    def may_fire(self) -> bool:
        """Whether a trigger edge fires the next entry."""
        self._burst_left = self.profile.integer("shot.burst") if self.panel.mode == "burst" else 1
        return self.ready()

    def ready(self) -> bool:
        """Everything that must hold before a shot (G11, G12, G13, G14), and no more stored than it can vouch for."""
        return self._free() and not self.holds_too_much()

    def holds_too_much(self) -> bool:
        """Whether a larger shot left more under pressure than the bound of the next one: it would come out in that."""
        entry = self.magazine[0]
        stored_nl = self._risen_kpa() * self.profile.compliance_nl_per_kpa
        return entry.kind == ShotKind.TREAT and stored_nl > STORED_SHARE * self._bound_nl(entry.volume_nl)

    def _free(self) -> bool:
        if not self.magazine or not self.release_seen or self.held_by_lead or self.fault or self.reseating:
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

    def under_pressure(self) -> bool:
        """Whether an occluded shot still has pressure to let off."""
        return self.shot is not None and self.shot.occluded and self.pressure_kpa() > self._zero_kpa()

    def still_flowing(self) -> bool:
        """Whether more is stored in the path than the stated bound allows, and waiting may still help."""
        shot = self._shot()
        stored_nl = max(0.0, self.pressure_kpa() - self._zero_kpa()) * self.profile.compliance_nl_per_kpa
        if shot.occluded or stored_nl <= STORED_SHARE * self._bound_nl(self._given_nl(shot)):
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

    # the record

    def _judge_pressure(self, shot: Shot) -> None:
        """Doubt a stroke that its pressure does not bear out (MG-22); one shorter than the bound can lose no more."""
        seen = shot.seen
        if seen.ran_nl < self._bound_nl(0):
            return
        seen.end_kpa = self._risen_kpa()
        seen.in_skin = self.needs_contact() and not shot.relieved and not shot.flags & ShotFlag.CONTACT_LOST
        found = doubt(self.own_path, seen)
        if found is not Fault.NONE:
            shot.doubtful = True
            shot.fault = shot.fault or found

    def _bound_nl(self, volume_nl: int) -> float:
        return self.profile["calibration.overrun_nl"] + volume_nl * self.profile["calibration.overrun_ppm"] / 1e6

    def _given_nl(self, shot: Shot) -> int:
        """What a shot gave, by the screw and by what stood under pressure before it."""
        if shot.whole and not shot.relieved:
            return shot.intent.volume_nl
        moved = self.plant.encoder_nl - shot.encoder_start
        if shot.relieved:  # nothing comes back through the needles, play moves no piston, nothing is left stored
            moved += shot.idle_nl
        if shot.seen.rest_kpa >= SEEN_KPA:
            moved += shot.seen.rest_kpa * self.profile.compliance_nl_per_kpa
        return min(shot.intent.volume_nl, max(0, int(self.trim.given_nl(moved))))

    def close(self) -> None:
        """OUTCOME, with the running total; then the needles leave and the record is served (G5)."""
        shot = self._shot()
        intent = shot.intent
        self.plant.sync()
        delivered = 0 if shot.doubtful else self._given_nl(shot)  # in doubt nothing is known to have left (H8)
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
        self._closed_us = self.kernel.now_us
        self.last_volume_nl = intent.volume_nl
        self._motor = None
        self._gauge(shot)
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

    def _gauge(self, shot: Shot) -> None:
        """What is left by the screw's position since the syringe was mounted, whatever the records say (MG-21).

        It only ever falls: a screw that went back to let pressure off drew nothing in. Where the screw itself is in
        doubt, the whole stroke counts as gone.
        """
        back_nl = 0.0
        if shot.relieved:  # goes forward again behind the record
            back_nl = shot.back_nl if shot.doubtful else shot.idle_nl
        gone_nl = self.trim.given_nl(self.plant.encoder_nl + back_nl - self._mounted_at_nl)
        if shot.doubtful:
            self._mounted_nl = min(self._mounted_nl, self.syringe_left_nl - shot.intent.volume_nl + gone_nl)
        left_nl = round(self._mounted_nl - gone_nl)
        self.syringe_left_nl = max(0, min(self.syringe_left_nl, left_nl))

    def _repeat(self) -> None:
        waiting = self.phase is Phase.ARMED and self.panel.trigger and self._free() and self.holds_too_much()
        if waiting and not self.lies_at_rest():
            self.kernel.after(1_000, "repeat", self._repeat)
            return
        self.post(Happening.REPEAT)
