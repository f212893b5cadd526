"""The scenarios themselves: each builds a world, does one thing, and returns numbers and traces.

Not responsible for drawing (``picture``).
"""

from __future__ import annotations

from collections.abc import Callable

from mesogun.errors import InputError
from mesogun.wire.codes import Outcome as ShotOutcome
from sim.scenario.bench import Bench, Outcome
from sim.scenario.brownout import brownout
from sim.scenario.steady import release
from sim.scenario.stiction import stiction


def occlusion(profile: str, seed: int, volume_nl: int = 100_000) -> Outcome:
    """Close the path in the middle of a stroke: time to alarm, pressure, what is stored, what comes out afterwards."""
    bench = Bench(profile, seed)
    world, plant, machine = bench.world, bench.world.plant, bench.machine
    most = machine.profile.integer("shot.max_volume_nl")
    volume_nl = min(volume_nl, most)
    found = Outcome("occlusion", profile, seed)
    bench.fire(volume_nl // 5)
    bench.watch(0.3)
    closed_us = 0
    stroke_us = volume_nl / machine.profile["screw.flow_nl_s"] * 1e6
    delay_us = machine.profile.integer("shot.insert_us") + round(stroke_us * 0.15)

    def close() -> None:
        nonlocal closed_us
        closed_us = world.kernel.now_us
        plant.change(blocked=True)
        machine.watch_again()

    world.kernel.after(delay_us, "valve", close)
    second = len(bench.pressure_kpa)
    bench.fire(volume_nl)
    bench.watch(0.5)
    _, closing = machine.store.log.records[machine.store.log.closed_shot_no]
    highest = max(bench.pressure_kpa[second:])
    alarm_at = next(at for at, p in enumerate(bench.pressure_kpa) if at >= second and p >= highest * 0.9999)
    threshold = machine.profile["sensors.occlusion_kpa"] - machine.profile["sensors.pressure_offset_kpa"]
    found.numbers = {
        "closed_at_s": closed_us / 1e6,
        "alarm_after_ms": bench.time_s[alarm_at] * 1e3 - closed_us / 1e3,
        "peak_kpa": max(bench.pressure_kpa),
        "stored_at_alarm_ul": max(bench.pressure_kpa) * plant.profile.compliance_nl_per_kpa / 1e3,
        "threshold_x_compliance_ul": threshold * plant.profile.compliance_nl_per_kpa / 1e3,
        "post_occlusion_bolus_without_relief_ul": release(machine.profile, threshold) / 1e3,
        "post_occlusion_bolus_with_relief_ul": plant.stored_nl / 1e3,
        "threshold_kpa": threshold,
        "booked_ul": closing.delivered_nl / 1e3 if closing is not None else 0.0,
        "left_ul": world.truth.per_shot[-1].dispensed_nl / 1e3,
    }
    partial = closing is not None and closing.outcome == ShotOutcome.PARTIAL
    found.notes = [f"fault {machine.fault.name}", "booked PARTIAL" if partial else "not booked PARTIAL"]
    found.notes += _about_the_alarm(found.numbers, plant.peak)
    found.traces = bench.traces()
    return found


def _about_the_alarm(numbers: dict[str, float], peak_kpa: float) -> list[str]:
    """What a reader must know about the time to the alarm; nothing where it is what it seems to be."""
    threshold, late_ms = numbers["threshold_kpa"], numbers["alarm_after_ms"]
    if peak_kpa < 0.999 * threshold:
        return [
            f"no alarm in the stroke: the pressure never reached the limit of {threshold:.4g} kPa; the time is its top"
        ]
    if late_ms < 0:
        before = f"the alarm came {-late_ms:.4g} ms before the path was closed"
        return [f"{before}: the limit of {threshold:.4g} kPa is below what the flow needs through these needles"]
    return []


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
