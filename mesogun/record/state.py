"""The state of one treatment: a frozen value, folded from its events.

Live, resumed after a crash and replayed from disk are this same fold. Not responsible for deciding what to do next
(``mesogun.treatment``) or for other treatments (``mesogun.record.history``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from operator import attrgetter
from typing import Any

from mesogun.record import events as ev
from mesogun.record.ledger import Ledger

GunKey = tuple[str, str]
EntryKey = tuple[str, str, int]

ZERO = Ledger()
CONTACT_SEEN = 2  # ShotFlag.CONTACT_SEEN of the wire, as recorded


class Mark(StrEnum):
    """What is known of one planned shot. ``INDETERMINATE`` has its own mark: unknown is never "failed"."""

    PENDING = "pending"
    LOADED = "loaded"
    GIVEN = "given"
    PARTIAL = "partial"
    INDETERMINATE = "indeterminate"
    SKIPPED = "skipped"


_MARK_OF_OUTCOME = {"DONE": Mark.GIVEN, "PARTIAL": Mark.PARTIAL, "INDETERMINATE": Mark.INDETERMINATE}


@dataclass(frozen=True, slots=True)
class Block:
    """Something that only an operator can settle before more is loaded.

    ``entries`` were open when a gap was found: nobody can tell whether they are in it, so no later HELLO settles them
    (H5); they end with a record, or with the block.
    """

    what: str
    gun: str
    memory: str
    shot_no: int
    ledger: Ledger
    entries: tuple[EntryKey, ...] = ()


@dataclass(frozen=True, slots=True)
class TreatmentState:
    """All that is known of one treatment.

    ``dose`` is what the records prove of treatment shots, ``prime`` what went through the needle without contact
    (in no dose, H10), ``blocks`` what is counted but unexplained. ``open_entries`` were loaded and are neither
    recorded nor settled: they count in ``ledger.high_nl``.
    """

    planned: ev.TreatmentPlanned | None = None
    clearance: str | None = None
    confirmed: bool = False
    operator: str = ""
    epoch: int = 0
    gun: ev.GunFound | None = None
    armed: bool = False
    fault: str | None = None
    open_entries: Mapping[EntryKey, ev.MagazineLoaded] = field(default_factory=dict)
    shots: tuple[ev.ShotRecorded, ...] = ()
    outcomes: Mapping[int, Mark] = field(default_factory=dict)
    fired: Mapping[int, int] = field(default_factory=dict)
    redos: Mapping[int, int] = field(default_factory=dict)
    skipped: frozenset[int] = frozenset()
    reassigned: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    dose: Ledger = ZERO
    dispensed_nl: int = 0
    loaded_high_nl: int = 0
    prime: Ledger = ZERO
    blocks: tuple[Block, ...] = ()
    settled: Ledger = ZERO
    alarms: tuple[ev.AlarmRaised, ...] = ()
    overrides: tuple[ev.OverrideGiven, ...] = ()
    syringe: ev.SyringeInserted | None = None
    breaks: int = 0
    ended: str | None = None

    @property
    def ledger(self) -> Ledger:
        """What the subject was given: proved at least, at most what cannot be excluded (H2, H8, H10)."""
        total = self.dose + self.settled + Ledger(0, self.loaded_high_nl)
        for block in self.blocks:
            total += block.ledger
        return total

    def mark(self, shot_index: int) -> Mark:
        """What is known of one planned shot."""
        if any(entry.shot_index == shot_index and entry.shot_kind == "TREAT" for entry in self.open_entries.values()):
            return Mark.LOADED
        if shot_index in self.outcomes:
            return self.outcomes[shot_index]
        return Mark.SKIPPED if shot_index in self.skipped else Mark.PENDING

    def open_shots(self) -> frozenset[int]:
        """Planned shots that have an unsettled entry in some gun (H4)."""
        return frozenset(entry.shot_index for entry in self.open_entries.values() if entry.shot_kind == "TREAT")

    def doubtful(self) -> frozenset[EntryKey]:
        """Open entries that may lie in a gap of the log."""
        return frozenset(key for block in self.blocks for key in block.entries)

    def loadable(self) -> tuple[int, ...]:
        """Planned shots that may be loaded now, in plan order: at most one unsettled entry each, and no second
        firing without an order (H4).
        """
        if self.planned is None:
            return ()
        busy = self.open_shots()
        return tuple(
            index
            for index in range(self.planned.shots)
            if index not in busy
            and self.fired.get(index, 0) < 1 + self.redos.get(index, 0)
            and (index not in self.skipped or self.redos.get(index, 0) > 0)
        )

    @property
    def complete(self) -> bool:
        """Whether nothing is left to load and nothing is open."""
        return self.planned is not None and not self.open_entries and not self.loadable()


_NAMES = tuple(each.name for each in fields(TreatmentState))
_PLACE = {name: place for place, name in enumerate(_NAMES)}
_ALL = attrgetter(*_NAMES)


def _with(state: TreatmentState, **changes: Any) -> TreatmentState:
    """``dataclasses.replace`` in a third of its time: a replay is a few thousand of them."""
    values = list(_ALL(state))
    for name, value in changes.items():
        values[_PLACE[name]] = value
    return TreatmentState(*values)


def fold(state: TreatmentState, event: ev.Event) -> TreatmentState:
    """The state after ``event``; events that change nothing here (notes, answers) return it as it is."""
    step = _STEPS.get(type(event))
    return state if step is None else step(state, event)


def fold_all(events: Iterable[ev.Event], start: TreatmentState | None = None) -> TreatmentState:
    """The state after all of ``events``."""
    state = start if start is not None else TreatmentState()
    for event in events:
        state = fold(state, event)
    return state


def _planned(state: TreatmentState, event: ev.TreatmentPlanned) -> TreatmentState:
    return _with(state, planned=event, operator=event.operator)


def _confirmed(state: TreatmentState, event: ev.PlanConfirmed) -> TreatmentState:
    return _with(state, confirmed=state.planned is not None and event.plan_hash == state.planned.plan_hash)


def _cleared(state: TreatmentState, event: ev.PlanCleared) -> TreatmentState:
    return _with(state, clearance=event.clearance)


def _override(state: TreatmentState, event: ev.OverrideGiven) -> TreatmentState:
    return _with(state, overrides=(*state.overrides, event))


def _runner(state: TreatmentState, event: ev.RunnerStarted) -> TreatmentState:
    return _with(state, epoch=event.epoch, operator=event.operator, armed=False)


def _gun(state: TreatmentState, event: ev.GunFound) -> TreatmentState:
    return _with(state, gun=event, armed=False)


def _loaded(state: TreatmentState, event: ev.MagazineLoaded) -> TreatmentState:
    entries = {**state.open_entries, (event.gun, event.memory, event.entry_no): event}
    high = event.high_nl if event.shot_kind == "TREAT" else 0
    return _with(state, open_entries=entries, loaded_high_nl=state.loaded_high_nl + high)


def _closed(state: TreatmentState, key: EntryKey) -> dict[str, Any]:
    """What changes when an entry is no longer open; nothing if it was not."""
    entry = state.open_entries.get(key)
    if entry is None:
        return {}
    entries = {other: value for other, value in state.open_entries.items() if other != key}
    high = entry.high_nl if entry.shot_kind == "TREAT" else 0
    return {"open_entries": entries, "loaded_high_nl": state.loaded_high_nl - high}


def _settled_entry(state: TreatmentState, event: ev.EntrySettled) -> TreatmentState:
    key = (event.gun, event.memory, event.entry_no)
    entry = state.open_entries.get(key)
    if entry is None:
        return state
    if event.how == "operator" and entry.shot_kind == "TREAT":
        # An operator gave up on the evidence: it may have been given, all of it, so it stays counted (H14).
        return _given_up(state, key, Ledger(0, entry.high_nl))
    return _with(state, **_closed(state, key))


def _given_up(state: TreatmentState, key: EntryKey, counted: Ledger) -> TreatmentState:
    """Close an entry that nobody can tell of: its point is marked indeterminate and needs an ordered redo."""
    entry = state.open_entries.get(key)
    if entry is None:
        return state
    state = _with(state, **_closed(state, key), settled=state.settled + counted)
    if entry.shot_kind != "TREAT":
        return state
    index = entry.shot_index
    return _with(
        state,
        outcomes={**state.outcomes, index: Mark.INDETERMINATE},
        fired={**state.fired, index: state.fired.get(index, 0) + 1},
    )


def _shot(state: TreatmentState, event: ev.ShotRecorded) -> TreatmentState:
    closed = _closed(state, (event.gun, event.memory, event.entry_no))
    shots = (*state.shots, event)
    if event.shot_kind != "TREAT":
        if event.flags & CONTACT_SEEN:
            return _with(state, **closed, shots=shots, dose=state.dose + Ledger(0, event.high_nl))
        return _with(state, **closed, shots=shots, prime=state.prime + Ledger(event.low_nl, event.high_nl))
    index = event.shot_index
    return _with(
        state,
        **closed,
        shots=shots,
        outcomes={**state.outcomes, index: _MARK_OF_OUTCOME[event.outcome]},
        fired={**state.fired, index: state.fired.get(index, 0) + 1},
        dose=state.dose + Ledger(event.low_nl, event.high_nl),
        dispensed_nl=state.dispensed_nl + event.delivered_nl,
    )


def _foreign(state: TreatmentState, event: ev.ForeignRecorded) -> TreatmentState:
    block = Block("foreign record", event.gun, event.memory, event.shot_no, Ledger(0, event.high_nl))
    return _with(state, blocks=(*state.blocks, block))


def _gap(state: TreatmentState, event: ev.GapFound) -> TreatmentState:
    # A gun fires in the order of loading and numbers each firing: so many missing shots can only be the first entries.
    missing = event.before_shot_no - event.after_shot_no - 1
    doubtful = tuple(sorted(key for key in state.open_entries if key[:2] == (event.gun, event.memory))[:missing])
    bounds = Ledger(event.low_nl, event.high_nl)
    block = Block("unattributed volume", event.gun, event.memory, event.before_shot_no, bounds, doubtful)
    return _with(state, blocks=(*state.blocks, block))


def _settled(state: TreatmentState, event: ev.Settled) -> TreatmentState:
    meant = (event.what, event.gun, event.memory, event.shot_no)
    block = next((b for b in state.blocks if (b.what, b.gun, b.memory, b.shot_no) == meant), None)
    if block is None:
        return state
    for key in block.entries:
        state = _given_up(state, key, Ledger())
    kept = tuple(other for other in state.blocks if other is not block)
    return _with(state, blocks=kept, settled=state.settled + Ledger(event.low_nl, event.high_nl))


def _armed(state: TreatmentState, event: ev.Armed) -> TreatmentState:
    return _with(state, armed=True, operator=event.operator)


def _disarmed(state: TreatmentState, _: ev.Disarmed) -> TreatmentState:
    return _with(state, armed=False)


def _fault(state: TreatmentState, event: ev.FaultRaised) -> TreatmentState:
    return _with(state, armed=False, fault=event.fault)


def _fault_cleared(state: TreatmentState, _: ev.FaultCleared) -> TreatmentState:
    return _with(state, fault=None)


def _broken(state: TreatmentState, _: ev.LinkBroken) -> TreatmentState:
    return _with(state, armed=False, breaks=state.breaks + 1)


def _skipped(state: TreatmentState, event: ev.PointSkipped) -> TreatmentState:
    index = event.shot_index
    redos = dict(state.redos)
    if index in redos:  # a redo that was ordered and not carried out is taken back
        redos[index] = max(0, state.fired.get(index, 0) - 1)
    return _with(state, skipped=state.skipped | {index}, redos=redos)


def _reassigned(state: TreatmentState, event: ev.PointReassigned) -> TreatmentState:
    return _with(state, reassigned={**state.reassigned, event.shot_index: (event.x_um, event.y_um)})


def _redo(state: TreatmentState, event: ev.RedoOrdered) -> TreatmentState:
    redos = {**state.redos, event.shot_index: state.redos.get(event.shot_index, 0) + 1}
    return _with(state, redos=redos)


def _syringe(state: TreatmentState, event: ev.SyringeInserted) -> TreatmentState:
    return _with(state, syringe=event)


def _handed(state: TreatmentState, event: ev.HandedOver) -> TreatmentState:
    return _with(state, operator=event.to_operator)


def _alarm(state: TreatmentState, event: ev.AlarmRaised) -> TreatmentState:
    return _with(state, alarms=(*state.alarms, event))


def _ended(state: TreatmentState, event: ev.TreatmentEnded) -> TreatmentState:
    return _with(state, ended=event.how, armed=False)


def _not_done(state: TreatmentState, _: ev.NotDone) -> TreatmentState:
    return _with(state, ended="not done")


_STEPS: dict[type[ev.Event], Callable[[TreatmentState, Any], TreatmentState]] = {
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
    ev.Armed: _armed,
    ev.Disarmed: _disarmed,
    ev.FaultRaised: _fault,
    ev.FaultCleared: _fault_cleared,
    ev.LinkBroken: _broken,
    ev.PointSkipped: _skipped,
    ev.PointReassigned: _reassigned,
    ev.RedoOrdered: _redo,
    ev.SyringeInserted: _syringe,
    ev.HandedOver: _handed,
    ev.AlarmRaised: _alarm,
    ev.TreatmentEnded: _ended,
    ev.NotDone: _not_done,
}
