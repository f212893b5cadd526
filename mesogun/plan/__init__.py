"""Plans: from four numbers and an outline to shots that a hand can follow.

Pure: no file, port or clock. Not responsible for whether a plan may be carried out (``mesogun.limits``).
"""

from __future__ import annotations

from mesogun.plan.adopt import request_from_protocol
from mesogun.plan.make import make_plan
from mesogun.plan.model import PathFacts, Plan, PlannedAgent, PlannedPoint, PlannedShot, PlannedZone
from mesogun.plan.request import Pace, PlanRequest, Span

__all__ = [
    "Pace",
    "PathFacts",
    "Plan",
    "PlanRequest",
    "PlannedAgent",
    "PlannedPoint",
    "PlannedShot",
    "PlannedZone",
    "Span",
    "make_plan",
    "request_from_protocol",
]
