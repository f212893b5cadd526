"""A visit before its first shot: what is planned, who it is for, what is used up, and whether it may begin.

The command line and the dashboard's wizard both stand on it, so that they cannot differ. The names below are loaded
when they are first used. Not responsible for asking people, for carrying a treatment out (``mesogun.treatment``), nor
for the rules (``mesogun.limits``).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mesogun.visit.approving import approval, approvals
    from mesogun.visit.bounds import limited, subject_bounds
    from mesogun.visit.clearing import Begun, begin, judge, new_treatment, screening_events
    from mesogun.visit.guns import GunSeen, check_fits, most_given_nl, plan_for, seen
    from mesogun.visit.people import DEMO_OPERATOR, gun_kind, operator_for
    from mesogun.visit.planning import (
        PlanOptions,
        asked_for,
        build_plan,
        demonstrated,
        filled,
        find_protocol,
        gun_profile_for,
        of_school,
        read_area,
        supplied,
    )
    from mesogun.visit.subjects import Known, known, last_weight, subject_history
    from mesogun.visit.supplies import Supplies, take_supplies, taken

__all__ = [
    "DEMO_OPERATOR",
    "Begun",
    "GunSeen",
    "Known",
    "PlanOptions",
    "Supplies",
    "approval",
    "approvals",
    "asked_for",
    "begin",
    "build_plan",
    "check_fits",
    "demonstrated",
    "filled",
    "find_protocol",
    "gun_kind",
    "gun_profile_for",
    "judge",
    "known",
    "last_weight",
    "limited",
    "most_given_nl",
    "new_treatment",
    "of_school",
    "operator_for",
    "plan_for",
    "read_area",
    "screening_events",
    "seen",
    "subject_bounds",
    "subject_history",
    "supplied",
    "take_supplies",
    "taken",
]

_PARTS = {
    "approving": ("approval", "approvals"),
    "bounds": ("limited", "subject_bounds"),
    "clearing": ("Begun", "begin", "judge", "new_treatment", "screening_events"),
    "subjects": ("Known", "known", "last_weight", "subject_history"),
    "people": ("DEMO_OPERATOR", "gun_kind", "operator_for"),
    "planning": (
        "PlanOptions", "asked_for", "build_plan", "demonstrated", "filled", "find_protocol", "gun_profile_for",
        "of_school", "read_area", "supplied",
    ),
    "guns": ("GunSeen", "check_fits", "most_given_nl", "plan_for", "seen"),
    "supplies": ("Supplies", "take_supplies", "taken"),
}  # fmt: skip
_WHERE = {name: part for part, names in _PARTS.items() for name in names}


def __getattr__(name: str) -> object:
    """The names above, imported when they are first asked for (PEP 562)."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
