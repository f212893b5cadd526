"""The invariants, each with a name, a sentence and a check; attached to a kernel they run behind every event.

Three ledgers meet here and nowhere else: physical truth (``sim.truth``), the firmware's belief (its log) and the
host's belief, handed in as an interval. Not responsible for causing anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mesogun.wire.codes import Outcome, ShotKind
from mesogun.wire.values import quick
from sim.firmware.shotlog import Closing, Intent
from sim.firmware.table import BUSY, Phase
from sim.truth import ShotTruth
from sim.world import World

NAMES: dict[str, str] = {
    "one shot per entry": "an entry of the magazine is fired at most once in the gun's life",
    "one shot per point": "a planned shot is fired at most once, and once more per ordered redo",
    "motion only when allowed": "the screw pushes only in a stroke: armed, leased, triggered, contact as demanded",
    "no shot above its bound": "no shot leaves more than commanded plus the stated overrun bound",
    "record within bound": "what left lies within each closed record's stated bound",
    "truth in the host's interval": "the true total lies in the host's [low, high] at all times",
    "truth below the limit": "the true total never passes the hard limit",
    "interval shrinks by evidence only": "the host's upper end falls only by a record or a settled entry",
    "mass balance": "displaced = left + leaked + stored, within 1 nL at every event",
    "stop is prompt": "with the session stopped or the lease over, the screw does not push",
    "start is safe": "after power comes the gun is disarmed, faulted or locked, with an empty magazine",
    "pressure is bounded": "the screw never pushes on above the occlusion limit",
    "no suction in skin": "the piston never goes back while needles are in skin",
    "one shot per press": "in single mode a trigger press fires at most one shot",
    "counters never go back": "shot number, entry mark, running total, boot number and ACK never fall",
    "acknowledged after commit": "the gun is told to forget only what the journal has on record",
    "records never change": "a closed record keeps every byte for ever",
    "screen leads": "the gun is never further ahead of the painted shot than the lead allows",
    "prime is no dose": "nothing enters tissue outside shots of kind TREAT",
    "alarms are shown": "a fault that stood for three seconds is in every picture that the gun's later word made",
    "frames are bounded": "no request goes out more than a dozen times on the average of a host's life",
    "comes to rest": "five seconds after the last fault the gun is at rest, in a named state",
}
SLACK_NL = 1.0
PRESSURE_SLACK = 1.05
ALARM_US = 3_000_000
REST_US = 5_000_000
FRAMES_EACH = 12


@dataclass(frozen=True, slots=True)
class Breach:
    """An invariant that did not hold."""

    name: str
    detail: str
    at_us: int

    def __str__(self) -> str:
        return f"{self.at_us / 1e6:.6f} s: {self.name}: {self.detail}"


@quick
@dataclass(frozen=True, slots=True)
class HostBelief:
    """What the host says was given: an interval, and the hard limit it works under."""

    low_nl: int
    high_nl: int
    limit_nl: int
    evidence: int  # grows with every record or settled entry


class Invariants:
    """All checks on one world. ``host`` gives the host's belief, ``None`` while there is no host."""

    def __init__(
        self,
        world: World,
        *,
        host: Callable[[], HostBelief | None] = lambda: None,
        redos: Callable[[int], int] = lambda _: 0,
        unseen_nl: Callable[[], float] = lambda: 0.0,
        recorded: Callable[[], int | None] = lambda: None,
    ) -> None:
        self.world = world
        self.host = host
        self.redos = redos
        self.unseen_nl = unseen_nl
        self.recorded = recorded
        self._unseen = [0.0] * len(world.truth.per_shot)  # up to the INTENT of each shot
        self._allowed_nl = 0.0  # the part of it that records were already allowed: a leak in priming shows a shot later
        self.breaches: list[Breach] = []
        self.checked = 0
        self._entries: set[int] = set()
        self._points: dict[tuple[int, int], int] = {}
        self._records: dict[int, tuple[Intent, Closing]] = {}
        self._counters = (0, 0, 0, 0, 0)
        self._presses = 0
        self._trigger = False
        self._shots_of_press = 0
        self._belief: HostBelief | None = None
        self._judged = 0
        self._fault_from_us: int | None = None
        world.kernel.after_event.append(self.check)
        world.gun.machine.witnesses.append(self)

    def breach(self, name: str, detail: str) -> None:
        """Write one down; the same invariant is written once per run."""
        if not any(known.name == name for known in self.breaches):
            self.breaches.append(Breach(name, detail, self.world.kernel.now_us))

    # as a witness of the gun

    def phase_changed(self, before: Phase, after: Phase, /) -> None:
        """Power-up must be safe; a fault must be shown before long."""
        machine = self.world.gun.machine
        self._fault_from_us = self.world.kernel.now_us if after is Phase.FAULT else None
        if before is Phase.OFF and (
            after not in {Phase.DISARMED, Phase.FAULT, Phase.LOCKED} or machine.magazine or machine.lease_end_us
        ):
            self.breach("start is safe", f"phase {after.value} with {len(machine.magazine)} entries")

    def intended(self, intent: Intent, /) -> None:
        """Nothing is fired twice; the trigger fires once."""
        machine = self.world.gun.machine
        if intent.entry_no in self._entries:
            self.breach("one shot per entry", f"entry {intent.entry_no} again, shot {intent.shot_no}")
        self._entries.add(intent.entry_no)
        self._unseen.append(self.unseen_nl())
        if intent.kind == ShotKind.TREAT:
            key = (intent.treatment_ref, intent.point_index)
            self._points[key] = self._points.get(key, 0) + 1
            if self._points[key] > 1 + self.redos(intent.point_index):
                self.breach("one shot per point", f"planned shot {intent.point_index}, {self._points[key]} times")
        self._note_press()
        self._shots_of_press += 1
        if self.world.gun.panel.mode == "single" and self._shots_of_press > 1:
            self.breach("one shot per press", f"shot {intent.shot_no} is number {self._shots_of_press} of one press")
        if intent.shot_no - machine.painted_shot_no > machine.lead:
            self.breach(
                "screen leads", f"shot {intent.shot_no}, painted {machine.painted_shot_no}, lead {machine.lead}"
            )
        self._judge_finished()

    def closed(self, intent: Intent, closing: Closing, /) -> None:
        """A record, once closed, is for ever."""
        known = self._records.setdefault(intent.shot_no, (intent, closing))
        if known != (intent, closing):
            self.breach("records never change", f"shot {intent.shot_no}")

    # what the host's side does with it

    def shown(self, fault: int, heard_us: int) -> None:
        """The host made a picture from what the gun said at ``heard_us``."""
        since_us = self._fault_from_us
        if since_us is not None and not fault and heard_us - since_us > ALARM_US:
            self.breach(
                "alarms are shown", f"{self.world.gun.machine.fault.name} for {(heard_us - since_us) / 1e6:.1f} s"
            )

    def talked(self, requests: int, resends: int) -> None:
        """A host's life is over; so much it asked, and so often it asked again."""
        if requests + resends > FRAMES_EACH * max(1, requests):
            self.breach("frames are bounded", f"{requests} requests, {resends} resends")

    def rests(self) -> None:
        """Faults have stopped for ``REST_US``, and no host speaks."""
        phase = self.world.gun.machine.phase
        if phase in BUSY or phase is Phase.OFF:
            self.breach("comes to rest", f"phase {phase.value}")

    # behind every event

    def check(self) -> None:
        """All that is cheap enough for every event."""
        self.checked += 1
        gun, plant = self.world.gun, self.world.plant
        machine = gun.machine
        if gun.panel.trigger is not self._trigger:
            self._note_press()
        imbalance = plant.imbalance_nl()
        if not -SLACK_NL <= imbalance <= SLACK_NL:
            self.breach("mass balance", f"{imbalance:.3f} nL")
        if plant.flow:
            self._check_motion()
        if machine.phase is not Phase.OFF:
            kept, log = gun.store.kept, gun.store.log
            counters = (log.last_shot_no, kept.entry_hwm, log.total_nl, kept.boot_id, kept.acked_shot_no)
            if counters != self._counters:
                if any(new < old for new, old in zip(counters, self._counters, strict=True)) and (
                    machine.phase is not Phase.LOCKED
                ):
                    self.breach("counters never go back", f"{self._counters} -> {counters}")
                if counters[-1] > self._counters[-1]:
                    self._check_acknowledged(counters[-1])
                self._counters = counters
        self._check_host()

    def _check_acknowledged(self, shot_no: int) -> None:
        recorded = self.recorded()
        if recorded is not None and shot_no > recorded:
            self.breach("acknowledged after commit", f"up to shot {shot_no}, on record up to {recorded}")

    def _check_motion(self) -> None:
        plant, machine, panel = self.world.plant, self.world.gun.machine, self.world.gun.panel
        if plant.flow < 0:
            if plant.in_skin:
                self.breach("no suction in skin", "the piston goes back with the needles in")
            return
        shot = machine.shot
        if machine.hung or (machine.phase is not Phase.STROKE and shot is None and not plant.in_skin):
            return  # the screw's own counter ends the stroke, or its play is being taken up in the air
        if machine.phase is not Phase.STROKE or shot is None:
            self.breach("motion only when allowed", f"phase {machine.phase.value}")
            return
        if machine.clock_us >= machine.lease_end_us:
            self.breach("stop is prompt", "the lease is over")
        treat = shot.intent.kind == ShotKind.TREAT
        if panel.contact is not treat or not panel.trigger or machine.fault:
            self.breach(
                "motion only when allowed", f"contact {panel.contact}, trigger {panel.trigger}, fault {machine.fault}"
            )
        if (
            plant.pressure > machine.profile["sensors.occlusion_kpa"] * PRESSURE_SLACK
            and panel.pressure_stuck_kpa is None
        ):
            self.breach("pressure is bounded", f"{plant.pressure:.0f} kPa")

    def _check_host(self) -> None:
        belief = self.host()
        if belief is None:
            self._belief = None
            return
        before, self._belief = self._belief, belief
        if before is not None and belief.high_nl < before.high_nl and belief.evidence <= before.evidence:
            self.breach("interval shrinks by evidence only", f"{before.high_nl} -> {belief.high_nl} nL")
        given = self.world.truth.dispensed_now_nl
        if given < belief.low_nl - SLACK_NL and given < belief.low_nl - SLACK_NL - self.unseen_nl():
            self.breach("truth in the host's interval", f"{given:.0f} nL, host [{belief.low_nl}, {belief.high_nl}]")
        if given > belief.high_nl + SLACK_NL:
            self.breach("truth in the host's interval", f"{given:.0f} nL, host [{belief.low_nl}, {belief.high_nl}]")
        if given > belief.limit_nl + SLACK_NL:
            self.breach("truth below the limit", f"{given:.0f} nL above {belief.limit_nl} nL")

    def _note_press(self) -> None:
        trigger = self.world.gun.panel.trigger
        if trigger and not self._trigger:
            self._shots_of_press = 0
        self._trigger = trigger

    def finish(self) -> None:
        """At rest: judge every shot, the last one included."""
        self._judge_finished()
        self._unseen.append(self.unseen_nl())
        for at, shot in enumerate(self.world.truth.per_shot[self._judged :], self._judged):
            self._judge(shot, self._unseen[at + 1])

    def _judge_finished(self) -> None:
        finished = self.world.truth.finished
        for at, shot in enumerate(finished[self._judged :], self._judged):
            self._judge(shot, self._unseen[at + 1])
        self._judged = len(finished)

    def _judge(self, shot: ShotTruth, unseen_nl: float) -> None:
        profile = self.world.profile
        over_nl, over_ppm = profile["calibration.overrun_nl"], profile["calibration.overrun_ppm"]
        left = shot.dispensed_nl
        if left > shot.commanded_nl + over_nl + shot.commanded_nl * over_ppm / 1e6 + SLACK_NL:
            self.breach("no shot above its bound", f"shot {shot.shot_no}: {left:.0f} of {shot.commanded_nl} nL")
        if shot.kind == ShotKind.TREAT and shot.booked_nl is not None and shot.outcome != Outcome.INDETERMINATE:
            bound = over_nl + shot.booked_nl * over_ppm / 1e6 + SLACK_NL
            short_nl = max(0.0, shot.booked_nl - bound - left)
            if short_nl <= unseen_nl - self._allowed_nl:
                self._allowed_nl += short_nl
            elif short_nl:
                self.breach("record within bound", f"shot {shot.shot_no}: booked {shot.booked_nl}, left {left:.0f} nL")
            if left > shot.booked_nl + bound:
                self.breach("record within bound", f"shot {shot.shot_no}: booked {shot.booked_nl}, left {left:.0f} nL")
        if shot.kind != ShotKind.TREAT and shot.delivered_nl > SLACK_NL:
            self.breach("prime is no dose", f"shot {shot.shot_no}: {shot.delivered_nl:.0f} nL in tissue")
