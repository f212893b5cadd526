"""Figures: leading zero, no trailing zero, space before ``mL``, and never on the wrong side of the truth."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui import figures, tall

VOLUMES = st.integers(min_value=0, max_value=10**11)
DECIMALS = st.integers(min_value=0, max_value=6)
SAFE = re.compile(r"(0|[1-9]\d{0,2}(,\d{3})*)(\.\d*[1-9])? mL")


@given(VOLUMES, DECIMALS)
def test_every_volume_is_written_as_medication_displays_want_it(volume_nl: int, decimals: int) -> None:
    for text in (
        figures.given(volume_nl, decimals=decimals),
        figures.at_least(volume_nl, decimals=decimals),
        figures.at_most(volume_nl, decimals=decimals),
    ):
        assert SAFE.fullmatch(text), text


@given(VOLUMES, DECIMALS)
def test_rounding_goes_outward_for_the_ledger_and_to_nearest_for_the_total(volume_nl: int, decimals: int) -> None:
    exact = Fraction(volume_nl, 10**6)
    step = Fraction(1, 10**decimals)

    def value(text: str) -> Fraction:
        return Fraction(text.removesuffix(" mL").replace(",", ""))

    low, near, high = (f(volume_nl, decimals=decimals) for f in (figures.at_least, figures.given, figures.at_most))
    assert exact - step < value(low) <= exact <= value(high) < exact + step
    assert abs(value(near) - exact) * 2 <= step
    assert value(low) <= value(near) <= value(high)


@given(VOLUMES)
def test_six_decimals_are_exact_to_the_nanolitre(volume_nl: int) -> None:
    text = figures.given(volume_nl, unit=False, decimals=6).replace(",", "")
    assert Fraction(text) * 10**6 == volume_nl


@given(st.lists(st.integers(0, 9_999_999_999), min_size=2, max_size=20), DECIMALS.filter(bool))
def test_the_point_stays_in_its_column(volumes_nl: list[int], decimals: int) -> None:
    width = 24
    places = set()
    for volume_nl in volumes_nl:
        text = figures.column_text(figures.near_units(volume_nl, decimals), width, decimals)
        assert len(text) == width
        whole, _, _ = text.partition(".")
        places.add(len(whole) if "." in text else width - decimals - 1)
    assert len(places) == 1


@pytest.mark.parametrize(
    ("volume_nl", "text"),
    [(500_000, "0.5 mL"), (0, "0 mL"), (1_000_000, "1 mL"), (20_050, "0.02 mL"), (1_234_500, "1.234 mL"),
     (1_235_500, "1.236 mL"), (1_234_567_000, "1,234.567 mL")],
)  # fmt: skip
def test_by_hand(volume_nl: int, text: str) -> None:
    assert figures.given(volume_nl) == text


def test_a_negative_volume_is_refused() -> None:
    with pytest.raises(ValueError, match="not negative"):
        figures.units_text(-1)


@pytest.mark.parametrize(
    ("part", "whole", "text"), [(1, 3, "34 %"), (0, 5, "0 %"), (5, 5, "100 %"), (999, 1000, "100 %"), (1, 0, "100 %")]
)
def test_a_share_of_a_limit_is_rounded_up(part: int, whole: int, text: str) -> None:
    assert figures.percent(part, whole) == text


@pytest.mark.parametrize(("us", "text"), [(0, "0 s"), (400_000, "0.4 s"), (2_000_000, "2 s"), (12_345_678, "12 s")])
def test_seconds(us: int, text: str) -> None:
    assert figures.seconds(us) == text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (figures.millimetres(4_000), "4 mm"), (figures.millimetres(-250), "-0.25 mm"),
        (figures.millimetres(1_234_500), "1,234.5 mm"), (figures.millimetres(1_500, unit=False), "1.5"),
        (figures.square_centimetres(1_250), "12.5 cm²"), (figures.square_centimetres(200_000), "2,000 cm²"),
        (figures.volts(3_920), "3.9 V"), (figures.volts(4_000), "4 V"), (figures.newtons(1_200), "1.2 N"),
        (figures.newtons(960), "1 N"), (figures.kilopascal(84_400), "84 kPa"),
        (figures.kilopascal(1_234_000), "1,234 kPa"), (figures.milliseconds(1_940), "1.9 ms"),
        (figures.milliseconds(12_300), "12 ms"), (figures.milliseconds(1_234_000), "1,234 ms"),
        (figures.count(1_024), "1,024"), (figures.age(0), "0 s"), (figures.age(119_900_000), "119 s"),
        (figures.age(120_000_000), "2 min"), (figures.age(7_200_000_000), "2 h"),
        (figures.age(172_800_000_000), "2 days"), (figures.seconds(1_234_500_000), "1,234 s"),
    ],
)  # fmt: skip
def test_every_other_figure_follows_the_same_rules(text: str, wanted: str) -> None:
    """No trailing zero, a comma from 1,000, a space before the unit."""
    assert text == wanted


@pytest.mark.parametrize(("one", "other"), list(combinations("0123456789", 2)))
def test_two_tall_digits_differ_in_at_least_three_cells(one: str, other: str) -> None:
    differ = sum(
        a != b for rows in zip(tall.GLYPHS[one], tall.GLYPHS[other], strict=True) for a, b in zip(*rows, strict=True)
    )
    assert differ >= 3


def test_glyphs_have_their_size_and_the_point_is_two_cells_wide() -> None:
    for character, rows in tall.GLYPHS.items():
        wanted = tall.POINT_WIDTH if character in ".," else tall.WIDTH
        assert len(rows) == tall.ROWS
        assert {len(row) for row in rows} == {wanted}, character
    assert tall.POINT_WIDTH >= 2


@given(st.integers(0, 10**10), st.integers(0, 120), st.integers(0, 20))
def test_a_tall_number_is_never_cut(volume_nl: int, cells: int, lines: int) -> None:
    text = figures.given(volume_nl, unit=False)
    drawn = tall.fitted(text, cells, lines)
    if drawn == (text,):
        assert tall.width(text) > cells or lines < tall.ROWS
    else:
        assert all(len(row) <= cells for row in drawn)
        assert len(drawn) <= lines
        assert drawn in [tall.rows(text, scale) for scale in tall.SCALES]


@pytest.mark.parametrize("scale", tall.SCALES)
def test_larger_figures_are_the_same_figures(scale: float) -> None:
    """As tall and wide as they should be, with as much ink, and as far from each other."""
    for character in tall.GLYPHS:
        small, big = (pixels(tall.rows(character, one)) for one in (1, scale))
        assert len(big) == 2 * tall.lines(scale)
        assert {len(row) for row in big} == {tall.width(character, scale)}
        assert abs(sum(map(sum, big)) / scale**2 - sum(map(sum, small))) <= 2 * tall.WIDTH
    for one, other in combinations("0123456789", 2):
        assert apart(one, other, scale) >= scale * apart(one, other, 1)


def apart(one: str, other: str, scale: float) -> int:
    pairs = zip(pixels(tall.rows(one, scale)), pixels(tall.rows(other, scale)), strict=True)
    return sum(a != b for rows in pairs for a, b in zip(*rows, strict=True))


def pixels(rows: tuple[str, ...]) -> list[tuple[bool, ...]]:
    return [tuple(cell in halves for cell in row) for row in rows for halves in ("█▀", "█▄")]
