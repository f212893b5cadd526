"""The parts of a view: what one line of a panel is about, as frozen values, and remarks in words.

Not responsible for putting a view together (``view``) or for how anything looks (``panels``, ``pages``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mesogun.link.stats import LinkStats
from mesogun.plan.model import Plan
from mesogun.record import events as ev
from mesogun.record.state import Remark
from mesogun.wire.codes import Fault, Flag, State
from mesogun.wire.messages import Status
from tui import figures

REFUSED = "not done: "
SLOW_US = 100_000
"""A round trip above this is worth a word: it is longer than a poll of the runner. Assumption, not measured."""
MANY_PERCENT = 2
"""So many requests sent again are worth a word: on a sound cable there are none. Assumption, not measured."""


class Freshness(StrEnum):
    """How far what is shown can be trusted to be now."""

    WAITING = "waiting"  # the gun has not spoken yet
    LIVE = "live"
    STALE = "stale"
    LOST = "lost"
    RECORD = "record"  # nobody is listening to the gun: this is what is on record
    SILENT = "no news"  # the same, and the record says that the gun is armed, and nothing new is on it


@dataclass(frozen=True, slots=True)
class ShotLine:
    """One recorded shot, for the list."""

    shot_no: int
    point: int | None
    zone: str
    kind: str
    outcome: str
    delivered_nl: int
    commanded_nl: int
    depth_um: int
    peak_pressure_pa: int


@dataclass(frozen=True, slots=True)
class ZoneLine:
    """One zone's own total; ``high_nl`` is what it was given at most, as far as a shot is known to be its own."""

    name: str
    given_nl: int
    high_nl: int
    planned_nl: int
    done: int
    shots: int


@dataclass(frozen=True, slots=True)
class MoveLine:
    """A shot that went elsewhere, by an operator's word: which point, where, where it was planned, who, why."""

    point: int
    zone: str
    x_um: int
    y_um: int
    planned_x_um: int
    planned_y_um: int
    operator: str
    why: str


@dataclass(frozen=True, slots=True)
class LinkWords:
    """How well the link works, since the port was opened."""

    requests: int
    resends: int
    damaged: int
    round_trip_us: int | None
    worst_us: int | None
    lease_margin_ms: int | None

    @property
    def trouble(self) -> tuple[str, ...]:
        """What is not fine, in short; nothing when all is."""
        parts = []
        if self.round_trip_us is not None and self.round_trip_us > SLOW_US:
            parts.append(figures.milliseconds(self.round_trip_us))
        if self.resends * 100 > self.requests * MANY_PERCENT:
            parts.append(f"{figures.count(self.resends)} resent")
        if self.damaged * 100 > self.requests * MANY_PERCENT:
            parts.append(f"{figures.count(self.damaged)} damaged")
        return tuple(parts)


@dataclass(frozen=True, slots=True)
class GunWords:
    """What the gun said last; not there when it is too old to be shown."""

    state: str
    armed: bool
    contact: bool
    trigger: bool
    primed: bool
    bench: bool
    lead_hold: bool
    low_battery: bool
    low_syringe: bool
    lease_left_ms: int
    magazine: int
    syringe_left_nl: int
    pressure_pa: int
    contact_mn: int
    battery_mv: int
    fault: str | None


def words(status: Status) -> GunWords:
    """The gun's status in words."""
    flags = status.flags
    known = {int(state): state.name.lower() for state in State}
    faults = {int(fault): fault.name.lower().replace("_", " ") for fault in Fault}
    return GunWords(
        state=known.get(status.state, f"state {status.state}"),
        armed=status.state in (State.ARMED, State.FIRING),
        contact=bool(flags & Flag.CONTACT),
        trigger=bool(flags & Flag.TRIGGER),
        primed=bool(flags & Flag.PRIMED),
        bench=bool(flags & Flag.BENCH),
        lead_hold=bool(flags & Flag.LEAD_HOLD),
        low_battery=bool(flags & Flag.LOW_BATTERY),
        low_syringe=bool(flags & Flag.LOW_SYRINGE),
        lease_left_ms=status.lease_left_ms,
        magazine=status.magazine,
        syringe_left_nl=status.syringe_left_nl,
        pressure_pa=status.pressure_pa,
        contact_mn=status.contact_mn,
        battery_mv=status.battery_mv,
        fault=faults.get(status.fault, f"fault {status.fault}") if status.fault else None,
    )


def link_words(stats: LinkStats) -> LinkWords:
    """The counters of a link that a screen shows."""
    return LinkWords(
        requests=stats.requests,
        resends=stats.resends,
        damaged=stats.damaged_frames,
        round_trip_us=stats.srtt_us,
        worst_us=stats.worst_rtt_us,
        lease_margin_ms=stats.lease_margin_ms,
    )


def move_line(event: ev.PointReassigned, plan: Plan) -> MoveLine:
    """A corrected place beside the planned one."""
    shot = plan.shots[event.shot_index]
    return MoveLine(
        event.shot_index + 1, shot.zone, event.x_um, event.y_um, shot.x_um, shot.y_um, event.operator, event.why
    )  # fmt: skip


def moved_text(line: MoveLine) -> str:
    """Where it went, against where it was planned, and on whose word."""
    by = _offset(line.x_um - line.planned_x_um, line.y_um - line.planned_y_um)
    return (
        f"point {line.point} {line.zone} went elsewhere: {by},"
        f" at {figures.millimetres(line.x_um, unit=False)}, {figures.millimetres(line.y_um)}"
        f" (by {line.operator}: {line.why})"
    )


def _offset(right_um: int, up_um: int) -> str:
    parts = [
        f"{figures.millimetres(abs(by_um))} {names[by_um < 0]}"
        for by_um, names in ((right_um, ("right", "left")), (up_um, ("up", "down")))
        if by_um
    ]
    return " and ".join(parts) or "where it was planned"


def remark_text(remark: Remark, plan: Plan) -> str:
    """A note, an order that was carried out or refused, or a handover: what, who, why."""
    match remark:
        case ev.OrderRefused(why=why):
            return f"{REFUSED}{why}"
        case ev.NoteAdded(text=text, operator=who):
            return f"note: {text} (by {who})"
        case ev.HandedOver(from_operator=before, to_operator=who, signature=signature):
            return f"handed over from {before} to {who}, {'signed' if signature else 'not signed'}"
        case ev.PointSkipped(shot_index=index, operator=who, why=why):
            return f"point {index + 1} skipped (by {who}: {why})"
        case ev.RedoOrdered(shot_index=index, of_shot_no=shot_no, operator=who, why=why):
            return f"point {index + 1} ordered once more after shot {shot_no} (by {who}: {why})"
        case ev.PointReassigned():
            return moved_text(move_line(remark, plan))
