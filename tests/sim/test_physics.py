"""The fluid path: closed form against an integrator, conservation, and what a gun may promise."""

from __future__ import annotations

import math
import pathlib
import time
from collections.abc import Callable
from importlib import resources
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesogun.errors import InputError
from mesogun.wire.codes import ShotKind
from sim.firmware.memory import Memory
from sim.kernel import Kernel, Stream, Streams
from sim.physics import population, profile
from sim.physics.fluid import Path, advance, time_to_pressure
from sim.physics.profile import load
from sim.physics.reference import integrate
from sim.scenario import SCENARIOS, run
from sim.world import World
from tests.sim.host import Host
from tests.trace import req

paths = st.builds(
    Path,
    resistance=st.floats(2e-5, 2e-3),
    compliance=st.floats(10.0, 300.0),
    leak=st.one_of(st.just(0.0), st.floats(1.0, 5_000.0)),
    tissue_kpa=st.floats(0.0, 10.0),
    stiffness=st.one_of(st.just(0.0), st.floats(1e-5, 1e-3)),
)


def compare(path: Path, pressure: float, flow: float, duration: float) -> None:
    rate = (1 / path.resistance + path.leak) / path.compliance + path.stiffness / path.resistance
    step = min(duration / 20, 0.2 / rate)
    p, v, leaked = advance(path, pressure, 0.0, flow, duration)
    p2, v2, leaked2 = integrate(path, pressure, 0.0, flow, duration, step)
    scale = max(1.0, flow * duration, pressure * path.compliance)
    assert v == pytest.approx(v2, abs=1e-3 * scale)
    assert leaked == pytest.approx(leaked2, abs=1e-3 * scale)
    assert p == pytest.approx(p2, rel=1e-3, abs=1e-3 * scale / path.compliance)
    assert flow * duration == pytest.approx(v + leaked + path.compliance * (p - pressure), abs=1e-6 * scale)


@settings(max_examples=40)
@given(path=paths, pressure=st.floats(0.0, 150.0), flow=st.floats(0.0, 400_000.0), duration=st.floats(1e-4, 0.2))
def test_closed_form_equals_the_integrator_and_loses_nothing(
    path: Path, pressure: float, flow: float, duration: float
) -> None:
    compare(path, pressure, flow, duration)


@given(path=paths, pressure=st.floats(0.0, 100.0), flow=st.floats(1_000.0, 400_000.0), cut=st.floats(0.05, 0.95))
def test_two_steps_are_one(path: Path, pressure: float, flow: float, cut: float) -> None:
    whole = advance(path, pressure, 0.0, flow, 0.1)
    p, v, first = advance(path, pressure, 0.0, flow, 0.1 * cut)
    p, v, second = advance(path, p, v, flow, 0.1 * (1 - cut))
    assert p == pytest.approx(whole[0], rel=1e-6, abs=1e-6)
    assert v == pytest.approx(whole[1], rel=1e-6, abs=1e-2)
    assert first + second == pytest.approx(whole[2], rel=1e-6, abs=1e-2)


@given(path=paths, flow=st.floats(1_000.0, 400_000.0), limit=st.floats(1.0, 300.0))
def test_the_moment_of_a_pressure_is_found_to_a_millisecond(path: Path, flow: float, limit: float) -> None:
    found = time_to_pressure(path, 0.0, 0.0, flow, 0.5, limit)
    if found is None:
        assert advance(path, 0.0, 0.0, flow, 0.5)[0] < limit
    else:
        assert advance(path, 0.0, 0.0, flow, max(0.0, found - 1e-3))[0] <= limit
        assert advance(path, 0.0, 0.0, flow, found)[0] >= limit - 1e-6


