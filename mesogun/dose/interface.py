"""Diffusion across the border between two layers, with no partition (K = 1), in one dimension.

Source at ``z0`` above the border in layer 1, unit mass: with ``R = (sqrt(D1) - sqrt(D2)) / (sqrt(D1) + sqrt(D2))`` the
source side is the free solution plus R times its image; the far side has the amplitude
``2 sqrt(D1) / (sqrt(D1) + sqrt(D2))`` and the argument ``z0 + |z| sqrt(D1 / D2)`` (Crank 1975, composite media; Carslaw
and Jaeger 1959, 14.6). The border here is a plane; in three dimensions unequal lateral D is not separable, so this is
used to judge the single-layer shortcut, not to build fields.

Not responsible for lateral spread: with unequal diffusivities it is not separable.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.linalg import solve_banded
from scipy.special import ndtr

from mesogun.dose.checks import Floats, number


def two_layer(z_mm: Floats, z0_mm: float, d1_mm2_s: float, d2_mm2_s: float, time_s: float) -> Floats:
    """Concentration of a unit plane source ``z0_mm`` above the border (z grows into layer 2, border at 0), per mm."""
    for name, value in (("d1_mm2_s", d1_mm2_s), ("d2_mm2_s", d2_mm2_s), ("time_s", time_s), ("z0_mm", z0_mm)):
        number(value, name, "mm2/s, s or mm", np.finfo(float).tiny)
    z = np.asarray(z_mm, dtype=float)
    root1, root2 = math.sqrt(d1_mm2_s), math.sqrt(d2_mm2_s)
    reflect = (root1 - root2) / (root1 + root2)
    near = _gauss(z + z0_mm, d1_mm2_s * time_s) + reflect * _gauss(z - z0_mm, d1_mm2_s * time_s)
    far = 2.0 * root1 / (root1 + root2) * _gauss(z0_mm + np.abs(z) * (root1 / root2), d1_mm2_s * time_s)
    return np.where(z <= 0.0, near, far)


def crossed_share(z0_mm: float, d1_mm2_s: float, d2_mm2_s: float, time_s: float) -> float:
    """Share of the mass that has crossed into layer 2."""
    root1, root2 = math.sqrt(d1_mm2_s), math.sqrt(d2_mm2_s)
    sigma = math.sqrt(2.0 * d1_mm2_s * time_s)
    return float(2.0 * root2 / (root1 + root2) * ndtr(-z0_mm / sigma))


def single_layer_error(z0_mm: float, d1_mm2_s: float, d2_mm2_s: float, time_s: float) -> float:
    """Largest error of pretending that all is layer 1, as a share of the peak; above 0.02 the shortcut misleads."""
    reach = 6.0 * math.sqrt(2.0 * max(d1_mm2_s, d2_mm2_s) * time_s) + z0_mm
    z = np.linspace(-reach, reach, 4001)
    true = two_layer(z, z0_mm, d1_mm2_s, d2_mm2_s, time_s)
    return float(np.abs(_gauss(z + z0_mm, d1_mm2_s * time_s) - true).max() / true.max())


def crank_nicolson(borders_mm: Floats, first: Floats, d_mm2_s: Floats, time_s: float, steps: int) -> Floats:
    """Finite volumes in z with a diffusivity per cell: the numerical witness of the closed form.

    ``first`` are cell averages; faces carry the harmonic mean, both ends are closed, so mass is conserved exactly.
    Four short backward Euler steps first damp what Crank-Nicolson would let ring (Rannacher 1984).
    """
    h = np.diff(borders_mm)
    face = 2.0 / (h[:-1] / d_mm2_s[:-1] + h[1:] / d_mm2_s[1:])
    damping = 0.5 * time_s / steps
    out = np.array(first, dtype=float)
    for _ in range(4):
        out = _implicit(out, h, face, damping / 4.0, implicit=1.0)
    for _ in range(steps):
        out = _implicit(out, h, face, (time_s - damping) / steps, implicit=0.5)
    return out


def _implicit(values: Floats, h: Floats, face: Floats, dt: float, implicit: float) -> Floats:
    flux = face * np.diff(values)
    change = (np.append(flux, 0.0) - np.append(0.0, flux)) / h
    right = values + (1.0 - implicit) * dt * change
    lower, upper = np.append(face, 0.0), np.append(0.0, face)
    bands = np.zeros((3, len(values)))
    bands[1] = 1.0 + implicit * dt * (lower + upper) / h
    bands[0, 1:] = -implicit * dt * face / h[:-1]
    bands[2, :-1] = -implicit * dt * face / h[1:]
    return np.asarray(solve_banded((1, 1), bands, right))


def _gauss(u: Floats, dt_mm2: float) -> Floats:
    return np.asarray(np.exp(-u * u / (4.0 * dt_mm2)) / math.sqrt(4.0 * math.pi * dt_mm2))
