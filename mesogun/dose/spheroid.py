"""The shadow of a uniform spheroid on the skin plane, averaged over square cells: the erf form in two dimensions.

Seen from above, a uniform spheroid ``(a, a, c)`` has the areal density ``3 / (2 pi a^2) sqrt(1 - r^2 / a^2)`` whatever
its thickness. Undiffused, its integral over a rectangle is closed (``quadrant``); after diffusion the profile is one
radial integral (``profile``). Not responsible for placing stamps on a plane (``engines``).
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.special import i0e

from mesogun.dose.checks import Floats

ROUNDING = 2e-15
"""Shares of a depot below this are rounding of the corner sums."""


def quadrant(x: Floats, y: Floats) -> Floats:
    """Integral of ``sqrt(1 - u^2 - v^2)`` over ``0..x, 0..y`` inside the unit disc; odd in each argument.

    ``x y w / 3 + x (3 - x^2) atan(y/w) / 6 + y (3 - y^2) atan(x/w) / 6 - atan(x y / w) / 3`` with
    ``w = sqrt(1 - x^2 - y^2)``; with w = 0 outside the disc the same expression is the clipped integral. The angles
    are computed by their halves, ``tan(A/2) = y / (w + sqrt(1 - x^2))``: no division by zero, and what depends on one
    argument alone is computed before the two are broadcast against each other.
    """
    p, q = np.minimum(np.abs(x), 1.0), np.minimum(np.abs(y), 1.0)
    pp, qq = p * p, q * q
    rest_p, rest_q = np.sqrt(1.0 - pp), np.sqrt(1.0 - qq)
    w = np.asarray((1.0 - pp) - qq)
    inside = w > 0.0
    np.sqrt(np.maximum(w, 0.0, out=w), out=w)
    pq = np.asarray(p * q)
    total = _half_angle(q, w + rest_p, inside)
    total *= p * (3.0 - pp) / 3.0
    term = _half_angle(p, w + rest_q, inside)
    term *= q * (3.0 - qq) / 3.0
    total += term
    term = _half_angle(pq, w + rest_p * rest_q, inside)
    term *= 2.0 / 3.0
    total -= term
    pq *= w
    pq /= 3.0
    total += pq
    total *= np.sign(x) * np.sign(y)
    return total


def _half_angle(rise: Floats, run: Floats, inside: NDArray[np.bool_]) -> Floats:
    """``atan(rise / run)`` inside the disc, a quarter of pi outside, where w = 0; overwrites ``run``."""
    made = np.asarray(run)
    np.divide(rise, made, out=made, where=inside)
    np.arctan(made, out=made, where=inside)
    np.copyto(made, 0.25 * math.pi, where=~inside)
    return made


def shares(x_borders_mm: Floats, y_borders_mm: Floats, a_mm: Floats | float) -> Floats:
    """Mass of a unit, undiffused depot centred at 0 in each cell.

    Borders ``(nx + 1, ...)`` and ``(ny + 1, ...)`` give ``(ny, nx, ...)``; trailing axes run over depots (they are last
    so that the innermost loop is long), and then ``a_mm`` may be ``(...)``.
    """
    corner = quadrant((x_borders_mm / a_mm)[None], (y_borders_mm / a_mm)[:, None])
    strips = corner[1:] - corner[:-1]
    mass = strips[:, 1:] - strips[:, :-1]
    mass *= 3.0 / (2.0 * math.pi)
    # Where a cell holds nothing, its four corners cancel up to some 1e-16 of rounding, which must not read as dose.
    mass *= mass > ROUNDING
    return mass


@cache
def gauss_legendre(order: int) -> tuple[Floats, Floats]:
    """Nodes and weights on -1..1; finding many of them costs more than using them."""
    nodes, weights = np.polynomial.legendre.leggauss(order)
    return nodes, weights


def profile(a_mm: float, tau_mm: float) -> CubicSpline:
    """Areal density (per mm2, unit mass) against radius, smoothed by a Gaussian of SD ``tau_mm`` per axis.

    ``A(r) = 3 / (2 pi a^3 tau^2) int u^2 exp(-(r - rho)^2 / (2 tau^2)) i0e(r rho / tau^2) du``, ``rho^2 = a^2 - u^2``:
    in u the integrand is analytic, so Gauss-Legendre converges exponentially.
    """
    rim = max(a_mm - 9.0 * tau_mm, 0.0)
    radii = np.linspace(rim, a_mm + 8.5 * tau_mm, 240)
    if rim > 0.0:  # inside, the profile is smooth on the scale of its distance from the rim
        inner = a_mm - np.geomspace(a_mm, a_mm - rim, 240)[:-1]
        radii = np.concatenate([inner, radii])
    nodes, weights = gauss_legendre(96)
    lo = np.sqrt(np.maximum(a_mm**2 - np.minimum(radii + 8.5 * tau_mm, a_mm) ** 2, 0.0))
    hi = np.sqrt(np.maximum(a_mm**2 - np.clip(radii - 8.5 * tau_mm, 0.0, a_mm) ** 2, 0.0))
    u = 0.5 * (hi + lo)[:, None] + 0.5 * (hi - lo)[:, None] * nodes
    rho = np.sqrt(np.maximum(a_mm**2 - u * u, 0.0))
    r = radii[:, None]
    ring = np.exp(-0.5 * ((r - rho) / tau_mm) ** 2) * i0e(r * rho / tau_mm**2)
    values = (3.0 / (2.0 * math.pi * a_mm**3 * tau_mm**2)) * np.sum(weights * u * u * ring, axis=1) * 0.5 * (hi - lo)
    return CubicSpline(radii, values, extrapolate=False)


def smoothed_shares(x_borders_mm: Floats, y_borders_mm: Floats, a_mm: float, tau_mm: float) -> Floats:
    """Mass of a unit, diffused depot centred at 0 in each cell, ``(ny, nx)``; the window must hold all of it.

    Gauss-Legendre inside each cell, then scaled to mass one so that the volume stays exact.
    """
    h = float(x_borders_mm[1] - x_borders_mm[0])
    if tau_mm < h / 20.0:
        return _barely_smoothed(x_borders_mm, y_borders_mm, a_mm, tau_mm)
    density = profile(a_mm, tau_mm)
    order = 4 + math.ceil(2.0 * h / tau_mm)
    nodes, weights = gauss_legendre(order)
    x = (x_borders_mm[:-1, None] + 0.5 * h * (nodes + 1.0)).ravel()
    y = (y_borders_mm[:-1, None] + 0.5 * h * (nodes + 1.0)).ravel()
    values = np.nan_to_num(density(np.hypot(x[None, :], y[:, None])), nan=0.0)
    cells = values.reshape(len(y_borders_mm) - 1, order, len(x_borders_mm) - 1, order)
    mass = np.maximum(np.einsum("iajb,a,b->ij", cells, weights, weights), 0.0)
    return np.asarray(mass / mass.sum())


def _barely_smoothed(x_borders_mm: Floats, y_borders_mm: Floats, a_mm: float, tau_mm: float) -> Floats:
    """Smoothing far below a cell: the exact shares of the undiffused depot, averaged over Gauss-Hermite shifts."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(7)
    weights = weights / weights.sum()
    total = np.zeros((len(y_borders_mm) - 1, len(x_borders_mm) - 1))
    for dx, wx in zip(nodes * tau_mm, weights, strict=True):
        for dy, wy in zip(nodes * tau_mm, weights, strict=True):
            total += wx * wy * shares(x_borders_mm + dx, y_borders_mm + dy, a_mm)
    return total


def transform(k_per_mm: Floats, a_mm: float) -> Floats:
    """Fourier transform of the undiffused shadow, ``3 (sin q - q cos q) / q^3`` with ``q = k a``."""
    q = np.asarray(k_per_mm * a_mm)
    safe = np.where(q > 1e-2, q, 1.0)
    series = 1.0 - q * q / 10.0 + q**4 / 280.0 - q**6 / 15120.0
    return np.where(q > 1e-2, 3.0 * (np.sin(safe) - safe * np.cos(safe)) / safe**3, series)