def test_a_blocked_path_rises_linearly_and_an_open_one_has_its_time_constant() -> None:
    blocked = Path(math.inf, 50.0)
    assert advance(blocked, 0.0, 0.0, 100_000.0, 0.1) == (200.0, 0.0, 0.0)
    path = Path(2.5e-4, 50.0)
    p, _, _ = advance(path, 100.0, 0.0, 0.0, path.resistance * path.compliance)
    assert p == pytest.approx(100 / math.e)


@req("MG-18")
@pytest.mark.parametrize("bubble_nl", [500.0, 21_000.0, 500_000.0])
@pytest.mark.parametrize("lost_share", [0.0, 0.5])
def test_the_pressure_limit_is_met_in_time_although_air_stiffens(bubble_nl: float, lost_share: float) -> None:
    world = World(load("fine"), seed=1)
    plant, limit = world.plant, world.profile["sensors.occlusion_kpa"]
    plant.change(bubble_nl=bubble_nl, open_pins=0)
    plant.lost_share = lost_share
    plant.run(world.profile["screw.flow_nl_s"])
    found = plant.until_pressure(limit, 60_000_000)
    assert found is not None
    world.run_for(found / 1e6)
    plant.sync()
    assert plant.pressure == pytest.approx(limit, rel=0.005)


def bolus_error(gun: profile.Profile) -> float:
    """A world of this gun: the screw pushes against a shut path up to the limit, halts, and the path opens over air."""
    world = World(gun, seed=1, hand=False)
    plant, threshold = world.plant, gun["sensors.occlusion_kpa"]
    plant.air = 0.0
    plant.change(blocked=True)
    plant.run(gun["screw.flow_nl_s"])
    reached = plant.until_pressure(threshold, 60_000_000)
    assert reached is not None
    world.kernel.run_for(reached)
    plant.halt()
    before = plant.account.left_needle
    plant.change(blocked=False)
    world.run_for(30 * gun.tau_s)
    plant.sync()
    expected = threshold * gun.compliance_nl_per_kpa
    return (plant.account.left_needle - before - expected) / expected


@req("MG-18")
@given(st.sampled_from(profile.names()), st.integers(0, 2**31))
def test_the_post_occlusion_bolus_is_threshold_times_compliance(name: str, seed: int) -> None:
    assert abs(bolus_error(population.sample(profile.load(name), Streams(seed).fork("gun")))) < 0.02


@pytest.mark.soak
def test_the_bolus_of_a_thousand_guns(figure: Callable[[str], None]) -> None:
    errors = [
        abs(bolus_error(population.sample(profile.load(name), Streams(seed).fork("gun"))))
        for seed in range(100)
        for name in profile.names()
    ]
    figure(f"bolus of {len(errors)} guns: largest error {max(errors):.4%} of limit x compliance")
    assert len(errors) >= 1_000
    assert max(errors) < 0.02


