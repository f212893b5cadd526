"""The live field: the same numbers as from scratch, whatever came before."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesogun.dose import LiveField, areal_dose
from mesogun.errors import InputError

from .shared import GRID, Floats, forms, plans


@settings(max_examples=25)
@given(plans, forms, st.floats(0.0, 0.2))
def test_one_by_one_is_the_same_as_all_at_once(plan: tuple[Floats, Floats], form: str, diffused_mm2: float) -> None:
    points, volumes = plan
    live = LiveField(GRID, form=form, diffused_mm2=diffused_mm2)
    for (x, y), volume in zip(points, volumes, strict=True):
        live.add(x, y, volume)
    engine = "stamp" if form == "erf" else "gemm"
    whole = areal_dose(points, volumes, 1.0, grid=GRID, form=form, diffused_mm2=diffused_mm2, engine=engine)
    np.testing.assert_allclose(live.field, whole, atol=1e-12 * whole.max())


@given(plans, forms)
def test_moving_is_removing_and_adding(plan: tuple[Floats, Floats], form: str) -> None:
    points, volumes = plan
    live, other = LiveField(GRID, form=form), LiveField(GRID, form=form)
    for (x, y), volume in zip(points, volumes, strict=True):
        live.add(x, y, volume)
        live.move((x, y), (x + 1.0, y - 0.5), volume)
        other.add(x + 1.0, y - 0.5, volume)
    np.testing.assert_allclose(live.field, other.field, atol=1e-12 * other.field.max())


def test_thousands_of_moves_leave_no_drift() -> None:
    rng = np.random.default_rng(8)
    live = LiveField(GRID)
    live.add(0.3, 0.2, 10.0)
    still = live.field.copy()
    for x, y in rng.uniform(-4.0, 4.0, (1_500, 2)):
        live.add(x, y, 12.0)
        live.remove(x, y, 12.0)
    assert np.abs(live.field - still).max() <= 2.5e-16 * still.max()


def test_the_field_is_read_only_and_refusals_leave_it_alone() -> None:
    live = LiveField(GRID)
    live.add(0.0, 0.0, 10.0)
    before = live.field.copy()
    with pytest.raises(ValueError, match="read-only"):
        live.field[0, 0] = 1.0
    for bad in ((np.nan, 0.0, 10.0), (0.0, np.inf, 10.0), (0.0, 0.0, -1.0), (0.0, 0.0, np.nan), (9e9, 0.0, 10.0)):
        with pytest.raises(InputError):
            live.add(*bad)
    with pytest.raises(InputError):
        live.move((0.0, 0.0), (np.nan, 0.0), 10.0)
    with pytest.raises(InputError, match="too coarse"):
        live.add(0.0, 0.0, 0.01)
    np.testing.assert_array_equal(live.field, before)


def test_depots_off_the_grid_and_empty_ones_change_nothing() -> None:
    live = LiveField(GRID)
    live.add(500.0, 0.0, 10.0)
    live.add(0.0, 0.0, 0.0)
    assert not live.field.any()
