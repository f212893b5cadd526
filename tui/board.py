"""The board: dose map and legend, totals, zones, gun and shots.

Not responsible for what the panels say (``panels``), for where they lie (``composition``) or for the lines above and
below (``app``).
"""

from __future__ import annotations

from collections import deque

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.layout import Layout

from mesogun.plan.model import Plan
from tui import figures, gunpanel, legend, panels
from tui.composition import BoardLayout, Wants
from tui.lines import Line
from tui.mapview import MapView
from tui.palette import Palette
from tui.scale import Ink
from tui.source import Moment
from tui.view import ShotLine, View

TRACE = 240
LEAST_WIDTH = 10
TITLES = {"zones-rule": "zones", "gun-rule": "gun", "shots-rule": "shots"}


class Board(Container):
    """See the module's docstring."""

    def __init__(self, plan: Plan, palette: Palette, *, ink: Ink) -> None:
        super().__init__(id="body")
        figure = figures.column_text(figures.near_units(plan.total_nl), 0)
        self._places = BoardLayout(Wants(figure, len(plan.zones)))
        self.map = MapView(plan, palette, ink=ink)
        self._box = Vertical(id="mapbox")
        self._foot = Line("foot")
        self._rules = {name: Line(name) for name in TITLES}
        self._legend, self._total, self._zones = Line("legend"), Line("total"), Line("zones")
        self._gun, self._shots = Line("gun"), Line("shots")
        self._last: tuple[ShotLine, ...] | None = None
        self._listed: tuple[object, ...] = ()
        self._trace: deque[int] = deque(maxlen=TRACE)

    @property
    def layout(self) -> Layout:
        """Where the parts lie, by the size of the screen."""
        return self._places

    def compose(self) -> ComposeResult:
        """Every part; which are shown is the layout's business."""
        with self._box:
            yield self.map
        yield self._foot
        yield self._legend
        yield self._total
        yield from (self._rules["zones-rule"], self._zones)
        yield from (self._rules["gun-rule"], self._gun)
        yield from (self._rules["shots-rule"], self._shots)

    def heard(self, pressure_pa: int) -> None:
        """One more point of the pressure trace."""
        self._trace.append(pressure_pa)

    def show(self, view: View, moment: Moment, palette: Palette, *, notice: str) -> None:
        """Bring every panel up to date; those that nobody can see are left alone.

        ``notice`` stands above the shots: a note or a refused order that came just now.
        """
        if self._total.size.width:
            width, height = self._total.size
            self._total.show(panels.total(view, palette, max(LEAST_WIDTH, width), height))
            room = max(LEAST_WIDTH, self._gun.size.width)
            self._gun.show(gunpanel.gun(view, palette, room, self._trace, moment.progress))
            if self._zones.size.width:
                self._zones.show(panels.zones(view, palette, self._zones.size.width or LEAST_WIDTH))
            size = self._shots.size
            listed = (palette.name, size, notice)
            if self._last is not view.last or self._listed != listed:
                self._last, self._listed = view.last, listed
                self._shots.show(panels.shots(view, palette, max(LEAST_WIDTH, size.width), size.height, notice))
            for name, rule in self._rules.items():
                if rule.size.width:
                    rule.show(legend.rule(TITLES[name], palette, rule.size.width))
        title = f"dose, as planned, {self.map.zoom} times" if self.map.zoom > 1 else "dose, as planned"
        if self._box.border_title != title:  # setting it repaints the whole box
            self._box.border_title = title
        self.map.show(view, moment.state)
        self._foot.show(legend.foot(self.map.reading(), palette, max(LEAST_WIDTH, self._foot.size.width)))
        self._legend.show(self.map.legend(max(LEAST_WIDTH, self._legend.size.width)))
