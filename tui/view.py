"""What there is to see, as one frozen value: the screen, the plain lines and the JSON lines all read this.

Built from the recorded state and the gun's newest word. What is too old is blanked here, once, for everybody: stale
after 1 s, gone after 3 s. The next point comes from the gun's own status (H13). Not responsible for the parts
(``viewed``), for alarms (``mesogun.record.alarms``) or for how anything looks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mesogun.link.stats import LinkStats
from mesogun.plan.model import Plan
from mesogun.record import Mark, TreatmentState
from mesogun.record.alarms import LINK_KINDS, LOST_US, RECORD_KINDS, REFUSALS, STALE_US, Limit, limit_words
from mesogun.record.events import ShotRecorded
from mesogun.wire.messages import Status
from tui.source import Moment, Stop
from tui.viewed import (
    REFUSED,
    Freshness,
    GunWords,
    LinkWords,
    MoveLine,
    ShotLine,
    ZoneLine,
    link_words,
    move_line,
    remark_text,
    words,
)

__all__ = [
    "REFUSED",
    "Freshness",
    "GunWords",
    "LinkWords",
    "MoveLine",
    "ShotLine",
    "View",
    "ViewMaker",
    "ZoneLine",
    "freshness",
    "next_shot",
]

LAST_SHOTS = 500


@dataclass(frozen=True, slots=True)
class View:
    """All that a screen shows. Volumes in nL; ``*_nl`` of the ledger as in ``mesogun.record``.

    ``given_nl`` is the sum of the treatment shots' records; the truth lies in ``low_nl``..``high_nl``.
    ``next_shot`` and ``loaded`` are indices of planned shots, ``loaded`` in the order of their entries. ``remarks`` are
    the newest notes, orders and refusals.
    ``over`` says in a word or two how this run is over or what became of STOP, and is empty while it runs.
    ``most_points`` is how many points this treatment may serve, where somebody set that.
    """

    source: str
    title: str
    treatment: str
    subject: str
    operator: str
    agent: str
    strength: str
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
    next_depth_um: int | None
    most_points: int | None
    loaded: tuple[int, ...]
    gun: GunWords | None
    link: LinkWords | None
    syringe_nl: int
    last: tuple[ShotLine, ...]
    moves: tuple[MoveLine, ...]
    remarks: tuple[str, ...]
    lot: str
    over: str
    stop_failure: str | None
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


def freshness(age_us: int | None, *, over: bool, silent_us: int | None = None) -> Freshness:
    """From the age of the gun's newest word; ``over``: nobody listens to it any more.

    ``silent_us``: how long nothing new is on a record that says that the gun is armed. A record that says anything else
    may be silent for as long as people like.
    """
    if over:
        return Freshness.SILENT if silent_us is not None and silent_us > LOST_US else Freshness.RECORD
    if age_us is None:
        return Freshness.WAITING
    if age_us <= STALE_US:
        return Freshness.LIVE
    return Freshness.STALE if age_us <= LOST_US else Freshness.LOST


def over_in_words(state: TreatmentState, stop: Stop, failure: str | None, kind: str) -> str:
    """How a run is over, or what became of STOP; empty while it runs."""
    if state.ended is not None:
        return "ended"
    if stop in (Stop.SENT, Stop.UNANSWERED):
        return "stop sent"
    if stop is not Stop.NONE:
        return stop.value
    if failure is None:
        return ""
    kinds = ((LINK_KINDS, "link lost"), (REFUSALS, "refused"), (RECORD_KINDS, "record failed"))
    return next((words for names, words in kinds if kind in names), "failed")


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
        self._cleared = _Cleared(None)
        agent = plan.agent
        self._strength = f"{agent.concentration} {agent.unit}" if agent.concentration and agent.unit else ""

    def of(self, moment: Moment) -> View:
        """The view of a source's moment."""
        return self.view(
            moment.state, moment.status, phase=moment.phase, age_us=moment.age_us, stop=moment.stop,
            stop_failure=moment.stop_failure, failure=moment.failure, failure_kind=moment.failure_kind,
            link=moment.link, silent_us=moment.silent_us,
        )  # fmt: skip

    def view(
        self,
        state: TreatmentState,
        status: Status | None,
        *,
        phase: str,
        age_us: int | None,
        stop: Stop = Stop.NONE,
        stop_failure: str | None = None,
        failure: str | None = None,
        failure_kind: str = "",
        link: LinkStats | None = None,
        silent_us: int | None = None,
    ) -> View:
        """The view of this moment."""
        if self._folded is None or state is not self._state:
            self._state, self._folded = state, _folded(self.plan, state, self._recorded)
        if state.clearance != self._cleared.text:
            self._cleared = _Cleared(state.clearance)
        folded = self._folded
        listens = self._source == "LIVE" and state.ended is None and failure is None
        fresh = freshness(age_us, over=not listens, silent_us=silent_us)
        heard = status if fresh in (Freshness.LIVE, Freshness.STALE) else None
        found, planned = state.gun, state.planned
        ledger = state.ledger
        over = over_in_words(state, stop, failure, failure_kind)
        following = next_shot(state, heard if fresh is Freshness.LIVE else None)
        shots = self.plan.shots
        return View(
            source=self._source,
            title=self._title,
            treatment=f"{planned.subject} {self.plan.area_name}" if planned is not None else self.plan.area_name,
            subject=planned.subject if planned is not None else "",
            operator=state.operator,
            agent=self.plan.agent.name,
            strength=self._strength,
            gun_kind=found.gun_kind if found is not None else "",
            gun_serial=found.serial if found is not None else "",
            phase=over or phase,
            freshness=fresh,
            age_us=age_us,
            given_nl=state.dispensed_nl,
            low_nl=ledger.low_nl,
            high_nl=ledger.high_nl,
            planned_nl=self.plan.total_nl,
            remaining_nl=folded.remaining_nl,
            prime_high_nl=state.prime.high_nl,
            limits=self._limits if self._limits is not None else self._cleared.limits,
            zones=folded.zones,
            marks=folded.marks,
            shots_done=folded.done,
            shots_total=len(shots),
            next_shot=following,
            next_depth_um=shots[following].depth_um if following is not None and following < len(shots) else None,
            most_points=self._cleared.most_points,
            loaded=folded.loaded,
            gun=words(heard) if heard is not None else None,
            link=link_words(link) if link is not None else None,
            syringe_nl=found.syringe_nl if found is not None else self.plan.syringe_nl,
            last=folded.last,
            moves=folded.moves,
            remarks=folded.remarks,
            lot=", expires ".join(state.lot) if state.lot is not None else "",
            over=over,
            stop_failure=stop_failure,
            failure=failure,
            ended=state.ended,
            demonstration=planned is not None and planned.demonstration,
        )


