"""A frame as SVG, cell by cell: blocks as rectangles, lines as lines, letters each in its own cell.

So it looks the same with every font, has no seams between blocks, and calls nobody when it is opened. Pure. Not
responsible for when a picture is taken (``picture``) or where it is kept (``settings``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from rich.cells import cell_len
from rich.color import Color
from textual.strip import Strip

from tui.palette import Palette
from tui.track import HEAVY, LIGHT

WIDE, HIGH, EDGE = 10, 20, 10
BASELINE = 15
FONTS = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"
_WORDS = re.compile(r"\S+(?: \S+)*")
_EIGHTHS = "▁▂▃▄▅▆▇█"
_SHADES = {"░": 0.25, "▒": 0.5, "▓": 0.75}
_LINES = {**dict.fromkeys(LIGHT[1:], (LIGHT, 1.2)), **dict.fromkeys(HEAVY[1:], (HEAVY, 2.4))}
_ENDS = {1: (WIDE / 2, 0.0), 2: (WIDE / 2, HIGH), 4: (0.0, HIGH / 2), 8: (WIDE, HIGH / 2)}
"""Where a line leaves a cell through its top, bottom, left and right side."""


@dataclass(frozen=True, slots=True)
class _Cell:
    column: int
    sign: str
    front: str
    back: str
    bold: bool


def svg(strips: Sequence[Strip], palette: Palette, title: str) -> str:
    """The frame; ``palette`` has the colours of what has none of its own."""
    width = WIDE * max((strip.cell_length for strip in strips), default=0) + 2 * EDGE
    height = HIGH * len(strips) + 2 * EDGE
    rows = [list(_cells(strip, palette)) for strip in strips]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" rx="9" fill="{palette.surface}" stroke="{palette.line}"/>',
        f'<g transform="translate({EDGE} {EDGE})" font-family="{FONTS}" font-size="16">',
    ]
    for number, cells in enumerate(rows):
        y = number * HIGH
        parts.append('<g shape-rendering="crispEdges">')
        for back, run in groupby(cells, key=lambda cell: cell.back):
            if back != palette.surface:
                parts.append(_rectangle(list(run), y, HIGH, back))
        found = [(key, list(run)) for key, run in groupby(cells, key=lambda cell: (cell.sign, cell.front))]
        parts += [shape for (sign, front), run in found if (shape := _block(sign, run, y, front))]
        parts.append("</g>")
        parts += [_line(sign, run, y, front) for (sign, front), run in found if sign in _LINES]
        parts += _texts(cells, y)
    return "\n".join([*parts, "</g>", "</svg>", ""])


def _cells(strip: Strip, palette: Palette) -> Iterator[_Cell]:
    column = 0
    for text, style, control in strip:
        if control:
            continue
        front = _colour(style.color if style else None, palette.text)
        back = _colour(style.bgcolor if style else None, palette.surface)
        if style and style.reverse:
            front, back = back, front
        for sign in text:
            yield _Cell(column, sign, front, back, bool(style and style.bold))
            column += max(1, cell_len(sign))


def _colour(colour: Color | None, otherwise: str) -> str:
    return otherwise if colour is None or colour.is_default else colour.get_truecolor().hex


def _rectangle(run: Sequence[_Cell], y: float, height: float, colour: str, opacity: float = 1) -> str:
    faint = f' fill-opacity="{opacity}"' if opacity < 1 else ""
    x, width = WIDE * run[0].column, WIDE * len(run)
    return f'<rect x="{x}" y="{y:g}" width="{width}" height="{height:g}" fill="{colour}"{faint}/>'


def _block(sign: str, run: Sequence[_Cell], y: int, colour: str) -> str:
    if sign == "▀":
        return _rectangle(run, y, HIGH / 2, colour)
    if sign in _SHADES:
        return _rectangle(run, y, HIGH, colour, _SHADES[sign])
    if sign in _EIGHTHS:
        height = HIGH * (_EIGHTHS.index(sign) + 1) / 8
        return _rectangle(run, y + HIGH - height, height, colour)
    if sign == "▌":
        left = (f"M{WIDE * cell.column} {y}h{WIDE / 2:g}v{HIGH}h-{WIDE / 2:g}z" for cell in run)
        return f'<path d="{"".join(left)}" fill="{colour}"/>'
    return ""


def _line(sign: str, run: Sequence[_Cell], y: int, colour: str) -> str:
    table, thick = _LINES[sign]
    sides = table.rindex(sign)
    if sides == 12:
        drawn = f"M{WIDE * run[0].column} {y + HIGH / 2:g}h{WIDE * len(run)}"
    else:
        drawn = "".join(_arms(sides, WIDE * cell.column, y, round_off=table is LIGHT) for cell in run)
    return f'<path d="{drawn}" fill="none" stroke="{colour}" stroke-width="{thick}"/>'


def _arms(sides: int, x: int, y: int, *, round_off: bool) -> str:
    ends = [(x + dx, y + dy) for side, (dx, dy) in _ENDS.items() if sides & side]
    middle = f"{x + WIDE / 2:g} {y + HIGH / 2:g}"
    if len(ends) == 2:
        bend = f"Q{middle} " if round_off and sides not in (3, 12) else f"L{middle}L"
        return f"M{ends[0][0]:g} {ends[0][1]:g}{bend}{ends[1][0]:g} {ends[1][1]:g}"
    return "".join(f"M{middle}L{end_x:g} {end_y:g}" for end_x, end_y in ends)


def _texts(cells: Sequence[_Cell], y: int) -> Iterator[str]:
    """Words, every letter with its own place; what is drawn as a shape is left out.

    Two blanks end a text: some viewers take them for one, and all places after them would be wrong.
    """

    def kind(cell: _Cell) -> tuple[bool, str, bool]:
        shape = cell.sign in _LINES or cell.sign in _EIGHTHS or cell.sign in _SHADES or cell.sign in "▀▌"
        return shape, cell.front, cell.bold

    for (shape, front, bold), group in groupby(cells, key=kind):
        run = list(group)
        text = "".join(cell.sign for cell in run)
        if shape or not text.strip():
            continue
        weight = ' font-weight="bold"' if bold else ""
        for words in _WORDS.finditer(text):
            places = " ".join(str(WIDE * cell.column) for cell in run[words.start() : words.end()])
            yield f'<text x="{places}" y="{y + BASELINE}" fill="{front}"{weight}>{escape(words.group())}</text>'
