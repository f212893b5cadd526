"""One-dimensional factors: the mass of a depot between two borders along one axis, in closed form.

Two shapes, each smoothed by diffusion: the Gaussian of the moment match, and the *erf form*, the exact marginal
``3 / (4 a) (1 - (u / a)^2)`` of a uniform spheroid. A cell's share is the difference of cumulatives at its borders, so
the mass telescopes exactly on any grid. Not responsible for two-dimensional sums (``engines``).
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import erf, ndtr

from mesogun.dose.checks import Floats

REACH_SIGMAS = 8.3
"""Beyond this many sigma a share is below 1e-16 of the mass."""


def gaussian_shares(borders_mm: Floats, centres_mm: Floats, sigma_mm: Floats | float) -> Floats:
    """Mass of unit Gaussians in each cell: ``(n_centres, n_borders - 1)``; ``sigma_mm`` scalar or ``(n_centres,)``."""
    scale = 1.0 / (math.sqrt(2.0) * np.broadcast_to(np.asarray(sigma_mm, dtype=float), centres_mm.shape))
    out = erf((borders_mm[None, :] - centres_mm[:, None]) * scale[:, None])
    return np.asarray(0.5 * np.diff(out, axis=1))


def grid_shares(origin_mm: float, h_mm: float, cells: int, centres_mm: Floats, sigma_mm: Floats) -> Floats:
    """``gaussian_shares`` on even cells, computed only within 8.3 sigma of each centre: ``(n_centres, cells)``.

    Beyond, a share is below 1e-16 of the mass.
    """
    width = math.ceil(2.0 * REACH_SIGMAS * float(sigma_mm.max()) / h_mm) + 2
    if width >= cells:
        return gaussian_shares(np.asarray(origin_mm + h_mm * np.arange(cells + 1.0)), centres_mm, sigma_mm)
    at = (centres_mm - origin_mm) / h_mm
    first = np.floor(at - 0.5 * width).astype(np.intp)
    borders = (first - at)[:, None] + np.arange(width + 1.0)
    near = 0.5 * np.diff(erf(borders * (h_mm / (math.sqrt(2.0) * sigma_mm))[:, None]), axis=1)
    # windows may reach over either end: they are laid into a wider row, which is then cut
    wide = np.zeros((len(centres_mm), cells + 2 * width))
    starts = np.clip(first, -width, cells) + width
    rows = np.arange(len(centres_mm))[:, None] * wide.shape[1]
    wide.ravel()[rows + starts[:, None] + np.arange(width)] = near
    return wide[:, width : width + cells]


def spheroid_cdf(u_mm: Floats, a_mm: float, tau_mm: float) -> Floats:
    """Cumulative marginal of a uniform spheroid of semi-axis ``a_mm`` smoothed by a Gaussian of SD ``tau_mm``.

    Unsmoothed ``P(u) = 1/2 + 3/4 (u/a) - 1/4 (u/a)^3``; smoothed by truncated normal moments of that cubic.
    """
    # Beyond 40 smoothing widths the cumulative is 0 or 1 to the last digit; infinite borders are allowed.
    u = np.clip(np.asarray(u_mm, dtype=float), -a_mm - 40.0 * tau_mm, a_mm + 40.0 * tau_mm)
    if tau_mm < 1e-6 * a_mm:  # moves the cumulative by less than 1e-12
        v = np.minimum(np.maximum(u / a_mm, -1.0), 1.0)
        return np.asarray(0.5 + 0.75 * v - 0.25 * v**3)
    if tau_mm > a_mm:
        # The moments below would cancel; over one smoothing width a quadrature of the marginal is exact to rounding.
        nodes, weights = np.polynomial.legendre.leggauss(24)
        density = 0.75 * weights * (1.0 - nodes**2)
        return np.asarray(ndtr((u[..., None] - a_mm * nodes) / tau_mm) @ density)
    lo, hi = (u - a_mm) / tau_mm, (u + a_mm) / tau_mm
    pdf_lo, pdf_hi = _phi(lo), _phi(hi)
    m0 = ndtr(hi) - ndtr(lo)
    m1 = pdf_lo - pdf_hi
    m2 = m0 + lo * pdf_lo - hi * pdf_hi
    m3 = 2.0 * m1 + lo**2 * pdf_lo - hi**2 * pdf_hi
    x, s = u / a_mm, tau_mm / a_mm
    first = x * m0 - s * m1
    third = x**3 * m0 - 3.0 * x**2 * s * m1 + 3.0 * x * s**2 * m2 - s**3 * m3
    return np.asarray(0.5 * m0 + 0.75 * first - 0.25 * third + ndtr(lo))


def spheroid_shares(borders_mm: Floats, centre_mm: float, a_mm: float, tau_mm: float) -> Floats:
    """Mass of a unit spheroid's marginal in each cell, ``(n_borders - 1,)``; rounding below zero is cut off."""
    return np.maximum(np.diff(spheroid_cdf(borders_mm - centre_mm, a_mm, tau_mm)), 0.0)


def axial_shares(borders_mm: Floats, depth_mm: float, c_mm: float, tau_mm: float, *, form: str) -> Floats:
    """Mass between depths, mirrored at the surface z = 0 (nothing leaves through it): ``(n_borders - 1,)``.

    The image at ``-depth_mm`` returns what diffusion would push out, so the sum over the half-space is exactly one.
    """
    if form == "gaussian":
        sigma = math.sqrt(c_mm**2 / 5.0 + tau_mm**2)
        direct = ndtr((borders_mm - depth_mm) / sigma)
        image = ndtr((borders_mm + depth_mm) / sigma)
    else:
        direct = spheroid_cdf(borders_mm - depth_mm, c_mm, tau_mm)
        image = spheroid_cdf(borders_mm + depth_mm, c_mm, tau_mm)
    return np.maximum(np.diff(direct + image), 0.0)


def sphere_concentration(r_mm: Floats, a_mm: float, diffused_mm2: float) -> Floats:
    """Concentration of a diffusing uniform sphere, in units of its first concentration C0.

    ``C/C0 = 1/2 [erf((a-r)/s) + erf((a+r)/s)] - sqrt(Dt/pi)/r [exp(-((a-r)/s)^2) - exp(-((a+r)/s)^2)]``,
    ``s = 2 sqrt(D t)`` (Crank, The Mathematics of Diffusion, 2nd ed. 1975, eq. 3.8); at the centre
    ``erf(a/s) - a / sqrt(pi D t) exp(-a^2 / (4 D t))``.
    """
    r = np.asarray(r_mm, dtype=float)
    s = 2.0 * math.sqrt(diffused_mm2)
    safe = np.where(r > 1e-9 * a_mm, r, 1.0)
    edge = np.exp(-(((a_mm - safe) / s) ** 2)) - np.exp(-(((a_mm + safe) / s) ** 2))
    away = 0.5 * (erf((a_mm - safe) / s) + erf((a_mm + safe) / s)) - edge / safe * math.sqrt(diffused_mm2 / math.pi)
    centre = math.erf(a_mm / s) - a_mm / math.sqrt(math.pi * diffused_mm2) * math.exp(-((a_mm / s) ** 2))
    return np.where(r > 1e-9 * a_mm, away, centre)


def _phi(t: Floats) -> Floats:
    return np.asarray(np.exp(-0.5 * t * t) / math.sqrt(2.0 * math.pi))
