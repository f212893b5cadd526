"""What the runner puts on record of an alarm: at the first look, once, and its end."""

from __future__ import annotations

import pytest

from mesogun.record import events as ev
from mesogun.treatment.alarmlog import AlarmLog
from tests.record.test_alarms import RAISED, facts
from tests.trace import req


@req("MG-16")
@pytest.mark.parametrize("name", ["overrun", "limit-reached", "double-shot"])
def test_giving_too_much_is_on_record_as_a_high_alarm_at_the_first_look(name: str) -> None:
    log = AlarmLog()
    assert log.look(facts(), 0) == []
    (raised,) = [event for event in log.look(RAISED[name], 1) if isinstance(event, ev.AlarmRaised)]
    assert (raised.alarm, raised.priority) == (name, "high")
    assert raised.detail
    assert log.look(RAISED[name], 2) == []


@req("MG-16")
def test_a_record_that_proves_more_than_commanded_names_its_shot_and_both_volumes() -> None:
    log = AlarmLog()
    (raised, *_) = log.look(RAISED["overrun"], 0)
    assert isinstance(raised, ev.AlarmRaised)
    assert "of 0.02 mL" in raised.detail
    assert log.acknowledge("op-1") == [ev.AlarmAcknowledged("overrun", "op-1")]
