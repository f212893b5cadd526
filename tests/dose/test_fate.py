"""Where the dispensed volume goes, and what an amount of agent is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.dose.budget import fate
from mesogun.dose.field import amount_per_cm2
from mesogun.dose.skin import skins
from mesogun.errors import InputError

(BACK,) = skins("suprascapular")
(FOREHEAD,) = skins("forehead", "female")


@given(
    st.lists(st.tuples(st.floats(0.5, 50.0), st.floats(0.0, 4.0)), min_size=1, max_size=8),
    st.floats(0.5, 1.0),
    st.floats(0.0, 3.0),
)
def test_the_budget_adds_up(rows: list[tuple[float, float]], delivered: float, diffused_mm2: float) -> None:
    volumes, depths = np.array(rows).T
    found = fate(volumes, depths, FOREHEAD, delivered=delivered, diffused_mm2=diffused_mm2)
    parts = found.surface + found.epidermis + found.dermis + found.subcutis
    assert parts == pytest.approx(volumes.sum(), rel=1e-12)
    assert found.surface == pytest.approx((1.0 - delivered) * volumes.sum(), rel=1e-9, abs=1e-9)
    assert 0.0 <= found.astray <= 1.0


def test_a_small_depot_in_a_thick_dermis_stays_there() -> None:
    found = fate([1.0] * 4, 1.2, BACK)
    assert found.astray == pytest.approx(0.0, abs=1e-12)
    assert found.flag == ""


def test_a_large_depot_in_a_thin_dermis_is_flagged_with_its_source() -> None:
    found = fate(100.0, 0.6, FOREHEAD)
    assert found.astray > 0.3
    assert "outside the dermis at forehead" in found.flag
    assert "ultrasound, n = 118" in found.flag
    assert fate(20.0, 5.0, FOREHEAD, layer="subcutis").flag == ""


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="delivered"):
        fate(1.0, 1.0, BACK, delivered=1.2)
    with pytest.raises(InputError, match="all volumes are zero"):
        fate(0.0, 1.0, BACK)
    with pytest.raises(InputError, match="layer"):
        fate(1.0, 1.0, BACK, layer="muscle")


def test_amounts_follow_the_concentration() -> None:
    dose = np.array([0.0, 20.0])
    np.testing.assert_allclose(amount_per_cm2(dose, 10.0), [0.0, 0.2])
    with pytest.raises(InputError, match="concentration"):
        amount_per_cm2(dose, -1.0)
