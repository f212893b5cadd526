"""The comparison of what is asked with the limits in force: every violation, never a clamp. Pure and exact.

Not responsible for people and answers (``clear``, ``screening``) nor for single entries of the magazine (``load``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

from mesogun.limits.asked import Asked, Question, Unknown, ask
from mesogun.limits.combine import EDGES, Edge, EdgeName, Limits
from mesogun.limits.subject import SubjectHistory
from mesogun.limits.violation import Violation
from mesogun.protocol import Kind, Protocol

UNIT: dict[Kind, str] = {
    "point_ml": "mL per point",
    "treatment_ml": "mL",
    "treatment_mg": "mg",
    "treatment_mg_per_kg": "mg/kg",
    "treatment_units": "U",
    "course_ml": "mL",
    "points": "points",
    "density_mg_per_cm2": "mg/cm2",
    "concentration": "mg/mL or U/mL",
    "depth_mm": "mm",
    "distance_mm": "mm",
    "shot_interval_ms": "ms",
    "interval_days": "days",
    "treatments": "treatments",
}

LESS = "plan less: a smaller area, a wider spacing or less per point"
WAYS: dict[tuple[Kind, str], str] = {
    ("point_ml", "high"): "plan less per point",
    ("treatment_ml", "high"): LESS,
    ("treatment_mg", "high"): LESS,
    ("treatment_mg_per_kg", "high"): LESS,
    ("treatment_units", "high"): LESS,
    ("course_ml", "high"): LESS,
    ("points", "high"): "plan a smaller area or a wider spacing",
    ("density_mg_per_cm2", "high"): "plan a wider spacing or less per point",
    ("concentration", "high"): "take a weaker preparation",
    ("depth_mm", "high"): "plan a smaller depth",
    ("depth_mm", "low"): "plan a greater depth",
    ("distance_mm", "low"): "plan a wider spacing",
}
"""What would bring a plan below, or above, a hard limit of a kind."""

NEAR_TEN = (Fraction(95, 10), Fraction(105, 10))
"""A ratio to the usual value in this band is named as a slip of the decimal point."""


def number(value: Fraction) -> str:
    """At most six significant places, no exponent, no trailing zero: for messages only."""
    text = f"{float(value):.6f}".rstrip("0").rstrip(".")
    return text or "0"


def check_amounts(limits: Limits, question: Question, protocol: Protocol) -> list[Violation]:
    """Every limit of ``limits`` against what ``question`` asks; required limits that nobody set are zero."""
    found = list(_agent(limits, protocol))
    for kind in limits.unset():
        found.append(_unset(kind, limits, question))
    for kind in limits.kinds():
        try:
            asked = ask(kind, question)
        except Unknown as missing:
            found.append(_unknown(kind, limits, str(missing)))
            continue
        if asked is None:
            continue
        for violation in compare(kind, asked, limits, usual(kind, protocol)):
            way = way_out(violation, kind, question)
            found.append(replace(violation, message=violation.message + way) if way else violation)
    return found


def way_out(violation: Violation, kind: Kind, question: Question) -> str:
    """What would work, and how much of it the subject's history takes; empty where there is nothing to say."""
    past = question.history.of(question.agent_id)
    if kind == "interval_days" and past and violation.limit is not None:
        last = past[-1].started_at.astimezone(question.now.tzinfo).date()
        return f"; possible from {(last + timedelta(days=math.ceil(violation.limit))).isoformat()}"
    own, side = ask_alone(kind, question), violation.rule.rpartition("_")[2]
    told = ""
    if own is not None and violation.asked is not None and violation.limit is not None and side == "high":
        before = violation.asked - own
        told = f"; {before:g} {UNIT[kind]} of it were given before" if before > 0 else ""
    way = WAYS.get((kind, side), "") if violation.hard else ""
    return f"{told}; {way}" if way else told


def ask_alone(kind: Kind, question: Question) -> float | None:
    """What the plan without any history asks for, where history counts into a kind."""
    if kind not in {"treatment_ml", "course_ml", "points", "treatment_mg", "treatment_mg_per_kg", "treatment_units"}:
        return None
    asked = ask(kind, replace(question, history=SubjectHistory()))
    return None if asked is None else float(asked.high)


