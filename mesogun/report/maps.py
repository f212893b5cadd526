"""Dose maps: the field as a picture, the outline, what is known of every shot, a scale bar and a scale of numbers.

Not responsible for the field (``doses``) nor for what the marks look like (``marks``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from markupsafe import Markup

from mesogun.dose import Grid
from mesogun.plan import Plan
from mesogun.plan.doses import outline_of
from mesogun.record import Mark, TreatmentState
from mesogun.report import marks
from mesogun.report.colours import hex_of, shade
from mesogun.report.doses import Doses, Floats
from mesogun.report.png import data_uri, png
from mesogun.report.svg import line, nice_step, number, path, picture, text
from mesogun.report.words import figures
from mesogun.units import UM_PER_MM

WIDTH = 200.0
TALLEST = 240.0
FOOT = 16.0
LEVELS = 96
# How far above the plan a given dose may make the scale of both maps longer; above that it would flatten them.
_ROOM = 1.25
_PALETTE = tuple(shade(index / (LEVELS - 1)) for index in range(LEVELS))
# Unknown and missing lie on top, so that a crowd of good shots never hides them.
_LAYERS = (Mark.PENDING, Mark.GIVEN, Mark.LOADED, Mark.PARTIAL, Mark.SKIPPED, Mark.INDETERMINATE)
To = Callable[[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Scale:
    """The common scale of both maps, uL/cm2: where it ends, and the highest dose, which may lie beyond."""

    top: float
    highest: float

    @property
    def passed(self) -> bool:
        """Whether the darkest colour stands for more than its number."""
        return self.highest > self.top * (1.0 + 1e-9)


def scale_of(doses: Doses) -> Scale:
    """A scale that shows the plan well; a place that was given twice may lie beyond its end, and the page says so."""
    planned, given = float(doses.planned.max()), float(doses.given.max())
    most = given if given <= _ROOM * planned else planned
    most = max(most, planned) or 1.0
    step = nice_step(most, 5)
    return Scale(float(np.ceil(most / step - 1e-9) * step), max(planned, given))


def is_wide(doses: Doses) -> bool:
    """Whether two maps side by side would be small strips."""
    return doses.grid.nx > 1.7 * doses.grid.ny


def planned_map(doses: Doses, plan: Plan, scale: Scale) -> Markup:
    """Where the plan puts fluid, with every point as a dot."""
    view = _View(doses.grid, plan)
    places = [view.at(point.x_um, point.y_um) for point in plan.points]
    dots = marks.drawn(Mark.PENDING, places, view.size) if places else Markup("")
    title = f"Planned dose map, 0 to {figures(scale.top / 1000)} mL/cm²"
    return view.picture(title, doses.picture(doses.planned), scale.top, [dots])


def given_map(doses: Doses, plan: Plan, state: TreatmentState, scale: Scale) -> Markup:
    """Where the record and the plan's positions put what left the needle."""
    view = _View(doses.grid, plan)
    places: dict[Mark, list[tuple[float, float]]] = {mark: [] for mark in Mark}
    again: list[tuple[float, float]] = []
    paths: list[tuple[tuple[float, float], tuple[float, float]]] = []
    for shot in plan.shots:
        mark = state.mark(shot.index)
        new = state.reassigned.get(shot.index)
        dx, dy = (new[0] - shot.x_um, new[1] - shot.y_um) if new is not None else (0, 0)
        for index in shot.points:
            point = plan.points[index]
            place = view.at(point.x_um + dx, point.y_um + dy)
            places[mark].append(place)
            if new is not None:
                paths.append((view.at(point.x_um, point.y_um), place))
            if state.fired.get(shot.index, 0) > 1:
                again.append(place)
    drawn = [marks.drawn(mark, places[mark], view.size) for mark in _LAYERS]
    layers = [marks.moved(paths, view.size), *drawn]
    title = f"Given dose map, 0 to {figures(scale.top / 1000)} mL/cm², with {len(plan.points)} points by mark"
    return view.picture(title, doses.picture(doses.given), scale.top, [*layers, marks.again(again, view.size)])


