"""A balance on a port: a weight that it sent, or an error that says what happened and whether the tare holds."""

from __future__ import annotations

import random
import re
from collections import deque
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.calibration.balance import DIALECTS, Balance, open_balance
from mesogun.calibration.readings import Trouble
from mesogun.calibration.weighing import (
    BalanceGarbled,
    BalanceRefused,
    BalanceRestarted,
    BalanceSilent,
    BalanceTrouble,
    Identity,
    Reading,
    Unstable,
)
from mesogun.errors import InputError, LinkLost, LinkTimeout, MesogunError, NoDevice, Refused, WireError
from tests.calibration.scripted import GREETING, ScriptedPort, scripted

HARMLESS = {b"@\r\n", b"I2\r\n", b"I3\r\n", b"S\r\n", b"SI\r\n", b"Z\r\n", b"T\r\n"}


def test_it_says_who_it_is_and_was_asked_nothing_that_changes_it() -> None:
    balance, port = scripted()
    assert balance.identity == Identity("mtsics", "MODEL 205 g", "1234567", "2.10")
    assert port.written == [b"@\r\n", b"I2\r\n", b"I3\r\n"]
    port.answers |= {
        b"S\r\n": b"S S 1.0 g\r\n",
        b"SI\r\n": b"S D 1.0 g\r\n",
        b"Z\r\n": b"Z A\r\n",
        b"T\r\n": b"T S 1.0 g\r\n",
    }
    balance.stable()
    balance.immediate()
    balance.zero()
    balance.tare()
    balance.recover()
    assert set(port.written) == HARMLESS
    balance.close()
    assert port.closed


def test_a_model_that_does_not_know_the_questions_is_no_worse() -> None:
    balance, port = scripted()
    port.answers |= {b"I2\r\n": b"ES\r\n", b"I3\r\n": b"ES\r\n"}
    balance.recover()
    assert balance.identity == Identity("mtsics", "", "1234567", "")


# (reply, mass in mg, unit, stable), typed from the manual
WEIGHTS = [
    (b"S S     25.013 mg\r\n", "25.013", "mg", True),
    (b"S S   0.025013 g\r\n", "25.013", "g", True),
    (b"S D     -0.0123 g\r\n", "-12.3", "g", False),
    (b"S S        1 kg\r\n", "1000000", "kg", True),
    (b"S S      12.5 ug\r\n", "0.0125", "ug", True),
]


@pytest.mark.parametrize(("reply", "mass_mg", "unit", "stable"), WEIGHTS)
@pytest.mark.parametrize("piece", [1, 4_096])
def test_a_weight_is_converted_by_its_own_unit(reply: bytes, mass_mg: str, unit: str, stable: bool, piece: int) -> None:
    balance, port = scripted(piece=piece)
    port.answers[b"SI\r\n"] = reply
    reading = balance.immediate()
    assert (reading.mass_mg, reading.unit, reading.stable) == (Decimal(mass_mg), unit, stable)
    assert reading.mass_ug == Decimal(mass_mg) * 1_000
    assert reading.text == reply.decode().strip("\r\n")
    assert reading.at_us == balance.clock.monotonic_us()


