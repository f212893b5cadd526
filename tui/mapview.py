"""The dose map on the screen: half blocks, line by line, and only the lines that changed.

Not responsible for the dose (``dosemap``) or the colour steps (``scale``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events, work
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from mesogun.plan.model import Plan
from mesogun.record import Mark, TreatmentState
from tui import figures
from tui.dosemap import DoseMap, Fit, fit, inside, outline
from tui.palette import Palette, luminance
from tui.scale import LEVELS, character, colours
from tui.view import View

GLYPHS = {
    Mark.PENDING: "·",
    Mark.LOADED: "○",
    Mark.GIVEN: "•",
    Mark.PARTIAL: "◐",
    Mark.INDETERMINATE: "?",
    Mark.SKIPPED: "×",
}
NEXT, LATEST, CURSOR = "◆", "●", "┼"
PLAIN = {"·": ".", "○": "o", "•": "+", "◐": "%", "×": "x", "◆": "N", "●": "#", "┼": "+"}


@lru_cache(maxsize=8192)
def _style(front: str, back: str, bold: bool = False, reverse: bool = False) -> Style:
    return Style(color=front, bgcolor=back, bold=bold, reverse=reverse)


@dataclass(frozen=True, slots=True)
class _Dot:
    glyph: str
    bold: bool = False
    reverse: bool = False


class MapView(Widget):
    """The live dose map of one plan."""

    DEFAULT_CSS = "MapView { width: 1fr; height: 1fr; }"

    def __init__(self, plan: Plan, palette: Palette, *, characters: bool = False) -> None:
        super().__init__(id="map")
        self._plan = plan
        self._palette = palette
        self._characters = characters
        self._fit: Fit | None = None
        self._map: DoseMap | None = None
        self._state: TreatmentState | None = None
        self._dots: dict[tuple[int, int], _Dot] = {}
        self._lines: dict[int, Strip] = {}
        self._cursor: tuple[int, int] | None = None
        self._steps = colours(palette.inside, dark=palette.dark)
        self._moved: object = None

    # -- size and theme ------------------------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Fit anew; the field is rebuilt off this thread."""
        if event.size.width < 2 or event.size.height < 2:
            self._fit, self._map = None, None
            return
        self._fit = fit(self._plan, event.size.width, event.size.height)
        self._inside = inside([r for z in self._plan.zones for r in z.rings] + list(self._plan.exclusions), self._fit)
        self._outline = outline([r for z in self._plan.zones for r in z.rings] + list(self._plan.exclusions), self._fit)
        self._map = None
        self._dots = {}
        self._lines.clear()
        self._build(self._fit)
        self.refresh()

    @work(thread=True, exclusive=True)
    def _build(self, to: Fit) -> None:
        made = DoseMap(self._plan, to)
        state = self._state
        if state is not None:
            made.take(state.shots, state.reassigned)
        self.app.call_from_thread(self._install, made)

    def _install(self, made: DoseMap) -> None:
        if made.fit != self._fit:
            return
        self._map = made
        self._lines.clear()
        self.refresh()

    def repaint(self, palette: Palette, *, characters: bool) -> None:
        """Another theme."""
        self._palette, self._characters = palette, characters
        self._steps = colours(palette.inside, dark=palette.dark)
        self._lines.clear()
        self.refresh()

    # -- content -------------------------------------------------------------------------------------------------------

    def show(self, view: View, state: TreatmentState) -> None:
        """Take the newest record; refreshes the lines that look different, no others."""
        rebuilt = self._moved is not None and self._moved is not state.reassigned
        self._moved = state.reassigned
        self._state = state
        if self._fit is None:
            return
        if rebuilt:
            self._build(self._fit)
        dirty = self._redot(view)
        if self._map is not None:
            dirty |= self._map.take(state.shots, state.reassigned)
        for line in dirty:
            self._lines.pop(line, None)
            self.refresh(Region(0, line, self.size.width, 1))

    def _redot(self, view: View) -> set[int]:
        if self._fit is None:
            return set()
        dots: dict[tuple[int, int], _Dot] = {}
        last = view.last[-1].point if view.last else None
        for shot in self._plan.shots:
            mark = view.marks[shot.index]
            reverse = mark is Mark.INDETERMINATE
            dots[self._fit.cell(shot.x_um / 1000, shot.y_um / 1000)] = _Dot(
                GLYPHS[mark], bold=mark is not Mark.PENDING, reverse=reverse
            )
        for index, glyph in ((last, LATEST), (view.next_shot, NEXT)):
            if index is not None and index < len(self._plan.shots):
                shot = self._plan.shots[index]
                dots[self._fit.cell(shot.x_um / 1000, shot.y_um / 1000)] = _Dot(glyph, bold=True, reverse=True)
        if self._cursor is not None:
            dots[self._cursor] = _Dot(CURSOR, bold=True, reverse=True)
        changed = {cell[1] for cell in self._dots.keys() | dots.keys() if self._dots.get(cell) != dots.get(cell)}
        self._dots = dots
        return changed

    # -- the cursor ----------------------------------------------------------------------------------------------------

    def move_cursor(self, columns: int, lines: int) -> None:
        """Move the cursor; it starts in the middle and stays inside."""
        width, height = self.size
        column, line = self._cursor if self._cursor is not None else (width // 2, height // 2)
        if self._cursor is not None:
            column, line = column + columns, line + lines
        self._cursor = max(0, min(width - 1, column)), max(0, min(height - 1, line))

    def hide_cursor(self) -> None:
        """No cursor."""
        self._cursor = None

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """The mouse is a cursor too."""
        self._cursor = event.x, event.y

    def on_leave(self) -> None:
        """The mouse is elsewhere."""
        self._cursor = None

    def reading(self) -> str:
        """Dose and place under the cursor, in words; empty without a cursor."""
        if self._cursor is None or self._map is None or self._fit is None:
            return ""
        x_mm, y_mm = self._fit.place_mm(*self._cursor)
        dose = self._map.dose(*self._cursor)
        return f"{x_mm:.0f}, {y_mm:.0f} mm: {areal(dose)}"

    def legend(self, width: int) -> Text:
        """Scale with its numbers, length bar, value under the cursor; never wider than ``width``."""
        palette = self._palette
        if self._map is None or self._fit is None:
            return Text("map: loading the dose model", style=palette.quiet)
        text = Text("0 ", style=palette.quiet)
        for step in range(1, 11):
            level = round(step * (LEVELS - 1) / 10)
            if self._characters:
                text.append(character(level), style=palette.text)
            else:
                text.append("█", style=self._steps[level])
        text.append(f" {areal(self._map.top)}", style=palette.quiet)
        reading = self.reading()
        if reading:
            text.append(f"   {reading}", style=palette.text)
        else:
            cells = max(1, round(10 / self._fit.h_mm))
            text.append("   ├" + "─" * max(0, cells - 2) + "┤ 10 mm", style=palette.quiet)
        text.truncate(width)
        return text

    # -- lines ---------------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One line, from the cache unless it changed."""
        strip = self._lines.get(y)
        if strip is None:
            strip = self._lines[y] = self._strip(y)
        return strip

    def _strip(self, y: int) -> Strip:
        width = self.size.width
        to = self._fit
        if to is None or y >= to.ny // 2 or width != to.nx:
            return Strip([Segment(" " * width, _style(self._palette.text, self._palette.outside))], width)
        upper, lower = to.ny - 1 - 2 * y, to.ny - 2 - 2 * y
        segments: list[Segment] = []
        run, run_style = "", None
        for x in range(width):
            text, style = self._cell(x, y, upper, lower)
            if style is not run_style and run:
                segments.append(Segment(run, run_style))
                run = ""
            run, run_style = run + text, style
        segments.append(Segment(run, run_style))
        return Strip(segments, width)

    def _cell(self, x: int, y: int, upper: int, lower: int) -> tuple[str, Style]:
        dot = self._dots.get((x, y))
        if self._characters:
            return self._character_cell(x, upper, lower, dot)
        one, other = self._colour(upper, x), self._colour(lower, x)
        if dot is not None:
            back = max(one, other, key=lambda c: (c not in (self._palette.inside, self._palette.outside), c))
            front = self._palette.text if abs(luminance(back) - luminance(self._palette.text)) > 0.35 else _far(back)
            if dot.reverse:
                return dot.glyph, _style(_far(self._palette.next_mark), self._palette.next_mark, bold=True)
            return dot.glyph, _style(front, back, bold=dot.bold)
        if one == other:
            return " ", _style(self._palette.text, one)
        return "▀", _style(one, other)

    def _colour(self, row: int, x: int) -> str:
        level = int(self._map.levels[row, x]) if self._map is not None else 0
        if level:
            return self._steps[level]
        if self._outline[row, x]:
            return self._palette.outline
        return self._palette.inside if self._inside[row, x] else self._palette.outside

    def _character_cell(self, x: int, upper: int, lower: int, dot: _Dot | None) -> tuple[str, Style]:
        style = _style(self._palette.text, self._palette.outside)
        if dot is not None and (dot.glyph != GLYPHS[Mark.GIVEN]):
            glyph = PLAIN.get(dot.glyph, dot.glyph)
            return glyph, _style(self._palette.text, self._palette.outside, dot.bold, dot.reverse)
        level = float(self._map.levels[[lower, upper], x].mean()) if self._map is not None else 0.0
        if level:
            return character(level), style
        return ("░" if self._outline[upper, x] or self._outline[lower, x] else " "), style


def areal(dose_ul_cm2: float) -> str:
    """An areal dose in the screen's one unit of volume, to a tenth of a microlitre per cm2."""
    return f"{figures.given(round(dose_ul_cm2 * 1000), unit=False, decimals=4)} mL/cm²"


def _far(colour: str) -> str:
    return "#000000" if luminance(colour) > 0.18 else "#ffffff"
