"""A plan for other programs: the keys that they may rely on. Not responsible for the plan file (``model``)."""

from __future__ import annotations

from typing import Any

from mesogun.plan.doses import dose_summary
from mesogun.plan.model import Plan
from mesogun.units import mm


def plan_json(plan: Plan) -> dict[str, Any]:
    """What ``mesogun plan --json`` prints; lengths in mm, volumes in whole nanolitres, indices from 0."""
    path = plan.path
    return {
        "plan_hash": plan.plan_hash,
        "protocol": plan.protocol_id,
        "protocol_version": plan.protocol_version,
        "protocol_sha256": plan.protocol_sha256,
        "area": plan.area_name,
        "area_sha256": plan.area_sha256,
        "lattice": plan.lattice,
        "spacing_mm": mm(plan.spacing_um),
        "head": plan.head,
        "order": plan.order,
        "step_nl": plan.step_nl,
        "total_nl": plan.total_nl,
        "zones": [{"name": z.name, "points": z.points, "total_nl": z.total_nl} for z in plan.zones],
        "points": [
            {
                "x_mm": mm(p.x_um),
                "y_mm": mm(p.y_um),
                "depth_mm": mm(p.depth_um),
                "volume_nl": p.volume_nl,
                "shot": p.shot,
                "zone": p.zone,
            }
            for p in plan.points
        ],
        "shots": [
            {
                "x_mm": mm(s.x_um),
                "y_mm": mm(s.y_um),
                "angle_deg": s.angle_mdeg / 1000,
                "head": s.head,
                "volume_nl": s.volume_nl,
                "depth_mm": mm(s.depth_um),
                "points": list(s.points),
            }
            for s in plan.shots
        ],
        "path": {
            "length_mm": path.length_mm,
            "lower_bound_mm": path.lower_bound_mm,
            "ratio": round(path.ratio, 6),
            "longest_jump_mm": path.longest_jump_mm,
            "turns": path.turns,
            "lifts": len(path.lifts),
            "lifts_before": list(path.lifts),
            "minutes": round(path.seconds / 60, 1),
        },
        "syringes": plan.syringes,
        "syringe_changes": list(plan.syringe_changes),
        "dose": dose_summary(plan),
        "changes": list(plan.changes),
        "warnings": list(plan.warnings),
    }
