"""Errors of the mean of consecutive shots, and of the first ones."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.calibration.trumpet import start_up, trumpet
from mesogun.errors import InputError

volumes = st.lists(st.floats(0, 100), min_size=2, max_size=30)


@given(volumes)
def test_every_mouth_by_its_definition(given_ul: list[float]) -> None:
    for mouth in trumpet(given_ul, 25.0, len(given_ul)):
        means = [
            100 * (statistics.fmean(given_ul[i : i + mouth.shots]) / 25 - 1)
            for i in range(len(given_ul) - mouth.shots + 1)
        ]
        assert (mouth.least_pct, mouth.largest_pct) == pytest.approx((min(means), max(means)), abs=1e-9)
        assert mouth.worst_pct == max(abs(mouth.least_pct), abs(mouth.largest_pct))


@given(volumes)
def test_twice_as_long_a_window_is_never_worse(given_ul: list[float]) -> None:
    mouths = {mouth.shots: mouth for mouth in trumpet(given_ul, 25.0, len(given_ul))}
    for n, mouth in mouths.items():
        if 2 * n in mouths:
            assert mouths[2 * n].worst_pct <= mouth.worst_pct + 1e-9


def test_alternating_shots_cancel_in_pairs() -> None:
    mouths = trumpet([24.0, 26.0] * 5, 25.0)
    assert [mouth.shots for mouth in mouths] == [1, 2, 3, 4, 5]
    assert mouths[0].worst_pct == pytest.approx(4.0)
    assert mouths[1].worst_pct == pytest.approx(0.0)


def test_a_start_up_that_settles_and_one_that_does_not() -> None:
    settled = start_up([20.0, 23.0, 24.9, 25.1, 25.0, 24.9, 25.1, 25.0], 25.0, 1.0)
    assert settled.settled_after == 2
    assert settled.errors_pct[0] == pytest.approx(-20.0)
    assert settled.settled_pct == pytest.approx(0.0, abs=0.1)
    assert start_up([20.0, 21.0, 22.0, 23.0, 24.0, 25.0, 26.0, 27.0], 25.0, 1.0).settled_after is None
    assert start_up([25.0, 25.0], 25.0, 1.0).settled_after == 0


def test_what_is_no_series_is_refused() -> None:
    with pytest.raises(InputError, match="are no series"):
        trumpet([25.0], 25.0)
    with pytest.raises(InputError, match="does not fit"):
        trumpet([25.0, 25.0], 25.0, 3)
    with pytest.raises(InputError, match="no number"):
        trumpet([25.0, float("nan")], 25.0)
    with pytest.raises(InputError, match="not above 0"):
        start_up([25.0, 25.0], 0.0, 1.0)
    with pytest.raises(InputError, match="band of 0"):
        start_up([25.0, 25.0], 25.0, 0)
