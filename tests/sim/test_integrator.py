"""Whole strokes of random guns, through air and leaks too: what the closed form gives, an integrator gives as well.

0.1 % of the volume that left, 1 ms for the moment of a pressure; a thousand random profiles in `make soak`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from sim.kernel import Stream, Streams
from sim.physics import population, profile
from sim.physics.fluid import Path
from sim.physics.reference import walk
from sim.world import World

SETTLE_S = 0.15
STILL = {"syringe__play_nl": 0.0, "stopper__glide_n": 0.0, "stopper__fresh_n": 0.0, "stopper__break_loose_n": 0.0}


@dataclass(frozen=True, slots=True)
class Apart:
    """How far the two are apart: share of the volume that left, and microseconds for the moment of a pressure."""

    volume: float
    time_us: float | None


def one(name: str, stream: Stream) -> Apart:
    """A stroke of a random gun into skin or air, with a random leak, bubble and narrowing."""
    gun = population.sample(profile.load(name), stream).changed(calibration__gain_error_ppm=0, **STILL)
    flow, volume_nl = gun["screw.flow_nl_s"], stream.uniform(1_000.0, gun["shot.max_volume_nl"])
    world = World(gun, seed=1, hand=False)
    plant = world.plant
    plant.air = 0.0
    needle = gun.needle_kpa_s_per_nl() / gun["needle.count"]
    plant.change(
        extra_resistance=needle * stream.choice((0.0, stream.uniform(0.0, 20.0))),
        leak=stream.choice((0.0, stream.uniform(0.05, 3.0))) / needle,
        bubble_nl=stream.choice((0.0, stream.uniform(1.0, 200_000.0))),
    )
    if stream.chance(0.7):
        plant.insert()
    path, bubble_nl, stroke_s = plant.path, plant.bubble_nl, volume_nl / flow
    tight = Path(
        path.resistance, gun.compliance_nl_per_kpa, path.leak, path.tissue_kpa, path.stiffness
    )  # the bubble is the integrator's own business
    step = min(2e-4, 0.05 * path.tau, stroke_s / 50)
    points = list(walk(tight, 0.0, 0.0, flow, stroke_s, step, bubble_nl=bubble_nl))
    top = points[-1][1]
    *_, (_, _, left, _) = walk(tight, points[-1][1], points[-1][2], 0.0, SETTLE_S, step, bubble_nl=bubble_nl)

    plant.run(flow)
    limit = 0.7 * top
    found = plant.until_pressure(limit, round(stroke_s * 1e6))
    crossing = next((at for at, point in enumerate(points) if point[1] >= limit), None)
    time_us = None
    if found is not None and crossing:
        (t0, p0, *_), (t1, p1, *_) = points[crossing - 1 : crossing + 1]
        time_us = abs(found - (t0 + (t1 - t0) * (limit - p0) / (p1 - p0)) * 1e6)
    world.kernel.run_for(round(stroke_s * 1e6))
    plant.halt()
    world.run_for(SETTLE_S)
    plant.sync()
    assert abs(plant.imbalance_nl()) < 1.0
    return Apart(abs(plant.account.left_needle - left) / max(left, 1.0), time_us)


def largest(seeds: range) -> tuple[float, float, int]:
    """The largest distances over all profiles and these seeds, and how many guns that were."""
    apart = [one(name, Streams(seed).fork(name)) for seed in seeds for name in profile.names()]
    times = [item.time_us for item in apart if item.time_us is not None]
    assert len(times) > len(apart) // 2
    return max(item.volume for item in apart), max(times), len(apart)


def test_random_guns_agree_with_the_integrator() -> None:
    volume, time_us, count = largest(range(4))
    assert count >= 40
    assert volume < 1e-3
    assert time_us < 1_000


@pytest.mark.soak
@pytest.mark.timeout(1_200)
def test_a_thousand_random_guns(figure: Callable[[str], None]) -> None:
    volume, time_us, count = largest(range(100, 200))
    figure(f"closed form against integrator, {count} guns: {volume:.5%} of volume, {time_us:.0f} us at most")
    assert count >= 1_000
    assert volume < 1e-3
    assert time_us < 1_000
