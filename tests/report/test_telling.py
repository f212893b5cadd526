from __future__ import annotations

import pytest
from hypothesis import given

from mesogun.record import events as ev
from mesogun.report.story import told
from tests.record.strategies import any_event, loaded, shot


@given(any_event())
def test_every_event_can_be_told_and_names_its_operator(event: ev.Event) -> None:
    what, detail, who, _ = told(event)
    assert what
    assert isinstance(detail, str)
    assert who in (getattr(event, "operator", ""), getattr(event, "to_operator", ""), "")


@pytest.mark.parametrize("kind", [name for name, kind in ev.KINDS.items() if kind.__module__ == ev.__name__])
def test_no_event_of_a_treatment_is_told_by_its_fields(kind: str) -> None:
    import mesogun.report.story as module

    assert ev.KINDS[kind] in module._TELLERS


def test_words() -> None:
    assert told(loaded(7, 2))[:2] == ("loaded", "entry 7: shot 3, 20 µL at 1.5 mm")
    what, detail, _, grave = told(shot(1, 1, 0, outcome="INDETERMINATE", delivered_nl=4_000))
    assert (what, grave) == ("fired", True)
    assert detail == "record 1, shot 1: indeterminate, 4 µL of 20 µL, between 3.5 µL and 20.5 µL"
    assert told(ev.EntrySettled("g", "m", 7, "hello"))[1] == (
        "entry 7: the gun's complete log shows that it was not fired"
    )
    assert told(ev.GunGivenUp("g", 0, "op-1", "stolen"))[1] == "gun g: stolen"
    assert "up to 1.001 mL beside" in told(ev.GunGivenUp("g", 1_000_001, "op-1", "stolen"))[1]
    assert told(ev.OrderRefused("Skip", "it had been fired", "op-1"))[:3] == (
        "order refused", "skip: it had been fired", "op-1",
    )  # fmt: skip
