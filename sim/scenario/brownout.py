"""The supply fails in a stroke: a weak cell that gives way under the motor, or, where the cell holds, a cut.

Not responsible for how a cell gives way (``sim.physics.battery``) or for pictures.
"""

from __future__ import annotations

from mesogun.wire.codes import Outcome as ShotOutcome
from sim.physics.profile import Profile
from sim.scenario.bench import Bench, Outcome

CELL_SHOTS = 200  # a cell that lasts longer holds, as far as this experiment goes
CELL_VOLUME_NL = 20_000


def brownout(profile: str, seed: int, volume_nl: int = 100_000) -> Outcome:
    """What left when the supply failed in the middle of a stroke, and what the gun books after its restart."""
    bench = Bench(profile, seed, own_cell=True)
    found = Outcome("brownout", profile, seed)
    stated = bench.machine.profile
    most = stated.integer("shot.max_volume_nl")
    if _gives_way(stated):
        volume_nl = min(CELL_VOLUME_NL, most)
        start = _until_dead(bench, found, volume_nl)
        cut_s = bench.time_s[-1]
    else:
        volume_nl, start = min(volume_nl, most), 0
        half_us = round(volume_nl / stated["screw.flow_nl_s"] * 5e5) + stated.integer("shot.insert_us")
        cut_s = (bench.world.kernel.now_us + half_us) / 1e6
        bench.world.kernel.after(half_us, "supply", bench.cut_supply)
        bench.fire(volume_nl)
    bench.watch(0.4)
    back_s = bench.world.kernel.now_us / 1e6
    bench.supply_back()
    bench.watch(0.3)
    _tell(bench, found, volume_nl, cut_s, back_s)
    found.traces = bench.traces(start) | {"supply (mV)": (bench.time_s[start:], bench.supply_mv[start:])} | found.traces
    return found


def _gives_way(stated: Profile) -> bool:
    """Whether the cell falls so far in so many shots that the motor pulls it below brown-out."""
    at_last_mv = stated["battery.open_mv"] - CELL_SHOTS * stated["battery.per_shot_uv"] / 1e3
    return at_last_mv - stated["battery.sag_mv"] < stated["battery.brownout_mv"]


def _until_dead(bench: Bench, found: Outcome, volume_nl: int) -> int:
    """Fire until the gun goes off; the index of the first reading of the last whole shot."""
    machine, panel = bench.machine, bench.world.gun.panel
    rest_mv: list[float] = []
    lowest_mv: list[float] = []
    starts: list[int] = []
    low_from = 0
    while bench.world.gun.powered:
        bench.full_syringe(volume_nl)
        starts.append(len(bench.time_s))
        rest_mv.append(float(panel.battery_mv))
        if machine.battery_low() and not low_from:
            low_from = len(starts)
        bench.fire(volume_nl)
        lowest_mv.append(min(bench.supply_mv[starts[-1] :]))
        if bench.world.gun.powered:
            bench.watch(0.15)
    count = [float(shot + 1) for shot in range(len(starts))]
    found.numbers = {"died_in_shot": count[-1], "low_from_shot": float(low_from)}
    found.traces = {"at rest, by shot (mV)": (count, rest_mv), "lowest, by shot (mV)": (count, lowest_mv)}
    return starts[-2] if len(starts) > 1 else 0


def _tell(bench: Bench, found: Outcome, volume_nl: int, cut_s: float, back_s: float) -> None:
    machine = bench.machine
    stated = machine.profile
    _, closing = machine.store.log.records[machine.store.log.closed_shot_no]
    overrun = stated["calibration.overrun_nl"] + volume_nl * stated["calibration.overrun_ppm"] / 1e6
    dead = "died_in_shot" in found.numbers
    found.numbers = {
        "cut_at_s": cut_s,
        "back_at_s": back_s,
        "left_ul": bench.world.truth.per_shot[-1].dispensed_nl / 1e3,
        "booked_low_ul": closing.delivered_nl / 1e3 if closing is not None else 0.0,
        "booked_high_ul": (volume_nl + overrun) / 1e3,
        **found.numbers,
        "rest_before_mv": found.traces["at rest, by shot (mV)"][1][-1] if dead else stated["battery.open_mv"],
        "lowest_before_cut_mv": min(bench.running_mv),
        "low_mv": stated["battery.low_mv"],
        "brownout_mv": stated["battery.brownout_mv"],
    }
    lost = closing is not None and closing.outcome == ShotOutcome.INDETERMINATE
    found.notes = [
        f"the cell gave way under the motor in shot {found.numbers['died_in_shot']:.0f}"
        if dead
        else "the cell holds: the supply was cut",
        "booked INDETERMINATE" if lost else "not booked INDETERMINATE",
        f"phase {machine.phase.value}, fault {machine.fault.name}",
    ]