@pytest.mark.parametrize("name", profile.names())
def test_every_profile_keeps_what_its_calibration_promises(name: str) -> None:
    for seed in range(3):
        world = World(population.sample(profile.load(name), Streams(seed).fork("gun")), seed=seed)
        host = Host(world).ready()
        needles = world.profile.integer("needle.count")
        step = world.profile.integer("shot.step_nl") * needles
        for volume in (10_000, 20_000, 40_000):
            host.load(volume // step * step, volume // step * step)
        host.arm()
        host.fire_all()
        world.run_for(1.0)
        treated = [shot for shot in world.truth.per_shot if shot.kind == ShotKind.TREAT]
        assert len(treated) == 6
        for shot in treated:
            bound = (
                world.profile["calibration.overrun_nl"]
                + shot.commanded_nl * world.profile["calibration.overrun_ppm"] / 1e6
            )
            assert shot.booked_nl == shot.commanded_nl
            assert abs(shot.dispensed_nl - shot.commanded_nl) <= bound
            assert 0.5 * shot.dispensed_nl < shot.delivered_nl <= shot.dispensed_nl + 1e-6
        assert abs(world.plant.imbalance_nl()) < 1.0


@req("MG-4")
def test_five_hundred_and_forty_shots_a_minute_without_losing_one() -> None:
    world = World("rapid", seed=2)
    host = Host(world).ready()
    host.load(*[5_000] * 32)
    host.arm(lead=255)
    start_us = world.kernel.now_us
    loaded = 32
    while loaded < 96:
        status = host.status()
        host.ok_renew(status)
        if status.magazine < 40:
            host.load(*[5_000] * 4)
            loaded += 4
    host.fire_all()
    starts = [shot.at_us for shot in world.truth.per_shot if shot.at_us > start_us]
    assert len(starts) == 96
    gaps = [b - a for a, b in pairwise(starts)]
    assert min(gaps) >= 60_000_000 // 540
    assert sorted(gaps)[len(gaps) // 2] <= 1.1 * 60_000_000 / 540
    assert host.status().last_shot_no == 97


def test_profiles_are_many_and_every_number_has_a_source() -> None:
    assert len(profile.names()) >= 6
    for name in profile.names():
        gun = profile.load(name)
        assert all(source and grade in "ABC" for source, grade in gun.sources.values())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"syringe__compliance_ul_per_bar": -1}, "compliance_ul_per_bar = -1"),
        ({"needle__bore_mm": float("nan")}, "needle.bore_mm"),
        ({"shot__min_volume_nl": 400_000}, "min_volume_nl = 400000 is above"),
        ({"memory__log_slots": 17}, "whole sectors"),
    ],
)
def test_impossible_physics_is_refused_in_one_line(change: dict[str, float], says: str) -> None:
    with pytest.raises(InputError, match=says):
        profile.load("standard").changed(**change)


def test_a_profile_file_with_faults_names_them_all() -> None:
    entry = '{ value = 1, unit = "cm", source = "", grade = "Z" }'
    with pytest.raises(InputError) as caught:
        profile.parse(f'[gun]\nmode = "sideways"\n[screw]\nlead_mm = {entry}\n', "mine")
    text = str(caught.value)
    for says in ("mode 'sideways'", "in 'cm', must be in 'mm'", "grade 'Z'", "no source", "syringe.bore_mm is missing"):
        assert says in text
    assert "\n" not in text


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_every_scenario_gives_numbers_and_traces(name: str) -> None:
    outcome = run(name)
    assert outcome.to_json() == run(name).to_json()
    numbers = outcome.numbers
    if name == "occlusion":
        assert numbers["post_occlusion_bolus_without_relief_ul"] == pytest.approx(
            numbers["threshold_x_compliance_ul"], rel=0.02
        )
        assert numbers["post_occlusion_bolus_without_relief_ul"] != numbers["threshold_x_compliance_ul"]  # measured
        assert abs(numbers["post_occlusion_bolus_with_relief_ul"]) < 0.1
        assert numbers["booked_ul"] == pytest.approx(numbers["left_ul"], abs=0.5)
    elif name == "startup":
        lost = -numbers["first_shot_error_percent"] / 100 * 10
        assert lost == pytest.approx(numbers["backlash_ul"], abs=0.15)
    elif name == "trumpet":
        widths = [
            high - low
            for high, low in zip(
                outcome.traces["largest error (%)"][1], outcome.traces["smallest error (%)"][1], strict=True
            )
        ]
        assert widths == sorted(widths, reverse=True)
    elif name == "stiction":
        delays = outcome.traces["delay (ms)"][1]
        assert delays == sorted(delays)
        assert abs(numbers["largest_error_percent"]) < 6.0
    else:
        assert numbers["booked_low_ul"] <= numbers["left_ul"] <= numbers["booked_high_ul"]