def scale_picture(scale: Scale) -> Markup:
    """The colour scale, with numbers."""
    stops = [
        Markup('<stop offset="{}" stop-color="{}"/>').format(number(i / 24), hex_of(shade(i / 24))) for i in range(25)
    ]
    gradient = Markup('<defs><linearGradient id="dose">{}</linearGradient></defs>').format(Markup("").join(stops))
    parts = [gradient, Markup('<rect x="10" y="4" width="300" height="10" fill="url(#dose)" class="rim"/>')]
    step = nice_step(scale.top, 5)
    count = round(scale.top / step)
    for index in range(count + 1):
        x = 10.0 + 300.0 * index / count
        label = figures(index * step / 1000)
        parts.append(path(f"M{number(x)} 14v3", "axis"))
        parts.append(text(x, 26.0, f"≥ {label}" if index == count and scale.passed else label, "tick", "middle"))
    parts.append(text(322.0, 13.0, "mL/cm²", "name"))
    return picture(380.0, 30.0, f"Colour scale from 0 to {figures(scale.top / 1000)} mL/cm²", parts, "scale")


class _View:
    """From um on the skin, y up, to units of the picture, y down."""

    def __init__(self, grid: Grid, plan: Plan) -> None:
        self._grid = grid
        self._plan = plan
        low_x, high_x, low_y, high_y = grid.extent_mm
        self._per_mm = min(WIDTH / (high_x - low_x), TALLEST / (high_y - low_y))
        self._wide, self._tall = (high_x - low_x) * self._per_mm, (high_y - low_y) * self._per_mm
        self._left = (WIDTH - self._wide) / 2.0
        self._origin = (low_x, high_y)
        self.size = min(max(0.12 * plan.spacing_um / UM_PER_MM * self._per_mm, 0.6), 1.9)

    def at(self, x_um: float, y_um: float) -> tuple[float, float]:
        """Place in the picture."""
        return self._at_mm(x_um / UM_PER_MM, y_um / UM_PER_MM)

    def _at_mm(self, x_mm: float, y_mm: float) -> tuple[float, float]:
        return (
            self._left + (x_mm - self._origin[0]) * self._per_mm,
            (self._origin[1] - y_mm) * self._per_mm,
        )

    def picture(self, title: str, field: Floats, top: float, layers: Sequence[Markup]) -> Markup:
        """The whole map."""
        height = self._tall + FOOT
        return picture(WIDTH, height, title, [self._field(field, top), self._outline(), *layers, self._bar()], "map")

    def _field(self, field: Floats, top: float) -> Markup:
        levels = np.clip(np.rint(field / top * (LEVELS - 1)), 0, LEVELS - 1).astype(np.uint8)
        # Row 0 of a field is the lowest y, row 0 of a picture is its top.
        address = data_uri(png(levels[::-1], _PALETTE))
        return Markup('<image x="{}" y="0" width="{}" height="{}" preserveAspectRatio="none" href="{}"/>').format(
            number(self._left), number(self._wide), number(self._tall), address
        )

    def _outline(self) -> Markup:
        region = outline_of(self._plan)
        rings: list[str] = []
        for part in shapely.get_parts(region):
            if isinstance(part, shapely.Polygon):
                rings += [self._ring(ring) for ring in (part.exterior, *part.interiors)]
        out = [line((self.at(x, y) for x, y in ring), closed=True) for ring in self._plan.exclusions]
        parts = [path("".join(out), "excluded")] if out else []
        parts.append(path("".join(rings), "outline"))
        if len(self._plan.zones) > 1:
            parts += [self._name(zone.name, zone.rings[0]) for zone in self._plan.zones]
        return Markup("").join(parts)

    def _ring(self, ring: shapely.LinearRing) -> str:
        return line((self._at_mm(x, y) for x, y in ring.coords), closed=True)

    def _name(self, name: str, ring: Sequence[tuple[int, int]]) -> Markup:
        top = max(y for _, y in ring)
        x, y = self.at((min(x for x, _ in ring) + max(x for x, _ in ring)) / 2.0, top)
        return text(x, y - 2.0, name, "zone", "middle")

    def _bar(self) -> Markup:
        length_mm = nice_step(self._wide / self._per_mm, 5)
        x, y = self._left + 4.0, self._tall + 7.0
        wide = length_mm * self._per_mm
        ends = f"M{number(x)} {number(y - 2)}v4m0 -2h{number(wide)}m0 -2v4"
        label = f"{figures(length_mm)} mm"
        return path(ends, "bar") + text(x + wide + 3.0, y + 2.2, label, "barname")
