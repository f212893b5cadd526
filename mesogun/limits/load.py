"""The check before every entry of the magazine: whole numbers against caps that were computed at clearance.

Not responsible for how the ledger's upper end is reckoned (``mesogun.record``).
"""

from __future__ import annotations

from collections.abc import Sequence

from mesogun.limits.clearance import Cap, Clearance, ClearedPlan
from mesogun.limits.conform import PlanShape
from mesogun.limits.violation import Violation
from mesogun.record import loaded_high_nl
from mesogun.units import NL_PER_ML, ml_text


def check_load(
    cleared: ClearedPlan[PlanShape] | Clearance,
    *,
    high_nl_after: int,
    largest_point_nl: int | None = None,
    points_after: int | None = None,
    soft: bool = False,
) -> tuple[Violation, ...]:
    """What stands in the way of loading one more entry; empty when it may be loaded.

    Parameters
    ----------
    cleared : ClearedPlan or Clearance
        What passed.
    high_nl_after : int
        Upper end of the treatment's ledger if this entry is loaded: given, in flight, unknown, overrun bound and all.
    largest_point_nl : int, optional
        The most that this entry gives one point.
    points_after : int, optional
        Points served or loaded if this entry is loaded, redone ones counted again.
    soft : bool
        Report soft caps without a recorded reason too; a practitioner may then give one.
    """
    clearance = cleared.clearance if isinstance(cleared, ClearedPlan) else cleared
    found = []
    if high_nl_after < 0:
        found.append(_violation("ledger.negative", high_nl_after, 0, "nl", "the ledger is below zero"))
    reasons = {override.rule for override in clearance.overrides}
    for cap in clearance.caps:
        if high_nl_after > cap.cap_nl and (cap.hard or (soft and cap.rule not in reasons)):
            found.append(_over(cap, high_nl_after))
    if largest_point_nl is not None and largest_point_nl > clearance.max_point_nl:
        text = f"{ml_text(largest_point_nl)} for one point, at most {ml_text(clearance.max_point_nl)} allowed"
        found.append(_violation("point_ml.hard_high", largest_point_nl, clearance.max_point_nl, "nl", text))
    if clearance.max_points is not None and points_after is not None and points_after > clearance.max_points:
        text = f"{points_after} points asked, {clearance.max_points} allowed"
        found.append(_violation("points.hard_high", points_after, clearance.max_points, "points", text))
    return tuple(found)


def shots_that_fit(
    cleared: ClearedPlan[PlanShape] | Clearance, volumes_nl: Sequence[int], *, overrun_nl: int, overrun_ppm: int
) -> int:
    """How many of the shots, in order, are sure to be loaded when each may overrun by the calibration's bound.

    A plan that uses a limit to the last drop is cleared; fewer than all of its shots fit, and it is better to know
    that before the first one.
    """
    clearance = cleared.clearance if isinstance(cleared, ClearedPlan) else cleared
    high_nl = 0
    for count, volume_nl in enumerate(volumes_nl):
        high_nl += loaded_high_nl(volume_nl, overrun_nl, overrun_ppm)
        if high_nl > clearance.hard_total_nl:
            return count
    return len(volumes_nl)


def check_pause(cleared: ClearedPlan[PlanShape] | Clearance, *, since_last_shot_ms: int) -> tuple[Violation, ...]:
    """Whether two shots would follow too fast; empty when they do not."""
    clearance = cleared.clearance if isinstance(cleared, ClearedPlan) else cleared
    least = clearance.min_shot_interval_ms
    if since_last_shot_ms >= least:
        return ()
    text = f"{since_last_shot_ms} ms after the last shot, at least {least} ms required"
    return (_violation("shot_interval_ms.hard_low", since_last_shot_ms, least, "ms", text),)


def _over(cap: Cap, high_nl: int) -> Violation:
    text = (
        f"up to {ml_text(high_nl)} may have been given with this entry, {ml_text(cap.cap_nl)} allowed for this "
        f"treatment: {cap.told}; the entry is not loaded"
    )
    asked, limit = high_nl / NL_PER_ML, cap.cap_nl / NL_PER_ML
    return Violation(cap.rule, asked, limit, "mL", cap.told, hard=cap.hard, message=text)


def _violation(rule: str, asked: int, limit: int, unit: str, text: str) -> Violation:
    return Violation(rule, asked, limit, unit, "clearance", hard=True, message=text)
