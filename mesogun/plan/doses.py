"""What a plan leaves in the skin, from the dose model: asked for when wanted, never part of the hashed plan.

Not responsible for the model (``mesogun.dose``). The forecast is for fluid as it lies right after the visit, without
diffusion, leak or error of hand and gun; ``dose_forecast`` adds what error does to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from mesogun.dose import Errors, Forecast, Grid, Metrics, areal_dose, forecast, metrics
from mesogun.dose import Polygon as Region
from mesogun.dose.forecasting import expected, map_grid
from mesogun.plan.model import Plan, Ring


@dataclass(frozen=True, slots=True)
class DoseMap:
    """Areal dose, uL/cm2, (ny, nx) on ``grid``, and the area of each cell that is to be treated, mm2."""

    grid: Grid
    dose: NDArray[np.float64]
    weights: NDArray[np.float64]
    metrics: Metrics


def outline_of(plan: Plan) -> BaseGeometry:
    """Zones minus exclusion zones of a plan, mm."""
    zones = [Polygon(_mm(zone.rings[0]), [_mm(ring) for ring in zone.rings[1:]]) for zone in plan.zones]
    treated = shapely.union_all(zones)
    if plan.exclusions:
        treated = treated.difference(shapely.union_all([Polygon(_mm(ring)) for ring in plan.exclusions]))
    return treated if isinstance(treated, Polygon | MultiPolygon) else shapely.make_valid(treated)


def region_of(plan: Plan) -> Region:
    """The treated skin as the dose model wants it: outlines, and what is cut out of them."""
    outline = outline_of(plan)
    parts = [part for part in getattr(outline, "geoms", [outline]) if isinstance(part, Polygon)]
    return Region.of(
        [np.asarray(part.exterior.coords) for part in parts],
        [np.asarray(hole.coords) for part in parts for hole in part.interiors],
    )


def dose_map(plan: Plan) -> DoseMap:
    """The dose of a plan on a grid, with its metrics against total over area."""
    points_mm, volumes_ul, depth_mm = depots_of(plan)
    region = region_of(plan)
    grid = map_grid(region, points_mm, volumes_ul, plan.layer)
    dose = areal_dose(points_mm, volumes_ul, depth_mm, grid=grid, layer=plan.layer, coarse_ok=True)
    weights = region.weights(grid)
    reference = plan.total_nl / 1000 / (weights.sum() / 100)
    return DoseMap(grid, dose, weights, metrics(dose, weights, reference))


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


def dose_forecast(plan: Plan, errors: Errors | None = None) -> Forecast:
    """Map, histogram with its band, and expected field under ``errors`` (None: ``Errors.typical()``)."""
    points_mm, volumes_ul, depth_mm = depots_of(plan)
    return forecast(region_of(plan), points_mm, volumes_ul, depth_mm, layer=plan.layer, errors=errors)


def expected_cv(plan: Plan, errors: Errors) -> float:
    """The coefficient of variation to expect under ``errors``, in closed form."""
    points_mm, volumes_ul, depth_mm = depots_of(plan)
    region = region_of(plan)
    grid = map_grid(region, points_mm, volumes_ul, plan.layer)
    found = expected(points_mm, volumes_ul, depth_mm, errors, grid, plan.layer)
    return found.expected_cv(region.weights(grid))


def depots_of(plan: Plan) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Places (n, 2) mm, volumes (n,) uL and depth mm of a plan's depots."""
    points_mm = np.array([(point.x_um, point.y_um) for point in plan.points]) / 1000
    volumes_ul = np.array([point.volume_nl for point in plan.points]) / 1000
    return points_mm, volumes_ul, plan.points[0].depth_um / 1000


def _mm(ring: Ring) -> list[tuple[float, float]]:
    return [(x / 1000, y / 1000) for x, y in ring]
