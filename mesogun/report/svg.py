"""Small helpers for hand-made SVG: escaped text, short numbers, axes.

Not responsible for what is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from mesogun.report.words import figures, printable


def number(value: float, places: int = 2) -> str:
    """A coordinate with at most two decimals, or ``places``."""
    digits = f"{value:.{places}f}"
    short = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return "0" if short == "-0" else short


def line(points: Iterable[tuple[float, float]], closed: bool = False) -> str:
    """Path data through points."""
    steps = " ".join(f"{number(x)} {number(y)}" for x, y in points)
    return f"M{steps}{'Z' if closed else ''}"


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> Markup:
    """A text element; ``kind`` is its class."""
    return Markup('<text x="{}" y="{}" class="{}" text-anchor="{}">{}</text>').format(
        number(x), number(y), kind, anchor, printable(words)
    )


def path(data: str, kind: str) -> Markup:
    """A path element of a class."""
    return Markup('<path d="{}" class="{}"/>').format(data, kind)


def picture(width: float, height: float, title: str, parts: Iterable[Markup], kind: str = "") -> Markup:
    """A whole picture with a title for those who do not see it."""
    head = Markup('<svg viewBox="0 0 {} {}" class="{}" role="img" aria-label="{}">').format(
        number(width), number(height), kind, title
    )
    return head + Markup("").join(parts) + Markup("</svg>")


def nice_step(span: float, about: int) -> float:
    """A step of 1, 2 or 5 times a power of ten that cuts ``span`` into about ``about`` parts; never more than it."""
    if span <= 0.0:
        return 1.0
    raw = span / about
    power = 10.0 ** math.floor(math.log10(raw))
    fitting = [factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power <= span]
    return next((step for step in fitting if step >= raw * 0.999), fitting[-1])


@dataclass(frozen=True, slots=True)
class Frame:
    """The plotting box inside a picture, and what its edges mean."""

    left: float
    top: float
    width: float
    height: float
    x_max: float
    y_max: float
    x_min: float = 0.0

    def x(self, value: float) -> float:
        """Where a value lies along x."""
        return self.left + self.width * (value - self.x_min) / (self.x_max - self.x_min)

    def y(self, value: float) -> float:
        """Where a value lies along y."""
        return self.top + self.height * (1.0 - value / self.y_max)

    def axes(self, x_name: str, y_name: str, x_ticks: Iterable[float], y_ticks: Iterable[float]) -> Markup:
        """Grid lines, tick numbers, names of the axes."""
        bottom = self.top + self.height
        parts = [text(self.left, self.top - 7.0, y_name, "name")]
        for value in y_ticks:
            y = self.y(value)
            parts.append(
                path(f"M{number(self.left)} {number(y)}h{number(self.width)}", "axis" if not value else "grid")
            )
            parts.append(text(self.left - 4.0, y + 3.0, figures(value), "tick", "end"))
        for value in x_ticks:
            x = self.x(value)
            parts.append(path(f"M{number(x)} {number(bottom)}v3", "axis"))
            parts.append(text(x, bottom + 12.0, figures(value), "tick", "middle"))
        parts.append(text(self.left + self.width, bottom + 24.0, x_name, "name", "end"))
        return Markup("").join(parts)


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round values from ``low`` to ``high``."""
    step = nice_step(high - low, about)
    first = math.ceil(low / step - 1e-9)
    return [round(i * step, 12) for i in range(first, math.floor(high / step + 1e-9) + 1)]
