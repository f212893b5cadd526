"""What a plan leaves in the skin, from the dose model: asked for when wanted, never part of the hashed plan.

Not responsible for the model (``mesogun.dose``). The forecast is for fluid as it lies right after the visit, without
diffusion, leak or error of hand and gun.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from mesogun.dose import Grid, Metrics, areal_dose, metrics
from mesogun.dose.depot import semi_axes, suitable_cell_mm
from mesogun.plan.model import Plan, Ring

CELLS = 400_000
"""Cells of the map, about; finer changes no number that is shown."""


@dataclass(frozen=True, slots=True)
class DoseMap:
    """Areal dose, uL/cm2, (ny, nx) on ``grid``, and the share of each cell that is to be treated."""

    grid: Grid
    dose: NDArray[np.float64]
    inside: NDArray[np.bool_]
    metrics: Metrics


def outline_of(plan: Plan) -> BaseGeometry:
    """Zones minus exclusion zones of a plan, mm."""
    zones = [Polygon(_mm(zone.rings[0]), [_mm(ring) for ring in zone.rings[1:]]) for zone in plan.zones]
    treated = shapely.union_all(zones)
    if plan.exclusions:
        treated = treated.difference(shapely.union_all([Polygon(_mm(ring)) for ring in plan.exclusions]))
    return treated if isinstance(treated, Polygon | MultiPolygon) else shapely.make_valid(treated)


def dose_map(plan: Plan) -> DoseMap:
    """The dose of a plan on a grid, with its metrics against total over area."""
    points_mm = np.array([(point.x_um, point.y_um) for point in plan.points]) / 1000
    volumes_ul = np.array([point.volume_nl for point in plan.points]) / 1000
    treated = outline_of(plan)
    reach_mm = float(semi_axes(volumes_ul, plan.layer)[0].max())
    x0, y0, x1, y1 = treated.bounds
    finest = ((x1 - x0 + 2 * reach_mm) * (y1 - y0 + 2 * reach_mm) / CELLS) ** 0.5
    h_mm = max(finest, suitable_cell_mm(volumes_ul, plan.layer) / 2)
    grid = Grid.around((x0, y0, x1, y1), h_mm, reach_mm)
    depth_mm = plan.points[0].depth_um / 1000
    dose = areal_dose(points_mm, volumes_ul, depth_mm, grid=grid, layer=plan.layer, coarse_ok=True)
    shapely.prepare(treated)
    xs, ys = np.meshgrid(grid.x_mm, grid.y_mm)
    inside = np.asarray(shapely.contains_xy(treated, xs, ys))
    reference = plan.total_nl / 1000 / (treated.area / 100)
    return DoseMap(grid, dose, inside, metrics(dose, inside, reference))


def dose_summary(plan: Plan) -> dict[str, float]:
    """Dose metrics of a plan, rounded to four digits after the point.

    ``cv``, ``v100``, ``coverage`` are shares; ``d90`` and ``reference`` are in uL/cm2, the reference being the total
    over the treated area.
    """
    found = dose_map(plan).metrics
    values = {
        "cv": found.cv,
        "d90": found.d90,
        "v100": found.v100,
        "coverage": found.coverage,
        "reference_ul_per_cm2": found.reference,
        "hot": found.v150,
    }
    return {key: round(value, 4) for key, value in values.items()}


def _mm(ring: Ring) -> list[tuple[float, float]]:
    return [(x / 1000, y / 1000) for x, y in ring]
