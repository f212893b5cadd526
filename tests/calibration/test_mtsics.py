"""The balance dialogue: every reply of the manual, in any pieces, and no number that was not sent."""

from __future__ import annotations

import random
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.calibration.mass import MG_PER_UNIT
from mesogun.calibration.mtsics import COMMANDS, LONGEST_LINE, MOST_LINES, Dialogue
from mesogun.calibration.readings import (
    Done,
    Failed,
    Garbled,
    Heard,
    Info,
    PoweredUp,
    Stray,
    Trouble,
    WasReset,
    Weight,
)
from mesogun.errors import InputError, Refused


def in_step() -> Dialogue:
    dialogue = Dialogue()
    dialogue.send("@")
    assert dialogue.receive(b'I4 A "1234567"\r\n') == [WasReset("1234567")]
    return dialogue


def asked(command: str) -> Dialogue:
    dialogue = in_step()
    dialogue.send(command)
    return dialogue


def grams(command: str, value: str, stable: bool, last_mg: str) -> Weight:
    return Weight(command, Decimal(value), "g", Decimal(value) * 1000, Decimal(last_mg), stable)


# (command, reply, what it means), typed from the manual
CASES: list[tuple[str, bytes, Heard]] = [
    ("S", b"S S      100.00 g\r\n", grams("S", "100.00", True, "10")),
    ("S", b"S S     -0.0123 g \r\n", grams("S", "-0.0123", True, "0.1")),
    ("S", b"S I\r\n", Failed("S", Trouble.BUSY, "S I")),
    ("S", b"S +\r\n", Failed("S", Trouble.OVERLOAD, "S +")),
    ("S", b"S -\r\n", Failed("S", Trouble.UNDERLOAD, "S -")),
    ("S", b"S L\r\n", Failed("S", Trouble.PARAMETER, "S L")),
    ("S", b"S S Error 10b\r\n", Failed("S", Trouble.HARDWARE, "S S Error 10b")),
    ("S", b"ES\r\n", Failed("S", Trouble.SYNTAX, "ES")),
    ("S", b"ET\r\n", Failed("S", Trouble.TRANSMISSION, "ET")),
    ("S", b"EL\r\n", Failed("S", Trouble.LOGICAL, "EL")),
    ("S", b"S S        12 PCS\r\n", Failed("S", Trouble.UNIT, "S S        12 PCS")),
    ("S", b'I4 A "1234567"\r\n', PoweredUp("1234567", "S")),
    ("SI", b"S S     25.013 mg\r\n", Weight("SI", Decimal("25.013"), "mg", Decimal("25.013"), Decimal("0.001"), True)),
    ("SI", b"S D      99.87 g\r\n", grams("SI", "99.87", False, "10")),
    ("SI", b"SI L\r\n", Failed("SI", Trouble.PARAMETER, "SI L")),
    ("SIR", b"S D      0.0250 g\r\n", grams("SIR", "0.0250", False, "0.1")),
    ("Z", b"Z A\r\n", Done("Z", stable=True)),
    ("Z", b"Z I\r\n", Failed("Z", Trouble.BUSY, "Z I")),
    ("Z", b"Z +\r\n", Failed("Z", Trouble.OVERLOAD, "Z +")),
    ("Z", b"Z -\r\n", Failed("Z", Trouble.UNDERLOAD, "Z -")),
    ("ZI", b"ZI S\r\n", Done("ZI", stable=True)),
    ("ZI", b"ZI D\r\n", Done("ZI", stable=False)),
    ("T", b"T S 10.00 g\r\n", grams("T", "10.00", True, "10")),
    ("T", b"T +\r\n", Failed("T", Trouble.OVERLOAD, "T +")),
    ("TI", b"TI D 10.00 g\r\n", grams("TI", "10.00", False, "10")),
    ("TA", b"TA A 10.00 g\r\n", grams("TA", "10.00", True, "10")),
    ("TAC", b"TAC A\r\n", Done("TAC", stable=True)),
    ("I1", b'I1 A "0123" "2.00" "2.20" "1.00" "1.50"\r\n', Info("I1", (("0123", "2.00", "2.20", "1.00", "1.50"),))),
    ("I2", b'I2 A "MODEL 205 200.0000 g"\r\n', Info("I2", (("MODEL 205 200.0000 g",),))),
    ("I2", b'I2 A "6"" pan"\r\n', Info("I2", (('6" pan',),))),
    ("I3", b'I3 A "2.10 10.28.0.493.142"\r\n', Info("I3", (("2.10 10.28.0.493.142",),))),
    ("I4", b'I4 A "1234567"\r\n', Info("I4", (("1234567",),))),
    ("I4", b"I4 I\r\n", Failed("I4", Trouble.BUSY, "I4 I")),
    ("I5", b'I5 A "12121306C"\r\n', Info("I5", (("12121306C",),))),
    ("I0", b'I0 B 0 "I0"\r\nI0 B 0 "I1"\r\nI0 A 1 "T"\r\n', Info("I0", (("0", "I0"), ("0", "I1"), ("1", "T")))),
]  # fmt: skip


