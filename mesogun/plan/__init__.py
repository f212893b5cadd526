"""Plans: from four numbers and an outline to shots that a hand can follow.

Pure: no file, port or clock. Not responsible for whether a plan may be carried out (``mesogun.limits``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesogun.plan.adopt import request_from_protocol
from mesogun.plan.doses import DoseMap, dose_map, dose_summary
from mesogun.plan.export import plan_json
from mesogun.plan.heads import Head, read_heads
from mesogun.plan.heads import bundled as bundled_heads
from mesogun.plan.make import make_plan
from mesogun.plan.model import PathFacts, Plan, PlannedAgent, PlannedPoint, PlannedShot, PlannedZone
from mesogun.plan.request import Pace, PlanRequest, Span
from mesogun.plan.summary import summary_text
from mesogun.plan.template import template

if TYPE_CHECKING:
    from pathlib import Path


def figure(plan: Plan, path: Path) -> None:
    """Draw a plan to ``.svg`` or ``.png``; loads the plotting library only now."""
    from mesogun.plan import drawing

    drawing.figure(plan, path)


__all__ = [
    "DoseMap",
    "Head",
    "Pace",
    "PathFacts",
    "Plan",
    "PlanRequest",
    "PlannedAgent",
    "PlannedPoint",
    "PlannedShot",
    "PlannedZone",
    "Span",
    "bundled_heads",
    "dose_map",
    "dose_summary",
    "figure",
    "make_plan",
    "plan_json",
    "read_heads",
    "request_from_protocol",
    "summary_text",
    "template",
]
