"""How the map's cells look: the dose in the ink that the terminal has, and the signs so that they stand out on it.

A sign takes its cell's colour as its ground and a colour that can be read on it. Pure: codes and signs in, segments
out. Not responsible for which cell holds what (``mapview``) or for the steps of the scale (``scale``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from tui.ground import INSIDE, OUTSIDE
from tui.marks import Dot, Tone
from tui.palette import Palette, contrast, luminance
from tui.scale import LEVELS, Ink, Shade, colours, shades, step_of

_LEAST = {Tone.OUTLINE: 1.6, Tone.PATH: 3.0, Tone.PLAIN: 4.5, Tone.BOLD: 4.5, Tone.LOUD: 2.5}
"""Contrast that a sign's own colour must have with its ground; with less, black or white takes its place."""


@lru_cache(maxsize=8192)
def _style(front: str, back: str, bold: bool = False) -> Style:
    return Style(color=front, bgcolor=back, bold=bold)


@lru_cache(maxsize=4096)
def _apart(colour: str, back: str, least: float) -> str:
    return colour if contrast(colour, back) >= least else far(back)


def far(colour: str) -> str:
    """Black or white, whichever is further away."""
    return "#000000" if luminance(colour) > 0.18 else "#ffffff"


class Brush:
    """Draws with one ink in one theme."""

    def __init__(self, palette: Palette, ink: Ink) -> None:
        self._palette = palette
        self._ink = ink
        self._paints = (*colours(palette.inside, dark=palette.dark, ink=ink), palette.outside)
        self._shades: tuple[Shade, ...] = () if ink.halves else shades(ink, dark=palette.dark)
        self.blank = _style(palette.text, palette.outside)

    def line(self, one: Sequence[int], other: Sequence[int], dots: Mapping[int, Dot]) -> list[Segment]:
        """One line of cells: codes of the upper and of the lower pixels, and the signs on them by column."""
        halves = self._ink.halves
        cells: list[tuple[int, int]] = list(zip(one, other, strict=True))
        if not halves:
            cells = [(self._step(upper, lower), 0) for upper, lower in cells]
        segments: list[Segment] = []
        start, width = 0, len(cells)
        while start < width:
            pair, dot, end = cells[start], dots.get(start), start + 1
            if dot is not None:
                segments.append(self._sign(dot, self._back(pair, dot) if halves else self._under(pair[0])))
            else:
                while end < width and cells[end] == pair and end not in dots:
                    end += 1
                segments.append(self._run(pair, end - start) if halves else self._shaded(pair[0], end - start))
            start = end
        return segments

    # -- half blocks ---------------------------------------------------------------------------------------------------

    def _run(self, pair: tuple[int, int], cells: int) -> Segment:
        one, other = self._paints[pair[0]], self._paints[pair[1]]
        if one == other:
            return Segment(" " * cells, _style(self._palette.text, one))
        return Segment("▀" * cells, _style(one, other))

    def _back(self, pair: tuple[int, int], dot: Dot) -> str:
        dosed = [code for code in pair if INSIDE < code < OUTSIDE]
        if dosed:
            return self._paints[max(dosed)]
        bare = OUTSIDE if dot.tone is Tone.OUTLINE else INSIDE
        return self._paints[bare if bare in pair else pair[0]]

    # -- shades --------------------------------------------------------------------------------------------------------

    def _step(self, upper: int, lower: int) -> int:
        return step_of((upper % LEVELS + lower % LEVELS) / 2, len(self._shades))

    def _shaded(self, step: int, cells: int) -> Segment:
        if not step:
            return Segment(" " * cells, self.blank)
        shade = self._shades[step - 1]
        return Segment(shade.glyph * cells, self._shade_style(shade))

    def _shade_style(self, shade: Shade) -> Style:
        return _style(shade.front or self._palette.text, shade.behind or self._palette.outside)

    def _under(self, step: int) -> str:
        """What a sign on this step stands on: one colour, near what the shade looks like from afar."""
        if not step:
            return self._palette.outside
        if self._ink is Ink.PLAIN:
            return self._palette.text if 2 * step > len(self._shades) else self._palette.outside
        return self._shades[step - 1].back or self._palette.outside

    # -- signs and the scale -------------------------------------------------------------------------------------------

    def _sign(self, dot: Dot, back: str) -> Segment:
        palette, least = self._palette, _LEAST[dot.tone]
        if dot.tone is Tone.LOUD:
            plate = _apart(palette.next_mark, back, least)
            return Segment(dot.glyph, _style(far(plate), plate, bold=True))
        if dot.tone is Tone.OUTLINE:  # quieter than black on white: on much dose it is a line of background
            front = palette.outline if contrast(palette.outline, back) >= least else palette.outside
            return Segment(dot.glyph, _style(_apart(front, back, least), back))
        colour = {Tone.PATH: palette.next_mark, Tone.PLAIN: palette.quiet}
        front = _apart(colour.get(dot.tone, palette.text), back, least)
        return Segment(dot.glyph, _style(front, back, bold=dot.tone is Tone.BOLD))

    def scale(self, cells: int) -> Text:
        """The steps of the scale, each once as far as ``cells`` go; two in a cell where cells have halves."""
        text = Text()
        if not self._ink.halves:
            for shade in self._shades:
                text.append(shade.glyph, self._shade_style(shade))
            return text
        steps = list(dict.fromkeys(self._paints[1:LEVELS]))
        shown = min(len(steps), 2 * cells)
        picked = [steps[round(place * (len(steps) - 1) / (shown - 1))] for place in range(shown)]
        for left, right in zip(picked[::2], picked[1::2], strict=False):
            text.append("▌", _style(left, right))
        if shown % 2:
            text.append("█", _style(picked[-1], self._palette.outside))
        return text
