"""A treatment beside the subject's previous one by the same protocol: the same plan to the byte, or what differs.

Not responsible for finding the previous one (``write``) or for judging a difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from mesogun.plan import Plan
from mesogun.record import TreatmentState
from mesogun.report.words import counted, interval_ml, ml
from mesogun.units import mm_text, ul_text


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was, then and now."""

    what: str
    then: str
    now: str


@dataclass(frozen=True, slots=True)
class Previous:
    """The treatment before this one.

    Attributes
    ----------
    same_plan : bool
        Both plans have the same hash: the same points, depths and volumes in the same order.
    differences : tuple of Difference
        What differs between the plans; empty where they are the same, or differ only in the order or places of points.
    given_then, given_now : str
        The ledgers, as intervals in mL.
    """

    treatment: str
    at: str
    same_plan: bool
    differences: tuple[Difference, ...]
    given_then: str
    given_now: str


def compared(
    treatment: str, at: str, then: Plan, then_state: TreatmentState, now: Plan, now_state: TreatmentState
) -> Previous:
    """The two treatments side by side."""
    return Previous(
        treatment,
        at,
        then.plan_hash == now.plan_hash,
        tuple(
            Difference(what, old, new)
            for (what, old), (_, new) in zip(_told(then), _told(now), strict=True)
            if old != new
        ),
        interval_ml(then_state.ledger.low_nl, then_state.ledger.high_nl),
        interval_ml(now_state.ledger.low_nl, now_state.ledger.high_nl),
    )


def _told(plan: Plan) -> Iterator[tuple[str, str]]:
    """What a person compares, as text; always the same rows."""
    agent = plan.agent
    strength = f", {agent.concentration} {agent.unit}" if agent.concentration and agent.unit else ""
    yield "Protocol", f"version {plan.protocol_version}, SHA-256 {plan.protocol_sha256[:12]}"
    yield "Agent", f"{agent.name}{strength}"
    yield "Area", f"{plan.area_name}, SHA-256 {plan.area_sha256[:12]}"
    yield "Head", f"{plan.head}, {plan.lattice} lattice"
    yield "Spacing", mm_text(plan.spacing_um)
    yield "Points", counted(len(plan.points), "point")
    yield "Set depth", _span((point.depth_um for point in plan.points), mm_text)
    yield "Volume per point", _span((point.volume_nl for point in plan.points), ul_text)
    yield "Planned in all", f"{ml(plan.total_nl)} mL"


def _span(values: Iterable[int], told: Callable[[int], str]) -> str:
    found = sorted(set(values))
    return told(found[0]) if len(found) == 1 else f"{told(found[0])} to {told(found[-1])}"
