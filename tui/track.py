"""Lines through character cells: the outline of an area and the path from point to point, in box-drawing characters.

A line enters and leaves each cell through one of its four sides; which sides, decides the character. No screen in
here. Not responsible for where the lines run (``ground`` knows the fit, ``marks`` the path) or for their colours.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

Cell = tuple[int, int]
_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_SIDES = {(0, -1): _UP, (0, 1): _DOWN, (-1, 0): _LEFT, (1, 0): _RIGHT}
_OTHER = {_UP: _DOWN, _DOWN: _UP, _LEFT: _RIGHT, _RIGHT: _LEFT}
LIGHT = " │││─╯╮┤─╰╭├─┴┬┼"
HEAVY = " ┃┃┃━┛┓┫━┗┏┣━┻┳╋"
"""The character of each sum of sides."""


def outlines(rings: Iterable[Sequence[tuple[float, float]]]) -> dict[Cell, str]:
    """Closed lines through places (column, line), with fractions: the character of each cell that they pass."""
    sides: dict[Cell, int] = {}
    for ring in rings:
        cells: list[Cell] = []
        for (x1, y1), (x2, y2) in zip(ring, (*ring[1:], ring[0]), strict=True):
            steps = max(1, math.ceil(4 * max(abs(x2 - x1), abs(y2 - y1))))
            for step in range(steps):
                share = step / steps
                cell = math.floor(x1 + share * (x2 - x1)), math.floor(y1 + share * (y2 - y1))
                if not cells or cells[-1] != cell:
                    cells.append(cell)
        _join(_without_spurs(cells), sides, closed=True)
    return {cell: LIGHT[found] for cell, found in sides.items()}


def path(cells: Sequence[Cell]) -> dict[Cell, str]:
    """The way from cell to cell, along the columns first: the character of each cell in between."""
    sides: dict[Cell, int] = {}
    for (x1, y1), (x2, y2) in pairwise(cells):
        steps = max(abs(x2 - x1), abs(y2 - y1))
        legs = [(round(x1 + (x2 - x1) * n / steps), round(y1 + (y2 - y1) * n / steps)) for n in range(1, steps)]
        _join([(x1, y1), *legs, (x2, y2)], sides, closed=False)
    for cell in cells:
        sides.pop(cell, None)
    return {cell: HEAVY[found] for cell, found in sides.items()}


def _join(cells: Sequence[Cell], sides: dict[Cell, int], *, closed: bool) -> None:
    """Note on both sides of every step where the line leaves a cell and enters the next."""
    for (x1, y1), (x2, y2) in zip(cells, (*cells[1:], cells[0]) if closed and cells else cells[1:], strict=False):
        x, y = x1, y1
        while (x, y) != (x2, y2):
            move = (1 if x2 > x else -1, 0) if x != x2 else (0, 1 if y2 > y else -1)
            side = _SIDES[move]
            sides[x, y] = sides.get((x, y), 0) | side
            x, y = x + move[0], y + move[1]
            sides[x, y] = sides.get((x, y), 0) | _OTHER[side]


def _without_spurs(cells: list[Cell]) -> list[Cell]:
    """A line that only touches a cell and goes back does not go there at all."""
    kept: list[Cell] = []
    for cell in cells:
        if len(kept) > 1 and kept[-2] == cell:
            kept.pop()
        elif not kept or kept[-1] != cell:
            kept.append(cell)
    return kept
