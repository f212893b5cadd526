"""What stands open in a treatment: what is unknown, within which bounds, since when, what it stops (H8, H10, H14).

Values for whoever asks a person: the command line in lines, the screen in pages. Not responsible for settling
(``mesogun.treatment.settling``) or for words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, unique
from typing import TYPE_CHECKING

from mesogun.errors import InputError
from mesogun.limits import Clearance
from mesogun.record import Ledger, TreatmentState, fold_all
from mesogun.record import events as ev

if TYPE_CHECKING:
    from mesogun.journal import Journal, Row

Since = Mapping[tuple[str, str, str, int], str]


@unique
class About(Enum):
    """What a question is about, and with it what settles it."""

    VOLUME = "volume that no record explains"
    OUTCOME = "a shot whose outcome the gun cannot tell"
    ENTRIES = "loaded shots on a gun that was not read since"
    UNREAD = "a gun that was not read since the journal was restored"


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that only a person, or the gun itself, can settle.

    ``bounds`` is what of it is counted until then. ``shot_no`` is the gun's own number, 0 where it is about the gun as
    a whole; ``shots`` are the planned shots that it is, or may be, about. ``what`` is the name of a block. ``since`` is
    the time of the row that opened it.
    """

    about: About
    gun: str
    bounds: Ledger
    since: str
    shot_no: int = 0
    shots: tuple[int, ...] = ()
    what: str = ""
    count: int = 0

    @property
    def stops(self) -> bool:
        """Whether nothing is loaded until it is settled; an unknown outcome stops no other shot."""
        return self.about is not About.OUTCOME


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A treatment and what stands open in it."""

    treatment: str
    state: TreatmentState
    questions: tuple[Question, ...]


def unsettled(record: Journal, treatment: str) -> Unsettled:
    """What stands open in one treatment.

    Raises
    ------
    InputError
        If the journal does not hold it.
    """
    found = _looked_into(record, treatment, record.unread())
    if found is None:
        raise InputError(f"this journal holds no treatment {treatment}; mesogun journal list names them")
    return found


def all_unsettled(record: Journal) -> tuple[Unsettled, ...]:
    """Every treatment in which something stands open, ended or not, in the order of the journal."""
    unread = record.unread()
    waiting = record.doubted() | {name for name, _ in unread}
    names = [
        item.treatment
        for item in record.treatments()
        if item.treatment and ((item.subject and not item.ended) or item.treatment in waiting)
    ]
    found = [_looked_into(record, name, unread) for name in names]
    return tuple(item for item in found if item is not None and item.questions)


def beside_nl(state: TreatmentState) -> int:
    """The most that a cleared treatment can have been given beside what is counted: nothing is loaded past its caps."""
    if state.clearance is None:
        return 0
    return max(0, Clearance.from_text(state.clearance).hard_total_nl - state.ledger.high_nl)


def _looked_into(record: Journal, treatment: str, unread: Sequence[tuple[str, str]]) -> Unsettled | None:
    """``None`` for rows of no treatment: those of a calibration have a reference, too."""
    rows = tuple(record.rows(treatment))
    state = fold_all(row.event for row in rows)
    if state.planned is None:
        return None
    since = _since(rows)
    guns = [gun for name, gun in unread if name == treatment]
    restored_at = record.generation().at if guns else ""
    questions = (*_blocks(state, since), *_outcomes(state, since), *_entries(state, since))
    beside = Ledger(0, beside_nl(state))
    more = tuple(Question(About.UNREAD, gun, beside, restored_at) for gun in guns)
    return Unsettled(treatment, state, questions + more)


def _since(rows: Iterable[Row]) -> Since:
    """When each thing that can stand open came on record, by kind, gun, memory and number."""
    found: dict[tuple[str, str, str, int], str] = {}
    for row in rows:
        event = row.event
        if isinstance(event, ev.GapFound):
            found.setdefault(("unattributed volume", event.gun, event.memory, event.before_shot_no), row.at)
        elif isinstance(event, ev.ForeignRecorded):
            found.setdefault(("foreign record", event.gun, event.memory, event.shot_no), row.at)
        elif isinstance(event, ev.ShotRecorded):
            found[("shot", event.gun, event.memory, event.shot_no)] = row.at
        elif isinstance(event, ev.MagazineLoaded):
            found[("entry", event.gun, event.memory, event.entry_no)] = row.at
    return found


def _blocks(state: TreatmentState, since: Since) -> tuple[Question, ...]:
    entries = {**state.open_entries, **state.given_up}
    return tuple(
        Question(
            About.VOLUME,
            block.gun,
            block.ledger,
            since.get((block.what, block.gun, block.memory, block.shot_no), ""),
            block.shot_no,
            tuple(entries[key].shot_index for key in block.entries if key in entries),
            block.what,
        )
        for block in state.blocks
    )


def _outcomes(state: TreatmentState, since: Since) -> tuple[Question, ...]:
    return tuple(
        Question(
            About.OUTCOME,
            shot.gun,
            Ledger(shot.low_nl, shot.high_nl),
            since.get(("shot", shot.gun, shot.memory, shot.shot_no), ""),
            shot.shot_no,
            (shot.shot_index,),
        )
        for shot in state.unsettled()
    )


def _entries(state: TreatmentState, since: Since) -> tuple[Question, ...]:
    guns: dict[str, list[ev.MagazineLoaded]] = {}
    for entry in state.open_entries.values():
        guns.setdefault(entry.gun, []).append(entry)
    return tuple(
        Question(
            About.ENTRIES,
            gun,
            Ledger(0, sum(entry.high_nl for entry in entries)),
            min(since.get(("entry", entry.gun, entry.memory, entry.entry_no), "") for entry in entries),
            shots=tuple(entry.shot_index for entry in entries if entry.shot_kind == "TREAT"),
            count=len(entries),
        )
        for gun, entries in guns.items()
    )
