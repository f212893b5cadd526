"""The area's own frame: where it is, how it is turned and whether it is mirrored must not change its plan.

Centre of mass, principal axes and the signs of odd moments fix origin, direction and handedness; everything is
planned in that frame. Not responsible for anything that happens in it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon

Floats = NDArray[np.float64]

ROUND = 1e-3
"""Below this relative difference of the principal moments an area has no long axis (a disc, a square)."""

SYMMETRIC = 1e-6
"""Below this an odd moment counts as zero; the area then looks the same both ways, or nearly so."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Maps plane mm to the area's own mm: ``u = R (p - origin)``, R orthogonal, a mirror image where needed."""

    origin_mm: tuple[float, float]
    cos: float
    sin: float
    mirror: int

    def inward(self, xy_mm: Floats) -> Floats:
        """Plane to frame, (n, 2)."""
        x, y = xy_mm[:, 0] - self.origin_mm[0], xy_mm[:, 1] - self.origin_mm[1]
        return np.column_stack((self.cos * x + self.sin * y, self.mirror * (self.cos * y - self.sin * x)))

    def outward(self, uv_mm: Floats) -> Floats:
        """Frame to plane, (n, 2)."""
        u, v = uv_mm[:, 0], self.mirror * uv_mm[:, 1]
        return np.column_stack(
            (self.cos * u - self.sin * v + self.origin_mm[0], self.sin * u + self.cos * v + self.origin_mm[1])
        )

    def direction_mdeg(self, frame_mdeg: float) -> float:
        """A direction in the frame as a direction in the plane, both counter-clockwise from the first axis."""
        return self.mirror * frame_mdeg + math.degrees(math.atan2(self.sin, self.cos)) * 1000

    def direction_in_frame_mdeg(self, plane_mdeg: float) -> float:
        """The inverse of :meth:`direction_mdeg`."""
        return self.mirror * (plane_mdeg - math.degrees(math.atan2(self.sin, self.cos)) * 1000)

    def polygon_in(self, polygon: Polygon | MultiPolygon) -> Polygon | MultiPolygon:
        """A polygon in the frame."""
        return shapely.transform(polygon, self.inward)


def own_frame(polygon: Polygon | MultiPolygon) -> Frame:
    """The frame of an area that moves, turns and mirrors with it; mm."""
    rings = [np.asarray(r.coords) for r in _rings(polygon)]
    centre_x, centre_y, area = _centre(rings)
    origin = (centre_x, centre_y)
    moved = [ring - np.array(origin) for ring in rings]
    m20, m02, m11 = (_moment(moved, p, q) for p, q in ((2, 0), (0, 2), (1, 1)))
    if math.hypot(m20 - m02, 2 * m11) < ROUND * (m20 + m02):
        far = max((math.hypot(*p), *p) for ring in moved for p in ring.tolist())
        angle = math.atan2(far[2], far[1])
    else:
        angle = 0.5 * math.atan2(2 * m11, m20 - m02)
    plain = Frame(origin, math.cos(angle), math.sin(angle), 1)
    u_sign, v_sign = _signs([plain.inward(ring) for ring in rings], area)
    return Frame(origin, u_sign * plain.cos, u_sign * plain.sin, u_sign * v_sign)


def _signs(rings: list[Floats], area: float) -> tuple[int, int]:
    """Signs of the two axes, from odd moments: first those odd in one axis alone, then those odd in both."""
    size = math.sqrt(abs(area))

    def odd(*orders: tuple[int, int]) -> int:
        for p, q in orders:
            relative = _moment(rings, p, q) / (area * size ** (p + q))
            if abs(relative) > SYMMETRIC:
                return 1 if relative > 0 else -1
        return 0

    u, v = odd((3, 0), (1, 2)), odd((0, 3), (2, 1))
    both = odd((3, 1), (1, 3))
    if u == 0:
        u = both * (v or 1) or 1
        return u, v or 1
    return u, v or both * u or 1


def _centre(rings: list[Floats]) -> tuple[float, float, float]:
    """Centre of mass and area; coordinates are taken from a corner, so that distant areas lose no digits."""
    corner = np.min([ring.min(axis=0) for ring in rings], axis=0)
    near = [ring - corner for ring in rings]
    area = _moment(near, 0, 0)
    return corner[0] + _moment(near, 1, 0) / area, corner[1] + _moment(near, 0, 1) / area, area


def _moment(rings: list[Floats], p: int, q: int) -> float:
    """Area moment of order (p, q) by Green's theorem, summed exactly (``fsum``) so that vertex order changes nothing.

    Along an edge the integrand of ``x^p y^q`` is a polynomial of degree p + q; Gauss-Legendre with 4 nodes is exact
    up to degree 7.
    """
    terms: list[float] = []
    for ring in rings:
        a, b = ring[:-1], ring[1:]
        cross = a[:, 0] * b[:, 1] - b[:, 0] * a[:, 1]
        total = np.zeros(len(cross))
        for node, weight in _GAUSS:
            x = a[:, 0] + node * (b[:, 0] - a[:, 0])
            y = a[:, 1] + node * (b[:, 1] - a[:, 1])
            total += weight * x**p * y**q
        terms.extend((cross * total / (p + q + 2)).tolist())
    return math.fsum(terms)


_R = math.sqrt(6 / 5)
_NODES = (math.sqrt(3 / 7 - 2 / 7 * _R), math.sqrt(3 / 7 + 2 / 7 * _R))
_WEIGHTS = ((18 + math.sqrt(30)) / 36, (18 - math.sqrt(30)) / 36)
_GAUSS = tuple(
    (0.5 + sign * node / 2, weight / 2) for node, weight in zip(_NODES, _WEIGHTS, strict=True) for sign in (-1, 1)
)
"""Gauss-Legendre nodes and weights on [0, 1] (Abramowitz and Stegun, 1964, table 25.4, n = 4)."""


def _rings(polygon: Polygon | MultiPolygon) -> Iterator[shapely.LinearRing]:
    for part in polygon.geoms if isinstance(polygon, MultiPolygon) else (polygon,):
        yield part.exterior
        yield from part.interiors
