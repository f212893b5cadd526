"""From events to the state of a treatment: one fold for live, resumed and replayed.

Each step changes a draft; nobody outside sees one. A state is frozen and shares nothing that a later step changes.
Not responsible for what a state means (``mesogun.record.state``) or for other treatments (``mesogun.record.history``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from operator import attrgetter
from typing import Any

from mesogun.record import events as ev
from mesogun.record.ledger import Ledger
from mesogun.record.state import Block, EntryKey, Mark, Remark, StandingAlarm, TreatmentState, counted

CONTACT_SEEN = 2  # ShotFlag.CONTACT_SEEN of the wire, as recorded
REMARKS_KEPT = 24

_MARK_OF_OUTCOME = {"DONE": Mark.GIVEN, "PARTIAL": Mark.PARTIAL, "INDETERMINATE": Mark.INDETERMINATE}
_NAMES = tuple(each.name for each in fields(TreatmentState))
_VALUES = attrgetter(*_NAMES)


class Folding:
    """A fold in progress: ``take`` events, look at ``state`` at any time.

    What grows with every shot is copied when it is first changed after a look, not at every event, so that a whole
    treatment is folded in a time proportional to its length. What has not changed between two looks is the same object
    in both states.
    """

    __slots__ = ("_draft",)

    def __init__(self, start: TreatmentState | None = None) -> None:
        self._draft = _Draft(start if start is not None else TreatmentState())

    def take(self, event: ev.Event) -> None:
        """One more event; those that change nothing here (answers, measurements) are passed over."""
        step = _STEPS.get(type(event))
        if step is not None:
            step(self._draft, event)

    @property
    def state(self) -> TreatmentState:
        """The state after the events so far."""
        return self._draft.frozen()

    @property
    def ledger(self) -> Ledger:
        """The ledger after the events so far, without the rest of the state."""
        draft = self._draft
        return counted(draft.dose, draft.settled, draft.loaded_high_nl, draft.lost, draft.blocks)


def fold(state: TreatmentState, event: ev.Event) -> TreatmentState:
    """The state after ``event``; events that change nothing here return it as it is."""
    if type(event) not in _STEPS:
        return state
    return fold_all((event,), state)


def fold_all(events: Iterable[ev.Event], start: TreatmentState | None = None) -> TreatmentState:
    """The state after all of ``events``."""
    folding = Folding(start)
    for event in events:
        folding.take(event)
    return folding.state


class _Draft:
    """The fields of ``TreatmentState``, open to change."""

    planned: ev.TreatmentPlanned | None
    clearance: str | None
    confirmed: bool
    operator: str
    epoch: int
    gun: ev.GunFound | None
    armed: bool
    fault: str | None
    open_entries: dict[EntryKey, ev.MagazineLoaded]
    shots: tuple[ev.ShotRecorded, ...]
    outcomes: dict[int, Mark]
    fired: dict[int, int]
    redos: dict[int, int]
    skipped: frozenset[int]
    moved: dict[int, ev.PointReassigned]
    dose: Ledger
    dispensed_nl: int
    loaded_high_nl: int
    prime: Ledger
    blocks: tuple[Block, ...]
    settled: Ledger
    given_up: dict[EntryKey, ev.MagazineLoaded]
    lost: dict[str, int]
    looked_into: frozenset[int]
    alarms: dict[str, StandingAlarm]
    remarks: tuple[Remark, ...]
    overrides: tuple[ev.OverrideGiven, ...]
    syringe: ev.SyringeInserted | None
    lot: tuple[str, str] | None
    breaks: int
    ended: str | None
    over: ev.ShotRecorded | None
    wet: ev.ShotRecorded | None
    odd: int

    def __init__(self, state: TreatmentState) -> None:
        for name, value in zip(_NAMES, _VALUES(state), strict=True):
            setattr(self, name, value)
        self._new: list[ev.ShotRecorded] = []  # not in ``shots`` yet
        self._entries_shared = self._marks_shared = True

    def own_entries(self) -> None:
        """Called before open entries are changed in place: a state that was handed out keeps what it has."""
        if self._entries_shared:
            self.open_entries = dict(self.open_entries)
            self._entries_shared = False

    def own_marks(self) -> None:
        """The same for what is known of each planned shot."""
        if self._marks_shared:
            self.outcomes, self.fired = dict(self.outcomes), dict(self.fired)
            self._marks_shared = False

    def record(self, shot: ev.ShotRecorded) -> None:
        """One more record."""
        self._new.append(shot)

    def records(self) -> tuple[ev.ShotRecorded, ...]:
        """All records so far."""
        if self._new:
            self.shots = (*self.shots, *self._new)
            self._new.clear()
        return self.shots

    def frozen(self) -> TreatmentState:
        """The state as of now; it shares with the one before whatever has not changed since."""
        self._entries_shared = self._marks_shared = True
        self.records()
        return TreatmentState(*_VALUES(self))

    def close(self, key: EntryKey) -> ev.MagazineLoaded | None:
        """Take an entry out of the open ones and out of what they may give; ``None`` if it was not open."""
        if key not in self.open_entries:
            return None
        self.own_entries()
        entry = self.open_entries.pop(key)
        if entry.shot_kind == "TREAT":
            self.loaded_high_nl -= entry.high_nl
        return entry

    def fire(self, index: int, mark: Mark) -> None:
        """A planned shot was fired, or must be taken for fired."""
        self.own_marks()
        self.outcomes[index] = mark
        self.fired[index] = times = self.fired.get(index, 0) + 1
        if times > 1 or mark is not Mark.GIVEN:
            self.odd += 1

    def give_up(self, entry: ev.MagazineLoaded, counted: Ledger) -> None:
        """Nobody can tell of this entry: its point is marked indeterminate and needs an ordered redo."""
        self.settled = self.settled + counted
        if entry.shot_kind == "TREAT":
            self.fire(entry.shot_index, Mark.INDETERMINATE)
            self.looked_into |= {entry.shot_index}

    def keep_given_up(self, key: EntryKey) -> ev.MagazineLoaded | None:
        """An entry that had been given up lay in a gap that is settled now: no later HELLO releases it (H5)."""
        entry = self.given_up.get(key)
        if entry is not None:
            self.given_up = {other: value for other, value in self.given_up.items() if other != key}
            self.settled = Ledger(self.settled.low_nl, self.settled.high_nl - entry.high_nl)
        return entry

    def take_back(self, key: EntryKey) -> None:
        """The gun tells of an entry that had been given up: evidence replaces what was counted without it."""
        entry = self.given_up.get(key)
        if entry is None:
            return
        self.own_marks()
        self.given_up = {other: value for other, value in self.given_up.items() if other != key}
        self.settled = Ledger(self.settled.low_nl, self.settled.high_nl - entry.high_nl)
        index = entry.shot_index
        self.looked_into -= {index}
        self.odd += 1
        self.fired[index] -= 1
        recorded = [shot for shot in self.records() if shot.shot_kind == "TREAT" and shot.shot_index == index]
        if recorded:
            self.outcomes[index] = _MARK_OF_OUTCOME[recorded[-1].outcome]
        elif not self.fired[index]:
            del self.fired[index], self.outcomes[index]


def _planned(draft: _Draft, event: ev.TreatmentPlanned) -> None:
    draft.planned, draft.operator = event, event.operator


def _confirmed(draft: _Draft, event: ev.PlanConfirmed) -> None:
    draft.confirmed = draft.planned is not None and event.plan_hash == draft.planned.plan_hash


def _cleared(draft: _Draft, event: ev.PlanCleared) -> None:
    draft.clearance = event.clearance


def _override(draft: _Draft, event: ev.OverrideGiven) -> None:
    draft.overrides = (*draft.overrides, event)


def _runner(draft: _Draft, event: ev.RunnerStarted) -> None:
    draft.epoch, draft.operator, draft.armed = event.epoch, event.operator, False


def _gun(draft: _Draft, event: ev.GunFound) -> None:
    draft.gun, draft.armed = event, False


def _loaded(draft: _Draft, event: ev.MagazineLoaded) -> None:
    draft.own_entries()
    draft.open_entries[event.gun, event.memory, event.entry_no] = event
    if event.shot_kind == "TREAT":
        draft.loaded_high_nl += event.high_nl


def _settled_entry(draft: _Draft, event: ev.EntrySettled) -> None:
    key = (event.gun, event.memory, event.entry_no)
    if event.how != "operator":
        draft.take_back(key)
    entry = draft.close(key)
    if entry is not None and event.how == "operator" and entry.shot_kind == "TREAT":
        # An operator gave up on the evidence: it may have been given, all of it, so it stays counted (H14).
        draft.given_up = {**draft.given_up, key: entry}
        draft.give_up(entry, Ledger(0, entry.high_nl))


def _shot(draft: _Draft, event: ev.ShotRecorded) -> None:
    key = (event.gun, event.memory, event.entry_no)
    if key in draft.given_up:
        draft.take_back(key)
    elif draft.close(key) is None and event.gun in draft.lost and event.shot_kind == "TREAT":
        # All that the lost gun gave and nobody had recorded is at most so much; this record is a part of it. A prime
        # is none: what went through the needle into the air says nothing about what the subject got.
        left_nl = max(0, draft.lost[event.gun] - event.low_nl)
        draft.lost = {**draft.lost, event.gun: left_nl}
    draft.record(event)
    proved = Ledger(event.low_nl, event.high_nl)
    if event.low_nl > event.commanded_nl:
        draft.over = event
    if event.shot_kind == "TREAT":
        draft.fire(event.shot_index, _MARK_OF_OUTCOME[event.outcome])
        draft.looked_into -= {event.shot_index}
        draft.dose = draft.dose + proved
        draft.dispensed_nl += event.delivered_nl
    elif event.flags & CONTACT_SEEN:
        draft.wet = event
        draft.dose = draft.dose + Ledger(0, event.high_nl)
    else:
        draft.prime = draft.prime + proved


def _foreign(draft: _Draft, event: ev.ForeignRecorded) -> None:
    block = Block("foreign record", event.gun, event.memory, event.shot_no, Ledger(0, event.high_nl))
    draft.blocks = (*draft.blocks, block)


def _gap(draft: _Draft, event: ev.GapFound) -> None:
    # A gun fires in the order of loading and numbers each firing: so many missing shots can only be the first entries.
    missing = event.before_shot_no - event.after_shot_no - 1
    taken = {key for block in draft.blocks for key in block.entries}  # an earlier gap holds them: one shot each
    unknown = (*draft.open_entries, *draft.given_up)
    mine = sorted(key for key in unknown if key[:2] == (event.gun, event.memory) and key not in taken)
    doubtful = tuple(mine[:missing])
    bounds = Ledger(event.low_nl, event.high_nl)
    block = Block("unattributed volume", event.gun, event.memory, event.before_shot_no, bounds, doubtful)
    draft.blocks = (*draft.blocks, block)


def _settled(draft: _Draft, event: ev.Settled) -> None:
    meant = (event.what, event.gun, event.memory, event.shot_no)
    block = next((b for b in draft.blocks if (b.what, b.gun, b.memory, b.shot_no) == meant), None)
    if block is None:
        return
    reserved_nl = 0
    for key in block.entries:
        entry = draft.close(key)
        if entry is not None:
            draft.give_up(entry, Ledger())
        else:
            entry = draft.keep_given_up(key)
        if entry is not None and entry.shot_kind == "TREAT":
            reserved_nl += entry.high_nl
    draft.blocks = tuple(other for other in draft.blocks if other is not block)
    # What was reserved for the lost shots is released at its upper end (H14): of a shot that was cut short the gun's
    # total holds only what its checkpoint had, so the difference of totals may be less than was given.
    draft.settled = draft.settled + Ledger(event.low_nl, max(event.high_nl, reserved_nl))


def _shot_settled(draft: _Draft, event: ev.ShotSettled) -> None:
    meant = (event.gun, event.memory, event.shot_no)
    found = {shot.shot_index for shot in draft.records() if (shot.gun, shot.memory, shot.shot_no) == meant}
    draft.looked_into |= found


def _gun_given_up(draft: _Draft, event: ev.GunGivenUp) -> None:
    draft.lost = {**draft.lost, event.gun: draft.lost.get(event.gun, 0) + event.high_nl}


def _armed(draft: _Draft, event: ev.Armed) -> None:
    draft.armed, draft.operator = True, event.operator


def _disarmed(draft: _Draft, _: ev.Disarmed) -> None:
    draft.armed = False


def _fault(draft: _Draft, event: ev.FaultRaised) -> None:
    draft.armed, draft.fault = False, event.fault


def _fault_cleared(draft: _Draft, _: ev.FaultCleared) -> None:
    draft.fault = None


def _broken(draft: _Draft, _: ev.LinkBroken) -> None:
    draft.armed, draft.breaks = False, draft.breaks + 1


def _skipped(draft: _Draft, event: ev.PointSkipped) -> None:
    index = event.shot_index
    if index in draft.redos:  # a redo that was ordered and not carried out is taken back
        draft.redos = {**draft.redos, index: max(0, draft.fired.get(index, 0) - 1)}
    draft.skipped |= {index}
    _remark(draft, event)


def _reassigned(draft: _Draft, event: ev.PointReassigned) -> None:
    draft.moved = {**draft.moved, event.shot_index: event}
    _remark(draft, event)


def _redo(draft: _Draft, event: ev.RedoOrdered) -> None:
    draft.redos = {**draft.redos, event.shot_index: draft.redos.get(event.shot_index, 0) + 1}
    _remark(draft, event)


def _syringe(draft: _Draft, event: ev.SyringeInserted) -> None:
    draft.syringe = event
    draft.lot = (event.lot, event.expiry) if event.lot else draft.lot


def _syringe_named(draft: _Draft, event: ev.SyringeNamed) -> None:
    draft.lot = (event.lot, event.expiry)
    if draft.syringe is not None:
        draft.syringe = replace(draft.syringe, lot=event.lot, expiry=event.expiry)


def _handed(draft: _Draft, event: ev.HandedOver) -> None:
    draft.operator = event.to_operator
    _remark(draft, event)


def _alarm(draft: _Draft, event: ev.AlarmRaised) -> None:
    draft.alarms = {**draft.alarms, event.alarm: StandingAlarm(event)}


def _alarm_seen(draft: _Draft, event: ev.AlarmAcknowledged) -> None:
    alarm = draft.alarms.get(event.alarm)
    if alarm is not None:
        _stand(draft, replace(alarm, seen_by=event.operator))


def _alarm_over(draft: _Draft, event: ev.AlarmCleared) -> None:
    alarm = draft.alarms.get(event.alarm)
    if alarm is not None:
        _stand(draft, replace(alarm, over=True))


def _stand(draft: _Draft, alarm: StandingAlarm) -> None:
    """Keep the alarm as it is now, or let it go: seen and over, or over and of low priority (as on the screen)."""
    name = alarm.raised.alarm
    others = {other: value for other, value in draft.alarms.items() if other != name}
    done = alarm.over and (alarm.seen_by != "" or alarm.raised.priority == "low")
    draft.alarms = others if done else {**others, name: alarm}


def _remark(draft: _Draft, event: Remark) -> None:
    draft.remarks = (*draft.remarks, event)[-REMARKS_KEPT:]


def _ended(draft: _Draft, event: ev.TreatmentEnded) -> None:
    draft.ended, draft.armed = event.how, False


def _not_done(draft: _Draft, _: ev.NotDone) -> None:
    draft.ended = "not done"


_STEPS: dict[type[ev.Event], Callable[[_Draft, Any], None]] = {
    ev.TreatmentPlanned: _planned,
    ev.PlanConfirmed: _confirmed,
    ev.PlanCleared: _cleared,
    ev.OverrideGiven: _override,
    ev.RunnerStarted: _runner,
    ev.GunFound: _gun,
    ev.MagazineLoaded: _loaded,
    ev.EntrySettled: _settled_entry,
    ev.ShotRecorded: _shot,
    ev.ForeignRecorded: _foreign,
    ev.GapFound: _gap,
    ev.Settled: _settled,
    ev.ShotSettled: _shot_settled,
    ev.GunGivenUp: _gun_given_up,
    ev.Armed: _armed,
    ev.Disarmed: _disarmed,
    ev.FaultRaised: _fault,
    ev.FaultCleared: _fault_cleared,
    ev.LinkBroken: _broken,
    ev.PointSkipped: _skipped,
    ev.PointReassigned: _reassigned,
    ev.RedoOrdered: _redo,
    ev.SyringeInserted: _syringe,
    ev.SyringeNamed: _syringe_named,
    ev.HandedOver: _handed,
    ev.AlarmRaised: _alarm,
    ev.AlarmAcknowledged: _alarm_seen,
    ev.AlarmCleared: _alarm_over,
    ev.NoteAdded: _remark,
    ev.OrderRefused: _remark,
    ev.TreatmentEnded: _ended,
    ev.NotDone: _not_done,
}