def compare(kind: Kind, asked: Asked, limits: Limits, usual_range: tuple[Fraction, Fraction] | None) -> list[Violation]:
    """Each edge of one kind against what is asked; an edge itself passes."""
    found = []
    for name in EDGES:
        edge = limits.edge(kind, name)
        if edge is None:
            continue
        value = asked.high if name.endswith("high") else asked.low
        broken = value > edge.value if name.endswith("high") else value < edge.value
        if broken:
            found.append(_broken(kind, name, value, edge, usual_range))
    # A soft edge says nothing new where the hard one is broken on the same side.
    hard = {violation.rule.rsplit("_", 1)[1] for violation in found if violation.hard}
    return [v for v in found if v.hard or v.rule.rsplit("_", 1)[1] not in hard]


def usual(kind: Kind, protocol: Protocol) -> tuple[Fraction, Fraction] | None:
    """What the protocol calls usual for a kind, to tell a slip of the decimal point from a wish for more."""
    shot = protocol.shot
    quantity, scale = {
        "point_ml": (shot.volume_ul, 1000),
        "treatment_ml": (shot.total_ml, 1),
        "depth_mm": (shot.depth_mm, 1),
        "distance_mm": (shot.spacing_mm, 1),
    }.get(kind, (None, 1))
    bounds = quantity.bounds() if quantity is not None else None
    return None if bounds is None else (Fraction(repr(bounds[0])) / scale, Fraction(repr(bounds[1])) / scale)


def slip(value: Fraction, low: Fraction, high: Fraction) -> bool:
    """Whether ``value`` is ten times, or a tenth of, something between ``low`` and ``high``."""
    if high <= 0:
        return False
    below, above = NEAR_TEN
    return low * below <= value <= high * above or low / above <= value <= high / below


def _agent(limits: Limits, protocol: Protocol) -> Iterator[Violation]:
    agent = limits.agent
    if agent is None:
        text = f"agent {limits.agent_id!r} is in no table; add it to limits.toml with its limits"
        yield Violation("agent.unknown", None, None, "", "agents' table", hard=True, message=text)
    elif agent.retired:
        text = f"{agent.name} is retired from the agents' table; use its successor"
        yield Violation("agent.retired", None, None, "", "agents' table", hard=True, message=text)
    elif agent.blocked is not None:
        text = f"{agent.name} is blocked: {agent.blocked}"
        yield Violation("agent.blocked", None, None, "", "agents' table", hard=True, message=text)
    elif agent.brand is not None and protocol.agent.brand != agent.brand:
        named = protocol.agent.brand or "no brand"
        text = f"{agent.name} is in units of {agent.brand}, the protocol names {named}; units are not interchangeable"
        yield Violation("agent.brand", None, None, "", "agents' table", hard=True, message=text)
    elif agent.unit not in {"mixture", protocol.agent.unit}:
        text = f"{agent.name} is counted in {agent.unit}, the protocol has {protocol.agent.unit or 'no unit'}"
        yield Violation("agent.unit", None, None, "", "agents' table", hard=True, message=text)


def _unset(kind: Kind, limits: Limits, question: Question) -> Violation:
    try:
        asked = ask(kind, question)
    except Unknown:
        asked = None
    value = None if asked is None else float(asked.high)
    said = "" if asked is None else f"{number(asked.high)} {UNIT[kind]} asked; "
    text = (
        f"{said}nobody set a limit for {limits.agent_id}, and a limit that nobody set is zero; "
        f"set {kind} in limits.toml with its source"
    )
    return Violation(f"{kind}.unset", value, 0.0, UNIT[kind], "no origin", hard=True, message=text)


def _unknown(kind: Kind, limits: Limits, missing: str) -> Violation:
    edges = [edge for name in EDGES if (edge := limits.edge(kind, name)) is not None]
    text = f"cannot be checked: {missing} ({edges[0].told()})"
    return Violation(f"{kind}.unknown", None, None, UNIT[kind], edges[0].told(), hard=True, message=text)


def _broken(
    kind: Kind, name: EdgeName, value: Fraction, edge: Edge, usual_range: tuple[Fraction, Fraction] | None
) -> Violation:
    word = "at most" if name.endswith("high") else "at least"
    text = f"{number(value)} {UNIT[kind]} asked, {word} {number(edge.value)} allowed ({edge.told()})"
    low, high = usual_range if usual_range is not None else (edge.value, edge.value)
    if slip(value, low, high):
        text += f"; a slip of the decimal point? The usual is {number(low)}"
        text += f" to {number(high)} {UNIT[kind]}" if low != high else f" {UNIT[kind]}"
    hard = name.startswith("hard")
    if not hard:
        text += "; a practitioner may give a reason"
    return Violation(
        f"{kind}.{name}", float(value), float(edge.value), UNIT[kind], edge.told(), hard=hard, message=text
    )
