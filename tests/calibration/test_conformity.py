"""A stated rule decides, and a limit needs a source."""

from __future__ import annotations

import random as chance_of
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.calibration.conformity import PIPETTE_LIMITS, Limits, Rule, Verdict, random, systematic
from mesogun.errors import InputError

LIMITS = Limits(100, 0.8, 0.3, "test")


@pytest.mark.parametrize(
    ("error_ul", "guarded", "simple"),
    [
        (0.59, Verdict.PASS, Verdict.PASS),
        (0.7, Verdict.UNDECIDED, Verdict.PASS),
        (0.8, Verdict.UNDECIDED, Verdict.PASS),
        (0.81, Verdict.UNDECIDED, Verdict.FAIL),
        (1.01, Verdict.FAIL, Verdict.FAIL),
    ],
)
def test_both_rules_on_both_sides(error_ul: float, guarded: Verdict, simple: Verdict) -> None:
    for error in (error_ul, -error_ul):
        assert systematic(error, 0.2, LIMITS, Rule.GUARDED) is guarded
        assert systematic(error, 0.2, LIMITS, Rule.SIMPLE) is simple


@given(st.floats(-2, 2), st.floats(0, 1), st.floats(0, 1))
def test_knowing_less_never_decides_what_was_open(error_ul: float, u: float, more: float) -> None:
    sharp = systematic(error_ul, u, LIMITS, Rule.GUARDED)
    blunt = systematic(error_ul, u + more, LIMITS, Rule.GUARDED)
    assert blunt in {sharp, Verdict.UNDECIDED}


def test_ten_shots_know_their_spread_to_a_third() -> None:
    # chi2 of 9 degrees of freedom: 3.325 at 5 %, 16.919 at 95 % (tables), so 0.3 holds from 0.1823 down, to 0.4113 up
    verdicts = [random(s, 10, LIMITS, Rule.GUARDED) for s in (0.182, 0.183, 0.411, 0.412)]
    assert verdicts == [Verdict.PASS, Verdict.UNDECIDED, Verdict.UNDECIDED, Verdict.FAIL]
    assert [random(s, 10, LIMITS, Rule.SIMPLE) for s in (0.3, 0.301)] == [Verdict.PASS, Verdict.FAIL]


def test_a_gun_at_the_limit_rarely_passes() -> None:
    draw = chance_of.Random(3)
    passed = 0
    for _ in range(2_000):
        s = statistics.stdev(draw.gauss(0, 0.3) for _ in range(10))
        passed += random(s, 10, LIMITS, Rule.GUARDED) is Verdict.PASS
    assert 0.035 < passed / 2_000 < 0.065


def test_the_shipped_limits_say_that_they_are_an_analogy() -> None:
    assert (PIPETTE_LIMITS[100].systematic_ul, PIPETTE_LIMITS[100].random_ul) == (0.8, 0.3)
    assert all("analogy" in limits.source for limits in PIPETTE_LIMITS.values())
    with pytest.raises(TypeError):
        PIPETTE_LIMITS[10] = LIMITS  # type: ignore[index]


def test_what_cannot_be_judged_is_refused() -> None:
    with pytest.raises(InputError, match="without a source"):
        Limits(100, 0.8, 0.3, " ")
    with pytest.raises(InputError, match="random_ul is 0"):
        Limits(100, 0.8, 0, "test")
    for error, u in ((float("nan"), 0.1), (0.1, float("nan")), (0.1, -0.1)):
        with pytest.raises(InputError, match="measure again"):
            systematic(error, u, LIMITS, Rule.GUARDED)
    with pytest.raises(InputError, match="two shots"):
        random(0.1, 1, LIMITS, Rule.GUARDED)
    with pytest.raises(InputError, match="is usual"):
        random(0.1, 10, LIMITS, Rule.GUARDED, probability=95)
