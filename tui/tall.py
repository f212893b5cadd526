"""Tall figures out of blocks, readable at two metres: a 1 with a foot, a 7 with a bar, a point that cannot be missed.

Every digit is 6 x 5 cells with strokes two cells wide. A study of light segment-like figures found a 7 read as a 1
(MEDLINE 19435163); a test holds the distance between any two figures. Not responsible for the value (``figures``).
"""

from __future__ import annotations

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
_DOUBLE = {"█": ("██", "██"), "▀": ("██", "  "), "▄": ("  ", "██"), " ": ("  ", "  ")}


def rows(text: str) -> tuple[str, ...]:
    """``text`` of digits, point, comma, minus and blanks as five rows.

    Raises
    ------
    KeyError
        For any other character: a tall figure has no unit, the label carries it.
    """
    gap = " " * GAP
    return tuple(gap.join(GLYPHS[character][row] for character in text) for row in range(ROWS))


def doubled(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The same figures twice as tall and wide, for a big screen."""
    big: list[str] = []
    for line in lines:
        for half in (0, 1):
            big.append("".join(_DOUBLE[character][half] for character in line))
    return tuple(big)


def width(text: str) -> int:
    """Cells that ``rows(text)`` takes."""
    return sum(len(GLYPHS[character][0]) for character in text) + GAP * max(0, len(text) - 1)


def fitted(text: str, cells: int, lines: int) -> tuple[str, ...]:
    """The largest drawing of ``text`` that fits ``cells`` by ``lines``; plain text where even one row is all there is.

    The number is never cut: when nothing fits, the plain text is returned whatever its length.
    """
    if 2 * width(text) <= cells and lines >= 2 * ROWS:
        return doubled(rows(text))
    if width(text) <= cells and lines >= ROWS:
        return rows(text)
    trimmed = text.strip()
    if width(trimmed) <= cells and lines >= ROWS:
        return rows(trimmed)
    return (trimmed,)
