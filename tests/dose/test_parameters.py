"""Every number says where it comes from; a file that hides it is refused."""

from __future__ import annotations

import pytest

from mesogun.dose import DELIVERED_FRACTION
from mesogun.dose.parameters import GRADES, load, names, parse
from mesogun.errors import InputError

ROW = {
    "id": '"a"',
    "value": "1.0",
    "unit": '"mm"',
    "source": '"s"',
    "species": '"x"',
    "tissue": '"t"',
    "n": "3",
    "grade": '"measured"',
}


def text(row: dict[str, str]) -> str:
    return "[[parameter]]\n" + "\n".join(f"{key} = {value}" for key, value in row.items())


@pytest.mark.parametrize("name", names())
def test_every_packaged_number_carries_its_origin(name: str) -> None:
    rows = load(name)
    assert rows
    for row in rows.values():
        assert row.source.strip()
        assert row.species.strip()
        assert row.tissue.strip()
        assert row.grade in GRADES
        assert row.n is None or row.n > 0


@pytest.mark.parametrize("key", [key for key in ROW if key != "id"])
def test_a_number_without_its_origin_is_refused(key: str) -> None:
    lacking = {name: value for name, value in ROW.items() if name != key}
    with pytest.raises(InputError, match=f"'a' lacks {key}"):
        parse(text(lacking), "some.toml")


def test_grades_counts_and_ids_are_checked() -> None:
    assert parse(text(ROW), "some.toml")["a"].n == 3
    assert parse(text(ROW | {"n": '"not stated"'}), "some.toml")["a"].n is None
    with pytest.raises(InputError, match="guessed"):
        parse(text(ROW | {"grade": '"guessed"'}), "some.toml")
    with pytest.raises(InputError, match="n = 'many'"):
        parse(text(ROW | {"n": '"many"'}), "some.toml")
    with pytest.raises(InputError, match="twice"):
        parse(text(ROW) + "\n" + text(ROW), "some.toml")


def test_the_delivered_fraction_is_the_measured_one() -> None:
    assert (DELIVERED_FRACTION.mean, DELIVERED_FRACTION.sd) == (0.976, 0.015)
    assert DELIVERED_FRACTION.grade == "measured"
    assert "10.1007/s13346-013-0184-5" in DELIVERED_FRACTION.source
