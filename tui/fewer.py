"""Fewer colours: what stands in for ours on a terminal with 256 or 16 of them.

Nearest to the eye (OKLab, Ottosson 2020), not by rounding each channel, which turns dark greys into teal and white
into pale cyan. Not responsible for the dose scale, which has steps of its own (``scale``), or for no colour (``mono``).
"""

from __future__ import annotations

from functools import lru_cache

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from tui.palette import CONTRAST, DARK, LIGHT, linear, rgb

_STEPS = (0, 95, 135, 175, 215, 255)
CUBE: dict[int, tuple[int, int, int]] = {
    **{
        16 + 36 * r + 6 * g + b: (_STEPS[r], _STEPS[g], _STEPS[b]) for r in range(6) for g in range(6) for b in range(6)
    },
    **{232 + step: (8 + 10 * step,) * 3 for step in range(24)},
}
"""The colours 16 to 255; the first 16 are the terminal's own and may be anything."""
SIXTEEN: dict[int, tuple[int, int, int]] = {
    bright * 8 + 4 * b + 2 * g + r: tuple(170 * part + 85 * bright for part in (r, g, b))  # type: ignore[misc]
    for bright in (0, 1) for r in (0, 1) for g in (0, 1) for b in (0, 1)
}  # fmt: skip
SIXTEEN[3] = (170, 85, 0)


_ON_DARK = {
    "surface": 0, "panel": 0, "inside": 0, "outside": 0, "calm": 0, "text": 15, "quiet": 7, "line": 8, "calm_on": 7,
    "accent": 14, "accent_on": 0, "good": 10, "warn": 11, "bad": 9, "outline": 6, "next_mark": 15,
    "high": 1, "high_on": 15, "medium": 11, "medium_on": 0, "low": 14, "low_on": 0,
}  # fmt: skip
_ON_LIGHT = {
    **_ON_DARK, "surface": 15, "panel": 15, "inside": 15, "outside": 15, "calm": 15, "text": 0, "quiet": 8, "line": 7,
    "calm_on": 8, "accent": 4, "accent_on": 15, "good": 4, "warn": 5, "bad": 1, "outline": 8, "next_mark": 0,
}  # fmt: skip
_ON_BLACK = {**_ON_DARK, "quiet": 15, "calm_on": 15, "accent": 11, "outline": 15}
ROLES = {
    getattr(palette, role): number
    for palette, roles in ((DARK, _ON_DARK), (LIGHT, _ON_LIGHT), (CONTRAST, _ON_BLACK))
    for role, number in roles.items()
}
"""Of sixteen colours the nearest is often the wrong one: grey text on a grey panel. What each of ours becomes."""


class FewerColours(LineFilter):
    """Turns true colours into those of a terminal that has fewer."""

    def __init__(self, *, sixteen: bool = False) -> None:
        super().__init__()
        self._sixteen = sixteen

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 -- the filter's signature
        """The same segments in fewer colours."""
        return [
            Segment(text, None if style is None else fewer(style, sixteen=self._sixteen), control)
            for text, style, control in segments
        ]


@lru_cache(maxsize=4096)
def fewer(style: Style, *, sixteen: bool) -> Style:
    """``style`` in fewer colours; what it has besides colours stays."""
    front, back = (
        None if colour is None or colour.triplet is None else RichColor.from_ansi(nearest(colour.triplet.hex, sixteen))
        for colour in (style.color, style.bgcolor)
    )
    return style + Style(color=front, bgcolor=back)


@lru_cache(maxsize=1024)
def nearest(colour: str, sixteen: bool = False) -> int:
    """The number of the nearest colour to ``#rrggbb``."""
    if sixteen and colour in ROLES:
        return ROLES[colour]
    wanted = _lab(rgb(colour))
    known = _labs(sixteen)
    return min(known, key=lambda number: sum((a - b) ** 2 for a, b in zip(known[number], wanted, strict=True)))


def colour_of(number: int) -> str:
    """``#rrggbb`` of a numbered colour."""
    return "#{:02x}{:02x}{:02x}".format(*(CUBE[number] if number in CUBE else SIXTEEN[number]))


@lru_cache(maxsize=2)
def _labs(sixteen: bool) -> dict[int, tuple[float, float, float]]:
    return {number: _lab(parts) for number, parts in (SIXTEEN if sixteen else CUBE).items()}


def _lab(parts: tuple[int, int, int]) -> tuple[float, float, float]:
    red, green, blue = (linear(part) for part in parts)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )
