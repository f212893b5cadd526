"""The gun of a visit as it showed itself: what planning and clearing must know of it when it is no longer connected.

Not responsible for finding or driving guns (``mesogun.gun``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mesogun.errors import Refused
from mesogun.gun import Gun
from mesogun.plan import Plan
from mesogun.protocol import Protocol
from mesogun.record import loaded_high_nl, overrun_bound_nl
from mesogun.units import mm_text, ul_text
from mesogun.visit.people import gun_kind
from mesogun.visit.planning import PlanOptions, build_plan, step_for
from mesogun.wire.messages import Caps


@dataclass(frozen=True, slots=True)
class GunSeen:
    """Kind, capabilities, what is left in the syringe, and the gun's calendar when it was looked at."""

    kind: str
    caps: Caps
    left_nl: int
    at: datetime


def seen(gun: Gun) -> GunSeen:
    """What a connected gun shows."""
    return GunSeen(gun_kind(gun), gun.caps, gun.welcome.status.syringe_left_nl, gun.clock.utc())


def plan_for(caps: Caps, protocol: Protocol, outline: Any, options: PlanOptions) -> Plan:
    """A plan in this gun's steps and syringes, which this gun can carry out."""
    plan: Plan = build_plan(
        protocol,
        outline,
        options,
        step_nl=step_for(caps.step_nl),
        syringe_nl=caps.syringe_nl,
        prime_nl=caps.dead_volume_nl,
        residual_nl=overrun_bound_nl(caps.syringe_nl, caps.overrun_nl, caps.overrun_ppm),
    )
    check_fits(plan, caps)
    return plan


def check_fits(plan: Plan, caps: Caps) -> None:
    """Refuse a plan that this gun cannot carry out, before anything is recorded."""
    needles = max(len(shot.points) for shot in plan.shots)
    if needles != caps.needles:
        raise Refused(
            f"the plan is for a head of {needles} needles ({plan.head}), this gun has {caps.needles}:"
            " plan with another --head, or put the planned head on"
        )
    for shot in plan.shots:
        if not caps.min_volume_nl <= shot.volume_nl <= caps.max_volume_nl or shot.volume_nl % caps.step_nl:
            raise Refused(
                f"shot {shot.index + 1} of {ul_text(shot.volume_nl)} is not what this gun gives:"
                f" {ul_text(caps.min_volume_nl)} to {ul_text(caps.max_volume_nl)} in steps of {caps.step_nl} nL"
            )
        if not caps.min_depth_um <= shot.depth_um <= caps.max_depth_um:
            raise Refused(
                f"shot {shot.index + 1} at {mm_text(shot.depth_um)} is outside this gun's"
                f" {mm_text(caps.min_depth_um)} to {mm_text(caps.max_depth_um)}"
            )


def most_given_nl(plan: Plan, caps: Caps) -> int:
    """The most that the plan may give with the bound that this gun states."""
    return sum(loaded_high_nl(shot.volume_nl, caps.overrun_nl, caps.overrun_ppm) for shot in plan.shots)
