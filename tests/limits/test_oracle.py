"""The rules against a second, plain reckoning in whole numbers, over random plans, histories and limits."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from mesogun.limits import PastTreatment, check_load
from tests.limits.build import NOW, Case, grid, hydration, past, plan_of, site
from tests.trace import req

SOFT = dict.fromkeys(["treatment_ml.soft_high", "treatments.soft_high"], "asked for")
HARD = ["point_ml", "treatment_ml", "course_ml", "treatment_mg", "points", "treatments"]


@st.composite
def histories(draw: st.DrawFn) -> tuple[PastTreatment, ...]:
    """Up to four earlier treatments, some of today, some of another or of no known agent."""
    found = []
    for index in range(draw(st.integers(0, 4))):
        agent = draw(st.sampled_from(["hyaluronic-acid", "hyaluronic-acid", "tranexamic-acid", ""]))
        base = past(draw(st.sampled_from([0.1, 0.9, 1.5, 20.0, 40.0])), draw(st.integers(0, 1_500_000)), agent)
        strength = draw(st.sampled_from(["20", "50"]))
        points = draw(st.integers(0, 30))
        found.append(replace(base, treatment=f"t{index}", points=points, concentration=strength, unit="mg/mL"))
    return tuple(found)


def text(nanolitres: int) -> str:
    return format(Decimal(nanolitres) / 1_000_000, "f")


@req("MG-05", "MG-06", "MG-11")
@given(
    st.integers(1, 30),
    st.integers(1_000, 50_000),
    histories(),
    st.fixed_dictionaries(
        {
            "point_ml": st.integers(1_000, 50_000),
            "treatment_ml": st.integers(1_000, 3_000_000),
            "course_ml": st.integers(1_000, 6_000_000),
            "treatment_mg": st.integers(1_000, 90_000_000),
            "points": st.integers(1, 100),
            "treatments": st.integers(1, 6),
        }
    ),
)
def test_the_refused_rules_are_those_of_a_plain_reckoning(
    count: int, volume_nl: int, history: tuple[PastTreatment, ...], limits: dict[str, int]
) -> None:
    protocol, _ = hydration()
    plan = plan_of(protocol, grid(count, 10_000, volume_nl, 1_500), 10_000)
    clinic = site(*(f"* {kind} hard_high={limits[kind] if kind in HARD[4:] else text(limits[kind])}" for kind in HARD))
    case = Case(protocol, plan, site=clinic, history=history, overrides={"protocol.volume_ul": "a", **SOFT})
    refusal = case.refusal()
    refused = set() if refusal is None else {v.rule for v in refusal.violations if v.hard}

    ours = [t for t in history if t.agent_id != "tranexamic-acid"]
    today = [t for t in ours if (NOW - t.started_at).total_seconds() < 86_400]
    rolling_nl = count * volume_nl + sum(t.high_nl for t in today)
    # mg x 1 000 000: nanolitres times mg/mL
    micro_mg = count * volume_nl * 20 + sum(t.high_nl * int(t.concentration or 0) for t in today)
    expected = {
        "point_ml": volume_nl > min(limits["point_ml"], 50_000),
        "treatment_ml": rolling_nl > min(limits["treatment_ml"], 3_000_000),
        "course_ml": count * volume_nl + sum(t.high_nl for t in ours) > min(limits["course_ml"], 9_000_000),
        "treatment_mg": micro_mg > limits["treatment_mg"],
        "points": count + sum(t.points for t in today) > limits["points"],
        "treatments": len(ours) + 1 > limits["treatments"],
    }
    assert refused == {f"{kind}.hard_high" for kind, broken in expected.items() if broken}
    if refusal is None:
        cleared = case.run()
        assert check_load(cleared, high_nl_after=plan.total_nl, largest_point_nl=volume_nl, points_after=count) == ()
        assert check_load(cleared, high_nl_after=cleared.hard_total_nl + 1)
