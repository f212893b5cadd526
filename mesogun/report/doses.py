"""The planned and the given dose of a treatment on one grid, with the band that its ledger leaves open.

Positions are the plan's, or where an operator said that a shot went; no gun measures them. Volumes are what left the
needle by the gun's log. Volume that no record explains has no place and is in no map. Not responsible for drawing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from mesogun.dose import Grid, Metrics, areal_dose, metrics, suitable_cell_mm
from mesogun.dose.depot import semi_axes
from mesogun.dose.dvh import Dvh, of_cells
from mesogun.dose.regions import Polygon
from mesogun.plan import Plan, PlannedShot
from mesogun.plan.doses import outline_of
from mesogun.record import TreatmentState
from mesogun.report.totals import treat_shots
from mesogun.units import NL_PER_UL, UM_PER_MM

Floats = NDArray[np.float64]
MARGIN_MM = 4.0
# Cells of a picture: enough for print at this size, few enough that two maps stay far below the page's limit of bytes.
PICTURE_CELLS = 36_000
# Cells that the numbers come from; finer ones change no digit that is shown.
CELLS = 400_000


@dataclass(frozen=True, slots=True)
class Doses:
    """Areal doses in uL/cm2 on one grid, each ``(ny, nx)``; ``low`` and ``high`` from the ledger of every shot.

    ``weights_mm2`` is the part of each cell that is to be treated; ``coarsening`` cells along each side make one cell
    of a picture.
    """

    grid: Grid
    coarsening: int
    weights_mm2: Floats
    planned: Floats
    given: Floats
    low: Floats
    high: Floats
    reference: float

    @property
    def any_given(self) -> bool:
        """Whether any recorded volume is on the map."""
        return bool(self.given.any())

    def picture(self, field: Floats) -> Floats:
        """A field on the coarser cells of a picture; every one keeps its mass."""
        ny, nx = self.grid.shape
        k = self.coarsening
        return np.asarray(field.reshape(ny // k, k, nx // k, k).mean(axis=(1, 3)))

    def histogram(self, field: Floats) -> Dvh:
        """The cumulative dose histogram of the treated area."""
        return of_cells(field, self.weights_mm2)

    def metrics(self, field: Floats) -> Metrics:
        """The plan's numbers, against the mean planned dose."""
        return metrics(field, self.weights_mm2, self.reference)


@dataclass(frozen=True, slots=True)
class _Depots:
    points_mm: list[tuple[float, float]]
    volumes_ul: list[float]
    depths_mm: list[float]


def doses(state: TreatmentState, plan: Plan) -> Doses:
    """Planned and given dose of a treatment."""
    region = outline_of(plan)
    grid, coarsening = _grid(region.bounds, plan)
    weights = _weights(region, grid)
    records = treat_shots(state)
    planned = _field(plan, state, [(shot.index, shot.volume_nl, shot.depth_um) for shot in plan.shots], grid)

    def given(volume: Callable[[int], int]) -> Floats:
        shots = [(record.shot_index, volume(i), record.depth_um) for i, record in enumerate(records)]
        return _field(plan, state, shots, grid, moved=True)

    low = given(lambda i: records[i].low_nl)
    opened = [entry for entry in state.open_entries.values() if entry.shot_kind == "TREAT"]
    still_open = [(entry.shot_index, entry.high_nl, entry.depth_um) for entry in opened]
    high = given(lambda i: records[i].high_nl) + _field(plan, state, still_open, grid, moved=True)
    area_mm2 = float(weights.sum())
    mean = plan.total_nl / NL_PER_UL / (area_mm2 / 100.0)
    return Doses(grid, coarsening, weights, planned, given(lambda i: records[i].delivered_nl), low, high, mean)


def _field(
    plan: Plan,
    state: TreatmentState,
    shots: Sequence[tuple[int, int, int]],
    grid: Grid,
    *,
    moved: bool = False,
) -> Floats:
    """Areal dose of (shot index, volume, depth) triples, each spread over the points that its shot serves."""
    depots = _Depots([], [], [])
    for index, volume_nl, depth_um in shots:
        shot = plan.shots[index]
        shift = _shift(state, shot) if moved else (0, 0)
        for number in shot.points:
            point = plan.points[number]
            part = volume_nl * point.volume_nl / shot.volume_nl
            if part > 0.0:
                depots.points_mm.append(((point.x_um + shift[0]) / UM_PER_MM, (point.y_um + shift[1]) / UM_PER_MM))
                depots.volumes_ul.append(part / NL_PER_UL)
                depots.depths_mm.append(depth_um / UM_PER_MM)
    if not depots.points_mm:
        return np.zeros(grid.shape)
    # Coarse cells keep the mass exact; they only blunt the peaks of a picture.
    return areal_dose(
        depots.points_mm, depots.volumes_ul, depots.depths_mm, grid=grid, layer=plan.layer, coarse_ok=True
    )


def _shift(state: TreatmentState, shot: PlannedShot) -> tuple[int, int]:
    """How far an operator says the shot went from its place, um."""
    if shot.index not in state.reassigned:
        return 0, 0
    x_um, y_um = state.reassigned[shot.index]
    return x_um - shot.x_um, y_um - shot.y_um


def _grid(bounds: tuple[float, float, float, float], plan: Plan) -> tuple[Grid, int]:
    """The grid of the numbers, and how many of its cells along a side make one cell of a picture."""
    volumes_ul = [point.volume_nl / NL_PER_UL for point in plan.points]
    # Points may lie on the outline; their depots are to be seen, and counted, whole.
    margin = max(MARGIN_MM, float(np.ceil(semi_axes(volumes_ul, plan.layer)[0].max())) + 1.0)
    wide = bounds[2] - bounds[0] + 2.0 * margin
    tall = bounds[3] - bounds[1] + 2.0 * margin
    # A round cell keeps the cell borders, and with them the bytes, independent of the last bit of the bounds.
    cell = max(0.2, float(np.ceil(20.0 * np.sqrt(wide * tall / PICTURE_CELLS)) / 20.0))
    coarse = Grid.around(bounds, cell, margin)
    smallest = suitable_cell_mm(volumes_ul, plan.layer) / 2.0
    affordable = int(np.sqrt(CELLS / (coarse.nx * coarse.ny)))
    k = max(1, min(int(np.ceil(cell / smallest)), affordable))
    return Grid(coarse.x0_mm, coarse.y0_mm, cell / k, coarse.nx * k, coarse.ny * k), k


def _weights(region: shapely.Geometry, grid: Grid) -> Floats:
    parts = [part for part in shapely.get_parts(region) if isinstance(part, shapely.Polygon)]
    outer = [np.asarray(part.exterior.coords) for part in parts]
    holes = [np.asarray(ring.coords) for part in parts for ring in part.interiors]
    return Polygon.of(outer, holes).weights(grid)