# (reply, error, trouble, whether the tare is lost, what the message has to say)
TROUBLES = [
    (b"S +\r\n", BalanceRefused, Trouble.OVERLOAD, False, "take the load off"),
    (b"S -\r\n", BalanceRefused, Trouble.UNDERLOAD, False, "pan or the vessel is missing"),
    (b"S L\r\n", BalanceRefused, Trouble.PARAMETER, False, "parameter"),
    (b"S I\r\n", Unstable, Trouble.BUSY, False, "draught"),
    (b"ES\r\n", BalanceRefused, Trouble.SYNTAX, False, "does not know"),
    (b"EL\r\n", BalanceRefused, Trouble.LOGICAL, False, "present state"),
    (b"ET\r\n", BalanceRefused, Trouble.TRANSMISSION, False, "baud rate"),
    (b"S S Error 10b\r\n", BalanceRefused, Trouble.HARDWARE, False, "defect"),
    (b"S S     12 PCS\r\n", BalanceRefused, Trouble.UNIT, False, "set its unit to g or mg"),
    (b'I4 A "1234567"\r\n', BalanceRestarted, None, True, "zero and tare are gone"),
    (b"S S 25,013 mg\r\n", BalanceGarbled, None, True, "is no answer to S"),
    (b"\xff\xfe\x00\r\n", BalanceGarbled, None, True, "cable, speed and dialect"),
    (b"S S 1.0 g\r\nS S 2.0 g\r\n", BalanceGarbled, None, True, "two answers"),
    (b"S S 1.0 g\r\nI4 A \"1234567\"\r\n", BalanceRestarted, None, True, "switched on again"),
    (b"Z A\r\n", BalanceSilent, Trouble.TIMEOUT, True, "is the balance on"),
    (b"", BalanceSilent, Trouble.TIMEOUT, True, "9600 8N1"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("reply", "error", "trouble", "tare_lost", "says"), TROUBLES, ids=lambda value: repr(value)[:30]
)
def test_every_trouble_has_its_type_and_says_what_helps(
    reply: bytes, error: type[BalanceTrouble], trouble: Trouble | None, tare_lost: bool, says: str
) -> None:
    balance, port = scripted()
    port.answers = {b"S\r\n": reply}
    began_us = balance.clock.monotonic_us()
    with pytest.raises(BalanceTrouble, match=says) as caught:
        balance.stable()
    assert type(caught.value) is error
    assert (caught.value.trouble, caught.value.tare_lost) == (trouble, tare_lost)
    assert "\n" not in str(caught.value)
    assert balance.clock.monotonic_us() - began_us <= 10_000_000


def test_the_troubles_are_kin_of_what_they_are() -> None:
    assert issubclass(BalanceSilent, LinkTimeout)
    assert issubclass(BalanceRestarted, LinkLost)
    assert issubclass(BalanceGarbled, WireError)
    assert issubclass(Unstable, Refused)


def test_it_asks_again_while_nothing_is_stable_and_takes_what_comes_then() -> None:
    balance, port = scripted()
    port.once[b"S\r\n"] = deque([b"S I\r\n", b"S I\r\n"])
    port.answers[b"S\r\n"] = b"S S 7.0 mg\r\n"
    assert balance.stable().mass_mg == 7
    assert port.written.count(b"S\r\n") == 3


@pytest.mark.parametrize("command", [b"S\r\n", b"T\r\n", b"Z\r\n"])
def test_a_balance_that_waits_for_ever_is_reset_and_the_caller_knows(command: bytes) -> None:
    balance, port = scripted()
    ask = {b"S\r\n": balance.stable, b"T\r\n": balance.tare, b"Z\r\n": balance.zero}[command]
    with pytest.raises(Unstable, match="reset: tare again") as caught:
        ask()
    assert caught.value.tare_lost
    assert port.written[-1] == b"@\r\n"
    port.answers[b"S\r\n"] = b"S S 7.0 mg\r\n"
    assert balance.stable().mass_mg == 7  # the reset was answered: in step again


def test_after_noise_nothing_is_asked_until_somebody_recovers() -> None:
    balance, port = scripted()
    port.answers[b"S\r\n"] = b"\x80\r\n"
    with pytest.raises(BalanceGarbled):
        balance.stable()
    port.answers[b"S\r\n"] = b"S S 7.0 mg\r\n"
    written = list(port.written)
    for ask in (balance.stable, balance.immediate, balance.tare, balance.zero):
        with pytest.raises(BalanceGarbled, match=r"recover\(\) resets"):
            ask()
    assert port.written == written
    balance.recover()
    assert balance.stable().mass_mg == 7


def test_an_old_answer_that_comes_late_is_never_the_new_one() -> None:
    balance, port = scripted()
    port.answers = {}
    with pytest.raises(BalanceSilent):
        balance.immediate()
    port.coming += b"S S 99.0 mg\r\n"
    port.answers = dict(GREETING["mtsics"]) | {b"SI\r\n": b"S S 7.0 mg\r\n"}
    balance.recover()
    assert balance.immediate().mass_mg == 7


def test_a_line_that_came_unasked_before_the_question_is_let_go() -> None:
    balance, port = scripted()
    port.coming += b"S S 99.0 mg\r\n"
    port.answers[b"S\r\n"] = b"S S 7.0 mg\r\n"
    assert balance.stable().mass_mg == 7


def test_a_restart_is_noticed_at_the_next_question_and_nothing_is_sent() -> None:
    balance, port = scripted()
    port.coming += b'I4 A "1234567"\r\n'
    written = list(port.written)
    with pytest.raises(BalanceRestarted):
        balance.stable()
    assert port.written == written


def test_another_balance_is_refused() -> None:
    balance, port = scripted()
    port.answers[b"@\r\n"] = b'I4 A "7654321"\r\n'
    with pytest.raises(Refused, match="this is balance 7654321, not 1234567"):
        balance.recover()


def test_a_noisy_start_is_overcome_and_an_endless_one_is_not() -> None:
    balance, port = scripted()
    port.once[b"@\r\n"] = deque([b'\xffI4 A "1234567"\r\n'])
    balance.recover()
    assert balance.identity.serial == "1234567"
    port.answers[b"@\r\n"] = b"\xff\r\n"
    began_us = balance.clock.monotonic_us()
    with pytest.raises(BalanceGarbled, match="cable, speed and dialect"):
        balance.recover()
    assert balance.clock.monotonic_us() - began_us <= 10_000_000


def test_a_balance_that_comes_up_while_it_is_greeted_is_greeted_again() -> None:
    balance, port = scripted()
    port.once[b"I2\r\n"] = deque([b'I4 A "1234567"\r\n'])
    balance.recover()
    assert port.written[-5:] == [b"@\r\n", b"I2\r\n", b"@\r\n", b"I2\r\n", b"I3\r\n"]
    port.answers[b"I2\r\n"] = b'I4 A "1234567"\r\n'
    with pytest.raises(BalanceRestarted):
        balance.recover()


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
@pytest.mark.parametrize("piece", [b"I1 A ", b"S S 1", b"1", b"x" * 600])
def test_a_piece_of_a_line_that_never_ended_does_not_spoil_the_reset(dialect: str, piece: bytes) -> None:
    balance, port = scripted(dialect)
    port.coming += piece
    balance.recover()
    assert balance.identity.serial == "1234567"


def test_a_trickle_does_not_stretch_the_deadline() -> None:
    balance, port = scripted()
    port.answers = {b"S\r\n": b"S S " + b" " * 5_000}
    port.piece, port.step_us = 1, 50_000
    began_us = balance.clock.monotonic_us()
    with pytest.raises(BalanceTrouble):
        balance.stable()
    assert balance.clock.monotonic_us() - began_us <= 10_050_000


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"dialect": "morse"}, "dialects: mtsics, sbi"),
        ({"deadline_ms": 100}, "from 4000 to 600000 ms"),
    ],
)
def test_what_cannot_be_opened_says_why(options: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        open_balance("simbalance://", **options)  # type: ignore[arg-type]
    with pytest.raises(NoDevice, match="no such port"):
        open_balance("/dev/ttyNOTHERE")


def test_a_port_that_fails_in_the_middle_is_a_lost_link() -> None:
    balance, port = scripted()
    port.closed = True
    with pytest.raises(LinkLost):
        balance.stable()


# Sartorius SBI, typed from the manuals: 16 and 22 characters with CR LF


@pytest.mark.parametrize(
    ("line", "mass_mg"),
    [
        (b"+   123.56 g  \r\n", "123560"),
        (b"-    0.031 mg \r\n", "-0.031"),
        (b"     0.000 g  \r\n", "0"),
        (b"N     +    0.006 g  \r\n", "6"),
        (b"G     +    0.006 g  \r\n", "6"),
    ],
)
def test_sbi_weights(line: bytes, mass_mg: str) -> None:
    balance, port = scripted("sbi")
    assert balance.identity == Identity("sbi", "MSE1203S", "1234567", "00-39-21")
    port.answers[b"\x1bP\r\n"] = line
    for reading in (balance.stable(), balance.immediate()):
        assert reading.mass_mg == Decimal(mass_mg)
        assert reading.stable


@pytest.mark.parametrize(
    ("line", "error", "trouble"),
    [
        (b"+    0.031    \r\n", Unstable, Trouble.BUSY),
        (b"N     +    0.031    \r\n", Unstable, Trouble.BUSY),
        (b"     High     \r\n", BalanceRefused, Trouble.OVERLOAD),
        (b"Stat       Low      \r\n", BalanceRefused, Trouble.UNDERLOAD),
        (b"    H         \r\n", BalanceRefused, Trouble.OVERLOAD),
        (b"Stat     Cal.Int.   \r\n", BalanceRefused, Trouble.LOGICAL),
        (b"  Err 101     \r\n", BalanceRefused, Trouble.HARDWARE),
        (b"+      253 pcs\r\n", BalanceRefused, Trouble.UNIT),
        (b"+   123.5[6]g \r\n", BalanceGarbled, None),
        (b"+   123,56 g  \r\n", BalanceGarbled, None),
        (b"+   123.56 g \r\n", BalanceGarbled, None),  # a character is lost
        (b"T     +    0.006 g  \r\n", BalanceGarbled, None),  # the tare, not the weight
        (b"+   0 1.00 g  \r\n", BalanceGarbled, None),
        (b"+   123.56 g  \r\n+   123.57 g  \r\n", BalanceGarbled, None),
    ],
)
def test_sbi_says_no(line: bytes, error: type[BalanceTrouble], trouble: Trouble | None) -> None:
    balance, port = scripted("sbi")
    port.answers[b"\x1bP\r\n"] = line
    with pytest.raises(BalanceTrouble) as caught:
        balance.immediate()
    assert (type(caught.value), caught.value.trouble) == (error, trouble)


def test_sbi_tares_without_an_answer_and_looks_whether_it_did() -> None:
    balance, port = scripted("sbi")
    port.once[b"\x1bP\r\n"] = deque([b"+   123.56 g  \r\n", b"+    23.00    \r\n"])
    port.answers[b"\x1bP\r\n"] = b"+     0.01 g  \r\n"
    balance.tare()
    assert port.written[-4:] == [b"\x1bU\r\n", *[b"\x1bP\r\n"] * 3]
    assert set(port.written) == {b"\x1bP\r\n", b"\x1bU\r\n", b"\x1bx1_\r\n", b"\x1bx2_\r\n", b"\x1bx3_\r\n"}
    port.answers[b"\x1bP\r\n"] = b"+   123.56 g  \r\n"
    port.step_us = 100_000
    with pytest.raises(BalanceRefused, match="was not carried out, the display shows"):
        balance.zero()


# whatever comes


@given(
    data=st.binary(max_size=120),
    dialect=st.sampled_from(sorted(DIALECTS)),
    command=st.sampled_from(["stable", "immediate", "tare", "zero"]),
)
def test_any_bytes_give_a_reading_or_a_typed_error(data: bytes, dialect: str, command: str) -> None:
    balance, port = scripted(dialect)
    port.answers = dict.fromkeys((b"S\r\n", b"SI\r\n", b"T\r\n", b"Z\r\n", b"\x1bP\r\n"), data)
    port.step_us = 1_000
    began_us = balance.clock.monotonic_us()
    try:
        reading = getattr(balance, command)()
    except MesogunError:
        reading = None
    if command in {"stable", "immediate"} and reading is not None:
        assert isinstance(reading, Reading)
        assert reading.text.encode("latin-1") + b"\r\n" in data
    assert balance.clock.monotonic_us() - began_us <= 10_001_000


# A second opinion on what a line says, without the readers' grammar.
SICS_SAYS = re.compile(rb"^S [SD] +(-?[0-9]+(?:\.[0-9]+)?) (mg|g|ug|\xb5g|kg|ct|lb|oz|ozt|GN|dwt) *$")
FACTOR = {"mg": Decimal(1), "g": Decimal(1_000), "ug": Decimal("0.001"), "kg": Decimal(1_000_000)}
REPLIES = {
    "mtsics": [
        *(reply for reply, *_ in WEIGHTS),
        *(reply for reply, *_ in TROUBLES if reply),
        b"S S      100.00 g\r\n",
        b"S D      0.02501 g\r\n",
    ],
    "sbi": [
        b"+   123.56 g  \r\n",
        b"-    0.031 mg \r\n",
        b"N     +    0.006 g  \r\n",
        b"+    0.031    \r\n",
        b"Stat     High       \r\n",
        b"+      253 pcs\r\n",
        b"  Err 101     \r\n",
    ],
}


def said(dialect: str, line: bytes) -> tuple[Decimal, str] | None:
    if dialect == "mtsics":
        found = SICS_SAYS.match(line)
        return None if found is None else (Decimal(found[1].decode()), found[2].decode("latin-1"))
    body = line[6:] if len(line) == 20 else line
    sign = {"-": -1}.get(body[:1].decode("latin-1"), 1)
    return sign * Decimal(body[1:10].decode().strip()), body[11:14].decode("latin-1").strip()


def mutate(reply: bytes, chance: random.Random) -> bytes:
    line = bytearray(reply)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(line) + 1)
        kind = chance.randrange(4)
        if kind == 0:
            line.insert(at, chance.randrange(256))
        elif kind == 1 and at < len(line):
            del line[at]
        elif kind == 2 and at < len(line):
            line[at] ^= 1 << chance.randrange(8)
        elif line:
            line[at:at] = line[chance.randrange(len(line)) :]
    return bytes(line)


