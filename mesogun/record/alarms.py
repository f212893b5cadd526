"""Alarm conditions and their life: what is wrong now, how urgent, what to do about it. Pure; time is an argument.

The conventions follow IEC 60601-1-8 as published monitor manuals describe them (high, medium and low priority; a high
condition latches until somebody has seen it; acknowledging does not clear a live condition; audio pause is timed and
ends at a new alarm). It is an information display, not an alarm system: a terminal guarantees neither light nor sound.

Not responsible for showing or sounding anything (``tui``) and not for writing ``AlarmRaised`` events.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from mesogun.record.alarm_conditions import CONDITIONS
from mesogun.record.alarm_facts import (
    LINK_KINDS,
    LOST_US,
    PAUSE_GRACE_US,
    RECORD_KINDS,
    REFUSALS,
    SILENT_US,
    STALE_US,
    Condition,
    Facts,
    Limit,
    Priority,
    limit_words,
)
from mesogun.record.state import StandingAlarm

__all__ = [
    "AUDIO_PAUSE_US",
    "BELL_EVERY_US",
    "CONDITIONS",
    "LINK_KINDS",
    "LOST_US",
    "PAUSE_GRACE_US",
    "RECORD_KINDS",
    "REFUSALS",
    "SILENT_US",
    "STALE_US",
    "Alarm",
    "Alarms",
    "Condition",
    "Facts",
    "Limit",
    "Priority",
    "Stage",
    "acknowledge",
    "bell_due",
    "limit_words",
    "lit",
    "on_record",
    "pause_audio",
    "raised",
    "step",
]

AUDIO_PAUSE_US = 120_000_000


class Stage(StrEnum):
    """Where an alarm is in its life."""

    ACTIVE = "active"
    ACKNOWLEDGED = "acknowledged"
    LATCHED = "latched"  # the condition is gone, nobody has seen it yet


_STAGES = (Stage.ACTIVE, Stage.LATCHED, Stage.ACKNOWLEDGED)
_RANK = {condition.name: place for place, condition in enumerate(CONDITIONS)}


@dataclass(frozen=True, slots=True)
class Alarm:
    """A condition that holds, or held and was not seen."""

    condition: Condition
    detail: str
    since_us: int
    stage: Stage = Stage.ACTIVE

    @property
    def priority(self) -> Priority:
        """Its condition's priority."""
        return self.condition.priority

    @property
    def text(self) -> str:
        """Title and detail in one line."""
        return f"{self.condition.title}: {self.detail}" if self.detail else self.condition.title


@dataclass(frozen=True, slots=True)
class Alarms:
    """All alarms now, and the audio pause."""

    alarms: Mapping[str, Alarm] = field(default_factory=dict)
    audio_paused_until_us: int | None = None

    def ordered(self) -> tuple[Alarm, ...]:
        """Highest priority first; what holds and is unseen before what is over, before what was seen; causes first."""
        return tuple(
            sorted(
                self.alarms.values(),
                key=lambda alarm: (-alarm.priority, _STAGES.index(alarm.stage), _RANK.get(alarm.condition.name, 0)),
            )
        )

    @property
    def top(self) -> Alarm | None:
        """The alarm for the banner: whatever nobody has acknowledged yet comes before what somebody has."""
        ordered = self.ordered()
        unseen = [alarm for alarm in ordered if alarm.stage is not Stage.ACKNOWLEDGED]
        return next(iter(unseen or ordered), None)

    def audio_left_us(self, now_us: int) -> int:
        """What is left of the audio pause."""
        return max(0, self.audio_paused_until_us - now_us) if self.audio_paused_until_us is not None else 0


def step(before: Alarms, facts: Facts, now_us: int) -> Alarms:
    """The alarms after looking at ``facts``.

    A condition that ends: high latches until seen, medium latches too (shown as a quiet line), low and everything that
    was acknowledged disappears; so does one that gave way to another. A new medium or high alarm, or one that comes
    back, ends the audio pause.
    """
    alarms: dict[str, Alarm] = {}
    loud = False
    for condition in CONDITIONS:
        old = before.alarms.get(condition.name)
        detail = condition.test(facts)
        if detail is not None:
            fresh = old is None or old.stage is Stage.LATCHED
            loud = loud or (fresh and condition.priority > Priority.LOW)
            if old is None or fresh:
                alarms[condition.name] = Alarm(condition, detail, now_us)
            else:
                alarms[condition.name] = old if old.detail == detail else replace(old, detail=detail)
        elif old is not None and old.stage is not Stage.ACKNOWLEDGED and old.priority > Priority.LOW:
            alarms[condition.name] = old if old.stage is Stage.LATCHED else replace(old, stage=Stage.LATCHED)
    for name in [name for name, alarm in alarms.items() if alarm.stage is Stage.LATCHED]:
        if alarms[name].condition.gives_way_to in alarms:
            del alarms[name]
    paused = before.audio_paused_until_us
    if loud or (paused is not None and now_us >= paused):
        paused = None
    if alarms == before.alarms and paused == before.audio_paused_until_us:
        return before
    return Alarms(alarms, paused)


