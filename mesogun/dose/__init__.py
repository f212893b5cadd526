"""The dose core: what the points leave in the skin. Arrays in, arrays out; numpy and scipy only.

Units: mm, uL, s; areal dose in uL/cm2 (times a concentration: mg/cm2 or units/cm2). Names are loaded when they are
first used, so that asking for a parameter or a skin thickness does not load scipy. Not responsible for plans, areas or
agents, nor for what a dose does: it is a model of fluid and solute, with the sources of its numbers in ``data``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mesogun.dose.bands import Band, Spread, band
    from mesogun.dose.budget import Fate, fate
    from mesogun.dose.depot import gaussian_sigma_mm, needle_tip, semi_axes, suitable_cell_mm
    from mesogun.dose.drawing import figure
    from mesogun.dose.field import amount_per_cm2, areal_dose
    from mesogun.dose.forecasting import Forecast, forecast
    from mesogun.dose.grid import Grid
    from mesogun.dose.indices import COVERAGE_LEVEL, Metrics, metrics
    from mesogun.dose.inverse import Optimised, optimise
    from mesogun.dose.live import LiveField
    from mesogun.dose.parameters import DELIVERED_FRACTION, Parameter
    from mesogun.dose.regions import Disc, Polygon
    from mesogun.dose.robust import Errors, RobustField, robust_field
    from mesogun.dose.skin import DepthVerdict, check_depth
    from mesogun.dose.spheroids import robust_spheroids

_HOME = {
    "bands": ("Band", "Spread", "band"),
    "budget": ("Fate", "fate"),
    "depot": ("gaussian_sigma_mm", "needle_tip", "semi_axes", "suitable_cell_mm"),
    "drawing": ("figure",),
    "field": ("amount_per_cm2", "areal_dose"),
    "forecasting": ("Forecast", "forecast"),
    "grid": ("Grid",),
    "indices": ("COVERAGE_LEVEL", "Metrics", "metrics"),
    "inverse": ("Optimised", "optimise"),
    "live": ("LiveField",),
    "parameters": ("DELIVERED_FRACTION", "Parameter"),
    "regions": ("Disc", "Polygon"),
    "robust": ("Errors", "RobustField", "robust_field"),
    "skin": ("DepthVerdict", "check_depth"),
    "spheroids": ("robust_spheroids",),
}
_MODULES = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "COVERAGE_LEVEL",
    "DELIVERED_FRACTION",
    "Band",
    "DepthVerdict",
    "Disc",
    "Errors",
    "Fate",
    "Forecast",
    "Grid",
    "LiveField",
    "Metrics",
    "Optimised",
    "Parameter",
    "Polygon",
    "RobustField",
    "Spread",
    "amount_per_cm2",
    "areal_dose",
    "band",
    "check_depth",
    "fate",
    "figure",
    "forecast",
    "gaussian_sigma_mm",
    "metrics",
    "needle_tip",
    "optimise",
    "robust_field",
    "robust_spheroids",
    "semi_axes",
    "suitable_cell_mm",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
