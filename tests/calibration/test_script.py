"""The script is strict, the steps follow from it, and an outlier is one by a rule that was stated before."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.calibration.correction import Shot
from mesogun.calibration.outliers import grubbs
from mesogun.calibration.results import binding_of
from mesogun.calibration.script import parse
from mesogun.calibration.steps import (
    Do,
    GunFacts,
    Phase,
    estimated_s,
    quick,
    settings_nl,
    steps_for,
    steps_from,
    steps_text,
)
from mesogun.errors import InputError, RecordError
from tests.calibration.rigs import EXAMPLE, script

TEXT = EXAMPLE.read_text(encoding="utf-8")
GUN = GunFacts(10, 1_000, 300_000, 1_000_000, 20_000, 1, 540, 10_500)


def test_the_example_is_a_script() -> None:
    assert parse(TEXT).series.volumes_ul == (10.0, 25.0, 50.0)


def test_a_script_arms_nothing_unless_it_says_so() -> None:
    assert parse(TEXT).arm
    assert not parse(TEXT.replace("arm = true", "arm = false")).arm
    assert not parse(TEXT.replace("arm = true", "")).arm


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("format = 1", "format = 2", "format must be 1"),
        ("replicates = 10 ", "replicates = 3 ", "replicates must be 4"),
        ("replicates = 10 ", "replicates = 10.5 ", "replicates is not a whole number"),
        ("replicates = 10 ", "replicates = true ", "replicates is not a whole number"),
        ("blanks = 6", "blanks = 1", "blanks must be 2"),
        ("blanks = 6", "blancs = 6", "blancs is not known"),
        ('laboratory = "', 'laboratory = ""  # "', "laboratory is not a text"),
        ("water_c = 20.0", "water_c = nan", "water_c is not a finite number"),
        ("u_pressure_kpa = 0.1", "u_pressure_kpa = -0.1", "0 or more"),
        ('rule = "guarded"', 'rule = "kind"', "rule must be guarded or simple"),
        ("systematic_pct = [2.0, 1.0, 1.0]", "systematic_pct = [2.0]", "one limit above 0 for each"),
        ("volumes_ul = [10.0, 25.0, 50.0]", "volumes_ul = [10.0, 10.0, 50.0]", "different volumes"),
        ("volumes_ul = [10.0, 25.0, 50.0]", "volumes_ul = [10.0, 50.0]", "three volumes"),
        ('evaporation = "blanks"', 'evaporation = "hope"', "blanks or regression"),
        ("[acceptance]", "[excuses]", "acceptance"),
        ("arm = true", 'arm = "yes"', "arm is not true or false"),
        ("format = 1", "format = ", "not TOML"),
    ],
)
def test_what_is_wrong_with_a_script_is_said(old: str, new: str, said: str) -> None:
    assert old in TEXT
    with pytest.raises(InputError, match=said):
        parse(TEXT.replace(old, new, 1))


def test_every_fault_is_told_at_once() -> None:
    text = TEXT.replace("water_c = 20.0", "water_c = inf").replace('customer = "', 'client = "').replace("group", "grp")
    with pytest.raises(InputError) as caught:
        parse(text)
    for what in ("water_c", "customer is missing", "client is not known", "grp is not known"):
        assert what in str(caught.value)


@given(
    st.integers(4, 12), st.integers(0, 12), st.integers(2, 8), st.integers(1, 4), st.integers(0, 5), st.integers(0, 4)
)
def test_steps_hold_everything_once_and_never_empty_a_syringe(
    replicates: int, as_left: int, blanks: int, group: int, start_up: int, last: int
) -> None:
    series = script(
        replicates=replicates, as_left_replicates=as_left, blanks=blanks, group=group, start_up=start_up,
        last_before_empty=last,
    ).series  # fmt: skip
    steps = steps_for(series, GUN, adjust=True)
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    left_nl = GUN.syringe_nl
    for step in steps:
        if step.do is Do.SYRINGE:
            left_nl = GUN.syringe_nl - GUN.dead_volume_nl - GUN.reserve_nl
        if step.do is not Do.RUN_DOWN:
            left_nl -= step.set_nl * step.shots
        assert left_nl >= 0
    for phase, count in ((Phase.AS_FOUND, replicates), (Phase.AS_LEFT, as_left)):
        main = [step for step in steps if step.phase is phase and step.series == "main"]
        assert len(main) == 3 * count
        assert all(one.set_nl != two.set_nl for one, two in itertools.pairwise(main))
        assert sum(step.do is Do.BLANK for step in steps if step.phase is phase) == (blanks if count else 0)
    assert sum(step.series == "last before empty" and step.do is Do.SHOOT for step in steps) in {0, last}
    assert estimated_s(steps, series) > 0


@pytest.mark.parametrize(
    ("volumes", "said"),
    [((0.5, 10.0, 20.0), "not what this gun gives"), ((10.0, 10.004, 20.0), "become one")],
)
def test_volumes_that_the_gun_cannot_give_are_refused(volumes: tuple[float, ...], said: str) -> None:
    with pytest.raises(InputError, match=said):
        settings_nl(script(volumes_ul=volumes).series, GUN)


def test_a_rate_that_no_hand_can_follow_is_refused() -> None:
    with pytest.raises(InputError, match="faster"):
        steps_for(script(rates_per_min=(60.0,), rate_replicates=2).series, GUN, adjust=True)


def test_a_quick_check_is_estimated_below_five_minutes() -> None:
    series = quick(parse(TEXT).series)
    assert estimated_s(steps_for(series, GUN, adjust=False), series) < 300


def test_grubbs_finds_the_one_that_does_not_belong() -> None:
    # Grubbs 1969, table 1: for n = 8 the two-sided 1 % point is 2.274 standard deviations.
    base = [10.0, 10.1, 9.9, 10.05, 9.95, 10.02, 9.98]
    found = grubbs([*base, 11.5])
    assert found is not None
    assert found.index == 7
    assert found.allowed == pytest.approx(2.274, abs=0.001)
    assert grubbs([*base, 10.15]) is None
    assert grubbs([10.0] * 8) is None
    assert grubbs([1.0, 1.0, 1.0, 99.0]) is None


def test_neighbours_that_are_bound_are_seen() -> None:
    noise = random.Random(1)
    steps = [noise.uniform(0.0, 0.4) for _ in range(601)]
    bound = [Shot(set_ul, set_ul + steps[at + 1] - steps[at]) for at, set_ul in enumerate([10.0, 25.0, 50.0] * 200)]
    free = [Shot(set_ul, set_ul + noise.uniform(0.0, 0.4)) for set_ul in [10.0, 25.0, 50.0] * 200]
    assert binding_of(bound) == pytest.approx(1.5, abs=0.08)  # 1 - 2 r / (m - 1) with r = - 1/2, m = 3
    assert binding_of(free) == pytest.approx(1.0, abs=0.08)


def test_steps_are_written_into_the_journal_and_read_as_they_were() -> None:
    steps = steps_for(script(last_before_empty=2, rates_per_min=(12.0,), rate_replicates=2).series, GUN, adjust=True)
    assert steps_from(steps_text(steps)) == steps
    # A run that another version recorded with other steps keeps its own: nothing is derived again from its script.
    fewer = tuple(replace(step, number=number) for number, step in enumerate(steps[3:], start=1))
    assert steps_from(steps_text(fewer)) == fewer


@pytest.mark.parametrize(
    "text", ["", "[1]", '[["AS_FOUND","DANCE","main",1,1,0.0,0]]', '[["AS_FOUND","SHOOT","main"]]']
)
def test_steps_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(RecordError, match="steps"):
        steps_from(text)
