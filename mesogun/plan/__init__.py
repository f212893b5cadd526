"""Plans: from four numbers and an outline to shots that a hand can follow.

Pure: no file, port or clock. Not responsible for whether a plan may be carried out (``mesogun.limits``). What a plan is
made of is here at once; what makes, judges or draws one is loaded when it is first used, because carrying out a plan
that exists needs neither geometry nor the dose model.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from mesogun.plan.model import PathFacts, Plan, PlannedAgent, PlannedPoint, PlannedShot, PlannedZone
from mesogun.plan.request import Pace, PlanRequest, Span
from mesogun.plan.template import template

if TYPE_CHECKING:
    from pathlib import Path

    from mesogun.dose import Errors
    from mesogun.plan.adopt import request_from_protocol
    from mesogun.plan.doses import DoseMap, dose_map, dose_summary
    from mesogun.plan.export import plan_json
    from mesogun.plan.heads import Head, read_heads
    from mesogun.plan.heads import bundled as bundled_heads
    from mesogun.plan.make import make_plan
    from mesogun.plan.summary import summary_text

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

# public name -> (module, name there)
_WHERE = {
    "DoseMap": ("mesogun.plan.doses", "DoseMap"),
    "Head": ("mesogun.plan.heads", "Head"),
    "bundled_heads": ("mesogun.plan.heads", "bundled"),
    "dose_map": ("mesogun.plan.doses", "dose_map"),
    "dose_summary": ("mesogun.plan.doses", "dose_summary"),
    "make_plan": ("mesogun.plan.make", "make_plan"),
    "plan_json": ("mesogun.plan.export", "plan_json"),
    "read_heads": ("mesogun.plan.heads", "read_heads"),
    "request_from_protocol": ("mesogun.plan.adopt", "request_from_protocol"),
    "summary_text": ("mesogun.plan.summary", "summary_text"),
}


def figure(plan: Plan, path: Path, errors: Errors | None = None) -> None:
    """Draw a plan to ``.svg`` or ``.png``, under ``errors`` (None: the usual ones); loads the plotting library now."""
    from mesogun.plan import drawing

    drawing.figure(plan, path, errors)


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'mesogun.plan' has no attribute {name!r}")
    module, attribute = _WHERE[name]
    return getattr(importlib.import_module(module), attribute)
