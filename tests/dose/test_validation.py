"""The validation table: every row holds, and the document shows what the code gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from mesogun.dose.lattice import ripple
from mesogun.dose.validation import CONSISTENCY, HELD_OUT, Row, insert, main, rows, table
from mesogun.errors import InputError

DOCUMENT = Path(__file__).parents[2] / "docs" / "dose-model.md"


@pytest.fixture(scope="module")
def made() -> tuple[Row, ...]:
    return rows()


def test_every_row_holds(made: tuple[Row, ...]) -> None:
    assert [f"{row.id} {row.what}: {row.found}" for row in made if not row.ok] == []


def test_every_row_of_the_reference_is_there_and_says_what_it_is(made: tuple[Row, ...]) -> None:
    assert {row.id for row in made} == {f"V{n}" for n in range(1, 20)}
    kinds = {row.id: row.kind for row in made}
    for name in ("V9", "V11", "V12", "V13", "V14", "V16"):
        assert kinds[name] == CONSISTENCY
    assert kinds["V10"] == HELD_OUT


def test_the_document_shows_the_table(made: tuple[Row, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mesogun.dose.validation.rows", lambda: made)
    document = DOCUMENT.read_text(encoding="utf-8")
    assert insert(document, table()) == document, "run python -m mesogun.dose.validation --write docs/dose-model.md"


def test_a_failing_row_is_marked_and_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = Row("V0", "nothing", CONSISTENCY, "1", "2", "±0", ok=False)
    monkeypatch.setattr("mesogun.dose.validation.rows", lambda: (bad,))
    assert main([]) == 1
    assert "**FAILS**" in capsys.readouterr().out


def test_the_command_refuses_what_it_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mesogun.dose.validation.rows", lambda: ())
    with pytest.raises(InputError, match="--write FILE"):
        main(["--loud"])
    with pytest.raises(InputError, match="exactly one"):
        insert("no markers", "table")


@pytest.mark.parametrize("s", [1.5, 2.0, 2.2, 3.0, 4.0])
def test_a_hexagonal_lattice_is_always_more_even(s: float) -> None:
    square, hexagonal = ripple(s, "square"), ripple(s, "hex")
    assert hexagonal.cv < square.cv
    assert hexagonal.christiansen > square.christiansen
    assert hexagonal.max_over_min < square.max_over_min
    if s <= 2.2:
        assert square.cv < 0.034


def test_unknown_lattices_are_refused() -> None:
    with pytest.raises(InputError, match="square, hex"):
        ripple(2.0, "kagome")
    with pytest.raises(InputError, match="spacing_over_sigma"):
        ripple(0.0)
