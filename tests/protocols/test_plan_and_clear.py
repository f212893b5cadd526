"""Every bundled protocol is planned on the example cheek and cleared for the simulated gun, and for no other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import pytest

from mesogun.area import example
from mesogun.errors import InputError
from mesogun.identity.roles import Role
from mesogun.limits import (
    ClearanceRefused,
    ClearedPlan,
    Subject,
    SubjectHistory,
    bundled_demonstration,
    check_load,
    clear,
    limits_for,
    restore,
    simulated_answers,
)
from mesogun.plan import Plan, make_plan, request_from_protocol
from mesogun.protocol import Protocol, bundled, bundled_names
from tests.trace import req

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
METERED = [name for name in bundled_names() if bundled(name).metered]


@dataclass(frozen=True, slots=True)
class Person:
    reference: str = "op-1"
    role: Role = Role.PRACTITIONER
    retired: bool = False


@cache
def planned(name: str) -> tuple[Protocol, Plan]:
    protocol = bundled_demonstration().fill(bundled(name))
    return protocol, make_plan(example("cheek"), request_from_protocol(protocol, step_nl=100, syringe_nl=5_000_000))


def judged(protocol: Protocol, plan: Plan, gun_kind: str) -> ClearedPlan[Plan]:
    subject = Subject("s-1")
    return clear(
        plan,
        protocol,
        limits_for(protocol, site=bundled_demonstration().site(), subject=subject),
        subject=subject,
        history=SubjectHistory(),
        operator=Person(),
        answers=simulated_answers(protocol, plan.plan_hash, subject.ref),
        gun_kind=gun_kind,
        now=NOW,
    )


@req("MG-06")
@pytest.mark.parametrize("name", METERED)
def test_it_is_planned_cleared_and_loaded_up_to_its_limit(name: str) -> None:
    protocol, plan = planned(name)
    cleared = judged(protocol, plan, "simulated")
    assert cleared.plan is plan
    assert cleared.clearance.demonstration
    assert check_load(cleared, high_nl_after=plan.total_nl, points_after=len(plan.points)) == ()
    assert check_load(cleared, high_nl_after=cleared.hard_total_nl + 1)
    assert restore(plan, cleared.clearance.to_text()) == cleared


@pytest.mark.parametrize("name", METERED)
def test_what_rests_on_demonstration_values_is_refused_elsewhere(name: str) -> None:
    protocol, plan = planned(name)
    for gun_kind in ("clinical", "bench"):
        with pytest.raises(ClearanceRefused) as caught:
            judged(protocol, plan, gun_kind)
        rules = {violation.rule for violation in caught.value.violations}
        assert "protocol.approval" in rules
        assert rules & {"protocol.demonstration", "limits.demonstration"}


def test_what_cannot_meter_is_neither_planned_nor_cleared() -> None:
    protocol = bundled("face-needle-free")
    with pytest.raises(InputError, match="face-needle-free"):
        request_from_protocol(protocol, step_nl=100, syringe_nl=5_000_000)
    _, plan = planned("face-hydration-ha")
    with pytest.raises(ClearanceRefused) as caught:
        judged(protocol, plan, "simulated")
    assert "protocol.metered" in {violation.rule for violation in caught.value.violations}
    assert "cannot meter a dose" in str(caught.value)


def test_the_demonstrated_mesolift_has_one_to_two_hundred_points_on_the_cheek() -> None:
    _, plan = planned("face-mesolift")
    assert 100 <= len(plan.points) <= 200
