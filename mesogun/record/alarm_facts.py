"""What an alarm condition may look at, and what a condition is. Pure.

Not responsible for the conditions themselves (``mesogun.record.alarm_conditions``) or for the life of an alarm once
its condition holds (``mesogun.record.alarms``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from operator import attrgetter

from mesogun.record.state import TreatmentState
from mesogun.wire.codes import Flag, ShotFlag, State
from mesogun.wire.messages import Status

STALE_US = 1_000_000
LOST_US = 3_000_000
SILENT_US = 30_000_000
"""Armed on record and nothing new for so long is more than a hand that looks for its place. Assumption, not measured:
many times the usual time between two shots."""
NEAR_LIMIT_PERCENT = 90
# A pause must reach the gun within one poll and one request; five polls of 50 ms with room for a retransmission.
# Assumption, not measured: chosen below the shortest lease that the runner uses (2 s).
PAUSE_GRACE_US = 1_500_000

LINK_KINDS = frozenset({"LinkLost", "LinkTimeout", "OutcomeUnknown", "WireError", "AuthError", "VersionMismatch"})
RECORD_KINDS = frozenset({"RecordError", "Fenced", "JournalBusy"})
REFUSALS = frozenset({"Refused", "LimitRefused", "GunRefused", "MustSettle"})
"""Names of errors that end a run: the line broke, the journal failed, something said no."""


class Priority(IntEnum):
    """How soon somebody has to look; greater is more urgent."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3

    @property
    def mark(self) -> str:
        """``!!!``, ``!!`` or ``!``: readable without colour."""
        return "!" * int(self)


@dataclass(frozen=True, slots=True)
class Limit:
    """An upper bound for the ledger of this treatment, as the clearance recorded it.

    ``name`` is what it is for, in words; ``told`` the limit in its own unit and where it comes from.
    """

    name: str
    cap_nl: int
    hard: bool
    told: str = ""


_LIMITS = {
    "treatment_ml": "this treatment",
    "course_ml": "the course",
    "treatment_mg": "this treatment by mass",
    "treatment_mg_per_kg": "this person by weight",
    "treatment_units": "this treatment by units",
}


def limit_words(rule: str) -> str:
    """What a rule is for: ``treatment_ml.hard_high`` -> ``this treatment``; whether it is hard is told apart."""
    kind = rule.partition(".")[0]
    return _LIMITS.get(kind, kind.removesuffix("_ml").replace("_", " "))


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a condition may look at.

    ``age_us``: how long ago the gun was last heard; ``None`` before it spoke. ``failure``: why the runner ended, in its
    own words, with ``failure_kind`` the name of the error. ``pausing_us``: how long ago the operator asked to pause.
    ``today_day``: days since 1970-01-01, as the calibration's due day.

    ``stopped``: STOP was asked for. What became of it: ``stop_proved`` once the gun has answered it, ``stop_failure``
    why its bytes could not be written, ``stop_unanswered`` when the gun was given long enough to answer.
    ``lost_first``: the conversation had ended before STOP was asked for.

    ``watching``: the record is all there is to look at; ``silent_us``: how long nothing new is on it, where it says
    that the gun is armed.
    """

    state: TreatmentState
    status: Status | None = None
    age_us: int | None = None
    limits: tuple[Limit, ...] = ()
    stopped: bool = False
    stop_proved: bool = False
    stop_failure: str | None = None
    stop_unanswered: bool = False
    lost_first: bool = False
    failure: str | None = None
    failure_kind: str = ""
    was_armed: bool = False
    pausing_us: int | None = None
    today_day: int | None = None
    calibration_due_day: int | None = None
    clock_jump: bool = False
    painting_late: bool = False
    watching: bool = False
    silent_us: int | None = None

    @property
    def cut_by_stop(self) -> bool:
        """Whether STOP ended the conversation, as far as anybody can tell: then its silence is no break of its own."""
        return self.stopped and not (self.lost_first or self.stop_unanswered or self.stop_failure is not None)


Test = Callable[[Facts], str | None]


@dataclass(frozen=True, slots=True)
class Condition:
    """One named condition. ``test`` returns the detail to show while it holds, else ``None``.

    ``gives_way_to``: the condition that says how this one ended. When that one holds, nothing of this one stays.
    """

    name: str
    priority: Priority
    title: str
    cause: str
    action: str
    test: Test
    gives_way_to: str = ""


_FLAGS = int(Flag.BENCH | Flag.PAIRED | Flag.LOW_SYRINGE | Flag.LOW_BATTERY)
_SHOT_FLAGS = int(ShotFlag.CONTACT_LOST | ShotFlag.OCCLUDED)
_RECORDED = attrgetter("fault", "blocks", "odd", "redos", "looked_into", "over", "wet", "breaks", "ended")


def looked_at(facts: Facts) -> tuple[object, ...]:
    """What the conditions look at in what a running treatment knows: while it stays equal, so does every condition.

    Cheap, because it is asked at every poll; ``age_us``, ``pausing_us``, ``clock_jump``, ``painting_late``
    and what only a watcher knows are not in it, for the runner does not know them.
    """
    shots, high_nl = facts.state.shots, facts.state.ledger.high_nl
    return (
        said(facts.status),
        _RECORDED(facts.state),
        shots[-1] if shots and shots[-1].flags & _SHOT_FLAGS else None,
        [(high_nl >= limit.cap_nl, high_nl > limit.cap_nl, percent(high_nl, limit)) for limit in facts.limits],
        (facts.stopped, facts.stop_proved, facts.stop_failure, facts.stop_unanswered, facts.lost_first),
        (facts.failure, facts.failure_kind, facts.failure is not None and facts.was_armed),
        (facts.today_day, facts.calibration_due_day),
    )


def said(status: Status | None) -> tuple[object, ...] | None:
    """What the conditions look at in the gun's word."""
    return None if status is None else (status.state == State.LOCKED, int(status.flags) & _FLAGS, status.fault)


def percent(high_nl: int, limit: Limit) -> int:
    """How much of a limit is used, in whole per cent, rounded down; all of a limit of nothing."""
    return 100 if limit.cap_nl <= 0 else high_nl * 100 // limit.cap_nl
