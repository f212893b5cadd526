"""Where shots really went: placement, slips, contact force and depth are in the truth ledger and in no record."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from mesogun.errors import InputError
from mesogun.wire.codes import ShotKind
from sim import habits
from sim.campaign.draw import Draw, draw
from sim.campaign.run import Treatment
from sim.doors import address
from sim.faults import FaultPlan
from sim.physics.profile import load
from sim.physics.skin import indentation_um
from sim.truth import ShotTruth

SHOTS = 40


def treated(hand: str, seed: int = 4) -> list[ShotTruth]:
    treatment = Treatment(Draw(seed, "standard", SHOTS, 5_000, 6, FaultPlan(), hand), FaultPlan())
    treatment.safety()
    treatment.liveness()
    assert treatment.invariants.breaches == []
    assert treatment.ended == "complete"
    return [shot for shot in treatment.world.truth.per_shot if shot.kind == ShotKind.TREAT]


def off_um(shot: ShotTruth) -> float:
    """Along the row of the campaign's plan, where the points stand 5 mm apart."""
    assert shot.x_um is not None
    return shot.x_um - 5_000 * shot.point_index


def test_a_steady_hand_places_every_shot_near_its_point_and_never_twice_alike() -> None:
    shots = treated("steady")
    assert len(shots) == SHOTS
    errors = [off_um(shot) for shot in shots]
    spread = math.sqrt(sum(error * error for error in errors) / SHOTS)
    assert 350 < spread < 650  # 500 um as stated, 40 draws
    assert len(set(errors)) == SHOTS


def test_a_careless_hand_leaves_points_out_and_goes_over_others_and_no_record_knows() -> None:
    shots = treated("careless")
    slips = [round(off_um(shot) / 5_000) for shot in shots]
    assert {later - earlier for earlier, later in pairwise(slips)} - {0}, "it never slipped"
    assert sorted({shot.point_index for shot in shots}) == list(range(SHOTS))  # the records have the plan's points


def test_true_depth_is_set_depth_and_what_the_nose_presses_in() -> None:
    profile = load("standard")
    assert indentation_um(profile, 2_000) == pytest.approx(120.0)
    deep, shallow = treated("hesitant"), treated("quick")
    for shot in (*deep, *shallow):
        assert shot.true_depth_um is not None
        assert shot.true_depth_um > 1_500
    assert mean_depth_um(deep) - mean_depth_um(shallow) == pytest.approx(60 * 2.3, rel=0.35)  # 3.5 N against 1.2 N
    assert len({shot.true_depth_um for shot in deep}) > SHOTS // 2


def mean_depth_um(shots: list[ShotTruth]) -> float:
    return sum(shot.true_depth_um or 0.0 for shot in shots) / len(shots)


def test_seeds_draw_every_hand_and_an_address_may_name_one() -> None:
    assert {draw(seed).hand for seed in range(60)} == set(habits.names())
    assert address.parse("sim://standard?hand=careless").build().hand.habits == habits.load("careless")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"skip": 1.5}, "skip = 1.5 is outside 0 to 1"),
        ({"move_us": -1}, "move_us = -1 is outside"),
        ({"courage": 3}, "courage is not a known habit"),
        ({"jitter": True}, "jitter = True"),
    ],
)
def test_a_hand_that_cannot_be_is_refused_in_one_line(values: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        habits.check("mine", values)
    with pytest.raises(InputError, match="known hands: steady, quick"):
        habits.load("nobody")
