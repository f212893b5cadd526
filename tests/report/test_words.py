"""Numbers as people read them."""

from __future__ import annotations

import math
import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.report import words

PLAIN = re.compile(r"-?(0|[1-9]\d*)(\.\d*[1-9])?")
VOLUMES = st.integers(0, 10**12)


@given(VOLUMES, st.sampled_from(["near", "down", "up"]))
def test_ml_has_a_leading_zero_no_trailing_zero_and_is_right(volume_nl: int, way: str) -> None:
    text = words.ml(volume_nl, way)
    assert PLAIN.fullmatch(text)
    error = Fraction(text) - Fraction(volume_nl, 10**6)
    assert abs(error) <= Fraction(1, 2000) if way == "near" else abs(error) < Fraction(1, 1000)
    assert (error <= 0) or way != "down"
    assert (error >= 0) or way != "up"


@given(VOLUMES, VOLUMES)
def test_an_interval_is_never_shown_narrower_than_it_is(a_nl: int, b_nl: int) -> None:
    low, high = sorted((a_nl, b_nl))
    if high == 0:
        assert words.interval_ml(low, high) == "0 mL"
        return
    shown = re.fullmatch(r"(\S+) to (\S+) mL", words.interval_ml(low, high))
    assert shown is not None
    assert Fraction(shown[1]) <= Fraction(low, 10**6)
    assert Fraction(shown[2]) >= Fraction(high, 10**6)


@given(st.floats(1e-9, 1e9), st.integers(1, 6))
def test_figures_keep_their_significance_and_have_no_exponent(value: float, digits: int) -> None:
    text = words.figures(value, digits)
    assert PLAIN.fullmatch(text)
    assert math.isclose(float(text), value, rel_tol=0.51 * 10.0 ** (1 - digits))


def test_signs_that_hide_or_turn_text_are_made_visible() -> None:
    assert words.printable("a\x00b\u202ec\td") == "a\ufffdb\ufffdc d"
    assert words.printable("µL, °C, naïve, 漢字") == "µL, °C, naïve, 漢字"
    assert words.printable(12) == 12


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (words.ml(2_713_428), "2.713"),
        (words.ml(20_000), "0.02"),
        (words.exact_nl(2_713_428), "2,713,428 nL"),
        (words.percent(0.4416), "44.2 %"),
        (words.percent(1.0), "100 %"),
        (words.counted(1, "shot"), "1 shot"),
        (words.counted(2_000, "shot"), "2,000 shots"),
        (words.figures(0.0), "0"),
        (words.figures(0.06578), "0.0658"),
        (words.duration(7), "7 s"),
        (words.duration(247), "4 min 07 s"),
        (words.duration(3_725), "1 h 02 min"),
        (words.day("2026-01-05T09:04:31.000Z"), "5 January 2026"),
        (words.hour("2026-01-05T09:04:31.000Z"), "09:04:31"),
        (words.hour("2026-01-06T09:04:31.000Z", "2026-01-05T09:04:31.000Z"), "6 Jan 09:04:31"),
    ],
)
def test_words(told: str, text: str) -> None:
    assert told == text
