"""Stopper friction: late, then all at once, and nothing lost but behind a way back or a fresh syringe."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.errors import InputError
from mesogun.wire.codes import Outcome, ShotKind
from sim.physics.profile import Profile, load, names
from sim.physics.stopper import Stopper
from sim.scenario import run
from sim.world import World
from tests.sim.host import Host
from tests.trace import req

FREE = {"stopper__glide_n": 0.0, "stopper__fresh_n": 0.0, "stopper__break_loose_n": 0.0}


def still(profile: Profile, rest_s: float = 0.0) -> World:
    """A gun without air whose stopper has glided, and then stood for a while."""
    world = World(profile.changed(syringe__play_nl=0, calibration__gain_error_ppm=0), seed=1, hand=False)
    world.plant.air = 0.0
    push(world, 20_000)
    world.run_for(max(1.0, rest_s))
    return world


def push(world: World, volume_nl: float) -> float:
    """How far the piston goes when the screw goes so far; negative is back."""
    plant = world.plant
    before = plant.account.displaced
    flow = math.copysign(world.profile["screw.flow_nl_s"], volume_nl)
    plant.run(flow)
    world.run_for(volume_nl / flow)
    plant.halt()
    return plant.account.displaced - before


@given(st.sampled_from(names()), st.floats(0.0, 1_000.0), st.floats(1_000.0, 50_000.0))
def test_behind_a_stroke_the_piston_gives_what_the_screw_goes_whatever_the_rest(
    name: str, rest_s: float, volume_nl: float
) -> None:
    world = still(load(name), rest_s)
    assert push(world, volume_nl) == pytest.approx(volume_nl, abs=0.5)
    assert abs(world.plant.imbalance_nl()) < 1e-3


def test_it_breaks_loose_when_the_drive_holds_the_grip_and_jumps_to_the_glide() -> None:
    world = still(load("standard"), rest_s=60.0)
    stopper, flow = Stopper.of(world.profile), world.profile["screw.flow_nl_s"]
    grip, glide = stopper.grip_nl(60.0), stopper.gliding_nl(flow)
    late_us = (grip - glide) / flow * 1e6
    world.plant.run(flow)
    before = world.plant.account.displaced
    world.kernel.run_for(math.floor(late_us) - 1)
    world.plant.sync()
    assert world.plant.account.displaced == before
    world.kernel.run_for(3)
    world.plant.sync()
    assert world.plant.account.displaced - before == pytest.approx(grip - glide, abs=3 * flow / 1e6)


def test_a_fresh_syringe_costs_the_glide_and_a_way_back_costs_play_and_glide_twice() -> None:
    gun = load("standard")
    glide = Stopper.of(gun).gliding_nl(gun["screw.flow_nl_s"])
    world = World(gun.changed(syringe__play_nl=0, calibration__gain_error_ppm=0), seed=1, hand=False)
    assert push(world, 20_000) == pytest.approx(20_000 - glide, abs=0.5)
    assert push(world, -5_000) == pytest.approx(-5_000 + gun.backlash_nl + 2 * glide, abs=0.5)
    assert push(world, 5_000) == pytest.approx(5_000 - gun.backlash_nl - 2 * glide, abs=0.5)


def test_without_friction_only_the_play_is_left() -> None:
    world = still(load("worn").changed(**FREE), rest_s=100.0)
    assert push(world, -10_000) == pytest.approx(-10_000 + world.profile.backlash_nl, abs=0.5)
    assert push(world, 10_000) == pytest.approx(10_000 - world.profile.backlash_nl, abs=0.5)


@given(st.sampled_from(names()), st.floats(0.0, 1e4), st.floats(0.0, 1e6), st.floats(0.0, 1e6))
def test_friction_falls_with_the_speed_and_grows_with_the_rest(
    name: str, rest_s: float, one: float, two: float
) -> None:
    stopper = Stopper.of(load(name))
    slow, fast = sorted((one, two))
    assert stopper.glide <= stopper.gliding_nl(fast) <= stopper.gliding_nl(slow) <= stopper.fresh
    assert stopper.fresh <= stopper.grip_nl(rest_s) <= stopper.grip_nl(2 * rest_s) <= stopper.aged


def test_a_stroke_that_ends_before_it_breaks_loose_is_not_lost() -> None:
    world = still(load("soft"), rest_s=300.0)
    assert push(world, 100.0) == 0.0
    assert push(world, 10_000.0) == pytest.approx(10_100.0, abs=0.5)


@req("MG-22")
@pytest.mark.parametrize("name", names())
def test_a_healthy_shot_is_not_doubted_behind_a_long_rest(name: str) -> None:
    world = World(name, seed=4)
    host = Host(world).ready()
    volume_nl = 10_000 // world.profile.integer("shot.step_nl") * world.profile.integer("shot.step_nl")
    for _ in range(2):
        world.run_for(600.0)
        host.hello()
        host.load(volume_nl)
        host.arm()
        host.fire_all()
    shots = [shot for shot in world.truth.per_shot if shot.kind == ShotKind.TREAT]
    assert [shot.outcome for shot in shots] == [Outcome.DONE] * 2
    assert [shot.dispensed_nl for shot in shots] == pytest.approx(
        [volume_nl] * 2, abs=world.profile["calibration.overrun_nl"]
    )


@req("MG-18")
def test_the_moment_of_a_pressure_counts_what_the_stopper_waits() -> None:
    world = still(load("soft"), rest_s=300.0)
    plant, flow = world.plant, world.profile["screw.flow_nl_s"]
    plant.change(blocked=True)
    plant.run(flow)
    limit = 50.0
    found = plant.until_pressure(limit, 1_000_000)
    assert found == pytest.approx(limit * world.profile.compliance_nl_per_kpa / flow * 1e6, abs=2)
    assert plant.until_pressure(limit, 500) is None  # it has not even broken loose by then
    world.kernel.run_for(found or 0)
    plant.sync()
    assert plant.pressure == pytest.approx(limit, rel=1e-4)


def test_forces_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(InputError, match=r"stopper\.glide_n = 9 is above stopper\.fresh_n = 2\.5"):
        load("standard").changed(stopper__glide_n=9)


def test_the_scenario_measures_what_the_law_says() -> None:
    numbers, gun = run("stiction").numbers, load("standard")
    stopper, flow = Stopper.of(gun), gun["screw.flow_nl_s"]
    glide = stopper.gliding_nl(flow)
    assert numbers["longest_delay_ms"] == pytest.approx((stopper.aged - glide) / flow * 1e3, abs=0.02)
    assert numbers["shortest_delay_ms"] == pytest.approx((stopper.grip_nl(0.36) - glide) / flow * 1e3, abs=0.02)
    assert numbers["largest_jump_ul"] == pytest.approx((stopper.aged - glide) / 1e3, abs=0.003)
    assert numbers["doubted_shots"] == 0.0


@pytest.mark.parametrize("name", names())
def test_every_profile_gives_its_smallest_and_its_largest_shot(name: str) -> None:
    world = World(name, seed=3)
    host = Host(world).ready()
    gun = world.profile
    step = gun.integer("shot.step_nl")
    least, most = gun.integer("shot.min_volume_nl"), gun.integer("shot.max_volume_nl") // step * step
    host.load(least, min(most, 300_000 // step * step))
    host.arm()
    host.fire_all()
    world.run_for(3.0)
    shots = [shot for shot in world.truth.per_shot if shot.kind == ShotKind.TREAT]
    assert [shot.outcome for shot in shots] == [Outcome.DONE] * 2
