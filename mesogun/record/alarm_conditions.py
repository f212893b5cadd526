"""The alarm conditions: what each one looks at, how urgent it is, its cause and what to do. Pure.

Not responsible for the life of an alarm once its condition holds (``mesogun.record.alarms``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from operator import attrgetter

from mesogun.record.state import Mark, TreatmentState
from mesogun.units import ml_text, ul_text
from mesogun.wire.codes import Fault, Flag, ShotFlag, State
from mesogun.wire.messages import Status

STALE_US = 1_000_000
LOST_US = 3_000_000
NEAR_LIMIT_PERCENT = 90
# A pause must reach the gun within one poll and one request; five polls of 50 ms with room for a retransmission.
# Assumption, not measured: chosen below the shortest lease that the runner uses (2 s).
PAUSE_GRACE_US = 1_500_000


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
    """An upper bound for the ledger of this treatment, as the clearance recorded it."""

    name: str
    cap_nl: int
    hard: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a condition may look at.

    ``age_us``: how long ago the gun was last heard; ``None`` before it spoke. ``failure``: why the runner ended, in its
    own words, with ``failure_kind`` the name of the error. ``pausing_us``: how long ago the operator asked to pause.
    ``today_day``: days since 1970-01-01, as the calibration's due day.
    """

    state: TreatmentState
    status: Status | None = None
    age_us: int | None = None
    limits: tuple[Limit, ...] = ()
    stopped: bool = False
    failure: str | None = None
    failure_kind: str = ""
    was_armed: bool = False
    pausing_us: int | None = None
    today_day: int | None = None
    calibration_due_day: int | None = None
    clock_jump: bool = False
    painting_late: bool = False


Test = Callable[[Facts], str | None]


@dataclass(frozen=True, slots=True)
class Condition:
    """One named condition. ``test`` returns the detail to show while it holds, else ``None``."""

    name: str
    priority: Priority
    title: str
    cause: str
    action: str
    test: Test


_FLAGS = int(Flag.BENCH | Flag.PAIRED | Flag.LOW_SYRINGE | Flag.LOW_BATTERY)
_SHOT_FLAGS = int(ShotFlag.CONTACT_LOST | ShotFlag.OCCLUDED)
_RECORDED = attrgetter("fault", "blocks", "odd", "redos", "looked_into", "over", "wet", "breaks", "ended")


def looked_at(facts: Facts) -> tuple[object, ...]:
    """What the conditions look at in what a running treatment knows: while it stays equal, so does every condition.

    Cheap, because it is asked at every poll; ``age_us``, ``pausing_us``, ``clock_jump`` and ``painting_late`` are not
    in it, for the runner does not know them.
    """
    shots, high_nl = facts.state.shots, facts.state.ledger.high_nl
    return (
        said(facts.status),
        _RECORDED(facts.state),
        shots[-1] if shots and shots[-1].flags & _SHOT_FLAGS else None,
        [(high_nl >= limit.cap_nl, high_nl > limit.cap_nl, _percent(high_nl, limit)) for limit in facts.limits],
        (facts.stopped, facts.failure, facts.failure_kind, facts.failure is not None and facts.was_armed),
        (facts.today_day, facts.calibration_due_day),
    )


def said(status: Status | None) -> tuple[object, ...] | None:
    """What the conditions look at in the gun's word."""
    return None if status is None else (status.state == State.LOCKED, int(status.flags) & _FLAGS, status.fault)


def _percent(high_nl: int, limit: Limit) -> int:
    return 100 if limit.cap_nl <= 0 else high_nl * 100 // limit.cap_nl


def _hot(facts: Facts) -> bool:
    return facts.status is not None and facts.status.state in (State.ARMED, State.FIRING)


def _flag(flag: Flag, detail: str = "") -> Test:
    mask = int(flag)  # arithmetic with the enumeration itself costs ten times as much
    return lambda facts: detail if facts.status is not None and facts.status.flags & mask else None


def _fault(fault: Fault) -> Test:
    number, name = int(fault), fault.name

    def test(facts: Facts) -> str | None:
        seen = facts.status is not None and facts.status.fault == number
        return "" if seen or facts.state.fault == name else None

    return test


def _block(what: str) -> Test:
    def test(facts: Facts) -> str | None:
        found = [block for block in facts.state.blocks if block.what == what]
        if not found:
            return None
        return f"up to {ml_text(sum(block.ledger.high_nl for block in found))} is counted until settled"

    return test


