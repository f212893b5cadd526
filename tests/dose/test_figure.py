"""The figure: deterministic bytes, all its parts."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import ArrayLike

from mesogun.dose import Errors, figure, panels
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
    assert b"(a)  Areal dose right after the visit, and points" in one
    assert b"(b)  Area with at least this dose" in one
    assert b"(c)  Profile" in one
    assert b"no clinical claim" in one


# Simulation of colour blindness on linear RGB (Machado, Oliveira, Fernandes 2009, severity 1,
# https://doi.org/10.1109/TVCG.2009.113): protanopia, deuteranopia, tritanopia.
EYES = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


@pytest.mark.parametrize("eye", EYES)
def test_more_dose_is_darker_to_every_eye(eye: str) -> None:
    rgb = panels.colours()(np.linspace(0.0, 1.0, 64))[:, :3]
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance = np.clip(linear @ EYES[eye].T, 0.0, 1.0) @ (0.2126, 0.7152, 0.0722)
    lightness = 116.0 * np.cbrt(np.maximum(luminance, 0.008856)) - 16.0
    steps = -np.diff(lightness)
    assert (steps > 0.3).all()
    assert steps.max() < 2.6 * np.median(steps)


def test_volumes_of_many_sizes_and_raster_output() -> None:
    png = drawn("png", np.linspace(5.0, 12.0, len(POINTS)))
    assert png.startswith(b"\x89PNG")
    assert b"tIME" not in png


def test_unknown_formats_are_refused_before_anything_is_computed() -> None:
    with pytest.raises(InputError, match="svg, png, pdf"):
        drawn("bmp")
