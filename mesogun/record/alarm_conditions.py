"""The alarm conditions: what each one looks at, how urgent it is, its cause and what to do. Pure.

Not responsible for what there is to look at (``mesogun.record.alarm_facts``) or for the life of an alarm once its
condition holds (``mesogun.record.alarms``).
"""

from __future__ import annotations

from mesogun.record.alarm_facts import (
    LINK_KINDS,
    LOST_US,
    NEAR_LIMIT_PERCENT,
    PAUSE_GRACE_US,
    RECORD_KINDS,
    REFUSALS,
    SILENT_US,
    STALE_US,
    Condition,
    Facts,
    Limit,
    Priority,
    Test,
    percent,
)
from mesogun.record.state import Mark
from mesogun.units import ml_text
from mesogun.wire.codes import Fault, Flag, ShotFlag, State


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
    return percent(facts.state.ledger.high_nl, limit)


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
    return f"shot {over.shot_no} gave {ml_text(over.delivered_nl)} of {ml_text(over.commanded_nl)}"


def _lost_armed(facts: Facts) -> str | None:
    return facts.failure if facts.failure_kind in LINK_KINDS and facts.was_armed and not facts.cut_by_stop else None


def _lost(facts: Facts) -> str | None:
    return facts.failure if facts.failure_kind in LINK_KINDS and not facts.was_armed and not facts.cut_by_stop else None


def _record(facts: Facts) -> str | None:
    return facts.failure if facts.failure_kind in RECORD_KINDS and not facts.watching else None


def _refused(facts: Facts) -> str | None:
    return facts.failure if facts.failure_kind in REFUSALS and not facts.stopped else None


def _program(facts: Facts) -> str | None:
    known = LINK_KINDS | RECORD_KINDS | REFUSALS
    return None if facts.watching or facts.failure_kind in known else facts.failure


def _unread(facts: Facts) -> str | None:
    return facts.failure if facts.watching else None


def _stopped(facts: Facts) -> str | None:
    return "the gun is disarmed and its magazine is empty" if facts.stopped and facts.stop_proved else None


def _stop_failed(facts: Facts) -> str | None:
    return facts.stop_failure if facts.stopped and not facts.stop_proved else None


def _stop_unproved(facts: Facts) -> str | None:
    waiting = facts.stopped and not facts.stop_proved and facts.stop_failure is None
    return "take the gun off the skin" if waiting else None


def _silent(least_us: int, most_us: int | None) -> Test:
    def test(facts: Facts) -> str | None:
        silent_us = facts.silent_us
        if silent_us is None or silent_us <= least_us or (most_us is not None and silent_us > most_us):
            return None
        return "armed by the last word on record"

    return test


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

# Within a priority the banner shows them in this order: a cause before what follows from it.
CONDITIONS: tuple[Condition, ...] = (
    Condition(
        "stop-failed", HIGH, "STOP could not be sent", "The line did not take the bytes of STOP.",
        "Take the gun off the skin; it disarms when its lease ends. Press STOP again.", _stop_failed,
        gives_way_to="stopped",
    ),
    Condition(
        "stop-unconfirmed", HIGH, "STOP sent, not confirmed", "The gun has not answered STOP yet.",
        "Take the gun off the skin. STOP is sent again until the gun answers.", _stop_unproved,
        gives_way_to="stopped",
    ),
    Condition(
        "link-lost-armed", HIGH, "Link lost while armed", "The line broke; the gun holds its lease for a moment only.",
        "Take the gun off the skin. Then resume the treatment: the gun's log tells what was given.", _lost_armed,
        gives_way_to="stopped",
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
        "painting-late", HIGH, "The screen does not keep up",
        "The terminal takes no frames, so the lease is not renewed.",
        "The gun disarms by itself. Free the terminal: scroll lock, slow line.",
        lambda facts: "" if facts.painting_late and _hot(facts) else None,
    ),
    Condition(
        "overrun", HIGH, "More than commanded", "A record proves more volume than its shot was to give.",
        "Stop. Have the gun calibrated before it treats again.", _overrun,
    ),
    Condition(
        "double-shot", HIGH, "A point was fired twice", "The gun's log holds more shots for a point than were ordered.",
        "Stop. Look at the shot list before anything else.", _double,
    ),
    Condition(
        "limit-reached", HIGH, "Limit reached", "What was given at most has reached a hard limit.",
        "End the treatment. Nobody can pass this limit.", _hard_limit,
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
        "clock-jump", MEDIUM, "The computer slept", "Suspend or a clock jump: the conversation is no longer trusted.",
        "Resume the treatment.", lambda facts: "" if facts.clock_jump else None,
    ),
    Condition(
        "stopped", MEDIUM, "STOPPED", "STOP was pressed, and the gun has answered it.",
        "Resume the treatment when it is safe, or quit.", _stopped,
    ),
    Condition(
        "link-lost", MEDIUM, "Link lost", "The cable, the port or the gun's supply.",
        "Check the cable, then resume the treatment.", _lost, gives_way_to="stopped",
    ),
    Condition(
        "refused", MEDIUM, "Refused", "A limit or an interlock said no; nothing more was loaded.",
        "Read the reason; it says what would work.", _refused,
    ),
    Condition(
        "bench-mode", MEDIUM, "Bench mode", "The gun is on the bench and treats nobody.",
        "Leave bench mode at the gun before a treatment.", _flag(Flag.BENCH),
    ),
    Condition(
        "stale", MEDIUM, "Data is stale", "The gun has not been heard for more than a second.",
        "Wait with the next shot until the data is live again.", _stale,
    ),
    Condition(
        "no-news-long", MEDIUM, "No news for long",
        "Nobody fires, or what treats has died: the record alone cannot tell.",
        "Look at the screen that treats; what it shows counts, and not this.", _silent(SILENT_US, None),
    ),
    Condition(
        "record-unread", MEDIUM, "The record cannot be read", "The journal that this screen follows.",
        "Look at the screen that treats. Reading is tried again.", _unread,
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
        "indeterminate", MEDIUM, "A shot's outcome is unknown", "It was interrupted between start and record.",
        "Look at the skin; it counts at its full volume until settled.", _indeterminate,
    ),
    Condition(
        "partial", MEDIUM, "A shot was not completed", "The stroke ended early.",
        "See the shot list; order it again only with a reason.", _partial,
    ),
    Condition(
        "limit-near", MEDIUM, "Limit is near", "What was given at most has passed 90 % of a hard limit.",
        "See how much is left before going on.", _near_limit,
    ),
    Condition(
        "limit-soft", MEDIUM, "Soft limit passed", "What was given at most is above a soft limit.",
        "The reason given for it is on record; see whether it still holds.", _soft_limit,
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
        "no-news", LOW, "No news", "Nobody fires, or what treats has died: the record alone cannot tell.",
        "Look at the screen that treats.", _silent(LOST_US, SILENT_US),
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