def acknowledge(before: Alarms) -> Alarms:
    """Somebody has looked: what is gone disappears, what still holds stays, marked as seen."""
    alarms = {
        name: replace(alarm, stage=Stage.ACKNOWLEDGED)
        for name, alarm in before.alarms.items()
        if alarm.stage is not Stage.LATCHED
    }
    return replace(before, alarms=alarms)


def pause_audio(before: Alarms, now_us: int) -> Alarms:
    """No bell for two minutes, or until something new."""
    return replace(before, audio_paused_until_us=now_us + AUDIO_PAUSE_US)


BY_NAME = {condition.name: condition for condition in CONDITIONS}


def on_record(before: Alarms, own: Alarms, standing: Mapping[str, StandingAlarm], now_us: int) -> Alarms:
    """What somebody sees who has no word of the gun: the alarms found by looking, and those that stand on record.

    ``before`` is what was shown last, ``own`` what looking at the recorded state gives. Whatever the operator has
    acknowledged on record is acknowledged here; what is over there and unseen is latched. A kind of alarm that this
    version does not know is left to the record.
    """
    alarms = dict(own.alarms)
    for name, stands in standing.items():
        condition = BY_NAME.get(name)
        if condition is None:
            continue
        stage = Stage.LATCHED if stands.over else Stage.ACKNOWLEDGED if stands.seen_by else Stage.ACTIVE
        known = alarms.get(name, before.alarms.get(name))
        if known is not None and known.stage is Stage.ACKNOWLEDGED and stage is Stage.ACTIVE:
            stage = Stage.ACKNOWLEDGED  # seen by whoever watches, if not by the operator
        since_us = known.since_us if known is not None else now_us
        alarms[name] = Alarm(condition, stands.raised.detail, since_us, stage)
    return Alarms(alarms, own.audio_paused_until_us)


def raised(before: Alarms, after: Alarms) -> tuple[Alarm, ...]:
    """Alarms that began or came back between the two."""
    return tuple(
        alarm
        for name, alarm in after.alarms.items()
        if alarm.stage is Stage.ACTIVE and (name not in before.alarms or before.alarms[name].stage is Stage.LATCHED)
    )


# Half periods, us. High 2 Hz and medium 0.5 Hz lie inside 1.4-2.8 Hz and 0.4-0.8 Hz, and below the three flashes a
# second of WCAG 2.3.1.
_HALF_PERIOD_US = {Priority.HIGH: 250_000, Priority.MEDIUM: 1_000_000}
# Time between bells, us: inside the inter-burst ranges that monitor manuals give; a terminal has one bell only.
BELL_EVERY_US = {Priority.HIGH: 5_000_000, Priority.MEDIUM: 15_000_000}


def lit(alarm: Alarm, now_us: int) -> bool:
    """Whether a flashing banner is in its bright half; steady for low, seen and latched-medium alarms."""
    half_us = _HALF_PERIOD_US.get(alarm.priority)
    steady = half_us is None or alarm.stage is Stage.ACKNOWLEDGED
    if steady or (alarm.stage is Stage.LATCHED and alarm.priority is not Priority.HIGH) or half_us is None:
        return True
    return (now_us - alarm.since_us) // half_us % 2 == 0


def bell_due(alarms: Alarms, last_bell_us: int | None, now_us: int) -> bool:
    """Whether the terminal's bell is to be rung now."""
    top = alarms.top
    if top is None or top.stage is Stage.ACKNOWLEDGED or alarms.audio_left_us(now_us):
        return False
    if top.priority is Priority.LOW or (top.stage is Stage.LATCHED and top.priority is Priority.MEDIUM):
        return False
    return last_bell_us is None or last_bell_us < top.since_us or now_us - last_bell_us >= BELL_EVERY_US[top.priority]
