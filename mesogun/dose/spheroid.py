"""The shadow of a uniform spheroid on the skin plane, averaged over square cells: the erf form in two dimensions.

Seen from above, a uniform spheroid ``(a, a, c)`` has the areal density ``3 / (2 pi a^2) sqrt(1 - r^2 / a^2)`` whatever
its thickness. Undiffused, its integral over a rectangle is closed (``quadrant``); after diffusion the profile is one
radial integral (``profile``). Not responsible for placing stamps on a plane (``engines``).
"""

from __future__ import annotations

import math

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.special import i0e

from mesogun.dose.checks import Floats


def quadrant(x: Floats, y: Floats) -> Floats:
    """Integral of ``sqrt(1 - u^2 - v^2)`` over ``0..x, 0..y`` inside the unit disc; odd in each argument.

    ``x y w / 3 + x (3 - x^2) atan(y/w) / 6 + y (3 - y^2) atan(x/w) / 6 - atan(x y / w) / 3`` with
    ``w = sqrt(1 - x^2 - y^2)``; with w = 0 outside the disc the same expression is the clipped integral.
    """
    sign = np.sign(x) * np.sign(y)
    p, q = np.minimum(np.abs(x), 1.0), np.minimum(np.abs(y), 1.0)
    w = np.sqrt(np.maximum(1.0 - p * p - q * q, 0.0))
    pp, qq, pq = 3.0 - p * p, 3.0 - q * q, p * q
    inside = w > 0.0
    half = np.full(w.shape, 0.5 * math.pi)  # all three angles outside the disc, where w = 0
    angle_q, angle_p, angle_pq = (
        np.arctan2(value, w, out=half.copy(), where=inside) for value in (q + 0.0 * p, p + 0.0 * q, pq)
    )
    # a corner on an axis has no area to its side; 0 times any angle keeps that
    on_axis = np.where(pq > 0.0, angle_pq, 0.0)
    return np.asarray(sign * ((pq * w - on_axis) / 3.0 + (p * pp * angle_q + q * qq * angle_p) / 6.0))


def shares(x_borders_mm: Floats, y_borders_mm: Floats, a_mm: Floats | float) -> Floats:
    """Mass of a unit, undiffused depot centred at 0 in each cell.

    Borders ``(..., nx + 1)`` and ``(..., ny + 1)`` give ``(..., ny, nx)``; leading axes run over depots, and then
    ``a_mm`` may be ``(..., 1, 1)``.
    """
    x, y = x_borders_mm[..., None, :] / a_mm, y_borders_mm[..., :, None] / a_mm
    corner = quadrant(x, y)
    mass = np.diff(np.diff(corner, axis=-1), axis=-2) * (3.0 / (2.0 * math.pi))
    # Outside the disc the four corners cancel up to 1e-17 of rounding, which must not read as dose.
    return np.where(
        _nearest(x) ** 2 + _nearest(y.swapaxes(-1, -2)).swapaxes(-1, -2) ** 2 < 1.0, np.maximum(mass, 0.0), 0.0
    )


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
    nodes, weights = np.polynomial.legendre.leggauss(96)
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
    nodes, weights = np.polynomial.legendre.leggauss(order)
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


def _nearest(borders: Floats) -> Floats:
    """Distance from 0 to each cell's nearer border, zero for the cell that holds 0."""
    lo, hi = borders[..., :-1], borders[..., 1:]
    return np.maximum(np.maximum(lo, -hi), 0.0)
