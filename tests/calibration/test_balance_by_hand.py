"""Weights typed by a person and weights from a file: units demanded, commas refused, every fault with its line."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.calibration.balance_by_hand import CsvBalance, ManualBalance, weight
from mesogun.calibration.mass import MG_PER_UNIT
from mesogun.calibration.weighing import ReadingSource
from mesogun.errors import InputError


@pytest.mark.parametrize(
    ("typed", "mass_mg", "last_mg"),
    [
        ("12.345 mg", "12.345", "0.001"),
        ("0.012345 g", "12.345", "0.001"),
        ("  -0.1mg ", "-0.1", "0.1"),
        ("+7 g", "7000", "1000"),
        ("25013 ug", "25.013", "0.001"),
        ("25013 µg", "25.013", "0.001"),
        ("25013 \u03bcg", "25.013", "0.001"),
    ],
)
def test_a_typed_weight_is_exact(typed: str, mass_mg: str, last_mg: str) -> None:
    reading = weight(typed, 5)
    assert (reading.mass_mg, reading.resolution_mg, reading.stable) == (Decimal(mass_mg), Decimal(last_mg), True)
    assert reading.at_us == 5


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("12,345 mg", "with a point, as in 12.345"),
        ("12.345", "write 12.345 mg or 12.345 g"),
        ("mg", "is no number"),
        ("", "is no weight"),
        ("12.345 stone", "'stone' is no unit of mass here; units: "),
        ("12.345 MG", "is no unit of mass"),
        ("1e3 mg", "is no number"),
        ("nan mg", "is no number"),
        ("12.345 mg net", "is no weight"),
        ("0x12 mg", "is no number"),
        ("1234567890123 mg", "is no number"),
    ],
)
def test_what_a_person_must_write_otherwise(typed: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        weight(typed)
    assert "\n" not in str(caught.value)


@given(
    value=st.decimals(min_value=-99_999, max_value=99_999, allow_nan=False, places=5),
    unit=st.sampled_from(sorted(MG_PER_UNIT)),
)
def test_every_unit_of_mass_arrives_exactly(value: Decimal, unit: str) -> None:
    assert weight(f"{value:f} {unit}").mass_mg == value * MG_PER_UNIT[unit]


@given(st.text(max_size=30))
def test_whatever_is_typed_is_a_weight_or_refused(typed: str) -> None:
    try:
        reading = weight(typed)
    except InputError:
        return
    assert reading.mass_mg.is_finite()


def test_a_person_is_asked_what_to_do() -> None:
    asked: list[str] = []
    answers = iter(["", "", "12.345 mg", "0.012 g"])

    def ask(question: str) -> str:
        asked.append(question)
        return next(answers)

    source: ReadingSource = ManualBalance(ask, now_us=lambda: 77)
    source.zero()
    source.tare()
    assert source.stable().mass_mg == Decimal("12.345")
    last = source.immediate()
    assert (last.mass_mg, last.stable, last.at_us) == (Decimal(12), False, 77)
    assert [question.split()[0] for question in asked] == ["set", "tare", "stable", "reading"]
    assert source.identity.dialect == "manual"
    source.recover()
    source.close()


def file(folder: Path, text: str | bytes) -> Path:
    path = folder / "weights.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_a_file_gives_its_weights_in_order_and_stable_ones_when_asked(tmp_path: Path) -> None:
    text = "\ufeffMass,unit,stable\r\n# with lid\r\n0.100,mg,yes\r\n\r\n25.1,mg,no\r\n0.0252,g,yes\r\n"
    source: ReadingSource = CsvBalance(file(tmp_path, text))
    assert source.identity.model == "weights.csv"
    source.zero()
    source.tare()
    assert [source.stable().mass_mg, source.stable().mass_mg] == [Decimal("0.100"), Decimal("25.2")]
    with pytest.raises(InputError, match="all 3 weights are used, and one more is needed"):
        source.immediate()
    source.recover()
    source.close()
    plain = CsvBalance(file(tmp_path, "mass,unit\n1.0,mg\n"))
    assert plain.left == 1
    assert plain.immediate().stable


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the first line must be mass,unit,stable or mass,unit"),
        ("weight,unit\n1,mg\n", "the first line must be"),
        ("mass;unit\n1,0;mg\n", "separate columns with commas"),
        ("mass,unit\n", "there is no weight in it"),
        ("mass,unit\n1.0,mg\n1,2,mg\n", "line 3: '1,2,mg' has 3 columns, not 2; decimals are written with a point"),
        ("mass,unit\n1.0\n", "line 2: '1.0' has 1 columns"),
        ("mass,unit\n1.0,\n", "line 2: .* has no unit"),
        ("mass,unit\n1.0,PCS\n", "line 2: .*'PCS' is no unit of mass"),
        ("mass,unit,stable\n1.0,mg,perhaps\n", "line 2: .*'perhaps', not yes or no"),
        ("mass,unit\n# a\n\nx,mg\ny,mg\n", "line 4: .*; line 5: "),
        (b"mass,unit\n\xff,mg\n", "CSV file in UTF-8"),
        ("mass,unit\n1\x00,mg\n", "no text file"),
        ("mass,unit\n" + "x,mg\n" * 30, "and 10 more"),
        ('mass,unit\n"' + "1" * 140_000 + '",mg\n', "line 2: field larger"),
    ],
)
def test_every_fault_of_a_file_is_told_with_its_line(tmp_path: Path, text: str | bytes, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        CsvBalance(file(tmp_path, text))
    assert str(caught.value).startswith(str(tmp_path / "weights.csv"))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read as text"):
        CsvBalance(tmp_path / "nothing.csv")


@given(st.binary(max_size=200))
def test_any_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = file(tmp_path_factory.getbasetemp(), b"mass,unit\n" + data)
    try:
        source = CsvBalance(path)
    except InputError:
        return
    assert source.left > 0
