"""Pictures of a certificate: errors of every weighing, the shot trumpet, the start-up, a gun's history.

Hand-made SVG. Not responsible for numbers: they come ready.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from mesogun.report.svg import line, number, path, picture, text, ticks
from mesogun.report.words import figures

WIDE, TALL = 340.0, 190.0
_LEFT, _TOP, _WIDTH, _HEIGHT = 40.0, 22.0, 282.0, 130.0


@dataclass(frozen=True, slots=True)
class _Signed:
    """A frame whose y axis has zero in the middle."""

    x_min: float
    x_max: float
    most: float

    def x(self, value: float) -> float:
        return _LEFT + _WIDTH * (value - self.x_min) / (self.x_max - self.x_min)

    def y(self, value: float) -> float:
        return _TOP + _HEIGHT * (0.5 - 0.5 * value / self.most)

    def axes(self, x_name: str, y_name: str, x_ticks: Iterable[float]) -> Markup:
        parts = [text(_LEFT, _TOP - 8.0, y_name, "name")]
        for value in ticks(-self.most, self.most):
            y = self.y(value)
            parts.append(path(f"M{number(_LEFT)} {number(y)}h{number(_WIDTH)}", "grid" if value else "axis"))
            parts.append(text(_LEFT - 4.0, y + 3.0, _signed(value), "tick", "end"))
        bottom = _TOP + _HEIGHT
        for value in x_ticks:
            x = self.x(value)
            parts.append(path(f"M{number(x)} {number(bottom)}v3", "axis"))
            parts.append(text(x, bottom + 12.0, figures(value), "tick", "middle"))
        parts.append(text(_LEFT + _WIDTH, bottom + 25.0, x_name, "name", "end"))
        return Markup("").join(parts)


def _signed(value: float) -> str:
    return figures(value) if value <= 0.0 else "+" + figures(value)


def _most(values: Iterable[float], least: float) -> float:
    return 1.15 * max((abs(value) for value in values), default=0.0) or least


def errors(points: Sequence[tuple[float, float, str]], limits: Sequence[tuple[float, float]]) -> Markup:
    """Error of every weighing against its setting: as found as circles, as left as filled dots; limits as steps."""
    most = _most([*(error for _, error, _ in points), *(limit for _, limit in limits)], 1.0)
    settings = sorted({set_ul for set_ul, _, _ in points})
    frame = _Signed(0.0, 1.15 * settings[-1], most)
    parts = [frame.axes("setting, µL", "error, µL", settings)]
    half = 0.02 * settings[-1]
    for set_ul, limit in limits:
        for side in (limit, -limit):
            data = f"M{number(frame.x(set_ul - 2 * half))} {number(frame.y(side))}H{number(frame.x(set_ul + 2 * half))}"
            parts.append(path(data, "limit-line"))
    for phase, kind, shift in (("as found", "found", -half), ("as left", "left", half)):
        parts += [_dot(frame.x(set_ul + shift), frame.y(error), kind) for set_ul, error, at in points if at == phase]
    return picture(WIDE, TALL, "Errors of all weighings", parts, "chart")


def residuals(points: Sequence[tuple[float, float]]) -> Markup:
    """What the correction leaves of each as-found weighing, in the order of weighing."""
    frame = _Signed(0.0, len(points) + 1.0, _most([value for _, value in points], 1.0))
    parts = [frame.axes("weighing", "residual, µL", ticks(0.0, float(len(points))))]
    parts += [_dot(frame.x(at), frame.y(value), "left") for at, (_, value) in enumerate(points, start=1)]
    return picture(WIDE, TALL, "Residuals of the correction", parts, "chart")


def trumpet(mouths: Sequence[tuple[int, float, float]]) -> Markup:
    """Least and largest error of the mean of n consecutive shots against n."""
    most = _most([value for _, low, high in mouths for value in (low, high)], 1.0)
    frame = _Signed(0.0, mouths[-1][0] + 1.0, most)
    upper = [(frame.x(n), frame.y(high)) for n, _, high in mouths]
    lower = [(frame.x(n), frame.y(low)) for n, low, _ in mouths]
    parts = [
        path(line(upper + lower[::-1], closed=True), "band"),
        frame.axes("consecutive shots", "error of their mean, %", ticks(0.0, float(mouths[-1][0]))),
        path(line(upper), "given-line"),
        path(line(lower), "given-line"),
    ]
    return picture(WIDE, TALL, "Shot trumpet", parts, "chart")


def start_up(errors_pct: Sequence[float]) -> Markup:
    """Error of each shot after a rest."""
    frame = _Signed(0.0, len(errors_pct) + 1.0, _most(errors_pct, 1.0))
    shots = [float(at) for at in range(1, len(errors_pct) + 1)]
    places = [(frame.x(at), frame.y(value)) for at, value in zip(shots, errors_pct, strict=True)]
    parts = [frame.axes("shot after the rest", "error, %", shots), path(line(places), "given-line")]
    parts += [_dot(x, y, "left") for x, y in places]
    return picture(WIDE, TALL, "Start-up", parts, "chart")


def control(points: Sequence[tuple[float, float, float]], limit_pct: float | None, x_name: str) -> Markup:
    """Errors of one gun at one setting over time, with U as bars: ``(day, error, U)`` in per cent."""
    most = _most([abs(error) + u for _, error, u in points] + ([limit_pct] if limit_pct else []), 1.0)
    first, last = points[0][0], points[-1][0]
    pad = max(1.0, 0.06 * (last - first))
    frame = _Signed(first - pad, last + pad, most)
    parts = [frame.axes(x_name, "error, %", ticks(first - pad, last + pad))]
    if limit_pct:
        for side in (limit_pct, -limit_pct):
            parts.append(path(f"M{number(_LEFT)} {number(frame.y(side))}h{number(_WIDTH)}", "limit-line"))
    for day, error, u in points:
        x = frame.x(day)
        parts.append(path(f"M{number(x)} {number(frame.y(error + u))}V{number(frame.y(error - u))}", "u-bar"))
        parts.append(_dot(x, frame.y(error), "left"))
    return picture(WIDE, TALL, "Control chart", parts, "chart")


def _dot(x: float, y: float, kind: str) -> Markup:
    return Markup('<circle cx="{}" cy="{}" r="2.4" class="{}"/>').format(number(x), number(y), kind)