def _share(facts: Facts, limit: Limit) -> int:
    return _percent(facts.state.ledger.high_nl, limit)


def _hard_limit(facts: Facts) -> str | None:
    reached = [limit for limit in facts.limits if limit.hard and facts.state.ledger.high_nl >= limit.cap_nl]
    return f"{reached[0].name}, {ml_text(reached[0].cap_nl)}" if reached else None


def _soft_limit(facts: Facts) -> str | None:
    passed = [limit for limit in facts.limits if not limit.hard and facts.state.ledger.high_nl > limit.cap_nl]
    return f"{passed[0].name}, {ml_text(passed[0].cap_nl)}" if passed else None


def _near_limit(facts: Facts) -> str | None:
    near = [
        limit
        for limit in facts.limits
        if limit.hard and _share(facts, limit) >= NEAR_LIMIT_PERCENT and facts.state.ledger.high_nl < limit.cap_nl
    ]
    return f"{near[0].name}, {_share(facts, near[0])} % of {ml_text(near[0].cap_nl)}" if near else None


def _double(facts: Facts) -> str | None:
    state = facts.state
    if not state.odd:
        return None
    twice = [index for index, fired in state.fired.items() if fired > 1 + state.redos.get(index, 0)]
    return f"point {twice[0] + 1} was fired {state.fired[twice[0]]} times" if twice else None


def _overrun(facts: Facts) -> str | None:
    over = facts.state.over
    if over is None:
        return None
    return f"shot {over.shot_no} gave {ul_text(over.delivered_nl)} of {ul_text(over.commanded_nl)}"


def _lost_armed(facts: Facts) -> str | None:
    if facts.failure_kind not in _LINK_KINDS or not facts.was_armed or facts.stopped:
        return None
    return facts.failure


def _lost(facts: Facts) -> str | None:
    if facts.failure_kind not in _LINK_KINDS or facts.was_armed or facts.stopped:
        return None
    return facts.failure


_LINK_KINDS = frozenset({"LinkLost", "LinkTimeout", "OutcomeUnknown", "WireError", "AuthError", "VersionMismatch"})
_RECORD_KINDS = frozenset({"RecordError", "Fenced", "JournalBusy"})
_REFUSALS = frozenset({"Refused", "LimitRefused", "GunRefused", "MustSettle"})


def _record(facts: Facts) -> str | None:
    return facts.failure if facts.failure_kind in _RECORD_KINDS else None


def _refused(facts: Facts) -> str | None:
    return facts.failure if facts.failure_kind in _REFUSALS and not facts.stopped else None


def _program(facts: Facts) -> str | None:
    known = _LINK_KINDS | _RECORD_KINDS | _REFUSALS
    return facts.failure if facts.failure is not None and facts.failure_kind not in known else None


def _stopped(facts: Facts) -> str | None:
    return "the gun is disarmed and its magazine is empty" if facts.stopped else None


def _stale(facts: Facts) -> str | None:
    if facts.age_us is None or facts.age_us <= STALE_US or facts.failure is not None or facts.state.ended is not None:
        return None
    return f"{facts.age_us // 1_000_000} s without a word from the gun" if facts.age_us >= LOST_US else ""


def _unpaused(facts: Facts) -> str | None:
    late = facts.pausing_us is not None and facts.pausing_us > PAUSE_GRACE_US
    return "" if late and _hot(facts) else None


def _locked(facts: Facts) -> str | None:
    return "" if facts.status is not None and facts.status.state == State.LOCKED else None


def _indeterminate(facts: Facts) -> str | None:
    unknown = facts.state.unsettled()
    return f"point {unknown[-1].shot_index + 1}" if unknown else None


def _partial(facts: Facts) -> str | None:
    if not facts.state.odd:
        return None
    partial = [index for index, mark in facts.state.outcomes.items() if mark is Mark.PARTIAL]
    return f"point {partial[-1] + 1}" if partial else None


def _last_shot(flag: ShotFlag) -> Test:
    mask = int(flag)

    def test(facts: Facts) -> str | None:
        treated = [shot for shot in facts.state.shots[-1:] if shot.shot_kind == "TREAT" and shot.flags & mask]
        return f"shot {treated[0].shot_no}" if treated else None

    return test


def _prime_on_skin(facts: Facts) -> str | None:
    wet = facts.state.wet
    return None if wet is None else f"shot {wet.shot_no}, up to {ml_text(wet.high_nl)} counts as given"


