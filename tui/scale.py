"""The dose scale in what a terminal can show: many colours, 256, 16, or none.

Lightness rises all the way in every one of them, so that every kind of colour vision sees the same order. With true
colour it is cividis (Nunez, Anderton and Renslow 2018, doi 10.1371/journal.pone.0199239); of the 256 usual colours
twelve were chosen by eye along it; with 16, shades lead from blue to yellow; without colour only the shades are
left. Not responsible for the dose (``dosemap``) or for which of them a terminal gets (``themed``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

LEVELS = 32
_ANCHORS = (
    "#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838",
)  # fmt: skip
_CUBE = (
    "#00005f", "#000087", "#005f87", "#5f5f87", "#5f8787", "#878787", "#949494", "#afaf87", "#d7af5f",
    "#d7d75f", "#ffd75f", "#ffff5f",
)  # fmt: skip
SHADES = "░▒▓█"
_BLUE, _BRIGHT_BLUE, _YELLOW = "#0000aa", "#5555ff", "#ffff55"


class Ink(Enum):
    """What a map is drawn with: half blocks of many or of twelve colours, shades of two colours, or shades alone."""

    FULL = auto()
    CUBE = auto()
    SIXTEEN = auto()
    PLAIN = auto()

    @property
    def halves(self) -> bool:
        """Whether a cell shows two pixels, one above the other."""
        return self in (Ink.FULL, Ink.CUBE)


@dataclass(frozen=True, slots=True)
class Shade:
    """One step of a scale of shades; no colour means the theme's own. ``back`` is what a mark on it stands on."""

    glyph: str
    front: str | None = None
    behind: str | None = None
    back: str | None = None


def _mix(one: str, other: str, share: float) -> str:
    parts = (round(int(one[i : i + 2], 16) * (1 - share) + int(other[i : i + 2], 16) * share) for i in (1, 3, 5))
    return "#" + "".join(f"{part:02x}" for part in parts)


def colours(inside: str, *, dark: bool, ink: Ink = Ink.FULL) -> tuple[str, ...]:
    """Level 0 is ``inside``, untouched skin; 1 to 31 run through the scale, away from the background."""
    if ink is Ink.CUBE:
        steps = _CUBE if dark else _CUBE[::-1]
        return (inside, *(steps[step_of(level, len(steps)) - 1] for level in range(1, LEVELS)))
    anchors = _ANCHORS if dark else _ANCHORS[::-1]
    found: list[str] = [inside]
    for level in range(1, LEVELS):
        place = (level - 1) / (LEVELS - 2) * (len(anchors) - 1)
        index = min(int(place), len(anchors) - 2)
        found.append(_mix(anchors[index], anchors[index + 1], place - index))
    return tuple(found)


@lru_cache(maxsize=8)
def shades(ink: Ink, *, dark: bool) -> tuple[Shade, ...]:
    """The steps of a scale of shades, the least dose first; none has the glyph and colours of another."""
    if ink is Ink.PLAIN:
        return tuple(Shade(glyph) for glyph in SHADES)
    first, second = (_BRIGHT_BLUE, _YELLOW) if dark else (_YELLOW, _BLUE)
    under = _BLUE if dark else _YELLOW  # a bright blue background is beyond many of these terminals
    return (
        *(Shade(glyph, first, None, under if glyph in "▓█" else None) for glyph in SHADES),
        *(Shade(glyph, second, under, second if glyph in "▓█" else under) for glyph in SHADES),
    )


def step_of(level: float, steps: int) -> int:
    """Which of ``steps`` equal steps a level is, from 1; 0 for no dose. Half a level is some dose."""
    if level < 0.5:
        return 0
    return min(steps, max(1, -int(-level * steps // (LEVELS - 1))))
