"""The board: dose map and legend on the left, totals, zones, gun and shots on the right.

Not responsible for what the panels say (``panels``) or for the lines above and below (``app``).
"""

from __future__ import annotations

from collections import deque

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from mesogun.plan.model import Plan
from tui import gunpanel, panels
from tui.lines import Line
from tui.mapview import MapView
from tui.palette import Palette
from tui.source import Moment
from tui.view import ShotLine, View

TRACE = 240
LEAST_WIDTH = 10
MOST_ZONES = 8


class Board(Horizontal):
    """See the module's docstring."""

    def __init__(self, plan: Plan, palette: Palette, *, characters: bool) -> None:
        super().__init__(id="body")
        self._plan = plan
        self.map = MapView(plan, palette, characters=characters)
        self._box = Vertical(id="mapbox")
        self._legend, self._total, self._zones = Line("legend"), Line("total"), Line("zones")
        self._gun, self._shots = Line("gun"), Line("shots")
        self._last: tuple[ShotLine, ...] | None = None
        self._listed: tuple[object, ...] = ()
        self._trace: deque[int] = deque(maxlen=TRACE)

    def compose(self) -> ComposeResult:
        """Left and right."""
        with Vertical(id="left"):
            with self._box:
                yield self.map
            yield self._legend
        with Vertical(id="right"):
            yield self._total
            yield self._zones
            yield self._gun
            yield self._shots

    def on_mount(self) -> None:
        """One line a zone, as far as there is room."""
        self._zones.styles.height = min(MOST_ZONES, max(1, len(self._plan.zones)))

    def heard(self, pressure_pa: int) -> None:
        """One more point of the pressure trace."""
        self._trace.append(pressure_pa)

    def show(self, view: View, moment: Moment, palette: Palette, *, wide: bool, notice: str) -> None:
        """Bring every panel up to date; those that nobody can see are left alone.

        ``notice`` stands above the shots: a note or a refused order that came just now.
        """
        if self._total.size.width:
            width, height = self._total.size
            self._total.show(panels.total(view, palette, max(LEAST_WIDTH, width), height))
            room = max(LEAST_WIDTH, self._gun.size.width)
            self._gun.show(gunpanel.gun(view, palette, room, self._trace, moment.progress))
            if wide:
                self._zones.show(panels.zones(view, palette, self._zones.size.width or LEAST_WIDTH))
            size = self._shots.size
            listed = (palette.name, size, notice)
            if self._last is not view.last or self._listed != listed:
                self._last, self._listed = view.last, listed
                self._shots.show(panels.shots(view, palette, max(LEAST_WIDTH, size.width), size.height, notice))
        title = f"dose, as planned, {self.map.zoom} times" if self.map.zoom > 1 else "dose, as planned"
        if self._box.border_title != title:  # setting it repaints the whole box
            self._box.border_title = title
        self.map.show(view, moment.state)
        self._legend.show(self.map.legend(max(LEAST_WIDTH, self._legend.size.width)))
