"""Strategies and small helpers that the dose tests share."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from mesogun.dose import Grid

Floats = NDArray[np.float64]

GRID = Grid(-10.0, -8.0, 0.25, 80, 64)
"""20 x 16 mm around the origin; every depot of at most 30 uL within 4 mm of the origin fits."""

coordinates = st.floats(-4.0, 4.0, allow_nan=False)
volumes = st.floats(2.0, 30.0)
plans = st.lists(st.tuples(coordinates, coordinates, volumes), min_size=1, max_size=12).map(
    lambda rows: (np.array([row[:2] for row in rows]), np.array([row[2] for row in rows]))
)
forms = st.sampled_from(["erf", "gaussian"])


def mass_ul(dose: Floats, grid: Grid) -> float:
    """Volume that a field on ``grid`` holds."""
    return float(dose.sum()) * grid.cell_mm2 / 100.0
