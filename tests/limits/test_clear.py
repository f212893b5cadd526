"""A plan passes, or everything that stands in the way is said at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from mesogun.errors import InputError, LimitRefused, RecordError
from mesogun.identity.roles import Role
from mesogun.limits import (
    Answers,
    Approval,
    ClearedPlan,
    Subject,
    SubjectHistory,
    check_load,
    clear,
    limits_for,
    restore,
    simulated_answers,
)
from tests.limits.build import NOW, SUBJECT, Case, Person, hydration, past, plan_of, site
from tests.trace import req


def test_a_plan_within_everything_is_cleared() -> None:
    protocol, plan = hydration()
    cleared = Case(protocol, plan).run()
    assert cleared.plan is plan
    assert cleared.plan_hash == plan.plan_hash
    assert (cleared.subject, cleared.operator, cleared.agent) == ("s-1", "op-1", "hyaluronic-acid")
    assert cleared.hard_total_nl == 3_000_000
    assert not cleared.clearance.demonstration


@req("MG-07")
def test_every_violation_is_said_at_once_with_rule_asked_limit_and_source() -> None:
    protocol, plan = hydration(count=50, volume_nl=200_000)
    refused = Case(protocol, plan, operator=Person(role=Role.VIEWER), answers=Answers()).refusal()
    assert refused is not None
    rules = {v.rule for v in refused.violations}
    assert {"operator.role", "confirm.plan", "confirm.subject", "screening.pregnancy", "consent.risk"} <= rules
    by_rule = {v.rule: v for v in refused.violations}
    total = by_rule["treatment_ml.hard_high"]
    assert (total.asked, total.limit, total.unit, total.hard) == (10.0, 3.0, "mL", True)
    assert "nct03461198" in total.source
    assert "10 mL asked, at most 3 allowed" in total.message
    assert str(refused).count("\n") == len(refused.violations) - 1
    assert isinstance(refused, LimitRefused)
    assert refused.exit_code == 5


@req("MG-14")
def test_the_confirmation_is_bound_to_this_plan_and_this_subject() -> None:
    protocol, plan = hydration()
    said = simulated_answers(protocol, plan.plan_hash, "s-1")
    assert Case(protocol, plan, answers=said).verdict() == ()
    edited = replace(plan, plan_hash="cd" * 32)
    assert Case(protocol, edited, answers=said).verdict() == ("confirm.plan",)
    assert Case(protocol, plan, answers=said, subject=Subject("s-2")).verdict() == ("confirm.subject",)


@req("MG-08")
def test_a_soft_limit_needs_a_reason_and_the_reason_is_kept() -> None:
    protocol, plan = hydration(count=80)
    assert Case(protocol, plan).verdict() == ("treatment_ml.soft_high",)
    cleared = Case(protocol, plan, overrides={"treatment_ml.soft_high": "both cheeks"}).run()
    (override,) = cleared.clearance.overrides
    assert override.why == "both cheeks"
    assert override.operator == "op-1"
    assert override.asked == "1.6 mL"
    assert override.limit.startswith("1.5 mL (protocol: nct03461198")
    assert Case(protocol, plan, overrides={"treatment_ml.soft_high": "  "}).verdict() == ("treatment_ml.soft_high",)


@req("MG-08")
@pytest.mark.parametrize("role", list(Role))
def test_only_a_practitioner_treats_and_overrides(role: Role) -> None:
    protocol, plan = hydration(count=80)
    verdict = Case(protocol, plan, operator=Person(role=role), overrides={"treatment_ml.soft_high": "asked"}).verdict()
    expected = () if role is Role.PRACTITIONER else ("operator.role", "treatment_ml.soft_high")
    assert verdict == expected


@req("MG-09")
@pytest.mark.parametrize("role", list(Role))
def test_nobody_overrides_a_hard_limit(role: Role) -> None:
    protocol, plan = hydration(count=46, volume_nl=200_000)
    overrides = {"treatment_ml.hard_high": "please", "point_ml.hard_high": "please", "protocol.volume_ul": "please"}
    verdict = Case(protocol, plan, operator=Person(role=role), overrides=overrides).verdict()
    assert "treatment_ml.hard_high" in verdict
    assert "point_ml.hard_high" in verdict


def test_a_reason_for_a_rule_that_is_not_broken_is_not_swallowed() -> None:
    protocol, plan = hydration()
    warnings = Case(protocol, plan, overrides={"points.soft_high": "why not"}).run().clearance.warnings
    assert "a reason was given for points.soft_high, which is not broken" in warnings


def test_a_retired_practitioner_may_not_treat() -> None:
    protocol, plan = hydration()
    assert Case(protocol, plan, operator=Person(retired=True)).verdict() == ("operator.role",)


def test_a_gun_in_bench_mode_or_of_unknown_kind_never_treats() -> None:
    protocol, plan = hydration()
    approved = Approval(protocol.sha256, "op-1", Role.PRACTITIONER, date(2026, 1, 5), "read and agreed")
    for kind in ("bench", "toy", ""):
        assert "gun.kind" in Case(protocol, plan, gun_kind=kind, approvals=(approved,)).verdict()


@req("MG-12")
def test_a_clinical_gun_needs_an_approval_of_exactly_these_bytes() -> None:
    protocol, plan = hydration()
    good = Approval(protocol.sha256, "op-1", Role.PRACTITIONER, date(2026, 1, 5), "read and agreed")
    case = Case(protocol, plan, gun_kind="clinical")
    assert case.verdict() == ("protocol.approval",)
    assert replace(case, approvals=(good,)).verdict() == ()
    assert replace(case, approvals=(replace(good, on=NOW.date()),)).verdict() == ()
    flipped = ("0" if protocol.sha256[0] != "0" else "1") + protocol.sha256[1:]
    for bad in (
        replace(good, protocol_sha256=flipped),
        replace(good, role=Role.ADMIN),
        replace(good, role=Role.TECHNICIAN),
        replace(good, on=date(2026, 3, 3)),
        replace(good, by=" "),
        replace(good, reason=""),
        replace(good, withdrawn=True),
    ):
        assert replace(case, approvals=(bad,)).verdict() == ("protocol.approval",), bad
    withdrawn = replace(good, withdrawn=True, on=date(2026, 2, 1))
    again = replace(good, on=date(2026, 2, 2))
    assert replace(case, approvals=(good, withdrawn)).verdict() == ("protocol.approval",)
    assert replace(case, approvals=(withdrawn, again, good)).verdict() == ()


@req("MG-03")
def test_dropping_any_one_precondition_refuses_and_names_it() -> None:
    protocol, plan = hydration()
    said = simulated_answers(protocol, plan.plan_hash, "s-1")
    good = Approval(protocol.sha256, "op-1", Role.PRACTITIONER, date(2026, 1, 5), "read and agreed")
    case = Case(protocol, plan, gun_kind="clinical", approvals=(good,), answers=said)
    assert case.verdict() == ()
    fewer = dict(list(said.screening.items())[1:])
    dropped = {
        "operator.role": replace(case, operator=Person(role=Role.TECHNICIAN)),
        "protocol.approval": replace(case, approvals=()),
        "gun.kind": replace(case, gun_kind="bench"),
        "confirm.plan": replace(case, answers=replace(said, confirmed_plan_hash="")),
        "confirm.subject": replace(case, answers=replace(said, confirmed_subject="")),
        "consent.agreement": replace(case, answers=replace(said, consent=said.consent - {"agreement"})),
        "screening.evaluation": replace(case, answers=replace(said, screening=fewer)),
        "agent.unknown": replace(case, limits=replace(limits_for(protocol, subject=SUBJECT), agent=None)),
        "treatment_ml.unset": replace(
            case,
            limits=replace(
                limits_for(protocol, subject=SUBJECT),
                edges={k: v for k, v in limits_for(protocol).edges.items() if k[0] != "treatment_ml"},
            ),
        ),
    }
    for rule, changed in dropped.items():
        assert changed.verdict() == (rule,), rule


def test_plan_protocol_limits_and_subject_must_belong_together() -> None:
    protocol, plan = hydration()
    other = replace(plan, protocol_sha256="0" * 64)
    assert Case(protocol, other).verdict() == ("plan.protocol",)
    for wrong in ("25", "20.01", "2e1000000000", "many", None):
        stronger = replace(plan.agent, concentration=wrong)
        assert Case(protocol, replace(plan, agent=stronger)).verdict() == ("plan.agent",), wrong
    assert Case(protocol, replace(plan, agent=replace(plan.agent, concentration="20.00"))).verdict() == ()
    assert "plan.agent" in Case(protocol, replace(plan, agent=replace(plan.agent, unit="U/mL"))).verdict()
    assert Case(protocol, replace(plan, total_nl=plan.total_nl - 1)).verdict() == ("plan.total",)
    assert "plan.points" in Case(protocol, plan_of(protocol, (), 10_000)).verdict()
    empty = (*plan.points[:-1], replace(plan.points[-1], volume_nl=0))
    assert "plan.points" in Case(protocol, plan_of(protocol, empty, 10_000)).verdict()
    foreign = limits_for(protocol, subject=Subject("s-9"))
    assert Case(protocol, plan, limits=foreign).verdict() == ("plan.limits",)


def test_earlier_treatments_of_the_last_24_hours_count_into_this_one() -> None:
    protocol, plan = hydration(count=50)  # 1 mL
    assert Case(protocol, plan, history=(past(0.5, 2_000_001),)).verdict() == ("treatment_ml.hard_high",)
    reason = {"treatment_ml.soft_high": "second cheek"}
    at_limit = Case(protocol, plan, history=(past(0.5, 2_000_000),), overrides=reason)
    assert at_limit.verdict() == ()
    assert at_limit.run().hard_total_nl == 1_000_000
    assert Case(protocol, plan, history=(past(1.0, 2_000_001),)).verdict() == ()
    assert Case(protocol, plan, history=(past(0.5, 2_000_001, agent="other"),)).verdict() == ()
    assert Case(protocol, plan, history=(past(0.5, 2_000_001, agent=""),)).verdict() == ("treatment_ml.hard_high",)


def test_a_time_without_zone_is_refused() -> None:
    protocol, plan = hydration()
    with pytest.raises(InputError, match="time zone"):
        clear(
            plan,
            protocol,
            limits_for(protocol, subject=SUBJECT),
            subject=SUBJECT,
            history=SubjectHistory(),
            operator=Person(),
            answers=Answers(),
            gun_kind="simulated",
            now=NOW.replace(tzinfo=None),
        )


def test_a_cleared_plan_cannot_be_made_by_hand() -> None:
    protocol, plan = hydration()
    clearance = Case(protocol, plan).run().clearance
    with pytest.raises(TypeError, match=r"made by mesogun\.limits\.clear"):
        ClearedPlan(plan, clearance, object())
    cleared = Case(protocol, plan).run()
    with pytest.raises(TypeError, match="and no other"):
        replace(cleared, plan=replace(plan, plan_hash="cd" * 32))


def test_a_recorded_clearance_restores_the_cleared_plan_and_nothing_else() -> None:
    protocol, plan = hydration(count=80)
    cleared = Case(protocol, plan, overrides={"treatment_ml.soft_high": "both cheeks"}).run()
    text = cleared.clearance.to_text()
    assert restore(plan, text) == cleared
    with pytest.raises(RecordError, match="is for plan"):
        restore(replace(plan, plan_hash="cd" * 32), text)
    for damaged in (text[:-1], text.replace('"caps"', '"cups"'), "[]", "{}", "[" * 100_000, text + " "):
        with pytest.raises(RecordError, match="clear the plan again"):
            restore(plan, damaged)


@req("MG-05", "MG-06")
def test_no_entry_is_loaded_beyond_a_hard_limit() -> None:
    protocol, plan = hydration()
    cleared = Case(protocol, plan, site=site("hyaluronic-acid points hard_high=41")).run()
    assert check_load(cleared, high_nl_after=3_000_000) == ()
    (violation,) = check_load(cleared, high_nl_after=3_000_001)
    assert (violation.rule, violation.limit, violation.hard) == ("treatment_ml.hard_high", 3.0, True)
    assert check_load(cleared, high_nl_after=0, largest_point_nl=50_000, points_after=41) == ()
    assert [v.rule for v in check_load(cleared, high_nl_after=0, largest_point_nl=50_001, points_after=42)] == [
        "point_ml.hard_high",
        "points.hard_high",
    ]
    assert [v.rule for v in check_load(cleared, high_nl_after=-1)] == ["ledger.negative"]
    assert check_load(cleared, high_nl_after=1_500_001) == ()
    assert [v.hard for v in check_load(cleared, high_nl_after=1_500_001, soft=True)] == [False]
