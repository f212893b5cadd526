"""Each kind of limit, each of its four edges, from each origin: at the edge it passes, one step beyond it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import get_args

import pytest

from mesogun.limits import Limits, Subject, Weight, limits_for
from mesogun.limits.asked import Asked, Question, ask
from mesogun.limits.combine import EDGES, Edge, EdgeName, Origin
from mesogun.limits.rules import check_amounts
from mesogun.limits.subject import SubjectHistory
from mesogun.protocol import Bound, Kind, Protocol, bundled, supply
from tests.limits.build import NOW, SUBJECT, grid, hydration, past, site
from tests.trace import req

WEIGHED = replace(SUBJECT, weight=Weight(60.0, date(2026, 3, 2), "op-1"))
KINDS = [kind for kind in get_args(Kind) if kind != "shot_interval_ms"]  # checked while the treatment runs
STEP = Fraction(1, 1000)


def question_for(kind: Kind) -> Question:
    """Something for which the kind has a value: ten points, and a treatment a month ago."""
    units = kind == "treatment_units"
    agent = "onabotulinumtoxina" if units else "hyaluronic-acid"
    return Question(
        points=grid(10, 10_000, 20_000, 1_500),
        total_nl=200_000,
        agent_id=agent,
        concentration=20.0,
        unit="U/mL" if units else "mg/mL",
        subject=WEIGHED,
        history=SubjectHistory((past(31, agent=agent),)),
        now=NOW,
    )


@req("MG-05", "MG-06", "MG-11")
@pytest.mark.parametrize("origin", get_args(Origin))
@pytest.mark.parametrize("name", EDGES)
@pytest.mark.parametrize("kind", KINDS)
def test_below_at_and_above(kind: Kind, name: EdgeName, origin: Origin) -> None:
    question = question_for(kind)
    asked = ask(kind, question)
    assert isinstance(asked, Asked)
    high = name.endswith("high")
    value = asked.high if high else asked.low
    protocol, _ = hydration()

    def broken(edge: Fraction) -> list[tuple[str, bool, str]]:
        found = Edge(edge, "rule 1", "site", origin)
        limits = replace(_without_limits(), edges={(kind, name): found}, required=())
        return [(v.rule, v.hard, v.source) for v in check_amounts(limits, question, protocol) if "agent" not in v.rule]

    refusal = [(f"{kind}.{name}", name.startswith("hard"), f"{origin}: rule 1, grade site")]
    assert broken(value) == []
    assert broken(value + STEP) == ([] if high else refusal)
    assert broken(value - STEP) == (refusal if high else [])


@pytest.mark.parametrize("origin", get_args(Origin))
def test_each_origin_is_read_from_its_own_place(origin: Origin) -> None:
    bound = Bound(kind="points", hard_high=7.0, source="nct03461198", grade="C")
    protocol = bundled("face-hydration-ha")
    if origin == "protocol":
        limits = limits_for(protocol.model_copy(update={"limits": (*protocol.limits, bound)}))
    elif origin == "agent":
        limits = limits_for(_of_agent("deoxycholic-acid"))
        edge = limits.edge("points", "hard_high")
        assert edge is not None
        assert (edge.origin, edge.value, edge.source) == (origin, Fraction(50), "label-deoxycholic-acid")
        return
    elif origin == "site":
        limits = limits_for(protocol, site=site("hyaluronic-acid points hard_high=7"))
    else:
        limits = limits_for(protocol, subject=Subject("s-1", bounds=(bound,)))
    edge = limits.edge("points", "hard_high")
    assert edge is not None
    assert (edge.origin, edge.value) == (origin, Fraction(7))


def _of_agent(agent: str) -> Protocol:
    protocol = bundled("fat-submental-deoxycholic")
    assert protocol.agent.id == agent
    return supply(protocol, {"shot.depth_mm": 8}, source="Dr A", grade="site").model_copy(update={"limits": ()})


def _without_limits() -> Limits:
    protocol, _ = hydration()
    return limits_for(protocol, subject=WEIGHED)
