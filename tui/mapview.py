"""The dose map on the screen: half blocks, line by line, and only the lines that changed.

Not responsible for the dose (``dosemap``) or the colour steps (``scale``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events, work
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget
from textual.worker import get_current_worker

from mesogun.plan.model import Plan
from mesogun.record import Mark, TreatmentState
from tui import figures
from tui.ground import OUTLINE, Fit, Spans, fit, ground, widen
from tui.palette import Palette, luminance
from tui.scale import LEVELS, character, colours
from tui.view import View

if TYPE_CHECKING:
    from tui.dosemap import DoseMap

GLYPHS = {
    Mark.PENDING: "·",
    Mark.LOADED: "○",
    Mark.GIVEN: "•",
    Mark.PARTIAL: "◐",
    Mark.INDETERMINATE: "?",
    Mark.SKIPPED: "×",
}
ZOOMS = (1, 2, 4)
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


_DOTS = {
    mark: _Dot(glyph, bold=mark is not Mark.PENDING, reverse=mark is Mark.INDETERMINATE)
    for mark, glyph in GLYPHS.items()
}
_LATEST, _NEXT, _CURSOR = (_Dot(glyph, bold=True, reverse=True) for glyph in (LATEST, NEXT, CURSOR))


class MapView(Widget):
    """The live dose map of one plan; with ``preview``, what the plan itself would leave."""

    DEFAULT_CSS = "MapView { width: 1fr; height: 1fr; }"

    def __init__(self, plan: Plan, palette: Palette, *, characters: bool = False, preview: bool = False) -> None:
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
        self._use_colours()
        self._moved: object = None
        self._cells: list[tuple[int, int]] = []
        self._at: dict[tuple[int, int], int] = {}
        self._marks: tuple[Mark, ...] = ()
        self._over: dict[tuple[int, int], _Dot] = {}
        self._dotted: tuple[object, ...] | None = None
        self._preview = preview
        self.zoom = ZOOMS[0]
        self._centre_mm: tuple[float, float] | None = None

    # -- size and theme ------------------------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Fit anew; the field is rebuilt off this thread."""
        if event.size.width < 2 or event.size.height < 2:
            self._fit, self._map = None, None
            return
        self._fit_to(event.size.width, event.size.height)

    def _fit_to(self, width: int, height: int) -> None:
        to = fit(self._plan, width, height, zoom=self.zoom, centre_mm=self._centre_mm)
        self.use(to, None)
        if self._preview:
            self._dots = dict.fromkeys(filter(to.shows, self._cells), _DOTS[Mark.PENDING])
        self._lines.clear()
        self.refresh()
        # Only after this frame: building loads the dose model, and the outline should not wait for it.
        self.call_after_refresh(self._build_for, to)

    def _build_for(self, to: Fit) -> None:
        if to == self._fit:
            self._build(to)

    def closer(self) -> None:
        """The next of ``ZOOMS``, around the cursor, else around the latest shot; after the last, the whole area."""
        if self._fit is None:
            return
        self.zoom = ZOOMS[(ZOOMS.index(self.zoom) + 1) % len(ZOOMS)]
        if self.zoom == ZOOMS[1]:
            self._centre_mm = self._looked_at(self._fit)
        self._cursor = None
        self._fit_to(*self.size)

    def _looked_at(self, to: Fit) -> tuple[float, float] | None:
        if self._cursor is not None:
            return to.place_mm(*self._cursor)
        treated = (
            [record.shot_index for record in self._state.shots if record.shot_kind == "TREAT"] if self._state else []
        )
        if not treated or treated[-1] >= len(self._plan.shots):
            return None
        shot = self._plan.shots[treated[-1]]
        return shot.x_um / 1000, shot.y_um / 1000

    def use(self, to: Fit, field: DoseMap | None) -> None:
        """Draw with this fit, and with this field if it is there already."""
        rings = [*self._plan.outline, *self._plan.exclusions]
        self._ground = ground(rings, to)
        self._fit, self._map = to, field
        self._cells = [to.cell(shot.x_um / 1000, shot.y_um / 1000) for shot in self._plan.shots]
        self._at = {cell: index for index, cell in enumerate(self._cells) if to.shows(cell)}
        self._dots, self._dotted, self._marks, self._over = {}, None, (), {}

    @work(thread=True, exclusive=True)
    def _build(self, to: Fit) -> None:
        from tui.dosemap import DoseMap

        worker = get_current_worker()
        made = DoseMap(self._plan, to)
        state = self._state
        if state is not None:
            made.take(state.shots, state.reassigned)
        if not worker.is_cancelled:
            self.app.call_from_thread(self._install, made)

    def _install(self, made: DoseMap) -> None:
        if made.fit != self._fit:
            return
        self._map = made
        if self._preview:
            made.levels = made.planned_levels
        self._lines.clear()
        self.refresh()

    def repaint(self, palette: Palette, *, characters: bool) -> None:
        """Another theme."""
        self._palette, self._characters = palette, characters
        self._use_colours()
        self._lines.clear()
        self.refresh()

    def _use_colours(self) -> None:
        palette = self._palette
        self._steps = colours(palette.inside, dark=palette.dark)
        self._paints = (*self._steps, palette.outline, palette.outside)

    # -- content -------------------------------------------------------------------------------------------------------

    def show(self, view: View, state: TreatmentState) -> None:
        """Take the newest record; refreshes the lines that look different, no others."""
        rebuilt = self._moved is not None and self._moved != state.reassigned
        self._moved = state.reassigned
        self._state = state
        if self._fit is None:
            return
        if rebuilt:
            self._build(self._fit)
        for line, (first, last) in self.changed(view, state).items():
            self._lines.pop(line, None)
            self.refresh(Region(first, line, last - first + 1, 1))

    def changed(self, view: View, state: TreatmentState) -> Spans:
        """Take the newest record; what looks different now: line to first and last column."""
        spans = self._redot(view)
        if self._map is not None:
            for line, (first, last) in self._map.take(state.shots, state.reassigned).items():
                widen(spans, line, first, last)
        return spans

    def _redot(self, view: View) -> Spans:
        key = (view.marks, view.last[-1].point if view.last else None, view.next_shot, self._cursor)
        if self._fit is None or (self._dotted is not None and key == self._dotted):
            return {}
        self._dotted = key
        shows, cells, marks = self._fit.shows, self._cells, view.marks
        touched = set(self._at)
        if self._marks:
            touched = {cells[index] for index, mark in enumerate(marks) if mark is not self._marks[index]}
        over: dict[tuple[int, int], _Dot] = {}
        for index, dot in ((key[1], _LATEST), (view.next_shot, _NEXT)):
            if index is not None and index < len(cells) and shows(cells[index]):
                over[cells[index]] = dot
        if self._cursor is not None:
            over[self._cursor] = _CURSOR
        spans: Spans = {}
        for cell in touched | over.keys() | self._over.keys():
            found = over.get(cell)
            if found is None and cell in self._at:
                found = _DOTS[marks[self._at[cell]]]
            if found != self._dots.get(cell):
                widen(spans, cell[1], cell[0], cell[0])
                if found is None:
                    del self._dots[cell]
                else:
                    self._dots[cell] = found
        self._marks, self._over = marks, over
        return spans

    # -- the cursor ----------------------------------------------------------------------------------------------------

    def move_cursor(self, columns: int, lines: int) -> None:
        """Move the cursor; it starts in the middle and stays inside."""
        width, height = self.size
        column, line = self._cursor if self._cursor is not None else (width // 2, height // 2)
        if self._cursor is not None:
            column, line = column + columns, line + lines
        self._cursor = max(0, min(width - 1, column)), max(0, min(height - 1, line))

    def point_at(self, x_mm: float, y_mm: float) -> None:
        """Put the cursor on a place, as far as it is shown."""
        if self._fit is not None:
            cell = self._fit.cell(x_mm, y_mm)
            self._cursor = cell if self._fit.shows(cell) else None

    def hide_cursor(self) -> None:
        """No cursor."""
        self._cursor = None

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """The mouse is a cursor too."""
        self._cursor = event.x, event.y

    def on_leave(self) -> None:
        """The mouse is elsewhere."""
        self._cursor = None

    def on_click(self) -> None:
        """The mouse looks closer, too."""
        self.closer()

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
        cells = max(1, round(10 / self._fit.h_mm))
        more = Text(f"  {reading}", palette.text) if reading else Text(f"  ├{'─' * (cells - 2)}┤ 10 mm", palette.quiet)
        # A piece that does not fit is left out whole: "10 m" is not "10 mm".
        return text.append_text(more) if text.cell_len + more.cell_len <= width else text

    # -- lines ---------------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One line, from the cache unless it changed."""
        strip = self._lines.get(y)
        if strip is None:
            strip = self._lines[y] = self.draw_line(y, self.size.width)
        return strip

    def draw_line(self, y: int, width: int) -> Strip:
        """One line, drawn anew."""
        to = self._fit
        if to is None or y >= to.ny // 2 or width != to.nx:
            return Strip([Segment(" " * width, _style(self._palette.text, self._palette.outside))], width)
        upper, lower = to.ny - 1 - 2 * y, to.ny - 2 - 2 * y
        if self._characters:
            cells = [self._character_cell(x, upper, lower, self._dots.get((x, y))) for x in range(width)]
            return Strip([Segment(text, style) for text, style in cells], width).simplify()
        one, other = self._codes(upper), self._codes(lower)
        segments: list[Segment] = []
        start = 0
        while start < width:
            dot = self._dots.get((start, y))
            end = start + 1
            if dot is None:
                pair = one[start], other[start]
                while end < width and (one[end], other[end]) == pair and (end, y) not in self._dots:
                    end += 1
                segments.append(self._run(pair, end - start))
            else:
                segments.append(self._dot(dot, self._paints[one[start]], self._paints[other[start]]))
            start = end
        return Strip(segments, width)

    def _codes(self, row: int) -> list[int]:
        """For each pixel of a row the index of its paint: a level, or outside, inside, outline."""
        bare = self._ground[row]
        if self._map is None:
            return bare
        levels: list[int] = self._map.levels[row].tolist()
        return [level or code for level, code in zip(levels, bare, strict=True)]

    def _run(self, pair: tuple[int, int], cells: int) -> Segment:
        one, other = self._paints[pair[0]], self._paints[pair[1]]
        if one == other:
            return Segment(" " * cells, _style(self._palette.text, one))
        return Segment("▀" * cells, _style(one, other))

    def _dot(self, dot: _Dot, one: str, other: str) -> Segment:
        if dot.reverse:
            mark = self._palette.next_mark
            return Segment(dot.glyph, _style(_far(mark), mark, bold=True))
        bare = (self._palette.inside, self._palette.outside)
        back = max(one, other, key=lambda paint: (paint not in bare, luminance(paint)))
        front = self._palette.text if abs(luminance(back) - luminance(self._palette.text)) > 0.35 else _far(back)
        return Segment(dot.glyph, _style(front, back, bold=dot.bold))

    def _character_cell(self, x: int, upper: int, lower: int, dot: _Dot | None) -> tuple[str, Style]:
        style = _style(self._palette.text, self._palette.outside)
        if dot is not None and (dot.glyph != GLYPHS[Mark.GIVEN]):
            glyph = PLAIN.get(dot.glyph, dot.glyph)
            return glyph, _style(self._palette.text, self._palette.outside, dot.bold, dot.reverse)
        level = float(self._map.levels[[lower, upper], x].mean()) if self._map is not None else 0.0
        if level:
            return character(level), style
        return ("░" if OUTLINE in (self._ground[upper][x], self._ground[lower][x]) else " "), style


def areal(dose_ul_cm2: float) -> str:
    """An areal dose in the screen's one unit of volume, to a tenth of a microlitre per cm2."""
    return f"{figures.given(round(dose_ul_cm2 * 1000), unit=False, decimals=4)} mL/cm²"


def _far(colour: str) -> str:
    return "#000000" if luminance(colour) > 0.18 else "#ffffff"
