"""Plans, states and snapshots to look at: built from events, like the real ones, without a gun."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from mesogun.link.stats import LinkStats
from mesogun.plan.model import PathFacts, Plan, PlannedAgent, PlannedPoint, PlannedShot, PlannedZone
from mesogun.record import Event, TreatmentState, fold_all, loaded_high_nl, shot_interval
from mesogun.record import events as ev
from mesogun.record.alarms import Limit
from mesogun.treatment import Phase, Snapshot
from mesogun.wire.codes import Flag, State
from mesogun.wire.messages import Status

TREATMENT = "00000000000000a1"
GUN, MEMORY = "00000000000000d1", "00000000000000e1"
OVERRUN_NL, OVERRUN_PPM = 200, 20_000


def _blob(x_mm: float, y_mm: float, w_mm: float, h_mm: float, n: int = 48) -> tuple[tuple[int, int], ...]:
    ring = []
    for i in range(n):
        a = 2 * math.pi * i / n
        bulge = 1 + 0.16 * math.cos(2 * a + 0.6) + 0.06 * math.sin(3 * a)
        ring.append(
            (round(1000 * (x_mm + w_mm * bulge * math.cos(a))), round(1000 * (y_mm + h_mm * bulge * math.sin(a))))
        )
    return tuple(ring)


def _within(ring: Sequence[tuple[int, int]], x: float, y: float) -> bool:
    odd = False
    for (x1, y1), (x2, y2) in zip(ring, (*ring[1:], ring[0]), strict=True):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
            odd = not odd
    return odd


def make_plan(spacing_mm: float = 5.0, volume_nl: int = 20_000, size: float = 1.0) -> Plan:
    """A cheek-like area with one exclusion, treated row by row."""
    outer = _blob(32, 26, 27 * size, 20 * size)
    hole = _blob(36, 30, 5 * size, 4 * size, 20)
    places: list[tuple[float, float]] = []
    for row in range(40):
        y = 2 + row * spacing_mm * math.sqrt(3) / 2
        cells = [2 + (row % 2) * spacing_mm / 2 + i * spacing_mm for i in range(40)]
        for x in cells if row % 2 == 0 else cells[::-1]:
            if _within(outer, 1000 * x, 1000 * y) and not _within(hole, 1000 * x, 1000 * y):
                places.append((x, y))
    points = tuple(
        PlannedPoint(i, i, "cheek", round(1000 * x), round(1000 * y), 4000, volume_nl)
        for i, (x, y) in enumerate(places)
    )
    shots = tuple(
        PlannedShot(p.index, p.zone, p.x_um, p.y_um, 0, "single", p.volume_nl, p.depth_um, (p.index,)) for p in points
    )
    total = volume_nl * len(points)
    return Plan(
        protocol_id="demo-hydration", protocol_title="Skin hydration", protocol_version="1", protocol_sha256="0" * 64,
        agent=PlannedAgent("ha", "Hyaluronic acid, non cross-linked", "15", "mg/mL"),
        area_name="cheek", area_sha256="1" * 64, surface="flat", layer="dermis",
        zones=(PlannedZone("cheek", (outer,), len(points), total),), exclusions=(hole,),
        lattice="hex", spacing_um=round(1000 * spacing_mm), head="single", order="short", step_nl=100, total_nl=total,
        points=points, shots=shots, path=PathFacts(600_000, 590_000, 6000, 30, (), (), 120), syringe_changes=(),
        syringe_nl=3_000_000, syringe_unusable_nl=50_000, request=(), changes=(), warnings=(),
    )  # fmt: skip


PLAN = make_plan()
LIMITS = (
    Limit("protocol total", PLAN.total_nl + 200_000, hard=True),
    Limit("site total", PLAN.total_nl + 900_000, hard=True),
)


LINK = LinkStats(
    requests=340, replies=338, resends=2, bytes_out=9_000, bytes_in=30_000, damaged_frames=1, garbage_bytes=7,
    untrusted=0, late=0, hints=3, echoes=0, sessions=1, srtt_us=12_300, rto_us=60_000, last_rtt_us=11_900,
    worst_rtt_us=48_000, lease_margin_ms=1_890, clock_offset_us=5, clock_offset_bound_us=6_000,
)  # fmt: skip


def planned(plan: Plan = PLAN) -> ev.TreatmentPlanned:
    return _PLANNED if plan is PLAN else _planned(plan)


def _planned(plan: Plan) -> ev.TreatmentPlanned:
    return ev.TreatmentPlanned(
        "S-0042", "op-ada", plan.to_bytes().decode(), plan.plan_hash, plan.protocol_id, plan.protocol_sha256,
        plan.agent.id, plan.total_nl, len(plan.shots), simulated=True, demonstration=True,
    )  # fmt: skip


_PLANNED = _planned(PLAN)


def found(serial: str = "SIM-0007") -> ev.GunFound:
    return ev.GunFound(
        GUN, MEMORY, "SIMULATED", 1, 1, 0, 0, 1, 0, 0, 0, 0, "", "cal-1", OVERRUN_NL, OVERRUN_PPM, "sim", serial, 1,
        100, 3_000_000, 60_000, baseline=True, baseline_total_nl=0,
    )  # fmt: skip


def loaded(entry_no: int, index: int, volume_nl: int = 20_000, kind: str = "TREAT") -> ev.MagazineLoaded:
    high = loaded_high_nl(volume_nl, OVERRUN_NL, OVERRUN_PPM)
    return ev.MagazineLoaded(GUN, MEMORY, entry_no, index, kind, volume_nl, high, 4000)


def shot(
    shot_no: int, index: int, *, commanded_nl: int = 20_000, delivered_nl: int | None = None, outcome: str = "DONE",
    kind: str = "TREAT", flags: int = 2, pressure_pa: int = 84_000,
) -> ev.ShotRecorded:  # fmt: skip
    delivered = commanded_nl if delivered_nl is None else delivered_nl
    proof = shot_interval(
        outcome=outcome,
        commanded_nl=commanded_nl,
        delivered_nl=delivered,
        overrun_nl=OVERRUN_NL,
        overrun_ppm=OVERRUN_PPM,
    )
    return ev.ShotRecorded(
        GUN, MEMORY, shot_no, shot_no, index, kind, outcome, flags, commanded_nl, delivered, proof.low_nl,
        proof.high_nl,
        4000, 20_000 * shot_no, 1, 1000 * shot_no, 90, pressure_pa, 1200, "cal-1",
    )  # fmt: skip


def history(done: int, *, magazine: int = 6, plan: Plan = PLAN, extra: Sequence[Event] = ()) -> list[Event]:
    """Planned, gun found, ``done`` shots given, ``magazine`` loaded."""
    events: list[Event] = [planned(plan), ev.RunnerStarted(1, "station-1", "op-ada", "0.1.0"), found()]
    for index in range(done):
        volume = plan.shots[index].volume_nl
        wobble = (index * 7919 % 21 - 10) * 10
        events += [
            loaded(index + 1, index, volume),
            shot(index + 1, index, commanded_nl=volume, delivered_nl=volume + wobble),
        ]
    for index in range(done, min(done + magazine, len(plan.shots))):
        events.append(loaded(index + 1, index, plan.shots[index].volume_nl))
    if magazine:
        events.append(ev.Armed(done + 1, done + magazine, magazine, 20_000 * magazine, 2000, 1, "op-ada"))
    return [*events, *extra]


def state(done: int, **options: object) -> TreatmentState:
    return fold_all(history(done, **options))  # type: ignore[arg-type]


def status(done: int, *, hot: bool = True, magazine: int = 6, clock_us: int | None = None, **changes: int) -> Status:
    base = Status(
        gun_clock_us=clock_us if clock_us is not None else 1_000_000 + 100_000 * done,
        state=int(State.ARMED if hot else State.DISARMED),
        flags=int(Flag.SESSION | Flag.PAIRED | Flag.PRIMED | (Flag.CONTACT if hot else 0)),
        fault=0, last_shot_no=done, closed_shot_no=done, fired_entry_no=done, entry_hwm=done + magazine,
        next_entry_no=done + 1, magazine=magazine, running_total_nl=20_000 * done, lease_left_ms=1800 if hot else 0,
        syringe_left_nl=max(0, 2_900_000 - 20_000 * done), pressure_pa=12_000 + (done * 7001 % 80_000), contact_mn=1200,
        battery_mv=3920,
    )  # fmt: skip
    return replace(base, **changes)


def snapshot(
    done: int, *, phase: Phase = Phase.TREATING, hot: bool = True, extra: Sequence[Event] = (), **changes: int
) -> Snapshot:
    given = status(done, hot=hot, **changes)
    return Snapshot(TREATMENT, phase, state(done, extra=extra), given, done, given.gun_clock_us)


def priming(entries: int) -> Snapshot:
    """Nothing given; ``entries`` PRIME entries loaded; paused, so that the phase does not say what is loaded."""
    given = status(0, hot=False, magazine=entries)
    loads = [loaded(number, 0, kind="PRIME") for number in range(1, entries + 1)]
    return Snapshot(TREATMENT, Phase.PAUSED, state(0, magazine=0, extra=loads), given, 0, given.gun_clock_us)
