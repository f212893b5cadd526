"""The scenarios themselves: each builds a world, does one thing, and returns numbers and traces.

Not responsible for drawing (``picture``).
"""

from __future__ import annotations

from collections.abc import Callable

from mesogun.errors import InputError
from mesogun.wire.codes import Outcome as ShotOutcome
from sim.scenario.bench import Bench, Outcome
from sim.scenario.brownout import brownout
from sim.scenario.occlusion import occlusion
from sim.scenario.stiction import stiction


def startup(profile: str, seed: int, volume_nl: int = 10_000, shots: int = 30) -> Outcome:
    """Error of the first shots behind a retraction: the screw's play is taken up in them unless the gun does it."""
    bench = Bench(profile, seed)
    plant = bench.world.plant
    flow = bench.machine.profile["screw.flow_nl_s"] / 10
    plant.run(-flow)
    bench.world.run_for(bench.machine.profile.backlash_nl / flow)  # back through the play, and no further
    plant.halt()
    errors: list[float] = []
    for _ in range(shots):
        bench.fire(volume_nl, sampled=False)
        bench.world.run_for(0.4)
        truth = bench.world.truth.per_shot[-1]
        errors.append((truth.dispensed_nl - truth.commanded_nl) / truth.commanded_nl * 100)
    found = Outcome("startup", profile, seed)
    outcomes = [shot.outcome for shot in bench.world.truth.per_shot]
    doubted = next((at for at, how in enumerate(outcomes) if how != ShotOutcome.INDETERMINATE), len(outcomes))
    stated = bench.machine.profile
    if doubted:
        found.notes = ["the first shot met the play: its pressure rose late, and the gun booked it INDETERMINATE"]
    settled = errors[len(errors) // 2 :]
    mean = sum(settled) / len(settled)
    found.numbers = {
        "first_shot_error_percent": errors[0],
        "settled_error_percent": mean,
        "stated_bound_percent": (stated["calibration.overrun_nl"] / volume_nl + stated["calibration.overrun_ppm"] / 1e6)
        * 100,
        "doubted_shots": float(doubted),
        "shots_to_settle": float(next((at for at, e in enumerate(errors) if abs(e - mean) < 2.0), shots)),
        "backlash_ul": bench.machine.profile.backlash_nl / 1e3,
    }
    found.traces = {"error of each shot (%)": ([float(at + 1) for at in range(shots)], errors)}
    return found


def trumpet(profile: str, seed: int, volume_nl: int = 10_000, shots: int = 120) -> Outcome:
    """Largest and smallest mean error over every window of N shots: it narrows like a trumpet."""
    bench = Bench(profile, seed)
    for shot in range(shots):
        bench.full_syringe(volume_nl)
        bench.fire(volume_nl, sampled=False)
        bench.world.run_for(0.4 if shot else 0.5)
    errors = [(s.dispensed_nl - s.commanded_nl) / s.commanded_nl * 100 for s in bench.world.truth.per_shot]
    windows = [n for n in (1, 2, 3, 5, 8, 13, 21, 34, 55) if n <= shots // 2]
    means = {n: [sum(errors[at : at + n]) / n for at in range(len(errors) - n + 1)] for n in windows}
    found = Outcome("trumpet", profile, seed)
    x = [float(n) for n in windows]
    found.traces = {
        "largest error (%)": (x, [max(means[n]) for n in windows]),
        "smallest error (%)": (x, [min(means[n]) for n in windows]),
    }
    found.numbers = {
        "mean_error_percent": sum(errors) / len(errors),
        "shots": float(shots),
        "largest_single_error_percent": max(errors),
        "smallest_single_error_percent": min(errors),
    }
    return found


SCENARIOS: dict[str, Callable[[str, int], Outcome]] = {
    "occlusion": occlusion,
    "startup": startup,
    "trumpet": trumpet,
    "brownout": brownout,
    "stiction": stiction,
}


def run(name: str, *, profile: str = "standard", seed: int = 1) -> Outcome:
    """Run a scenario by name; ``InputError`` names what exists."""
    if name not in SCENARIOS:
        raise InputError(f"there is no scenario {name!r}; known scenarios: {', '.join(SCENARIOS)}")
    return SCENARIOS[name](profile, seed)
