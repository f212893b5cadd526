"""What there is to see, as one frozen value: the screen, the plain lines and the JSON lines all read this.

Built from the recorded state and the gun's newest word. What is too old is blanked here, once, for everybody: stale
after 1 s, gone after 3 s. The next point comes from the gun's own status (H13). Not responsible for alarms
(``mesogun.record.alarms``) or for how anything looks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mesogun.plan.model import Plan
from mesogun.record import Mark, TreatmentState
from mesogun.record.alarms import LOST_US, STALE_US, Limit
from mesogun.record.events import NoteAdded, OrderRefused, ShotRecorded
from mesogun.wire.codes import Fault, Flag, State
from mesogun.wire.messages import Status

LAST_SHOTS = 500
REFUSED = "not done: "


class Freshness(StrEnum):
    """How far what is shown can be trusted to be now."""

    WAITING = "waiting"  # the gun has not spoken yet
    LIVE = "live"
    STALE = "stale"
    LOST = "lost"
    RECORD = "record"  # nobody is listening to the gun: this is what is on record


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
    """One zone's own total."""

    name: str
    given_nl: int
    planned_nl: int
    done: int
    shots: int


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


@dataclass(frozen=True, slots=True)
class View:
    """All that a screen shows. Volumes in nL; ``*_nl`` of the ledger as in ``mesogun.record``.

    ``given_nl`` is the sum of the treatment shots' records; the truth lies in ``low_nl``..``high_nl``.
    ``next_shot`` and ``loaded`` are indices of planned shots, ``loaded`` in the order of their entries.
    ``remarks`` are the newest notes and refused orders.
    """

    source: str
    title: str
    treatment: str
    subject: str
    operator: str
    agent: str
    gun_kind: str
    gun_serial: str
    phase: str
    freshness: Freshness
    age_us: int | None
    given_nl: int
    low_nl: int
    high_nl: int
    planned_nl: int
    remaining_nl: int
    prime_high_nl: int
    limits: tuple[Limit, ...]
    zones: tuple[ZoneLine, ...]
    marks: tuple[Mark, ...]
    shots_done: int
    shots_total: int
    next_shot: int | None
    loaded: tuple[int, ...]
    gun: GunWords | None
    syringe_nl: int
    last: tuple[ShotLine, ...]
    remarks: tuple[str, ...]
    lot: str
    stopped: bool
    failure: str | None
    ended: str | None
    demonstration: bool

    @property
    def tightest(self) -> Limit | None:
        """The limit with the largest share used; hard ones first where shares are equal."""
        if not self.limits:
            return None
        return max(self.limits, key=lambda limit: (self.share(limit), limit.hard))

    def share(self, limit: Limit) -> float:
        """How much of a limit the ledger's upper end has used; 1 is all of it."""
        return self.high_nl / limit.cap_nl if limit.cap_nl > 0 else 1.0


def freshness(age_us: int | None, *, over: bool) -> Freshness:
    """From the age of the gun's newest word; ``over``: nobody listens to it any more."""
    if over:
        return Freshness.RECORD
    if age_us is None:
        return Freshness.WAITING
    if age_us <= STALE_US:
        return Freshness.LIVE
    return Freshness.STALE if age_us <= LOST_US else Freshness.LOST


class ViewMaker:
    """Makes views of one treatment; keeps what changes only when the record does."""

    def __init__(self, plan: Plan, *, title: str, source: str, limits: Sequence[Limit] | None = None) -> None:
        self.plan = plan
        self._title = title
        self._source = source
        self._limits = tuple(limits) if limits is not None else None
        self._state: TreatmentState | None = None
        self._folded: _Folded | None = None
        self._recorded = _Recorded(plan)

    def limits(self, state: TreatmentState) -> tuple[Limit, ...]:
        """The limits handed in, else those of the recorded clearance."""
        return self._limits if self._limits is not None else recorded_limits(state.clearance)

    def view(
        self,
        state: TreatmentState,
        status: Status | None,
        *,
        phase: str,
        age_us: int | None,
        stopped: bool = False,
        failure: str | None = None,
    ) -> View:
        """The view of this moment."""
        if self._folded is None or state is not self._state:
            self._state, self._folded = state, _folded(self.plan, state, self._recorded)
        folded = self._folded
        over = state.ended is not None or failure is not None or self._source != "LIVE"
        fresh = freshness(age_us, over=over)
        heard = status if fresh in (Freshness.LIVE, Freshness.STALE) else None
        found, planned = state.gun, state.planned
        ledger = state.ledger
        return View(
            source=self._source,
            title=self._title,
            treatment=f"{planned.subject} {self.plan.area_name}" if planned is not None else self.plan.area_name,
            subject=planned.subject if planned is not None else "",
            operator=state.operator,
            agent=self.plan.agent.name,
            gun_kind=found.gun_kind if found is not None else "",
            gun_serial=found.serial if found is not None else "",
            phase=phase,
            freshness=fresh,
            age_us=age_us,
            given_nl=state.dispensed_nl,
            low_nl=ledger.low_nl,
            high_nl=ledger.high_nl,
            planned_nl=self.plan.total_nl,
            remaining_nl=folded.remaining_nl,
            prime_high_nl=state.prime.high_nl,
            limits=self.limits(state),
            zones=folded.zones,
            marks=folded.marks,
            shots_done=folded.done,
            shots_total=len(self.plan.shots),
            next_shot=next_shot(state, heard if fresh is Freshness.LIVE else None),
            loaded=folded.loaded,
            gun=words(heard) if heard is not None else None,
            syringe_nl=found.syringe_nl if found is not None else self.plan.syringe_nl,
            last=folded.last,
            remarks=tuple(remark_text(remark) for remark in state.remarks),
            lot=", expires ".join(state.lot) if state.lot is not None else "",
            stopped=stopped,
            failure=failure,
            ended=state.ended,
            demonstration=planned is not None and planned.demonstration,
        )


