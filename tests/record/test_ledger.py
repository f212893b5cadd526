from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.record import Ledger, loaded_high_nl, overrun_bound_nl, shot_interval
from tests.trace import req

VOLUME = st.integers(0, 10_000_000)
BOUND = st.integers(0, 5_000)
PPM = st.integers(0, 200_000)


@given(VOLUME, BOUND, PPM)
def test_the_bound_is_rounded_up_never_down(volume_nl: int, nl: int, ppm: int) -> None:
    bound = overrun_bound_nl(volume_nl, nl, ppm)
    assert (bound - nl) * 1_000_000 >= volume_nl * ppm
    assert (bound - nl - 1) * 1_000_000 < volume_nl * ppm


@req("H2", "H8")
@given(VOLUME, BOUND, PPM, st.floats(0, 1), st.floats(-1, 1))
def test_a_record_contains_every_truth_that_the_calibration_allows(
    commanded_nl: int, nl: int, ppm: int, share: float, error: float
) -> None:
    delivered_nl = int(commanded_nl * share)
    outcome = "DONE" if delivered_nl == commanded_nl else "PARTIAL"
    truth_nl = max(0, delivered_nl + int(error * overrun_bound_nl(delivered_nl, nl, ppm)))
    interval = shot_interval(
        outcome=outcome, commanded_nl=commanded_nl, delivered_nl=delivered_nl, overrun_nl=nl, overrun_ppm=ppm
    )
    assert truth_nl in interval
    assert interval.high_nl <= loaded_high_nl(commanded_nl, nl, ppm), "a record never raises what was reserved"


@req("H8")
@given(VOLUME, BOUND, PPM, st.floats(0, 1), st.floats(0, 1))
def test_indeterminate_reaches_from_the_checkpoint_to_the_whole_stroke(
    commanded_nl: int, nl: int, ppm: int, share: float, further: float
) -> None:
    checkpoint_nl = int(commanded_nl * share)
    truth_nl = checkpoint_nl + int((loaded_high_nl(commanded_nl, nl, ppm) - checkpoint_nl) * further)
    interval = shot_interval(
        outcome="INDETERMINATE",
        commanded_nl=commanded_nl,
        delivered_nl=checkpoint_nl,
        overrun_nl=nl,
        overrun_ppm=ppm,
    )
    assert truth_nl in interval


@pytest.mark.parametrize(("low", "high"), [(-1, 0), (2, 1)])
def test_a_ledger_is_an_interval(low: int, high: int) -> None:
    with pytest.raises(ValueError, match="no interval"):
        Ledger(low, high)
