"""Limits turned into what a running treatment is checked against: whole nanolitres, rounded towards safety.

Not responsible for the check (``load``).
"""

from __future__ import annotations

import math
from fractions import Fraction

from mesogun.limits.asked import Question, concentration, course_nl, earlier, rolling_nl, weight
from mesogun.limits.clearance import Cap
from mesogun.limits.combine import Limits
from mesogun.limits.rules import UNIT, number
from mesogun.protocol import Kind
from mesogun.units import NL_PER_ML

VOLUME_KINDS: tuple[Kind, ...] = (
    "treatment_ml",
    "course_ml",
    "treatment_mg",
    "treatment_mg_per_kg",
    "treatment_units",
)


def volume_caps(limits: Limits, question: Question) -> tuple[Cap, ...]:
    """One cap for each high edge that is about an amount, with earlier treatments already subtracted.

    For a question that ``check_amounts`` has passed: nothing is unset, nothing unknown.
    """
    caps = []
    for kind in VOLUME_KINDS:
        for name in ("soft_high", "hard_high"):
            edge = limits.edge(kind, "hard_high" if name == "hard_high" else "soft_high")
            if edge is None:
                continue
            cap_nl = math.floor(_left_ml(kind, edge.value, question) * NL_PER_ML)
            told = f"{number(edge.value)} {UNIT[kind]} ({edge.told()})"
            caps.append(Cap(f"{kind}.{name}", max(0, cap_nl), name == "hard_high", told))
    return tuple(caps)


def max_point_nl(limits: Limits) -> int:
    """The most that one point may be given; 0 where nobody set it."""
    edge = limits.edge("point_ml", "hard_high")
    return 0 if edge is None else math.floor(edge.value * NL_PER_ML)


def max_points(limits: Limits, question: Question) -> int | None:
    """Points that this treatment may serve, or None where nobody set a limit of points."""
    edge = limits.edge("points", "hard_high")
    if edge is None:
        return None
    earlier = sum(t.points for t in question.history.recent(question.agent_id, question.now))
    return max(0, math.floor(edge.value) - earlier)


def min_shot_interval_ms(limits: Limits) -> int:
    """The shortest time between two shots; 0 where nobody set one."""
    edge = limits.edge("shot_interval_ms", "hard_low")
    return 0 if edge is None else math.ceil(edge.value)


def _left_ml(kind: Kind, limit: Fraction, question: Question) -> Fraction:
    """What a limit leaves for this treatment, in mL of its own concentration; below zero where nothing is left."""
    if kind == "treatment_ml":
        return limit - Fraction(rolling_nl(question) - question.total_nl, NL_PER_ML)
    if kind == "course_ml":
        return limit - Fraction(course_nl(question), NL_PER_ML)
    unit = "U/mL" if kind == "treatment_units" else "mg/mL"
    whole = limit * weight(question) if kind == "treatment_mg_per_kg" else limit
    return (whole - earlier(question, unit)) / concentration(question, unit)
