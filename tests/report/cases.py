"""Hand-made treatments for report tests: a plan, its events, and rows as a journal would hand them out."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from mesogun.clock import timestamp
from mesogun.journal import Head, Row
from mesogun.limits import Cap, Clearance
from mesogun.plan import PathFacts, Plan, PlannedAgent, PlannedPoint, PlannedShot, PlannedZone
from mesogun.record import TreatmentState, encode, fold_all
from mesogun.record import events as ev

TREATMENT = "00000000000000a7"
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
Ring = tuple[tuple[int, int], ...]


def ellipse(x_um: int, y_um: int, a_um: int, b_um: int, corners: int = 48) -> Ring:
    """A ring around a centre."""
    turns = [2.0 * math.pi * i / corners for i in range(corners)]
    return tuple((round(x_um + a_um * math.cos(t)), round(y_um + b_um * math.sin(t))) for t in turns)


def a_plan(
    *,
    spacing_um: int = 5_000,
    volume_nl: int = 20_000,
    depths_um: Sequence[int] = (1_500,),
    zones: Sequence[str] = ("cheek",),
    size_um: tuple[int, int] = (40_000, 30_000),
    title: str = "Hydration of the face",
) -> Plan:
    """Square lattice in ellipses side by side, with one exclusion zone in the first."""
    a_um, b_um = size_um[0] // 2, size_um[1] // 2
    out = ellipse(-a_um // 3, b_um // 3, a_um // 4, b_um // 4, 24)
    points: list[PlannedPoint] = []
    planned_zones = []
    for number, name in enumerate(zones):
        centre = number * (size_um[0] + 4_000)
        inside = [
            (centre + x, y)
            for y in range(-b_um, b_um + 1, spacing_um)
            for x in range(-a_um, a_um + 1, spacing_um)
            if (x / a_um) ** 2 + (y / b_um) ** 2 <= 0.98
            and (number or ((x + a_um / 3) / (a_um / 4)) ** 2 + ((y - b_um / 3) / (b_um / 4)) ** 2 > 1.1)
        ]
        for x, y in inside:
            index = len(points)
            points.append(PlannedPoint(index, index, name, x, y, depths_um[index % len(depths_um)], volume_nl))
        ring = ellipse(centre, 0, a_um, b_um)
        planned_zones.append(PlannedZone(name, (ring,), len(inside), len(inside) * volume_nl))
    shots = tuple(
        PlannedShot(p.index, p.zone, p.x_um, p.y_um, 0, "single", p.volume_nl, p.depth_um, (p.index,)) for p in points
    )
    return Plan(
        protocol_id="face-hydration-ha",
        protocol_title=title,
        protocol_version="1",
        protocol_sha256="ab" * 32,
        agent=PlannedAgent("hyaluronic-acid", "Hyaluronic acid", "15", "mg/mL"),
        area_name="cheek",
        area_sha256="cd" * 32,
        surface="flat",
        zones=tuple(planned_zones),
        exclusions=(out,),
        layer="dermis",
        lattice="square",
        spacing_um=spacing_um,
        head="single",
        order="short",
        step_nl=100,
        total_nl=sum(shot.volume_nl for shot in shots),
        points=tuple(points),
        shots=shots,
        path=PathFacts(0, 0, 0, 0, (), (), 0),
        syringe_changes=(),
        syringe_nl=5_000_000,
        syringe_unusable_nl=100_000,
        request=(),
        changes=(),
        warnings=(),
    )


@dataclass
class Story:
    """Collects events with times; every shot costs half a second."""

    plan: Plan
    simulated: bool = True
    demonstration: bool = False
    limit_nl: int | None = 4_000_000
    events: list[tuple[float, ev.Event]] = field(default_factory=list)
    now_s: float = 0.0
    shot_no: int = 0
    total_nl: int = 0

    def say(self, *events: ev.Event, after_s: float = 0.0) -> Story:
        """Add events after some time."""
        self.now_s += after_s
        self.events += [(self.now_s, event) for event in events]
        return self

    def begin(self, kind: str = "simulated") -> Story:
        """Everything before the first load."""
        plan = self.plan
        planned = ev.TreatmentPlanned(
            "s-0017", "op-1", plan.to_bytes().decode(), plan.plan_hash, plan.protocol_id, plan.protocol_sha256,
            plan.agent.id, plan.total_nl, len(plan.shots), self.simulated, self.demonstration,
        )  # fmt: skip
        self.say(planned, ev.ScreeningAnswered("pregnancy", "no", "clear", "op-1"))
        self.say(ev.ConsentRecorded(plan.plan_hash, "op-1", "agreement, risk"), after_s=40)
        self.say(ev.PlanConfirmed(plan.plan_hash, "s-0017", "op-1"))
        if self.limit_nl is not None:
            self.say(
                ev.PlanCleared(plan.plan_hash, "op-1", clearance(plan, self.limit_nl, self.demonstration).to_text())
            )
        self.say(ev.RunnerStarted(1, "room-2", "op-1", "0.1.0"), after_s=10)
        return self.say(met(kind))

    def load(self, index: int) -> ev.MagazineLoaded:
        """Commit one entry."""
        shot = self.plan.shots[index]
        entry = ev.MagazineLoaded(
            "11" * 8, "22" * 8, 1 + self.shot_no, index, "TREAT", shot.volume_nl, shot.volume_nl + 300, shot.depth_um
        )
        self.say(entry)
        return entry

    def fire(self, index: int, *, delivered_nl: int | None = None, outcome: str = "DONE", kind: str = "TREAT") -> Story:
        """Load and record one shot."""
        entry = self.load(index)
        asked = entry.volume_nl
        given = asked if delivered_nl is None else delivered_nl
        self.shot_no += 1
        self.total_nl += given
        high = asked + 300 if outcome == "INDETERMINATE" else given + 300
        record = ev.ShotRecorded(
            entry.gun, entry.memory, self.shot_no, entry.entry_no, index, kind, outcome, 0, asked, given,
            max(0, given - 300), high, entry.depth_um, self.total_nl, 1, 0, 120, 90_000, 5_000, "33" * 8,
        )  # fmt: skip
        return self.say(record, after_s=0.5)

    @property
    def rows(self) -> tuple[Row, ...]:
        """As a journal hands them out."""
        rows, previous = [], "0" * 64
        for seq, (at_s, event) in enumerate(self.events, start=1):
            digest = hashlib.sha256(previous.encode() + encode(event)).hexdigest()
            at = timestamp(START + timedelta(seconds=at_s))
            rows.append(Row(seq, at, TREATMENT, None, event, previous, digest))
            previous = digest
        return tuple(rows)

    @property
    def state(self) -> TreatmentState:
        """The fold of all events."""
        return fold_all(event for _, event in self.events)

    @property
    def head(self) -> Head:
        """The last row."""
        last = self.rows[-1]
        return Head(last.seq, last.hash)


def clearance(plan: Plan, limit_nl: int, demonstration: bool) -> Clearance:
    """One hard and one soft cap."""
    caps = (
        Cap("treatment_ml.hard_high", limit_nl, True, "4 mL, site: limits.toml, grade site"),
        Cap("treatment_ml.soft_high", limit_nl - 500_000, False, "3.5 mL, protocol: a label, grade A"),
    )
    return Clearance(
        plan_hash=plan.plan_hash, protocol_id=plan.protocol_id, protocol_sha256=plan.protocol_sha256, subject="s-0017",
        operator="op-1", agent=plan.agent.id, gun_kind="simulated", at=timestamp(START), planned_nl=plan.total_nl,
        caps=caps, max_point_nl=100_000, max_points=None, min_shot_interval_ms=0, demonstration=demonstration,
    )  # fmt: skip


def met(kind: str = "simulated") -> ev.GunFound:
    """A HELLO."""
    return ev.GunFound(
        gun="11" * 8, memory="22" * 8, gun_kind=kind, boot_id=1, session=7, entry_hwm=0, last_shot_no=0,
        oldest_shot_no=1, total_before_oldest_nl=0, acked_shot_no=0, running_total_nl=0, dropped=0,
        open_treatment="0" * 16, calibration="33" * 8, overrun_nl=100, overrun_ppm=10_000, model="MG-1",
        serial="SIM-0042", firmware=10_203, step_nl=100, syringe_nl=5_000_000, dead_volume_nl=60_000, baseline=True,
        baseline_total_nl=0,
    )  # fmt: skip


def quiet() -> Story:
    """Everything went as planned."""
    story = Story(a_plan()).begin()
    for index in range(len(story.plan.shots)):
        story.fire(index)
    return story.say(ev.TreatmentEnded("complete", "op-1"), after_s=2)


def eventful() -> Story:
    """One of everything that can happen."""
    story = Story(a_plan(zones=("left", "right"), depths_um=(1_500, 1_500, 2_000)), demonstration=True).begin()
    count = len(story.plan.shots)
    story.say(ev.OverrideGiven("treatment_ml.soft_high", "3.6 mL", "3.5 mL", "op-1", "last visit was 2 months ago"))
    story.say(ev.SyringeInserted("HA-2231", "2027-03", 1_000_000, "op-1"), after_s=20)
    wobble = [0, 120, -80, 40, -150, 90, 200, -60, 10, -30]
    for index in range(count - 12):
        if index == 7:
            story.fire(index, delivered_nl=8_400, outcome="PARTIAL")
        elif index == 19:
            story.fire(index, delivered_nl=5_000, outcome="INDETERMINATE")
            story.say(ev.LinkBroken("the port vanished"), after_s=1)
            story.say(ev.RunnerStarted(2, "room-2", "op-1", "0.1.0"), after_s=42)
            story.say(met())
        elif index in {23, 24}:
            story.say(ev.PointSkipped(index, "op-1", "a small scar there"))
        else:
            story.fire(index, delivered_nl=20_000 + wobble[index % len(wobble)])
    story.say(ev.FaultRaised("OCCLUSION"), ev.AlarmRaised("occlusion", "high", "pressure above 400 kPa"))
    story.say(ev.AlarmAcknowledged("occlusion", "op-1"), ev.FaultCleared("OCCLUSION", "op-1"), after_s=30)
    story.say(ev.RedoOrdered(7, 8, "op-1", "the first shot stopped half way"))
    story.fire(7, delivered_nl=20_040)
    story.say(
        ev.PointReassigned(11, story.plan.shots[11].x_um + 2_000, story.plan.shots[11].y_um - 1_500, "op-1", "slipped")
    )
    story.say(ev.GapFound("11" * 8, "22" * 8, 70, 73, 18_000, 24_000, 999))
    story.say(ev.NoteAdded("the skin is a little red <b>on the left</b>", "op-1"))
    story.say(ev.ReactionRecorded("redness", "mild", "left", "op-1"), ev.HandedOver("op-1", "op-2"), after_s=5)
    story.load(count - 11)
    return story


def long() -> Story:
    """Two thousand shots, each with its own volume."""
    story = Story(a_plan(spacing_um=2_500, size_um=(156_000, 116_000)), limit_nl=60_000_000).begin()
    for index in range(2_000):
        story.fire(index, delivered_nl=20_000 + (index * 7_919) % 401 - 200)
    return story.say(ev.TreatmentEnded("ended early", "op-1"), after_s=2)
