"""The state of one treatment: a frozen value.

Not responsible for how events become it (``mesogun.record.folding``), for deciding what to do next
(``mesogun.treatment``) or for other treatments (``mesogun.record.history``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain, filterfalse

from mesogun.record import events as ev
from mesogun.record.ledger import Ledger
from mesogun.wire.values import quick

GunKey = tuple[str, str]
EntryKey = tuple[str, str, int]
Remark = ev.NoteAdded | ev.OrderRefused | ev.PointSkipped | ev.PointReassigned | ev.RedoOrdered | ev.HandedOver

ZERO = Ledger()


class Mark(StrEnum):
    """What is known of one planned shot. ``INDETERMINATE`` has its own mark: unknown is never "failed"."""

    PENDING = "pending"
    LOADED = "loaded"
    GIVEN = "given"
    PARTIAL = "partial"
    INDETERMINATE = "indeterminate"
    SKIPPED = "skipped"


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
class StandingAlarm:
    """An alarm on record that is not done with: its condition holds, or nobody has seen that it held.

    ``seen_by`` is empty until somebody acknowledged it; ``over`` when the condition holds no longer.
    """

    raised: ev.AlarmRaised
    seen_by: str = ""
    over: bool = False


def counted(
    dose: Ledger, settled: Ledger, loaded_high_nl: int, lost: Mapping[str, int], blocks: Iterable[Block]
) -> Ledger:
    """What a subject was given: proved at least, at most what cannot be excluded (H2, H8, H10)."""
    low_nl = dose.low_nl + settled.low_nl
    high_nl = dose.high_nl + settled.high_nl + loaded_high_nl + sum(lost.values())
    for block in blocks:
        low_nl += block.ledger.low_nl
        high_nl += block.ledger.high_nl
    return Ledger(low_nl, high_nl)


@quick
@dataclass(frozen=True, slots=True)
class TreatmentState:
    """All that is known of one treatment.

    ``dose`` is what the records prove of treatment shots, ``prime`` what went through the needle without contact
    (in no dose, H10), ``blocks`` what is counted but unexplained. ``open_entries`` were loaded and are neither
    recorded nor settled: they count in ``ledger.high_nl``. ``given_up`` are entries that an operator settled without
    evidence; they stay counted in ``settled`` until the gun's log tells after all (H14). ``lost``, by gun, is what
    guns that were given up may have given beside the known entries, in nl. ``looked_into`` are planned shots with an
    unknown outcome that an operator has settled. ``moved`` are planned shots that went elsewhere, by the operator's
    word. ``remarks`` are the newest notes, orders and refused orders, ``lot`` is the newest lot and expiry that anybody
    named. ``over`` is the newest record that proves more than its shot was to give,
    ``wet`` the newest prime or test record that saw contact; ``odd`` counts whatever was not one whole shot for one
    point, so that nobody has to search all points to see that there is nothing to find.
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
    moved: Mapping[int, ev.PointReassigned] = field(default_factory=dict)
    dose: Ledger = ZERO
    dispensed_nl: int = 0
    loaded_high_nl: int = 0
    prime: Ledger = ZERO
    blocks: tuple[Block, ...] = ()
    settled: Ledger = ZERO
    given_up: Mapping[EntryKey, ev.MagazineLoaded] = field(default_factory=dict)
    lost: Mapping[str, int] = field(default_factory=dict)
    looked_into: frozenset[int] = frozenset()
    alarms: Mapping[str, StandingAlarm] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()
    overrides: tuple[ev.OverrideGiven, ...] = ()
    syringe: ev.SyringeInserted | None = None
    lot: tuple[str, str] | None = None
    breaks: int = 0
    ended: str | None = None
    over: ev.ShotRecorded | None = None
    wet: ev.ShotRecorded | None = None
    odd: int = 0

    @property
    def reassigned(self) -> Mapping[int, tuple[int, int]]:
        """Where the planned shots that went elsewhere went: x and y in um."""
        return {index: (event.x_um, event.y_um) for index, event in self.moved.items()}

    @property
    def ledger(self) -> Ledger:
        """What the subject was given: proved at least, at most what cannot be excluded (H2, H8, H10)."""
        return counted(self.dose, self.settled, self.loaded_high_nl, self.lost, self.blocks)

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
        return tuple(self.loadable_from(0))

    def loadable_from(self, first: int) -> Iterator[int]:
        """The same one by one, beginning with the planned shot ``first``; those before it come last."""
        if self.planned is None:
            return
        busy, fired, redos, skipped = self.open_shots(), self.fired, self.redos, self.skipped
        order = chain(range(first, self.planned.shots), range(min(first, self.planned.shots)))
        if not redos:  # nearly always: pass over what was fired at the speed of a dictionary
            for index in filterfalse(fired.get, order):
                if index not in busy and index not in skipped:
                    yield index
            return
        for index in order:
            ordered = redos.get(index, 0)
            if index not in busy and fired.get(index, 0) < 1 + ordered and (index not in skipped or ordered):
                yield index

    def unsettled(self) -> tuple[ev.ShotRecorded, ...]:
        """Records of treatment shots that nobody can tell the volume of and no operator has looked into yet (H8)."""
        if not self.odd:
            return ()
        return tuple(
            shot
            for shot in self.shots
            if shot.outcome == "INDETERMINATE"
            and shot.shot_kind == "TREAT"
            and shot.shot_index not in self.looked_into
            and self.outcomes.get(shot.shot_index) is Mark.INDETERMINATE
        )

    @property
    def complete(self) -> bool:
        """Whether nothing is left to load and nothing is open."""
        return self.planned is not None and not self.open_entries and next(self.loadable_from(0), None) is None
