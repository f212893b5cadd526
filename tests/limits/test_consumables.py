"""Lots, open vials, needles and nozzles at, below and above their limits."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.errors import InputError
from mesogun.limits import Lot, Part, check_lot, check_parts, expiry
from tests.trace import req

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LOT = Lot("hyaluronic-acid", "A-1", date(2026, 3, 2))


def rules(lot: Lot, agent: str = "hyaluronic-acid") -> list[str]:
    return [violation.rule for violation in check_lot(lot, agent, NOW)]


@req("MG-13")
def test_a_lot_is_good_up_to_its_last_day_and_for_its_agent_only() -> None:
    assert rules(LOT) == []
    assert rules(Lot("hyaluronic-acid", "A-1", date(2026, 3, 1))) == ["lot.expired"]
    assert rules(LOT, "dutasteride") == ["lot.agent"]


@req("MG-13")
@pytest.mark.parametrize(
    ("opened_hours_ago", "open_for_hours", "broken"),
    [
        (24, 24, []),
        (24.01, 24, ["lot.open-too-long"]),
        (1, None, ["lot.single-use"]),
        (-1, 24, ["lot.opened-later"]),
    ],
)
def test_an_open_vial_is_good_for_as_long_as_its_label_says(
    opened_hours_ago: float, open_for_hours: float | None, broken: list[str]
) -> None:
    opened = NOW - timedelta(hours=opened_hours_ago)
    open_for = None if open_for_hours is None else timedelta(hours=open_for_hours)
    assert rules(Lot("hyaluronic-acid", "A-1", date(2027, 1, 1), opened, open_for)) == broken


@pytest.mark.parametrize(
    ("uses", "max_uses", "broken"), [(6, 7, False), (7, 7, True), (0, None, False), (1, None, True)]
)
def test_a_part_is_used_as_often_as_somebody_allowed(uses: int, max_uses: int | None, broken: bool) -> None:
    found = check_parts([Part("nozzle", "N-1", uses, max_uses)])
    assert bool(found) is broken
    assert all(violation.hard and violation.rule == "part.nozzle" for violation in found)


@req("MG-13")
@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("280213", date(2028, 2, 13)),
        ("280200", date(2028, 2, 29)),
        ("270200", date(2027, 2, 28)),
        ("2027-11", date(2027, 11, 30)),
        ("2027-11-05", date(2027, 11, 5)),
        (" 2027-11-05 ", date(2027, 11, 5)),
    ],
)
def test_expiry_as_barcodes_and_people_write_it(text: str, day: date) -> None:
    assert expiry(text) == day


@pytest.mark.parametrize(
    "text", ["", "280013", "281301", "280230", "2027-13", "05/2027", "2027-02-30", "٢٨٠٢١٣", "soon"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="expiry"):
        expiry(text)


@given(st.text(max_size=12))
def test_an_expiry_is_a_date_or_a_refusal(text: str) -> None:
    try:
        day = expiry(text)
    except InputError:
        return
    assert 1 <= day.year <= 9999


def test_what_cannot_be_is_refused() -> None:
    for broken in (
        lambda: Lot("a", " ", date(2027, 1, 1)),
        lambda: Lot("a", "1", date(2027, 1, 1), NOW.replace(tzinfo=None)),
        lambda: Part("needle", "1", -1),
        lambda: Part("needle", "1", 0, 0),
    ):
        with pytest.raises(InputError):
            broken()