@pytest.mark.parametrize(("command", "reply", "meaning"), CASES, ids=lambda value: repr(value)[:40])
def test_a_reply_means_the_same_whole_in_pieces_and_with_a_tail(command: str, reply: bytes, meaning: Heard) -> None:
    assert asked(command).receive(reply) == [meaning]
    pieces = asked(command)
    assert [event for byte in reply for event in pieces.receive(bytes([byte]))] == [meaning]
    tailed = asked(command)
    assert tailed.receive(reply + b"S S 1") == [meaning]  # the tail waits for its end


@pytest.mark.parametrize(("command", "reply", "meaning"), CASES, ids=lambda value: repr(value)[:40])
def test_nobody_asked(command: str, reply: bytes, meaning: Heard) -> None:
    """The same lines with nothing open are never a value, and a restart is noticed."""
    dialogue = in_step()
    for event in dialogue.receive(reply):
        assert isinstance(event, Stray | PoweredUp)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_bytes_of_a_command(command: str) -> None:
    assert in_step().send(command) == command.encode() + b"\r\n"


def test_one_command_at_a_time_and_the_reset_at_any_time() -> None:
    dialogue = asked("S")
    with pytest.raises(Refused, match="S is still open"):
        dialogue.send("S")
    assert dialogue.send("@") == b"@\r\n"
    with pytest.raises(Refused, match="send @ first"):
        dialogue.send("S")


def test_an_old_answer_is_never_a_new_one() -> None:
    dialogue = asked("S")
    assert dialogue.timed_out() == Failed("S", Trouble.TIMEOUT, "")
    assert dialogue.receive(b"S S 10.00 g\r\n") == [Stray("S S 10.00 g")]
    with pytest.raises(Refused, match="old answer"):
        dialogue.send("S")
    dialogue.send("@")
    late = dialogue.receive(b'S S 10.00 g\r\nES\r\nS I\r\nI4 A "7"\r\n')
    assert late == [Stray("S S 10.00 g"), Stray("ES"), Stray("S I"), WasReset("7")]
    dialogue.send("S")
    assert dialogue.receive(b"S S 20.00 g\r\n") == [grams("S", "20.00", True, "10")]


def test_a_fresh_dialogue_trusts_nothing_before_its_own_reset() -> None:
    dialogue = Dialogue()
    with pytest.raises(Refused):
        dialogue.send("SI")
    assert dialogue.receive(b"S S 10.00 g\r\n") == [Stray("S S 10.00 g")]


def test_a_restart_in_the_middle_voids_the_question() -> None:
    dialogue = asked("S")
    assert dialogue.receive(b'I4 A "1234567"\r\nS S 0.00 g\r\n') == [PoweredUp("1234567", "S"), Stray("S S 0.00 g")]
    assert dialogue.out_of_step
    listing = asked("I0")
    assert listing.receive(b'I0 B 0 "I0"\r\nI4 A "1234567"\r\n') == [PoweredUp("1234567", "I0")]


def test_a_stream_runs_until_the_reset() -> None:
    dialogue = asked("SIR")
    stream = dialogue.receive(b"S D 0.0100 g\r\nS +\r\nS S 0.0200 g\r\n")
    assert stream == [
        grams("SIR", "0.0100", False, "0.1"),
        Failed("SIR", Trouble.OVERLOAD, "S +"),
        grams("SIR", "0.0200", True, "0.1"),
    ]
    assert dialogue.open_command == "SIR"
    dialogue.send("@")
    assert dialogue.receive(b'S S 0.0300 g\r\nI4 A "1"\r\n') == [Stray("S S 0.0300 g"), WasReset("1")]


@pytest.mark.parametrize(
    "line",
    [
        b"S S 10.00 g\n",  # CR lost
        b"S D 10.00 g\r\n",  # S promises a stable value
        b"S S 10,00 g\r\n",
        b"S S 1 0.00 g\r\n",
        b"S S 010.00 g\r\n",
        b"S S 10.00g\r\n",
        b"S S +10.00 g\r\n",
        b"S S nan g\r\n",
        b"S S 1e3 g\r\n",
        b"S S\r\n",
        b"S S 10.00 g S S 10.00 g\r\n",  # CR LF lost between two
        b"S S 10.00\x00 g\r\n",
        b"\r\n",
        b"\xff\xfe\r\n",
        b"hello\r\n",
        b"S  S 10.00 g\r\n",
    ],
)
def test_what_cannot_be_read_is_no_number(line: bytes) -> None:
    dialogue = asked("S")
    (event,) = dialogue.receive(line)
    assert isinstance(event, Garbled)
    assert dialogue.out_of_step
    assert dialogue.open_command is None


