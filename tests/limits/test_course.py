"""Courses: too early, due, overdue, done; cumulative dose; what a treatment now would leave behind."""

from __future__ import annotations

import pytest

from mesogun.limits import PastTreatment, Stage, SubjectHistory, course, course_warnings
from mesogun.protocol import bundled
from tests.limits.build import NOW, Case, hydration, past

HYDRATION = bundled("face-hydration-ha")


def history(*days: float) -> SubjectHistory:
    of_course = [past(d, 800_000) for d in days]
    return SubjectHistory(
        tuple(
            PastTreatment(t.treatment, t.started_at, "face-hydration-ha", t.agent_id, t.high_nl, 40) for t in of_course
        )
    )


@pytest.mark.parametrize(
    ("days", "stage"),
    [
        ((), Stage.NOT_BEGUN),
        ((27,), Stage.TOO_EARLY),
        ((28,), Stage.DUE),
        ((31,), Stage.DUE),
        ((32,), Stage.OVERDUE),
        ((56, 28), Stage.DUE),
        ((84, 56, 28), Stage.DONE),
    ],
)
def test_the_stage_follows_the_sources(days: tuple[float, ...], stage: Stage) -> None:
    state = course(HYDRATION, history(*days), NOW)
    assert state.stage is stage
    assert state.total_nl == 800_000 * len(days)
    assert state.planned == (3.0, 3.0)


def test_a_course_says_when_the_next_is_due_and_what_keeps_it() -> None:
    state = course(HYDRATION, history(20, 48), NOW)
    assert [t.treatment for t in state.done] == ["t-48", "t-20"]
    assert state.told() == "2 done of 3: too early, next from 2026-03-10 to 2026-03-13"
    assert state.maintenance.startswith("1 to 2 per year (s1-myacare-2024, grade C)")


def test_other_protocols_are_other_courses() -> None:
    assert course(HYDRATION, SubjectHistory((past(3),)), NOW).stage is Stage.NOT_BEGUN


def test_without_an_interval_from_a_source_nothing_is_due() -> None:
    pain = bundled("pain-musculoskeletal")
    begun = SubjectHistory((PastTreatment("t", NOW, "pain-musculoskeletal", "anti-inflammatory", 1, 1),))
    state = course(pain, begun, NOW)
    assert (state.stage, state.earliest, state.planned) == (Stage.OPEN, None, None)
    assert state.told() == "1 done: open"


@pytest.mark.parametrize(
    ("days", "says"),
    [
        ((28,), ()),
        ((27,), ("early: the sources' interval ends on 2026-03-03 (nct03461198, hertz-kleptow-2019, grade A)",)),
        ((40,), ("the next treatment was due by 2026-02-21 (nct03461198, hertz-kleptow-2019, grade A)",)),
        ((84, 56, 28), ("treatment 4 of a course of at most 3 (nct03461198, hertz-kleptow-2019, grade A)",)),
    ],
)
def test_leaving_the_sources_course_is_said(days: tuple[float, ...], says: tuple[str, ...]) -> None:
    assert course_warnings(HYDRATION, history(*days), NOW) == says


def test_an_early_treatment_is_warned_of_and_not_refused() -> None:
    protocol, plan = hydration()
    warnings = Case(protocol, plan, history=history(20).treatments).run().clearance.warnings
    assert any("the sources' interval ends on" in line for line in warnings)


def test_cumulative_dose_is_limited_over_the_whole_course() -> None:
    protocol, plan = hydration()
    earlier = [past(30 * i, 4_100_000) for i in (1, 2)]
    assert Case(protocol, plan, history=tuple(earlier)).verdict() == ()
    more = (*earlier, past(90, 1))
    assert Case(protocol, plan, history=more, overrides={"treatments.soft_high": "agreed"}).verdict() == (
        "course_ml.hard_high",
    )
