"""The dose core: what the points leave in the skin. Arrays in, arrays out; numpy and scipy only.

Units: mm, uL, s; areal dose in uL/cm2 (times a concentration: mg/cm2 or units/cm2). Not responsible for plans, areas or
agents, nor for what a dose does: it is a model of fluid and solute, with the sources of its numbers in ``data``.
"""

from mesogun.dose.band import Band, Spread, band
from mesogun.dose.depot import gaussian_sigma_mm, needle_tip, semi_axes, suitable_cell_mm
from mesogun.dose.fate import Fate, fate
from mesogun.dose.field import amount_per_cm2, areal_dose
from mesogun.dose.figure import figure
from mesogun.dose.grid import Grid
from mesogun.dose.inverse import Optimised, optimise
from mesogun.dose.live import LiveField
from mesogun.dose.metrics import COVERAGE_LEVEL, Metrics, metrics
from mesogun.dose.parameters import DELIVERED_FRACTION, Parameter
from mesogun.dose.regions import Disc, Polygon
from mesogun.dose.robust import Errors, RobustField, robust_field
from mesogun.dose.skin import DepthVerdict, check_depth

__all__ = [
    "COVERAGE_LEVEL",
    "DELIVERED_FRACTION",
    "Band",
    "DepthVerdict",
    "Disc",
    "Errors",
    "Fate",
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
    "gaussian_sigma_mm",
    "metrics",
    "needle_tip",
    "optimise",
    "robust_field",
    "semi_axes",
    "suitable_cell_mm",
]
