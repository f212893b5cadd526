"""The alarms of a running treatment, and what of their life belongs on record.

Says which events to commit after each look; the conditions and their life are ``mesogun.record.alarms``. Not
responsible for committing, and not for showing or sounding anything.
"""

from __future__ import annotations

from collections.abc import Mapping

from mesogun.record import TreatmentState
from mesogun.record import events as ev
from mesogun.record.alarm_facts import looked_at, said
from mesogun.record.alarms import Alarms, Facts, Stage, acknowledge, on_record, raised, step
from mesogun.record.state import StandingAlarm
from mesogun.wire.messages import Status


class AlarmLog:
    """Which alarms hold now; each look returns what is new for the record."""

    def __init__(self) -> None:
        self._alarms = Alarms()
        self._looked_at: tuple[object, ...] = ()
        self._state: TreatmentState | None = None
        self._words: tuple[object, ...] = ()

    def resume(self, standing: Mapping[str, StandingAlarm], now_us: int) -> None:
        """Begin with what stands on record: an alarm that was raised is not raised again, and one that is over ends."""
        self._alarms = on_record(Alarms(), Alarms(), standing, now_us)

    def nothing_new(self, state: TreatmentState, status: Status | None, *rest: object) -> bool:
        """Whether record, gun and ``rest`` say nothing that they did not say when this was last asked."""
        words = (said(status), *rest)
        same = state is self._state and words == self._words
        self._state, self._words = state, words
        return same

    def look(self, facts: Facts, now_us: int) -> list[ev.Event]:
        """What became of the alarms since the last look: begun or come back, and over."""
        now = looked_at(facts)
        if now == self._looked_at:
            return []  # nothing that a condition looks at has changed: this is asked at every poll
        self._looked_at = now
        before, self._alarms = self._alarms, step(self._alarms, facts, now_us)
        begun: list[ev.Event] = [
            ev.AlarmRaised(alarm.condition.name, alarm.priority.name.lower(), alarm.detail)
            for alarm in raised(before, self._alarms)
        ]
        return [*begun, *(ev.AlarmCleared(name) for name in _over(before, self._alarms))]

    def acknowledge(self, operator: str) -> list[ev.Event]:
        """Somebody has looked: what was not acknowledged yet now is; a condition that holds goes on holding."""
        unseen = [name for name, alarm in self._alarms.alarms.items() if alarm.stage is not Stage.ACKNOWLEDGED]
        self._alarms = acknowledge(self._alarms)
        return [ev.AlarmAcknowledged(name, operator) for name in unseen]


def _over(before: Alarms, after: Alarms) -> list[str]:
    holding = {name for name, alarm in after.alarms.items() if alarm.stage is not Stage.LATCHED}
    return [name for name, alarm in before.alarms.items() if alarm.stage is not Stage.LATCHED and name not in holding]