def test_noise_without_end_stays_bounded_and_ends_with_its_line() -> None:
    dialogue = asked("S")
    events = [event for _ in range(100) for event in dialogue.receive(b"x" * LONGEST_LINE)]
    assert len(events) == 1
    assert isinstance(events[0], Garbled)
    dialogue.send("@")
    assert dialogue.receive(b'yyy\r\nI4 A "1"\r\n') == [WasReset("1")]
    listing = asked("I0")
    assert any(isinstance(event, Garbled) for event in listing.receive(b'I0 B 0 "I0"\r\n' * (MOST_LINES + 1)))


def test_a_serial_number_has_no_control_characters() -> None:
    (event,) = asked("I4").receive(b'I4 A "12\x0034"\r\n')
    assert isinstance(event, Garbled)


def test_units_by_their_definitions() -> None:
    grain = MG_PER_UNIT["lb"] / 7_000
    assert MG_PER_UNIT["lb"] == Decimal("0.45359237") * MG_PER_UNIT["kg"]
    assert (MG_PER_UNIT["GN"], MG_PER_UNIT["dwt"], MG_PER_UNIT["ozt"]) == (grain, 24 * grain, 480 * grain)
    assert MG_PER_UNIT["oz"] == MG_PER_UNIT["lb"] / 16
    assert (MG_PER_UNIT["ct"] * 5, MG_PER_UNIT["mg"] * 1000) == (MG_PER_UNIT["g"], MG_PER_UNIT["g"])
    assert MG_PER_UNIT["ug"] == MG_PER_UNIT["µg"] == MG_PER_UNIT["mg"] / 1000


def test_refusals_that_are_mistakes_of_the_caller() -> None:
    with pytest.raises(InputError, match="known are S SI"):
        in_step().send("M21 0 1")
    with pytest.raises(InputError, match="none can time out"):
        in_step().timed_out()


@given(
    value=st.decimals(min_value=-99_999, max_value=99_999, allow_nan=False, places=4),
    unit=st.sampled_from(sorted(MG_PER_UNIT)),
    stable=st.booleans(),
    width=st.integers(1, 12),
)
def test_a_weight_arrives_exactly(value: Decimal, unit: str, stable: bool, width: int) -> None:
    value = abs(value) if value == 0 else value
    line = f"S {'S' if stable else 'D'} {value:>{width}f} {unit}\r\n".encode("latin-1")
    (event,) = asked("SI").receive(line)
    assert isinstance(event, Weight)
    assert (event.value, event.unit, event.stable) == (value, unit, stable)
    assert event.mass_mg == value * MG_PER_UNIT[unit]
    assert event.resolution_mg == Decimal("0.0001") * MG_PER_UNIT[unit]


@given(st.lists(st.one_of(st.sampled_from([reply for _, reply, _ in CASES]), st.binary(max_size=40))), st.data())
def test_any_bytes_in_any_pieces_give_the_same(parts: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(parts)
    command = data.draw(st.sampled_from(COMMANDS))
    whole = asked(command).receive(stream)
    cut = data.draw(st.integers(0, len(stream)))
    pieces = asked(command)
    assert pieces.receive(stream[:cut]) + pieces.receive(stream[cut:]) == whole


MUTATED = 10_000
# A second opinion on what a line says, without the reader's grammar: the digits between the blanks.
SAYS = re.compile(rb"^S [SD] +(-?[0-9]+(?:\.[0-9]+)?) (\w+|\xb5g) *\r$")


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


def run_mutations(count: int) -> int:
    chance = random.Random(9)
    weights = 0
    for _ in range(count):
        dialogue = asked("SI")
        sent = mutate(chance.choice(CASES)[1], chance)
        lines = (sent + b"\r\n").split(b"\n")
        for event in dialogue.receive(sent + b"\r\n"):
            if isinstance(event, Weight):
                weights += 1
                said = [found for line in lines if (found := SAYS.match(line.strip(b"\n")))]
                assert event.value in {Decimal(found[1].decode()) for found in said}, sent
                assert event.unit in {found[2].decode("latin-1") for found in said}, sent
    return weights


def test_mutated_replies_never_make_a_number_that_was_not_sent() -> None:
    assert run_mutations(MUTATED) > MUTATED // 200


@pytest.mark.soak
def test_a_million_mutated_replies() -> None:
    assert run_mutations(1_000_000) > 5_000
