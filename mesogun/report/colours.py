"""Colours of report pictures: a scale that every kind of colour vision can read, and one colour per mark.

Colour never stands alone: each mark has its own shape, the scale has numbers. Not responsible for drawing.

The scale is cividis (Nuñez, Anderton and Renslow 2018, PLoS ONE 13:e0199239, doi:10.1371/journal.pone.0199239), run
from light to dark because the page is white; the marks use colours of Okabe and Ito (2008, Color Universal Design).
"""

from __future__ import annotations

Rgb = tuple[int, int, int]

# Cividis at 0, 1/16, ... 1: low is dark there.
_CIVIDIS = (
    "00224e 002e6a 1a386f 32436d 434e6c 535a6d 61656f 6f7073 7d7c78 "
    "8c8878 9b9476 aba072 bcae6c cdbb63 dec958 f0d846 fee838"
)
_ANCHORS: tuple[Rgb, ...] = tuple(
    (int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16)) for text in reversed(_CIVIDIS.split())
)
# Below this part of the scale the colour fades into the paper, so that skin without dose stays white.
FADE = 0.12


def shade(level: float) -> Rgb:
    """The colour of a level in 0..1 on white paper."""
    place = min(max(level, 0.0), 1.0) * (len(_ANCHORS) - 1)
    below = min(int(place), len(_ANCHORS) - 2)
    part = place - below
    pair = zip(_ANCHORS[below], _ANCHORS[below + 1], strict=True)
    full = [low + (high - low) * part for low, high in pair]
    ink = min(max(level, 0.0) / FADE, 1.0)
    red, green, blue = (round(255 - (255 - value) * ink) for value in full)
    return red, green, blue


def hex_of(colour: Rgb) -> str:
    """A colour as ``#rrggbb``."""
    return "#{:02x}{:02x}{:02x}".format(*colour)