@dataclass(frozen=True, slots=True)
class _Folded:
    marks: tuple[Mark, ...]
    done: int
    loaded: tuple[int, ...]
    remaining_nl: int
    zones: tuple[ZoneLine, ...]
    last: tuple[ShotLine, ...]


def _folded(plan: Plan, state: TreatmentState, recorded: _Recorded) -> _Folded:
    recorded.take(state.shots)
    entries = sorted(state.open_entries.items(), key=lambda item: item[0][-1])
    loaded = tuple(dict.fromkeys(entry.shot_index for _, entry in entries if entry.shot_kind == "TREAT"))
    held = frozenset(loaded)
    marks: list[Mark] = []
    remaining_nl = done = 0
    finished: dict[str, int] = {zone.name: 0 for zone in plan.zones}
    shots: dict[str, int] = {zone.name: 0 for zone in plan.zones}
    for shot in plan.shots:
        mark = _mark(state, shot.index, held)
        marks.append(mark)
        shots[shot.zone] = shots.get(shot.zone, 0) + 1
        if mark in (Mark.PENDING, Mark.LOADED) or _again(state, shot.index):
            remaining_nl += shot.volume_nl
        else:
            done += 1
            finished[shot.zone] = finished.get(shot.zone, 0) + 1
    zones = tuple(
        ZoneLine(zone.name, recorded.given_nl.get(zone.name, 0), zone.total_nl, finished[zone.name], shots[zone.name])
        for zone in plan.zones
    )
    return _Folded(tuple(marks), done, loaded, remaining_nl, zones, recorded.last)


def _again(state: TreatmentState, index: int) -> bool:
    """Whether a point that has a record was ordered once more and not fired since."""
    return 0 < state.fired.get(index, 0) < 1 + state.redos.get(index, 0)


def _mark(state: TreatmentState, index: int, held: frozenset[int]) -> Mark:
    if index in held:
        return Mark.LOADED
    outcomes: Mapping[int, Mark] = state.outcomes
    if index in outcomes:
        return outcomes[index]
    return Mark.SKIPPED if index in state.skipped else Mark.PENDING


class _Recorded:
    """Lines and zone totals of the records so far; of a record that only grew, only what is new is looked at."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._seen: tuple[ShotRecorded, ...] = ()
        self.last: tuple[ShotLine, ...] = ()
        self.given_nl: dict[str, int] = {}

    def take(self, shots: tuple[ShotRecorded, ...]) -> None:
        """Take the records as they are now."""
        seen = len(self._seen)
        if len(shots) < seen or (seen and shots[seen - 1] is not self._seen[-1]):
            seen, self.last, self.given_nl = 0, (), {}
        fresh = shots[seen:]
        for record in fresh:
            zone = self._zone(record)
            if zone:
                self.given_nl[zone] = self.given_nl.get(zone, 0) + record.delivered_nl
        if fresh:
            self.last = (*self.last, *(self._line(record) for record in fresh[-LAST_SHOTS:]))[-LAST_SHOTS:]
        self._seen = shots

    def _zone(self, record: ShotRecorded) -> str:
        known = record.shot_kind == "TREAT" and record.shot_index < len(self._plan.shots)
        return self._plan.shots[record.shot_index].zone if known else ""

    def _line(self, record: ShotRecorded) -> ShotLine:
        return ShotLine(
            shot_no=record.shot_no,
            point=record.shot_index if record.shot_kind == "TREAT" else None,
            zone=self._zone(record),
            kind=record.shot_kind.lower(),
            outcome=record.outcome.lower(),
            delivered_nl=record.delivered_nl,
            commanded_nl=record.commanded_nl,
            depth_um=record.depth_um,
            peak_pressure_pa=record.peak_pressure_pa,
        )


def remark_text(remark: NoteAdded | OrderRefused) -> str:
    """A note, or an order that was refused and why."""
    if isinstance(remark, OrderRefused):
        return f"{REFUSED}{remark.why}"
    return f"note: {remark.text}"


def next_shot(state: TreatmentState, status: Status | None) -> int | None:
    """The planned shot that the gun itself says it will fire next; ``None`` when it has not said so just now (H13)."""
    if status is None or state.gun is None:
        return None
    entry = state.open_entries.get((state.gun.gun, state.gun.memory, status.next_entry_no))
    return entry.shot_index if entry is not None and entry.shot_kind == "TREAT" else None


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


def recorded_limits(clearance: str | None) -> tuple[Limit, ...]:
    """The caps of a recorded clearance; none before the plan was cleared."""
    if clearance is None:
        return ()
    from mesogun.limits.clearance import Clearance

    return tuple(Limit(limit_name(cap.rule), cap.cap_nl, cap.hard) for cap in Clearance.from_text(clearance).caps)


def limit_name(rule: str) -> str:
    """A rule's key as words: ``treatment_ml.hard_high`` -> ``treatment``."""
    return rule.partition(".")[0].removesuffix("_ml").replace("_", " ")