class _Cleared:
    """What a recorded clearance says, read once; nothing before the plan was cleared."""

    def __init__(self, text: str | None) -> None:
        self.text = text
        self.limits: tuple[Limit, ...] = ()
        self.most_points: int | None = None
        if text is not None:
            from mesogun.limits.clearance import Clearance

            clearance = Clearance.from_text(text)
            self.limits = tuple(Limit(limit_words(cap.rule), cap.cap_nl, cap.hard, cap.told) for cap in clearance.caps)
            self.most_points = clearance.max_points


@dataclass(frozen=True, slots=True)
class _Folded:
    marks: tuple[Mark, ...]
    done: int
    loaded: tuple[int, ...]
    remaining_nl: int
    zones: tuple[ZoneLine, ...]
    last: tuple[ShotLine, ...]
    moves: tuple[MoveLine, ...]
    remarks: tuple[str, ...]


def _folded(plan: Plan, state: TreatmentState, recorded: _Recorded) -> _Folded:
    recorded.take(state.shots)
    entries = sorted(state.open_entries.items(), key=lambda item: item[0][-1])
    loaded = tuple(dict.fromkeys(entry.shot_index for _, entry in entries if entry.shot_kind == "TREAT"))
    held = frozenset(loaded)
    marks: list[Mark] = []
    remaining_nl = done = 0
    finished: dict[str, int] = {zone.name: 0 for zone in plan.zones}
    open_nl: dict[str, int] = {}
    for entry in (*state.open_entries.values(), *state.given_up.values()):
        if entry.shot_kind == "TREAT" and entry.shot_index < len(plan.shots):
            zone_name = plan.shots[entry.shot_index].zone
            open_nl[zone_name] = open_nl.get(zone_name, 0) + entry.high_nl
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
        ZoneLine(
            zone.name,
            recorded.given_nl.get(zone.name, 0),
            recorded.high_nl.get(zone.name, 0) + open_nl.get(zone.name, 0),
            zone.total_nl,
            finished[zone.name],
            shots[zone.name],
        )
        for zone in plan.zones
    )
    moves = tuple(move_line(event, plan) for event in state.moved.values())
    remarks = tuple(remark_text(remark, plan) for remark in state.remarks)
    return _Folded(tuple(marks), done, loaded, remaining_nl, zones, recorded.last, moves, remarks)


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
        self.high_nl: dict[str, int] = {}

    def take(self, shots: tuple[ShotRecorded, ...]) -> None:
        """Take the records as they are now."""
        seen = len(self._seen)
        if len(shots) < seen or (seen and shots[seen - 1] is not self._seen[-1]):
            seen, self.last, self.given_nl, self.high_nl = 0, (), {}, {}
        fresh = shots[seen:]
        for record in fresh:
            zone = self._zone(record)
            if zone:
                self.given_nl[zone] = self.given_nl.get(zone, 0) + record.delivered_nl
                self.high_nl[zone] = self.high_nl.get(zone, 0) + record.high_nl
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


def next_shot(state: TreatmentState, status: Status | None) -> int | None:
    """The planned shot that the gun itself says it will fire next; ``None`` when it has not said so just now (H13)."""
    if status is None or state.gun is None:
        return None
    entry = state.open_entries.get((state.gun.gun, state.gun.memory, status.next_entry_no))
    return entry.shot_index if entry is not None and entry.shot_kind == "TREAT" else None
