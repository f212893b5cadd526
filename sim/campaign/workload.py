"""The treatment that a campaign carries out: a small plan, cleared, in a journal that is kept in memory.

Not responsible for how real plans are made (``mesogun.plan``) or cleared (``mesogun.limits``): what a run needs of
both is one value, built here by hand.
"""

from __future__ import annotations

from functools import cache

from mesogun.limits import ClearedPlan, restore
from mesogun.limits.clearance import Cap, Clearance
from mesogun.plan import PathFacts, Plan, PlannedAgent, PlannedPoint, PlannedShot, PlannedZone
from mesogun.record import events as ev
from sim.campaign.draw import ROOMY

TREATMENT = "00000000000ca3f1"
SUBJECT = "campaign-subject"
OPERATOR = "op-campaign"


@cache
def cleared_plan(
    shots: int, volume_nl: int, syringe_nl: int, needles: int, overrun_nl: int, limit_share: float = ROOMY,
    *, mixed: bool = False,
) -> ClearedPlan[Plan]:  # fmt: skip
    """A row of shots, 5 mm apart, and the clearance for it.

    The hard limit is ``limit_share`` of the planned total with every shot at its upper end. ``mixed``
    makes every other shot a quarter of the one before it.
    """
    whole = volume_nl // needles
    volumes = [whole // 4 // 10 * 10 if mixed and shot % 2 else whole for shot in range(shots)]  # of one needle
    points = tuple(
        PlannedPoint(shot * needles + pin, shot, "row", shot * 5_000, pin * 1_000, 1_500, volumes[shot])
        for shot in range(shots)
        for pin in range(needles)
    )
    planned = tuple(
        PlannedShot(
            shot, "row", shot * 5_000, 0, 0, "single", volumes[shot] * needles, 1_500,
            tuple(range(shot * needles, (shot + 1) * needles)),
        )
        for shot in range(shots)
    )  # fmt: skip
    total = sum(volumes) * needles
    ring = ((-2_500, -2_500), (shots * 5_000, -2_500), (shots * 5_000, 2_500), (-2_500, 2_500))
    plan = Plan(
        protocol_id="campaign",
        protocol_title="Fault campaign",
        protocol_version="1",
        protocol_sha256="0" * 64,
        agent=PlannedAgent("saline", "Saline", None, None),
        area_name="row",
        area_sha256="0" * 64,
        surface="flat",
        layer="dermis",
        zones=(PlannedZone("row", (ring,), len(points), total),),
        exclusions=(),
        lattice="square",
        spacing_um=5_000,
        head="single",
        order="short",
        step_nl=10,
        total_nl=total,
        points=points,
        shots=planned,
        path=PathFacts((shots - 1) * 5_000, (shots - 1) * 5_000, 5_000, 0, (), (0,), shots),
        syringe_changes=(),
        syringe_nl=syringe_nl,
        syringe_unusable_nl=0,
        request=(),
        changes=(),
        warnings=(),
    )
    clearance = Clearance(
        plan_hash=plan.plan_hash,
        protocol_id="campaign",
        protocol_sha256="0" * 64,
        subject=SUBJECT,
        operator=OPERATOR,
        agent="saline",
        gun_kind="simulated",
        at="2026-01-05T09:00:00.000Z",
        planned_nl=total,
        caps=(Cap("total_ml.hard_high", int((total + shots * overrun_nl) * limit_share), hard=True, told="campaign"),),
        max_point_nl=volume_nl,
        max_points=None,
        min_shot_interval_ms=0,
        demonstration=True,
    )
    return restore(plan, clearance.to_text())


def first_events(cleared: ClearedPlan[Plan]) -> list[ev.Event]:
    """What stands in the journal before the runner starts."""
    plan = cleared.plan
    return [
        ev.TreatmentPlanned(
            subject=SUBJECT,
            operator=OPERATOR,
            plan=plan.to_bytes().decode(),
            plan_hash=plan.plan_hash,
            protocol_id=plan.protocol_id,
            protocol_sha256=plan.protocol_sha256,
            agent=plan.agent.id,
            total_nl=plan.total_nl,
            shots=len(plan.shots),
            simulated=True,
            demonstration=True,
        ),
        ev.PlanConfirmed(plan.plan_hash, SUBJECT, OPERATOR),
        ev.PlanCleared(plan.plan_hash, OPERATOR, cleared.clearance.to_text()),
    ]
