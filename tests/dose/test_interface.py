"""Two layers: the closed form against its own balance and against Crank-Nicolson."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.dose.interface import crank_nicolson, crossed_share, single_layer_error, two_layer
from mesogun.errors import InputError

diffusivities = st.floats(0.1, 10.0)


@given(diffusivities, diffusivities, st.floats(0.2, 2.0), st.floats(0.1, 2.0))
def test_mass_and_continuity_at_the_border(d1: float, d2: float, z0: float, time: float) -> None:
    reach = z0 + 14.0 * math.sqrt(max(d1, d2) * time)
    z = np.linspace(-reach, reach, 40_001)
    found = two_layer(z, z0, d1, d2, time)
    assert np.trapezoid(found, z) == pytest.approx(1.0, abs=1e-6)
    near, far = two_layer(np.array([0.0, 1e-12]), z0, d1, d2, time)
    assert near == pytest.approx(far, rel=1e-9)
    assert np.trapezoid(found[20_000:], z[20_000:]) == pytest.approx(crossed_share(z0, d1, d2, time), abs=1e-6)


def test_crank_nicolson_agrees_and_keeps_its_mass() -> None:
    d1, d2, z0, time, first = 1.0, 0.25, 1.0, 0.8, 0.02
    borders = np.linspace(-9.0, 6.0, 15_001)
    centres = 0.5 * (borders[:-1] + borders[1:])
    start = two_layer(centres, z0, d1, d2, first)
    later = crank_nicolson(borders, start, np.where(centres < 0.0, d1, d2), time - first, 1_500)
    closed = two_layer(centres, z0, d1, d2, time)
    assert np.abs(later - closed).max() <= 1e-5 * closed.max()
    assert later.sum() == pytest.approx(start.sum(), rel=1e-10)


def test_the_single_layer_shortcut_is_judged() -> None:
    assert single_layer_error(1.0, 1.0, 1.0, 0.8) == pytest.approx(0.0, abs=1e-12)
    assert single_layer_error(1.0, 1.0, 0.25, 0.8) > 0.02
    assert single_layer_error(6.0, 1.0, 0.25, 0.3) < 1e-6


def test_numbers_that_cannot_be_are_refused() -> None:
    with pytest.raises(InputError, match="d2_mm2_s"):
        two_layer(np.zeros(1), 1.0, 1.0, 0.0, 1.0)