def _calibration(facts: Facts) -> str | None:
    due, today = facts.calibration_due_day, facts.today_day
    return "" if due is not None and today is not None and today >= due else None


def _unpaired(facts: Facts) -> str | None:
    return "" if facts.status is not None and not facts.status.flags & int(Flag.PAIRED) else None


def _breaks(facts: Facts) -> str | None:
    return f"{facts.state.breaks} so far" if facts.state.breaks else None


HIGH, MEDIUM, LOW = Priority.HIGH, Priority.MEDIUM, Priority.LOW

CONDITIONS: tuple[Condition, ...] = (
    Condition(
        "limit-reached", HIGH, "Limit reached", "The ledger's upper end is at a hard limit.",
        "End the treatment. Nobody can pass this limit.", _hard_limit,
    ),
    Condition(
        "double-shot", HIGH, "A point was fired twice", "The gun's log holds more shots for a point than were ordered.",
        "Stop. Look at the shot list before anything else.", _double,
    ),
    Condition(
        "overrun", HIGH, "More than commanded", "A record proves more volume than its shot was to give.",
        "Stop. Have the gun calibrated before it treats again.", _overrun,
    ),
    Condition(
        "unattributed", HIGH, "Volume without a record", "The gun's running total shows more than its records explain.",
        "Settle it with the subject's record before going on.", _block("unattributed volume"),
    ),
    Condition(
        "foreign-record", HIGH, "Shots of another treatment",
        "The gun's log holds shots that this journal does not know.",
        "Find out whose they are and settle them.", _block("foreign record"),
    ),
    Condition(
        "link-lost-armed", HIGH, "Link lost while armed", "The line broke; the gun holds its lease for a moment only.",
        "Take the gun off the skin. Then resume the treatment: the gun's log tells what was given.", _lost_armed,
    ),
    Condition(
        "record-failed", HIGH, "The record cannot be written", "Disk full, damaged, or another runner has taken over.",
        "Nothing more is given. Make room or find the other runner, then resume.", _record,
    ),
    Condition(
        "program-error", HIGH, "mesogun failed", "A fault in this program; the gun was stopped.",
        "Take the gun off the skin, resume the treatment, and report the fault.", _program,
    ),
    Condition(
        "still-armed", HIGH, "Gun still armed after pause", "The gun has not confirmed that it is disarmed.",
        "Press STOP and take the gun off the skin.", _unpaused,
    ),
    Condition(
        "gun-locked", HIGH, "Gun locked", "Both copies of the gun's memory are damaged.",
        "The gun can only be read. Send it to service.", _locked,
    ),
    Condition(
        "fault-overpressure", HIGH, "Overpressure", "The pressure passed the gun's limit.",
        "Take the gun off the skin, change the needle, then clear the fault.", _fault(Fault.OVERPRESSURE),
    ),
    Condition(
        "fault-sensor", HIGH, "Sensor fault", "Contact, pressure or position cannot be trusted.",
        "Do not treat with this gun.", _fault(Fault.SENSOR),
    ),
    Condition(
        "fault-memory", HIGH, "Memory fault", "The gun could not write or verify its log.",
        "Do not treat with this gun.", _fault(Fault.MEMORY),
    ),
    Condition(
        "fault-watchdog", HIGH, "Gun restarted by its watchdog", "The gun's firmware stood still.",
        "Read its log by resuming. If it happens again, do not treat with this gun.", _fault(Fault.WATCHDOG),
    ),
    Condition(
        "painting-late", HIGH, "The screen does not keep up",
        "The terminal takes no frames, so the lease is not renewed.",
        "The gun disarms by itself. Free the terminal: scroll lock, slow line.",
        lambda facts: "" if facts.painting_late and _hot(facts) else None,
    ),
    Condition(
        "fault-occlusion", MEDIUM, "Occlusion", "The needle is blocked or lies against resistance.",
        "Lift off, check or change the needle, then clear the fault.", _fault(Fault.OCCLUSION),
    ),
    Condition(
        "fault-empty", MEDIUM, "Syringe empty", "The plunger reached the end.",
        "Change the syringe, then clear the fault.", _fault(Fault.EMPTY),
    ),
    Condition(
        "fault-stall", MEDIUM, "Motor stalled", "The plunger did not follow the motor.",
        "Lift off, check the syringe's seat, then clear the fault.", _fault(Fault.STALL),
    ),
    Condition(
        "fault-battery", MEDIUM, "Battery fault", "The supply cannot carry a stroke.",
        "Charge or change the battery, then clear the fault.", _fault(Fault.BATTERY),
    ),
    Condition(
        "fault-temperature", MEDIUM, "Temperature fault", "The gun is too hot or too cold.",
        "Let it rest, then clear the fault.", _fault(Fault.TEMPERATURE),
    ),
    Condition(
        "fault-syringe", MEDIUM, "Syringe moved", "The syringe was opened or is not seated.",
        "Seat the syringe, then clear the fault.", _fault(Fault.SYRINGE),
    ),
    Condition(
        "fault-not-primed", MEDIUM, "Not primed", "A treatment shot was tried on an unprimed needle.",
        "Clear the fault and prime.", _fault(Fault.NOT_PRIMED),
    ),
    Condition(
        "stopped", MEDIUM, "STOPPED", "STOP was pressed.", "Resume the treatment when it is safe, or quit.", _stopped,
    ),
    Condition(
        "link-lost", MEDIUM, "Link lost", "The cable, the port or the gun's supply.",
        "Check the cable, then resume the treatment.", _lost,
    ),
    Condition(
        "refused", MEDIUM, "Refused", "A limit or an interlock said no; nothing more was loaded.",
        "Read the reason; it says what would work.", _refused,
    ),
    Condition(
        "stale", MEDIUM, "Data is stale", "The gun has not been heard for more than a second.",
        "Wait with the next shot until the data is live again.", _stale,
    ),
    Condition(
        "limit-near", MEDIUM, "Limit is near", "The ledger's upper end has passed 90 % of a hard limit.",
        "See how much is left before going on.", _near_limit,
    ),
    Condition(
        "limit-soft", MEDIUM, "Soft limit passed", "The ledger's upper end is above a soft limit.",
        "The reason given for it is on record; see whether it still holds.", _soft_limit,
    ),
    Condition(
        "indeterminate", MEDIUM, "A shot's outcome is unknown", "It was interrupted between start and record.",
        "Look at the skin; it counts at its full volume until settled.", _indeterminate,
    ),
    Condition(
        "partial", MEDIUM, "A shot was not completed", "The stroke ended early.",
        "See the shot list; order it again only with a reason.", _partial,
    ),
    Condition(
        "contact-lost", MEDIUM, "Contact lost during a shot", "The gun was lifted before the stroke ended.",
        "Part of the volume may lie on the skin. Keep the gun in place until its shot is listed.",
        _last_shot(ShotFlag.CONTACT_LOST),
    ),
    Condition(
        "occluded-shot", MEDIUM, "Resistance during a shot", "The pressure rose as in an occlusion.",
        "Check the needle.", _last_shot(ShotFlag.OCCLUDED),
    ),
    Condition(
        "prime-on-skin", MEDIUM, "Primed with skin contact", "A prime or test shot saw contact.",
        "It is counted as given. Prime in the air.", _prime_on_skin,
    ),
    Condition(
        "clock-jump", MEDIUM, "The computer slept", "Suspend or a clock jump: the conversation is no longer trusted.",
        "Resume the treatment.", lambda facts: "" if facts.clock_jump else None,
    ),
    Condition(
        "bench-mode", MEDIUM, "Bench mode", "The gun is on the bench and treats nobody.",
        "Leave bench mode at the gun before a treatment.", _flag(Flag.BENCH),
    ),
    Condition(
        "syringe-low", LOW, "Syringe is low", "Less than the gun's mark is left.", "Have the next syringe ready.",
        _flag(Flag.LOW_SYRINGE),
    ),
    Condition(
        "battery-low", LOW, "Battery is low", "The gun's supply is near its end.", "Charge it after this treatment.",
        _flag(Flag.LOW_BATTERY),
    ),
    Condition(
        "calibration-due", LOW, "Calibration is due", "The certificate's date has passed.",
        "Have the gun calibrated.", _calibration,
    ),
    Condition(
        "unpaired", LOW, "Gun is not paired", "The conversation uses a published key.",
        "Pair the gun before treating anybody.", _unpaired,
    ),
    Condition(
        "link-broke", LOW, "The link has broken before", "Earlier breaks in this treatment.",
        "Check the cable when there is time.", _breaks,
    ),
)  # fmt: skip
