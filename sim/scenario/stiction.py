"""Shots behind longer and longer rests: how late the stopper follows the screw, how far it then jumps, what it costs.

Not responsible for the law (``sim.physics.stopper``); this measures the piston from outside.
"""

from __future__ import annotations

from mesogun.wire.codes import Outcome as ShotOutcome
from sim.scenario.bench import Bench, Outcome

RESTS_S = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1_000.0)
TICK_US = 10
SEEN_MS = 4.0


class Watch:
    """The piston and the pressure from the moment on which the screw starts, every hundredth of a millisecond."""

    def __init__(self, bench: Bench) -> None:
        self._kernel, self._plant = bench.world.kernel, bench.world.plant
        self._start_us: int | None = None
        self._stood = self._plant.account.displaced
        self.time_ms: list[float] = []
        self.pressure_kpa: list[float] = []
        self.moved_nl: list[float] = []
        self._look()

    def _look(self) -> None:
        self._plant.sync()
        if self._start_us is None and self._plant.running:
            self._start_us = self._kernel.now_us
        if self._start_us is not None:
            self.time_ms.append((self._kernel.now_us - self._start_us) / 1e3)
            self.pressure_kpa.append(self._plant.pressure)
            self.moved_nl.append(self._plant.account.displaced - self._stood)
        if not self.time_ms or self.time_ms[-1] < SEEN_MS:
            self._kernel.after(TICK_US, "look", self._look)

    @property
    def first(self) -> int:
        """The first reading at which the stopper has moved."""
        return next(at for at, moved in enumerate(self.moved_nl) if moved > 0.0)


def stiction(profile: str, seed: int, volume_nl: int = 10_000) -> Outcome:
    """Break-loose behind rests of 0.3 s to 1,000 s; a first shot before them takes up what a fresh syringe costs."""
    bench = Bench(profile, seed)
    bench.fire(volume_nl, sampled=False)
    watched: list[Watch] = []
    errors: list[float] = []
    for rest_s in RESTS_S:
        bench.world.run_for(rest_s)
        watched.append(Watch(bench))
        bench.fire(volume_nl, sampled=False)
        bench.world.run_for(0.3)
        shot = bench.world.truth.per_shot[-1]
        errors.append((shot.dispensed_nl - shot.commanded_nl) / shot.commanded_nl * 100)
    late = [watch.time_ms[watch.first] for watch in watched]
    jumps = [watch.moved_nl[watch.first] / 1e3 for watch in watched]
    found = Outcome("stiction", profile, seed)
    found.numbers = {
        "shortest_delay_ms": min(late),
        "longest_delay_ms": max(late),
        "smallest_jump_ul": min(jumps),
        "largest_jump_ul": max(jumps),
        "largest_error_percent": max(errors, key=abs),
        "doubted_shots": float(sum(s.outcome == ShotOutcome.INDETERMINATE for s in bench.world.truth.per_shot)),
    }
    rests = list(RESTS_S)
    found.traces = {
        f"pressure behind {rest_s:g} s (kPa)": (watch.time_ms, watch.pressure_kpa)
        for rest_s, watch in zip(RESTS_S, watched, strict=True)
        if rest_s in {RESTS_S[0], 30.0, RESTS_S[-1]}
    }
    found.traces |= {"delay (ms)": (rests, late), "jump (µL)": (rests, jumps)}
    return found
