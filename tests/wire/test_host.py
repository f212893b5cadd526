"""The host's machine: its table, what it believes, and what it never believes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.errors import AuthError, InputError, LinkLost, MesogunError, VersionMismatch, WireError
from mesogun.wire import auth, frame
from mesogun.wire.codes import FrameKind, LinkError, Op
from mesogun.wire.host import (
    HELLO_DUE_SEQ,
    LAST_SEQ,
    STOP_BYTES,
    TRANSITIONS,
    Answered,
    Cue,
    Failed,
    Hint,
    HostMachine,
    Phase,
    Stopped,
)
from mesogun.wire.messages import (
    BY_REQUEST,
    FINGERPRINT,
    Ack,
    Disarm,
    Done,
    Error,
    Event,
    GetCaps,
    GetLog,
    GetStatus,
    Load,
    Status,
    Welcome,
)
from mesogun.wire.schema import pack
from tests.trace import req

KEY = b"k" * 32
NONCE = 99
STATUS = Status(*range(16))
LOAD = Load(1, 2, 3, 1, 20_000, 1_500)


def welcome(**changed: int) -> Welcome:
    fields: dict[str, Any] = {
        "verdict": 0, "reason": 0, "status": STATUS, "device_id": 3, "kind": 1, "nvm_id": 4, "boot_id": 5,
        "session": 6, "host_nonce": NONCE, "gun_nonce": 7, "oldest_shot_no": 1, "total_before_oldest_nl": 0,
        "acked_shot_no": 0, "dropped": 0, "open_treatment": 0, "last_treatment": 0, "calibration_id": 1,
        "fingerprint": FINGERPRINT,
    }  # fmt: skip
    return Welcome(**(fields | changed))


def key_of(given: Welcome, pairing: bytes = KEY) -> bytes:
    return auth.session_key(
        pairing,
        host_nonce=given.host_nonce,
        gun_nonce=given.gun_nonce,
        device_id=given.device_id,
        boot_id=given.boot_id,
        session=given.session,
    )


def reply(message: Any, op: int, seq: int, *, session: int = 6, key: bytes | None = None, major: int = 1) -> bytes:
    kind = FrameKind.EVT if op == Op.EVENT else FrameKind.RSP
    plain = frame.Frame(kind, op, seq, pack(message), None, major)
    if key == b"":
        return frame.encode(plain)
    return frame.encode(auth.sealed(key or key_of(welcome()), auth.TO_HOST, session, plain))


def greeted(key: bytes | None = KEY, **changed: int) -> HostMachine:
    machine = HostMachine(lambda _: key)
    machine.hello(NONCE)
    given = welcome(**changed)
    machine.receive(reply(given, Op.HELLO, 0, session=given.session, key=key_of(given) if key else b""))
    return machine


def asking(message: Any = LOAD) -> HostMachine:
    machine = greeted()
    machine.ask(message)
    return machine


def stopped() -> HostMachine:
    machine = greeted()
    machine.stop()
    return machine


def cold() -> HostMachine:
    return HostMachine(lambda _: KEY)


def greeting() -> HostMachine:
    machine = cold()
    machine.hello(NONCE)
    return machine


MAKERS: dict[Phase, Callable[[], HostMachine]] = {
    Phase.COLD: cold,
    Phase.GREETING: greeting,
    Phase.READY: greeted,
    Phase.ASKING: asking,
    Phase.STOPPED: stopped,
}
error_bytes = reply(Error(1, 0, STATUS, LinkError.NO_SESSION, Op.LOAD), Op.ERROR, 1, key=b"")
CUES: dict[Cue, Callable[[HostMachine], object]] = {
    Cue.HELLO: lambda machine: machine.hello(NONCE + 1),
    Cue.ASK: lambda machine: machine.ask(GetStatus()),
    Cue.STOP: HostMachine.stop,
    Cue.WELCOME: lambda machine: machine.receive(reply(welcome(), Op.HELLO, 0)),
    Cue.REPLY: lambda machine: machine.receive(reply(Done(0, 0, STATUS), Op.LOAD, 1)),
    Cue.ERROR: lambda machine: machine.receive(
        error_bytes + reply(Error(1, 0, STATUS, LinkError.WRONG_MAJOR, Op.HELLO), Op.ERROR, 0, key=b"")
    ),
    Cue.GIVE_UP: HostMachine.give_up,
    Cue.DROP: HostMachine.drop,
}


@pytest.mark.parametrize(("phase", "cue"), list(itertools.product(Phase, Cue)), ids=lambda value: value.name)
def test_every_pair_does_what_the_table_says(phase: Phase, cue: Cue) -> None:
    machine = MAKERS[phase]()
    assert machine.phase is phase
    if (phase, cue) in TRANSITIONS:
        CUES[cue](machine)
        assert machine.phase is TRANSITIONS[phase, cue]
    elif cue in {Cue.HELLO, Cue.ASK, Cue.GIVE_UP}:
        with pytest.raises((LinkLost, KeyError)):
            CUES[cue](machine)
        assert machine.phase is phase
    else:  # bytes that do not fit the phase change nothing
        assert CUES[cue](machine) == []
        assert machine.phase is phase


@req("W-12", "G7")
def test_only_the_reply_to_this_request_in_this_session_counts() -> None:
    machine = asking()
    done = Done(1, 2, STATUS)  # a refusal: taken wrongly, a loaded entry would be struck out
    for wrong in (
        reply(done, Op.LOAD, 2),
        reply(done, Op.ARM, 1),
        reply(done, Op.LOAD, 1, session=5),
        reply(done, Op.LOAD, 1, key=b"x" * 32),
        reply(done, Op.LOAD, 1, key=b""),
        frame.encode(
            auth.sealed(key_of(welcome()), auth.TO_GUN, 6, frame.Frame(FrameKind.RSP, Op.LOAD, 1, pack(done)))
        ),
        frame.encode(
            auth.sealed(key_of(welcome()), auth.TO_HOST, 6, frame.Frame(FrameKind.REQ, Op.LOAD, 1, pack(done)))
        ),
    ):
        assert machine.receive(wrong) == []
    assert machine.receive(reply(done, Op.LOAD, 1)) == [Answered(done)]
    assert machine.receive(reply(done, Op.LOAD, 1)) == []
    assert machine.counters.untrusted == 4
    assert machine.counters.late == 3


@req("H5", "W-18")
@pytest.mark.parametrize("code", list(LinkError))
def test_an_error_is_never_evidence(code: LinkError) -> None:
    machine = asking()
    (happening,) = machine.receive(reply(Error(1, 0, STATUS, code, Op.LOAD), Op.ERROR, 1, key=b""))
    assert isinstance(happening, Failed)
    assert not isinstance(happening.error, ValueError)
    assert machine.phase is Phase.COLD
    assert machine.again() == b""


@req("W-8")
def test_changes_are_tagged_and_reads_are_not() -> None:
    for kind, spec in BY_REQUEST.items():
        if spec.op in (Op.HELLO, Op.STOP):
            continue
        machine = greeted()
        values = [b"" if leaf.wire.code.endswith("s") else 0 for leaf in _leaves(kind)]
        (sent,) = frame.FrameReader().feed(machine.ask(kind(*values)))
        assert isinstance(sent, frame.Frame)
        assert (sent.tag is not None) == spec.changes
        assert sent.seq == 1
        if spec.changes:
            assert auth.verified(key_of(welcome()), auth.TO_GUN, 6, sent)


def _leaves(kind: type) -> Any:
    from mesogun.wire.schema import leaves

    return leaves(kind)


@req("H7", "W-25")
def test_nothing_is_left_to_send_after_stop() -> None:
    machine = asking()
    assert machine.again() != b""
    assert machine.stop() == STOP_BYTES
    assert machine.again() == b""
    assert machine.receive(reply(Done(0, 0, STATUS), Op.LOAD, 1)) == []
    assert machine.receive(reply(Done(0, 0, STATUS), Op.STOP, 0)) == [Stopped(STATUS)]
    assert machine.receive(reply(Done(0, 0, STATUS), Op.STOP, 0, key=b"")) == []
    machine.stop()
    assert machine.receive(reply(Done(0, 0, STATUS), Op.STOP, 0)) == [Stopped(STATUS)]


@req("W-28")
def test_another_fingerprint_is_read_only_and_says_so() -> None:
    machine = greeted(fingerprint=1)
    assert machine.read_only
    assert "message table" in str(machine.read_only_reason)
    machine.ask(GetCaps())
    machine.give_up()
    machine.ask(Disarm())
    machine.give_up()
    for message in (LOAD, GetLog(1), Ack(1)):
        with pytest.raises(VersionMismatch, match="reading only"):
            machine.ask(message)


@req("W-28")
def test_without_a_key_only_reading() -> None:
    machine = greeted(key=None)
    assert machine.read_only
    with pytest.raises(AuthError, match="not paired"):
        machine.ask(LOAD)
    machine.ask(GetLog(1))


@req("W-28")
def test_another_major_is_read_only() -> None:
    machine = greeting()
    machine.receive(reply(welcome(), Op.HELLO, 0, major=2))
    assert "MG2" in str(machine.read_only_reason)


@req("W-13")
def test_a_wrong_key_is_an_error_that_names_no_key() -> None:
    machine = HostMachine(lambda _: b"w" * 32)
    machine.hello(NONCE)
    (happening,) = machine.receive(reply(welcome(), Op.HELLO, 0))
    assert isinstance(happening, Failed)
    assert isinstance(happening.error, AuthError)
    assert (b"w" * 32).hex() not in str(happening.error)


def test_a_key_that_cannot_be_read_is_told() -> None:
    def broken(_: Welcome) -> bytes | None:
        raise InputError("the key file is damaged")

    machine = HostMachine(broken)
    machine.hello(NONCE)
    (happening,) = machine.receive(reply(welcome(), Op.HELLO, 0))
    assert isinstance(happening, Failed)
    assert "key file" in str(happening.error)


def test_another_hello_in_flight_is_ignored() -> None:
    machine = greeting()
    given = welcome(host_nonce=NONCE - 1)
    assert machine.receive(reply(given, Op.HELLO, 0, key=key_of(given))) == []
    assert isinstance(machine.receive(reply(welcome(), Op.HELLO, 0))[0], Answered)


def test_a_reply_in_another_layout_is_a_wire_error() -> None:
    machine = asking()
    (happening,) = machine.receive(reply(Event(1, STATUS), Op.LOAD, 1))
    assert isinstance(happening, Failed)
    assert isinstance(happening.error, WireError)
    machine = greeting()
    (happening,) = machine.receive(reply(Event(1, STATUS), Op.HELLO, 0, key=b""))
    assert isinstance(happening, Failed)


def test_hints_are_hints() -> None:
    machine = asking()
    assert machine.receive(reply(Event(1, STATUS), Op.EVENT, 1)) == [Hint(1, STATUS)]
    assert machine.receive(reply(Event(1, STATUS), Op.EVENT, 1, key=b"")) == []
    assert machine.phase is Phase.ASKING


@req("H15")
def test_sequence_numbers_run_out() -> None:
    machine = greeted()
    machine._seq = HELLO_DUE_SEQ - 1
    due_before = machine.hello_due
    machine.ask(GetStatus())
    machine.give_up()
    assert (due_before, machine.hello_due) == (False, True)
    machine._seq = LAST_SEQ
    with pytest.raises(LinkLost, match="HELLO"):
        machine.ask(GetStatus())


@given(st.lists(st.binary(max_size=300) | st.just(reply(Done(0, 0, STATUS), Op.LOAD, 1)), max_size=8))
def test_no_bytes_make_it_raise(pieces: list[bytes]) -> None:
    for make in MAKERS.values():
        machine = make()
        for piece in pieces:
            for happening in machine.receive(piece):
                assert isinstance(happening, Answered | Failed | Hint | Stopped)
                if isinstance(happening, Failed):
                    assert isinstance(happening.error, MesogunError)
