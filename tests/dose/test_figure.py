"""The figure: deterministic bytes, all its parts."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import ArrayLike

from mesogun.dose import Errors, figure
from mesogun.errors import InputError

RING = np.array([(0.0, 0.0), (16.0, 0.0), (18.0, 9.0), (8.0, 13.0), (0.0, 10.0)])
HOLE = np.array([(6.0, 4.0), (9.0, 4.0), (9.0, 7.0)])
X, Y = np.meshgrid(np.arange(1.5, 16.0, 3.0), np.arange(1.5, 10.0, 3.0))
POINTS = np.column_stack([X.ravel(), Y.ravel()])


def drawn(file_format: str = "svg", volumes: ArrayLike = 10.0) -> bytes:
    return figure(
        [RING],
        POINTS,
        volumes,
        1.2,
        holes=[HOLE],
        errors=Errors.typical(),
        title="Example",
        file_format=file_format,
        draws=12,
    )


def test_the_same_plan_gives_the_same_bytes_without_a_date() -> None:
    one, two = drawn(), drawn()
    assert one == two
    assert one.startswith(b"<?xml")
    assert b"dc:date" not in one
    assert b"(a)  Areal dose and points" in one
    assert b"(b)  Cumulative" in one
    assert b"(c)  Profile" in one
    assert b"no clinical claim" in one


def test_volumes_of_many_sizes_and_raster_output() -> None:
    png = drawn("png", np.linspace(5.0, 12.0, len(POINTS)))
    assert png.startswith(b"\x89PNG")
    assert b"tIME" not in png


def test_unknown_formats_are_refused_before_anything_is_computed() -> None:
    with pytest.raises(InputError, match="svg, png, pdf"):
        drawn("bmp")
