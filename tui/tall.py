"""Tall figures out of blocks, readable at two metres: a 1 with a foot, a 7 with a bar, a point that cannot be missed.

Every digit is 6 x 5 cells with strokes two cells wide, and can be one and a half, two or three times as large. A study
of light segment-like figures found a 7 read as a 1 (MEDLINE 19435163); a test holds the distance between any two
figures. Not responsible for the value (``figures``).
"""

from __future__ import annotations

import math
from functools import lru_cache

ROWS = 5
WIDTH = 6
POINT_WIDTH = 2
GAP = 1

GLYPHS: dict[str, tuple[str, ...]] = {
    "0": (
        "▄████▄",
        "██  ██",
        "██  ██",
        "██  ██",
        "▀████▀",
    ),
    "1": (
        " ▄███ ",
        "▀▀▀██ ",
        "   ██ ",
        "   ██ ",
        "██████",
    ),
    "2": (
        "▄████▄",
        "▀▀  ██",
        "  ▄██▀",
        "▄██▀  ",
        "██████",
    ),
    "3": (
        "▄████▄",
        "▀▀  ██",
        "  ███▄",
        "▄▄  ██",
        "▀████▀",
    ),
    "4": (
        "██  ██",
        "██  ██",
        "██████",
        "    ██",
        "    ██",
    ),
    "5": (
        "██████",
        "██    ",
        "█████▄",
        "▄▄  ██",
        "▀████▀",
    ),
    "6": (
        "▄████▄",
        "██  ▀▀",
        "█████▄",
        "██  ██",
        "▀████▀",
    ),
    "7": (
        "██████",
        "    ██",
        " ▄▄██▄",
        "  ██  ",
        "  ██  ",
    ),
    "8": (
        "▄████▄",
        "██  ██",
        "▄████▄",
        "██  ██",
        "▀████▀",
    ),
    "9": (
        "▄████▄",
        "██  ██",
        "▀█████",
        "▄▄  ██",
        "▀████▀",
    ),
    "-": (
        "      ",
        "      ",
        "██████",
        "      ",
        "      ",
    ),
    ".": (
        "  ",
        "  ",
        "  ",
        "▄▄",
        "██",
    ),
    ",": (
        "  ",
        "  ",
        "  ",
        "██",
        "▄▀",
    ),
    " ": ("      ",) * ROWS,
}
SCALES = (3, 2, 1.5, 1)
"""How many times larger than in 5 rows the figures can be drawn."""
_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def rows(text: str, scale: float = 1) -> tuple[str, ...]:
    """``text`` of digits, point, comma, minus and blanks as ``lines(scale)`` rows.

    Raises
    ------
    KeyError
        For any other character: a tall figure has no unit, the label carries it.
    """
    gap = " " * _gap(scale)
    drawn = [_glyph(character, scale) for character in text]
    return tuple(gap.join(glyph[row] for glyph in drawn) for row in range(lines(scale)))


def lines(scale: float) -> int:
    """Rows of a figure at this scale; half a row more is a whole one."""
    return math.ceil(ROWS * scale)


def width(text: str, scale: float = 1) -> int:
    """Cells that ``rows(text, scale)`` takes."""
    return sum(math.ceil(len(GLYPHS[character][0]) * scale) for character in text) + _gap(scale) * max(0, len(text) - 1)


def fitted(text: str, cells: int, room: int) -> tuple[str, ...]:
    """The largest drawing of ``text`` that fits ``cells`` by ``room``; plain text where even one row is all there is.

    The number is never cut: when nothing fits, the plain text is returned whatever its length.
    """
    for one in (text, text.strip()):
        for scale in SCALES:
            if width(one, scale) <= cells and lines(scale) <= room:
                return rows(one, scale)
    return (text.strip(),)


def _gap(scale: float) -> int:
    return math.ceil(GAP * scale)


@lru_cache(maxsize=64)
def _glyph(character: str, scale: float) -> tuple[str, ...]:
    """One figure, pixel by pixel, where a cell is two pixels, one above the other."""
    drawn = GLYPHS[character]
    if scale == 1:
        return drawn
    pixels = [[cell in halves for cell in row] for row in drawn for halves in ("█▀", "█▄")]
    columns = _sources(len(pixels[0]), scale)
    grown = [[pixels[row][column] for column in columns] for row in _sources(len(pixels), scale)]
    if len(grown) % 2:
        grown.append([False] * len(columns))
    return tuple(
        "".join(_HALVES[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(grown[::2], grown[1::2], strict=True)
    )


def _sources(count: int, scale: float) -> list[int]:
    """Which pixel each larger one comes from. One and a half: a pair becomes three, so that strokes, two pixels thick,
    stay even; the outer pixel of the pair is the one that stays single, so that round corners stay round.
    """
    if scale != 1.5:
        return [source for source in range(count) for _ in range(round(scale))]
    found: list[int] = []
    for first in range(0, count, 2):
        found += [first, first + 1, first + 1] if 2 * first < count - 1 else [first, first, first + 1]
    return found