def run_mutations(count: int) -> dict[str, int]:
    chance = random.Random(11)
    seen = {"weights": 0, "errors": 0}
    ports: dict[str, tuple[Balance, ScriptedPort]] = {
        dialect: scripted(dialect, deadline_ms=4_000) for dialect in REPLIES
    }
    for _ in range(count):
        dialect = chance.choice(("mtsics", "mtsics", "sbi"))
        balance, port = ports[dialect]
        sent = mutate(chance.choice(REPLIES[dialect]), chance)
        port.answers[b"SI\r\n"] = port.answers[b"\x1bP\r\n"] = sent
        port.piece = chance.choice((1, 7, 4_096))
        began_us = balance.clock.monotonic_us()
        try:
            reading = balance.immediate()
        except BalanceTrouble:
            seen["errors"] += 1
            port.coming.clear()
            balance.recover()
        else:
            seen["weights"] += 1
            line = reading.text.encode("latin-1")
            assert line + b"\r\n" in sent
            opinion = said(dialect, line)
            assert opinion is not None, sent
            value, unit = opinion
            assert unit == reading.unit
            if unit in FACTOR:
                assert reading.mass_mg == value * FACTOR[unit], sent
            port.coming.clear()
            balance.recover()
        assert balance.clock.monotonic_us() - began_us <= 8_000_000
    return seen


def test_mutated_replies_never_make_a_number_that_was_not_sent() -> None:
    seen = run_mutations(20_000)
    assert seen["weights"] > 500
    assert seen["errors"] > 5_000


@pytest.mark.soak
def test_a_million_mutated_replies() -> None:
    assert run_mutations(1_000_000)["weights"] > 25_000
