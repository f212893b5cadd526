"""The dose map on the screen: line by line, and only the lines that changed.

Not responsible for the dose (``dosemap``), for how a cell looks (``brush``), for which sign a point has (``marks``) or
for what stands around the map (``legend``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.text import Text
from textual import events, work
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget
from textual.worker import get_current_worker

from mesogun.plan.model import Plan
from mesogun.record import Mark, TreatmentState
from tui import legend
from tui.brush import Brush
from tui.ground import Fit, Spans, fit, ground, outline, widen
from tui.marks import CURSOR_DOT, DOTS, LATEST_DOT, NEXT_DOT, NUMBERS, Dot, Tone, ahead, behind
from tui.palette import Palette
from tui.scale import Ink
from tui.track import Cell, path
from tui.view import View

if TYPE_CHECKING:
    from tui.dosemap import DoseMap

ZOOMS = (1, 2, 4)


class MapView(Widget):
    """The live dose map of one plan; with ``preview``, what the plan itself would leave."""

    DEFAULT_CSS = "MapView { width: 1fr; height: 1fr; }"

    def __init__(self, plan: Plan, palette: Palette, *, ink: Ink = Ink.FULL, preview: bool = False) -> None:
        super().__init__(id="map")
        self._plan = plan
        self._palette = palette
        self._brush = Brush(palette, ink)
        self._fit: Fit | None = None
        self._map: DoseMap | None = None
        self._state: TreatmentState | None = None
        self._outline: dict[Cell, Dot] = {}
        self._dots: dict[Cell, Dot] = {}
        self._lines: dict[int, Strip] = {}
        self._cursor: Cell | None = None
        self._moved: object = None
        self._cells: list[Cell] = []
        self._at: dict[Cell, int] = {}
        self._marks: tuple[Mark, ...] = ()
        self._over: dict[Cell, Dot] = {}
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
            self._dots.update(dict.fromkeys(filter(to.shows, self._cells), DOTS[Mark.PENDING]))
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
        self._outline = {cell: Dot(glyph, Tone.OUTLINE) for cell, glyph in outline(rings, to).items()}
        self._dots, self._dotted, self._marks, self._over = dict(self._outline), None, (), {}

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

    def repaint(self, palette: Palette, *, ink: Ink) -> None:
        """Another theme."""
        self._palette, self._brush = palette, Brush(palette, ink)
        self._lines.clear()
        self.refresh()

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
        latest = view.last[-1].point if view.last else None
        key = (view.marks, latest, behind(view), ahead(view), self._cursor)
        if self._fit is None or (self._dotted is not None and key == self._dotted):
            return {}
        self._dotted = key
        cells, marks = self._cells, view.marks
        touched = set(self._at)
        if self._marks:
            touched = {cells[index] for index, mark in enumerate(marks) if mark is not self._marks[index]}
        over = self._overlay(self._fit, latest, key[2], key[3])
        spans: Spans = {}
        for cell in touched | over.keys() | self._over.keys():
            found = over.get(cell)
            if cell in self._at and (found is None or found.tone is Tone.PATH):  # the path runs under the points
                found = DOTS[marks[self._at[cell]]]
            found = found if found is not None else self._outline.get(cell)
            if found != self._dots.get(cell):
                widen(spans, cell[1], cell[0], cell[0])
                if found is None:
                    del self._dots[cell]
                else:
                    self._dots[cell] = found
        self._marks, self._over = marks, over
        return spans

    def _overlay(self, to: Fit, latest: int | None, start: int | None, order: tuple[int, ...]) -> dict[Cell, Dot]:
        """What lies over the points: the path ahead, its numbers, the next point, the latest shot, the cursor."""
        cells = self._cells
        steps = [index for index in order[: len(NUMBERS) + 1] if index < len(cells)]
        begun = [start] if start is not None and start < len(cells) else []
        way = [cells[index] for index in begun + steps] if steps else []
        over = {cell: Dot(glyph, Tone.PATH) for cell, glyph in path(way).items()}
        for index, dot in reversed(list(zip(steps, (NEXT_DOT, *NUMBERS), strict=False))):
            over[cells[index]] = dot
        if latest is not None and latest < len(cells) and latest not in steps[:1]:
            over[cells[latest]] = LATEST_DOT
        if self._cursor is not None:
            over[self._cursor] = CURSOR_DOT
        return {cell: dot for cell, dot in over.items() if to.shows(cell)}

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
        point = f"point {self._at[self._cursor] + 1}, " if self._cursor in self._at else ""
        return f"{point}{x_mm:.0f}, {y_mm:.0f} mm: {legend.areal(self._map.dose(*self._cursor))}"

    def legend(self, width: int) -> Text:
        """Scale with its numbers, and a length; never wider than ``width``."""
        if self._map is None or self._fit is None:
            return Text("map: loading the dose model", style=self._palette.quiet)
        return legend.legend(self._brush, self._palette, self._map.top, self._fit.h_mm, width)

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
            return Strip([Segment(" " * width, self._brush.blank)], width)
        dots = {x: dot for x in range(width) if (dot := self._dots.get((x, y))) is not None}
        return Strip(self._brush.line(self._codes(to.ny - 1 - 2 * y), self._codes(to.ny - 2 - 2 * y), dots), width)

    def _codes(self, row: int) -> list[int]:
        """For each pixel of a row the index of its paint: a level, inside, or outside."""
        bare = self._ground[row]
        if self._map is None:
            return bare
        levels: list[int] = self._map.levels[row].tolist()
        return [level or code for level, code in zip(levels, bare, strict=True)]
