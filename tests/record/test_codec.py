from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.errors import RecordError
from mesogun.record import decode, encode
from mesogun.record import events as ev
from tests.record.strategies import any_event


@given(any_event())
def test_every_event_comes_back_as_it_was(event: ev.Event) -> None:
    assert decode(encode(event)) == event


@given(any_event())
def test_the_encoding_is_canonical(event: ev.Event) -> None:
    body = encode(event)
    again = json.dumps(json.loads(body), sort_keys=True, separators=(",", ":")).encode()
    assert body == again


def test_golden_bytes_typed_by_hand() -> None:
    event = ev.EntrySettled(gun="00000000000000a1", memory="00000000000000b2", entry_no=7, how="hello")
    typed = (
        b'{"entry_no":7,"gun":"00000000000000a1","how":"hello","kind":"EntrySettled","memory":"00000000000000b2","v":1}'
    )
    assert encode(event) == typed
    assert decode(typed) == event


def test_a_field_with_a_default_may_be_missing() -> None:
    assert decode(b'{"kind":"Paused","operator":"op-1","v":1}') == ev.Paused("op-1", "")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"\xff", "not readable"),
        (b"[]", "another format"),
        (b'{"kind":"Paused","operator":"x","v":2}', "another format"),
        (b'{"kind":"Launched","v":1}', "Launched"),
        (b'{"kind":"Paused","v":1}', "missing ['operator']"),
        (b'{"kind":"Paused","operator":"x","colour":"red","v":1}', "unknown ['colour']"),
        (b'{"kind":"FaultRaised","fault":3,"v":1}', "fault is 3, not str"),
        ((b'{"kind":"Armed","first_entry_no":true,"last_entry_no":1,"count":1,"total_nl":1,"lease_ms":1,"lead":1,'
         b'"operator":"x","v":1}'), "first_entry_no is True, not int"),
    ],
)  # fmt: skip
def test_damaged_events_are_refused_by_name(body: bytes, says: str) -> None:
    with pytest.raises(RecordError, match="event") as caught:
        decode(body)
    assert says in str(caught.value)


@given(st.binary(max_size=200))
def test_no_bytes_give_anything_but_an_event_or_a_record_error(body: bytes) -> None:
    with contextlib.suppress(RecordError):
        assert isinstance(decode(body), ev.Event)
