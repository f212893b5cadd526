"""Where each part of the board lies, for every size of the screen: pure arithmetic, and the layout that obeys it.

The total is as large as it can be while the map keeps about half of the width. Not responsible for what the parts
say (``panels``) or for the lines above and below the board (``app``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from tui import tall
from tui.panels import TOTAL_WORDS

NARROW = 76
"""Columns below which the map is left to a key."""
LEAST_RIGHT = 38
"""Columns that the sentences about the total need, with a blank on both sides."""
LEAST_MAP = 40
MOST_RIGHT = 0.52
"""Share of the width up to which the total grows at the map's expense."""
GUN = 5
LEAST_SHOTS = 3
ZONES_FROM = 27
"""Lines of a board that shows the zones beside the map; with fewer, they are on the gun's page."""


@dataclass(frozen=True, slots=True)
class Wants:
    """What a plan needs to be shown: its total as a figure, and how many zones it has."""

    figure: str
    zones: int


def arrange(width: int, height: int, wants: Wants, *, big_map: bool = False) -> dict[str, Region]:
    """The parts that are shown, by name; they cover the board without overlapping."""
    if big_map:
        return _map(0, width, height)
    if width < NARROW:
        return _column(0, width, height, wants, _scale(width - 2, height - GUN - LEAST_SHOTS, wants))
    scale = next(
        scale for scale in tall.SCALES
        if scale == 1 or (_right(scale, wants) <= MOST_RIGHT * width and _needs(scale) <= height - LEAST_SHOTS)
    )  # fmt: skip
    right = min(_right(scale, wants), width - LEAST_MAP)
    return {**_map(0, width - right, height), **_column(width - right, right, height, wants, scale)}


def _right(scale: float, wants: Wants) -> int:
    return max(LEAST_RIGHT, tall.width(wants.figure, scale) + 2)


def _needs(scale: float) -> int:
    """Lines of total, gun and the rules below both."""
    return _total(scale) + GUN + 2


def _total(scale: float) -> int:
    """Lines of the total: a large figure has a blank line below it."""
    return tall.lines(scale) + TOTAL_WORDS + int(scale >= 2)


def _scale(width: int, height: int, wants: Wants) -> float:
    fits = (s for s in tall.SCALES if tall.width(wants.figure, s) <= width and _total(s) <= height)
    return next(fits, 1)


def _map(x: int, width: int, height: int) -> dict[str, Region]:
    return {
        "mapbox": Region(x, 0, width, height - 2),
        "foot": Region(x, height - 2, width, 1),
        "legend": Region(x, height - 1, width, 1),
    }


def _column(x: int, width: int, height: int, wants: Wants, scale: float) -> dict[str, Region]:
    """Total, zones, gun and shots, one below the other, each under its rule; the shots have what is left."""
    rules = int(height >= _needs(scale) + LEAST_SHOTS)
    parts = [("total", _total(scale), False)]
    if x and height >= ZONES_FROM:
        parts.append(("zones", max(1, min(wants.zones, height - _needs(scale) - LEAST_SHOTS - 1)), True))
    parts += [("gun", GUN, True), ("shots", height, True)]
    found: dict[str, Region] = {}
    y = 0
    for name, lines, ruled in parts:
        if ruled and rules:
            found[f"{name}-rule"] = Region(x, y, width, 1)
            y += 1
        found[name] = Region(x, y, width, max(0, min(lines, height - y)))
        y += found[name].height
    return found


class BoardLayout(Layout):
    """Places the board's parts by their names; a part without a place has no size."""

    name = "board"

    def __init__(self, wants: Wants) -> None:
        self._wants = wants

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:  # noqa: ARG002 -- the toolkit's signature
        """Where each child lies."""
        places: Mapping[str, Region] = arrange(*size, self._wants, big_map=parent.screen.has_class("-bigmap"))
        nowhere = Region(0, 0, 0, 0)
        return [
            WidgetPlacement(places.get(child.id or "", nowhere), NULL_OFFSET, NULL_SPACING, child) for child in children
        ]
