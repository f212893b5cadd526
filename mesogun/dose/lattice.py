"""Ripple of an endless lattice of Gaussian depots, in closed form: how even a spacing can be at best.

Poisson summation: over its mean, the field is ``sum of exp(-|G|^2 sigma^2 / 2) cos(G x)`` over all reciprocal G.
For the square lattice with ``q_n = exp(-2 pi^2 n^2 sigma^2 / s^2)``: max/mean ``(sum q_n)^2``, min/mean
``(sum (-1)^n q_n)^2``, CV^2 ``(sum q_n^2)^2 - 1``. Not responsible for finite areas and their edges.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mesogun.dose.checks import number
from mesogun.errors import InputError

LATTICES = ("square", "hex")
_ORDER = 14
_SAMPLES = 240


@dataclass(frozen=True, slots=True)
class Ripple:
    """``max_over_min``, ``cv`` (a share) and Christiansen uniformity (a share) of an endless lattice."""

    max_over_min: float
    cv: float
    christiansen: float


def ripple(spacing_over_sigma: float, lattice: str = "hex") -> Ripple:
    """Ripple at equal points per area: ``spacing_over_sigma`` is that of the square lattice with as many points.

    A hexagonal lattice of the same density has the spacing ``s sqrt(2 / sqrt(3))``.
    """
    s = number(spacing_over_sigma, "spacing_over_sigma", "", 0.1, 12.0)
    if lattice not in LATTICES:
        raise InputError(f"lattice {lattice!r} is unknown; it must be one of {', '.join(LATTICES)}")
    a = s if lattice == "square" else s * math.sqrt(2.0 / math.sqrt(3.0))
    second = (0.0, a) if lattice == "square" else (0.5 * a, 0.5 * math.sqrt(3.0) * a)
    orders = np.arange(-_ORDER, _ORDER + 1)
    # reciprocal basis of (a, 0) and `second`, in units of 1/sigma
    b1 = 2.0 * math.pi * np.array([1.0 / a, -second[0] / (a * second[1])])
    b2 = 2.0 * math.pi * np.array([0.0, 1.0 / second[1]])
    g = orders[:, None, None] * b1 + orders[None, :, None] * b2
    amplitude = np.exp(-0.5 * (g**2).sum(axis=-1))
    amplitude = np.where(amplitude > 1e-18, amplitude, 0.0)
    m, n = np.meshgrid(orders, orders, indexing="ij")
    hole = (-1.0) ** (m + n) if lattice == "square" else np.cos(2.0 * math.pi * (m + n) / 3.0)
    peak, low = float(amplitude.sum()), float((amplitude * hole).sum())
    spectrum = np.zeros((_SAMPLES, _SAMPLES))
    spectrum[m % _SAMPLES, n % _SAMPLES] = amplitude
    field = np.fft.ifft2(spectrum).real * _SAMPLES**2
    return Ripple(
        max_over_min=peak / low,
        cv=math.sqrt(float((amplitude**2).sum()) - 1.0),
        christiansen=1.0 - float(np.abs(field - 1.0).mean()),
    )
