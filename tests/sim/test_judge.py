"""What the pressure of a stroke says: a healthy path is never doubted, air and leaks that matter always are."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.wire.codes import Fault
from sim.firmware.judge import DECAY_SAMPLES, OwnPath, Readings, doubt, standing_kpa
from sim.physics import fluid
from sim.physics.profile import load, names
from tests.trace import req

LEAST_LEAK = 0.3  # of what goes through the needles: the threshold of the fault catalogue


def own(profile: str) -> OwnPath:
    gun = load(profile)
    return OwnPath(
        gun.needle_kpa_s_per_nl() / gun["needle.count"],
        gun.compliance_nl_per_kpa,
        gun["tissue.stiffness_kpa_per_ul"] / 1e3 / gun["needle.count"],
    )


def stroke(profile: str, volume_nl: float, *, narrow: float = 1.0, soft: float = 1.0, leak: float = 0.0,
           tissue: float = 1.0) -> tuple[OwnPath, Readings]:  # fmt: skip
    """The readings of a stroke into skin through a path that differs from the gun's own by these factors."""
    gun, mine = load(profile), own(profile)
    flow = gun["screw.flow_nl_s"]
    path = fluid.Path(
        mine.resistance * narrow,
        mine.compliance * soft,
        leak / mine.resistance,
        gun["tissue.pressure_kpa"] * tissue,
        mine.stiffness * tissue,
    )
    seen = Readings(early_s=mine.early_us / 1e6, ran_nl=volume_nl, ran_s=volume_nl / flow, in_skin=True)
    pressure, bleb, _ = fluid.advance(path, 0.0, 0.0, flow, min(seen.early_s, seen.ran_s))
    if seen.ran_s > seen.early_s:
        seen.early_kpa = pressure
        pressure, bleb, _ = fluid.advance(path, pressure, bleb, flow, seen.ran_s - seen.early_s)
    seen.stop_kpa = seen.peak_kpa = pressure
    for _ in range(DECAY_SAMPLES):
        pressure, bleb, _ = fluid.advance(path, pressure, bleb, 0.0, mine.decay_us / 1e6)
        seen.decay_kpa.append(pressure)
    left_s = gun["shot.settle_us"] / 1e6 - DECAY_SAMPLES * mine.decay_us / 1e6
    seen.end_kpa, _, _ = fluid.advance(path, pressure, bleb, 0.0, max(0.0, left_s))
    return mine, seen


volumes = st.floats(5_000, 40_000)
profiles = st.sampled_from(names())


@req("MG-22")
@given(profiles, volumes, st.floats(1.0, 50.0), st.floats(0.0, 3.0))
def test_a_path_without_air_or_leak_is_never_doubted(
    profile: str, volume_nl: float, narrow: float, tissue: float
) -> None:
    assert doubt(*stroke(profile, volume_nl, narrow=narrow, tissue=tissue)) is Fault.NONE


@req("MG-22")
@given(profiles, volumes, st.floats(LEAST_LEAK, 50.0), st.floats(0.5, 1.5))
def test_a_leak_from_the_stated_threshold_on_is_doubted(
    profile: str, volume_nl: float, leak: float, tissue: float
) -> None:
    assert doubt(*stroke(profile, volume_nl, leak=leak, tissue=tissue)) is not Fault.NONE


@req("MG-22")
@given(profiles, st.floats(2.0, 50.0), st.floats(1.0, 20.0))
def test_air_is_doubted_behind_a_narrow_needle_too(profile: str, soft: float, narrow: float) -> None:
    assert doubt(*stroke(profile, 20_000, soft=soft, narrow=narrow)) is not Fault.NONE


def test_a_sensor_that_says_nothing_is_named_and_one_that_falls_silent_is_doubted() -> None:
    mine, seen = stroke("standard", 20_000)
    dead = replace(seen, early_kpa=0.3, stop_kpa=0.3, peak_kpa=0.3, rest_kpa=0.3, decay_kpa=[0.3] * 4, end_kpa=0.3)
    assert doubt(mine, dead) is Fault.SENSOR
    assert doubt(mine, replace(seen, decay_kpa=[0.3] * 4, end_kpa=0.3)) is Fault.SYRINGE
    assert doubt(mine, seen) is Fault.NONE


def test_a_stroke_that_never_ran_says_nothing() -> None:
    assert doubt(own("standard"), Readings()) is Fault.NONE


@given(st.floats(2.0, 20.0), st.floats(1.0, 80.0), st.floats(0.2, 2.0))
def test_three_readings_tell_where_the_pressure_will_stand(level: float, height: float, step: float) -> None:
    points = [level + height * math.exp(-step * count) for count in range(3)]
    found = standing_kpa(points)
    assert found == 0.0 if height * (1 - math.exp(-step)) < 0.3 else found == pytest.approx(level, rel=1e-3)
