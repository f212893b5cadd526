"""Curves of a path become straight pieces, nowhere further from the curve than a stated tolerance.

Not responsible for units or for what the path means.
"""

from __future__ import annotations

import math

import svgelements as svg


def flatten(path: svg.Path, tolerance: float) -> list[tuple[list[tuple[float, float]], float]]:
    """Subpaths as vertices, each with the distance between its two ends (0 when closed).

    A chord of a curve with second derivative at most ``m`` over ``1/n`` of its parameter is off by at most
    ``m / (8 n^2)`` (interpolation error of a linear polynomial); an arc of radius ``r`` cut into steps ``t`` by
    ``r (1 - cos(t/2))``.
    """
    made: list[tuple[list[tuple[float, float]], float]] = []
    points: list[tuple[float, float]] = []
    closed = False
    for segment in path.segments():
        if isinstance(segment, svg.Move):
            _finish(made, points, closed)
            points, closed = [(segment.end.x, segment.end.y)], False
        elif isinstance(segment, svg.Close):
            closed = True
        else:
            if closed:  # a path may go on after a close without a new move: it restarts at the closed point
                start = points[0]
                _finish(made, points, closed)
                points, closed = [start], False
            pieces = _pieces(segment, tolerance)
            for i in range(1, pieces):
                point = segment.point(i / pieces)
                points.append((float(point.x), float(point.y)))
            points.append((float(segment.end.x), float(segment.end.y)))
    _finish(made, points, closed)
    return made


def _finish(
    made: list[tuple[list[tuple[float, float]], float]], points: list[tuple[float, float]], closed: bool
) -> None:
    if points:
        made.append((points, 0.0 if closed else math.dist(points[0], points[-1])))


def _pieces(segment: svg.PathSegment, tolerance: float) -> int:
    if isinstance(segment, svg.Arc):
        radius = float(max(abs(segment.rx), abs(segment.ry)))
        if radius <= tolerance:
            return 1
        step = 2 * math.acos(1 - tolerance / radius)
        return max(1, math.ceil(abs(float(segment.sweep)) / step))
    if isinstance(segment, svg.CubicBezier):
        a, b, c, d = segment.start, segment.control1, segment.control2, segment.end
        bend: float = 6 * max(_bend(a, b, c), _bend(b, c, d))
    elif isinstance(segment, svg.QuadraticBezier):
        bend = 2 * _bend(segment.start, segment.control, segment.end)
    else:
        return 1
    return max(1, math.ceil(math.sqrt(bend / (8 * tolerance))))


def _bend(a: svg.Point, b: svg.Point, c: svg.Point) -> float:
    return math.hypot(float(a.x - 2 * b.x + c.x), float(a.y - 2 * b.y + c.y))