def test_streams_are_forked_by_label_and_stay_what_they_are() -> None:
    one = Streams(7)
    first = [one.fork("a").unit() for _ in range(3)]
    assert first[0] == first[1] == one.fork("a").unit()
    assert one.fork("b").unit() != first[0]
    assert Streams(8).fork("a").unit() != first[0]
    golden = [Stream(bytes(32)).unit(), Streams(7).fork("a").bits(32)]
    assert golden == [Stream(bytes(32)).unit(), Streams(7).fork("a").bits(32)]
    values = [one.fork("n").normal(5.0, 1.0, 2.0) for _ in range(1)]
    assert all(3.0 <= value <= 7.0 for value in values)


def test_a_kernel_runs_in_order_and_never_back() -> None:
    kernel, seen = Kernel(), list[str]()
    kernel.after(20, "b", lambda: seen.append("b"))
    kernel.after(10, "a", lambda: seen.append("a"))
    kernel.after(10, "a2", lambda: seen.append("a2"))
    dead = kernel.after(15, "dead", lambda: seen.append("dead"))
    dead.cancel()
    kernel.run_until(30)
    assert seen == ["a", "a2", "b"]
    assert kernel.now_us == 30
    kernel.at(5, "late", lambda: seen.append("late"))
    kernel.run_until(31)
    assert (seen[-1], kernel.now_us) == ("late", 31)


def test_a_memory_write_can_be_torn_and_the_older_slot_survives() -> None:
    import struct

    from sim.firmware.memory import Cell, PowerCut

    memory = Memory(64)
    cell = Cell(0, struct.Struct("<I"))
    assert cell.put(memory, 1)
    for keep in range(12):
        memory.on_write = lambda _serial, _size, keep=keep: keep
        with pytest.raises(PowerCut):
            cell.put(memory, 2)
        assert cell.get(memory) == (1,)
    memory.on_write = None
    assert cell.put(memory, 2)
    assert cell.get(memory) == (2,)


def test_viscosity_follows_the_temperature() -> None:
    gun = load("standard")
    assert gun.viscosity_factor(20.0) == 1.0
    # Kestin, Sokolov and Wakeham 1978, doi 10.1063/1.555581: 1.002 mPa s at 20 degC, 0.890 at 25 degC
    assert gun.viscosity_factor(25.0) == pytest.approx(0.890 / 1.002, rel=0.02)
    assert gun.viscosity_factor(4.0) > gun.viscosity_factor(10.0) > 1.0


def test_a_head_of_ones_own_is_a_file(tmp_path: pathlib.Path) -> None:
    text = (resources.files("sim.physics") / "profiles" / "five-pin.toml").read_text()
    mine = tmp_path / "seven.toml"
    mine.write_text(text.replace("count = { value = 5,", "count = { value = 7,"))
    assert load(str(mine)).integer("needle.count") == 7
    with pytest.raises(InputError, match=r"none\.toml: cannot be read"):
        load(str(tmp_path / "none.toml"))
    mine.write_text(text.replace("dead_space_nl = { value = ", "dead_space_nl = { value = 9"))
    with pytest.raises(InputError, match="priming would not fill it"):
        load(str(mine))


def test_a_world_is_built_within_five_milliseconds() -> None:
    load("standard")
    spent: list[float] = []
    for seed in range(10):
        begin = time.process_time()
        World("standard", seed=seed)
        spent.append(time.process_time() - begin)
    assert min(spent) < 5e-3


def test_every_needle_of_a_head_has_a_bleb_of_its_own() -> None:
    def stands_at(pins: int, volume_nl: float) -> float:
        world = World(load("standard").changed(needle__count=pins), seed=1, hand=False)
        plant = world.plant
        plant.air = 0.0
        plant.insert()
        plant.run(world.profile["screw.flow_nl_s"])
        world.run_for(volume_nl / world.profile["screw.flow_nl_s"])
        plant.halt()
        world.run_for(2.0)
        plant.sync()
        return plant.pressure - world.profile["tissue.pressure_kpa"]

    assert stands_at(9, 90_000) == pytest.approx(stands_at(1, 10_000), rel=0.05)
    assert stands_at(5, 50_000) < 0.3 * stands_at(1, 50_000)
