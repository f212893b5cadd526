"""The scenarios themselves: each builds a world, does one thing, and returns numbers and traces.

Not responsible for drawing (``picture``).
"""

from __future__ import annotations

from collections.abc import Callable

from mesogun.errors import InputError
from mesogun.wire.codes import Outcome as ShotOutcome
from sim.scenario.bench import Bench, Outcome
from sim.scenario.stiction import stiction


def occlusion(profile: str, seed: int, volume_nl: int = 100_000) -> Outcome:
    """Close the path in the middle of a stroke: time to alarm, pressure, what is stored, what comes out afterwards.

    Twice the same gun: once it lets the pressure off and the path opens behind that, once the path opens at the alarm.
    What comes out is collected over air.
    """
    relieved, opened = (_Occluded(profile, seed, volume_nl, at_alarm=at_alarm) for at_alarm in (False, True))
    bench, machine = relieved.bench, relieved.bench.machine
    _, closing = machine.store.log.records[machine.store.log.closed_shot_no]
    threshold = machine.profile["sensors.occlusion_kpa"] - machine.profile["sensors.pressure_offset_kpa"]
    peak_kpa, per_kpa = max(bench.pressure_kpa), machine.profile.compliance_nl_per_kpa
    found = Outcome("occlusion", profile, seed)
    found.numbers = {
        "closed_at_s": relieved.closed_us / 1e6,
        "alarm_after_ms": (relieved.alarm_us - relieved.closed_us) / 1e3,
        "peak_kpa": peak_kpa,
        "stored_at_alarm_ul": peak_kpa * per_kpa / 1e3,
        "threshold_x_compliance_ul": threshold * per_kpa / 1e3,
        "post_occlusion_bolus_without_relief_ul": opened.bolus_nl / 1e3,
        "post_occlusion_bolus_with_relief_ul": relieved.bolus_nl / 1e3,
        "threshold_kpa": threshold,
        "booked_ul": closing.delivered_nl / 1e3 if closing is not None else 0.0,
        "left_ul": bench.world.truth.per_shot[-1].dispensed_nl / 1e3,
    }
    partial = closing is not None and closing.outcome == ShotOutcome.PARTIAL
    found.notes = [f"fault {machine.fault.name}", "booked PARTIAL" if partial else "not booked PARTIAL"]
    found.traces = _traces(bench) | {
        f"{name}, opened at the alarm": trace for name, trace in _traces(opened.bench).items()
    }
    return found


class _Occluded:
    """One gun whose path closes in a stroke, and opens at the alarm or behind the relief."""

    def __init__(self, profile: str, seed: int, volume_nl: int, *, at_alarm: bool) -> None:
        self.bench = bench = Bench(profile, seed)
        self.closed_us = self.alarm_us = 0
        self._at_alarm = at_alarm
        machine = bench.machine
        volume_nl = min(volume_nl, machine.profile.integer("shot.max_volume_nl"))
        bench.fire(volume_nl // 5)
        bench.watch(0.3)
        stroke_us = volume_nl / machine.profile["screw.flow_nl_s"] * 1e6
        bench.world.kernel.after(
            machine.profile.integer("shot.insert_us") + round(stroke_us * 0.15), "valve", self._close
        )
        bench.world.kernel.after_event.append(self._look)
        bench.fire(volume_nl)
        bench.watch(0.2)
        if not at_alarm:
            self._open()
        bench.watch(0.3)
        self.bolus_nl = bench.world.plant.account.left_needle - self._left_nl

    def _close(self) -> None:
        self.closed_us = self.bench.world.kernel.now_us
        self.bench.world.plant.change(blocked=True)
        self.bench.machine.watch_again()

    def _look(self) -> None:
        shot = self.bench.machine.shot
        if not self.alarm_us and shot is not None and shot.occluded:
            self.alarm_us = self.bench.world.kernel.now_us
            if self._at_alarm:
                self._open()

    def _open(self) -> None:
        plant = self.bench.world.plant
        plant.withdraw()
        plant.change(blocked=False)
        self._left_nl = plant.account.left_needle


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
    plant = bench.world.plant
    for shot in range(shots):
        if plant.content < 3 * volume_nl:
            bench.world.gun.change_syringe()
            bench.machine.primed_nl = 10**9
            plant.air = 0.0
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


def brownout(profile: str, seed: int, volume_nl: int = 100_000) -> Outcome:
    """Cut the supply in the middle of a stroke: what left, what the gun books after its restart."""
    bench = Bench(profile, seed)
    world, machine = bench.world, bench.machine
    volume_nl = min(volume_nl, machine.profile.integer("shot.max_volume_nl"))
    half_us = round(volume_nl / machine.profile["screw.flow_nl_s"] * 5e5) + machine.profile.integer("shot.insert_us")
    world.kernel.after(half_us, "supply", world.gun.power_off)
    cut_s = (world.kernel.now_us + half_us) / 1e6
    bench.fire(volume_nl)
    bench.watch(0.4)
    back_s = world.kernel.now_us / 1e6
    world.gun.power_on()
    bench.watch(0.3)
    _, closing = machine.store.log.records[machine.store.log.closed_shot_no]
    found = Outcome("brownout", profile, seed)
    overrun = machine.profile["calibration.overrun_nl"] + volume_nl * machine.profile["calibration.overrun_ppm"] / 1e6
    found.numbers = {
        "cut_at_s": cut_s,
        "back_at_s": back_s,
        "left_ul": world.truth.per_shot[-1].dispensed_nl / 1e3,
        "booked_low_ul": closing.delivered_nl / 1e3 if closing is not None else 0.0,
        "booked_high_ul": (volume_nl + overrun) / 1e3,
    }
    lost = closing is not None and closing.outcome == ShotOutcome.INDETERMINATE
    found.notes = ["booked INDETERMINATE" if lost else "not booked INDETERMINATE", f"phase {machine.phase.value}"]
    found.traces = _traces(bench)
    return found


def _traces(bench: Bench) -> dict[str, tuple[list[float], list[float]]]:
    return {
        "pressure (kPa)": (bench.time_s, bench.pressure_kpa),
        "displaced by the piston (µL)": (bench.time_s, bench.commanded_ul),
        "left the needle (µL)": (bench.time_s, bench.left_ul),
    }


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
