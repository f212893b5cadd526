"""Simulated seconds per second of processor time: whole stack on the reference workload, idle, and fixture set-up.

Reference workload: 2.5 shots/s, status 5 Hz, lease 1 s, with the real driver, wire, runner, ledger, physics and
invariants; the journal is in memory. The syringe is large enough for all shots, so that no change of syringe makes the
workload lighter. Other programs share the machine, so two figures are printed: the fastest of several runs, and
*undisturbed*, the sum of each step's fastest time over these runs (every run takes the same steps).

    python -m benchmarks sim
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import cast

from benchmarks.sim.layers import shares
from mesogun.gun import connect
from mesogun.identity import SIMULATED_KEY
from mesogun.journal import Journal
from mesogun.testing import open_world
from mesogun.treatment import Runner, Settings
from sim.campaign.front import CampaignFront
from sim.campaign.memory_journal import MemoryJournal
from sim.campaign.workload import OPERATOR, TREATMENT, cleared_plan, first_events
from sim.doors.port import attach
from sim.invariants import Invariants
from sim.physics.profile import load
from sim.world import World

SHOTS = 400
VOLUME_NL = 20_000
SYRINGE_NL = 10_000_000
RUNS = 7
PROFILE_S = 6.0


@dataclass(frozen=True, slots=True)
class Figures:
    """One run of the workload."""

    simulated_s: float
    took_s: float
    exchanges: int
    events: int
    steps_s: tuple[float, ...]

    @property
    def speed(self) -> float:
        """Simulated seconds per second of processor time."""
        return self.simulated_s / self.took_s


class Timed(Runner):
    """The runner, with the processor time of each of its steps."""

    steps_s: list[float]

    def _step(self) -> None:
        start = time.process_time()
        super()._step()
        self.steps_s.append(time.process_time() - start)


def treat(shots: int = SHOTS) -> Figures:
    """The workload once."""
    world = World(load("standard").changed(syringe__nominal_nl=SYRINGE_NL), seed=1)
    cleared = cleared_plan(shots, VOLUME_NL, SYRINGE_NL, 1, 500)
    journal = MemoryJournal(TREATMENT, cleared.hard_total_nl)
    journal.append(first_events(cleared), treatment=TREATMENT, epoch=None)
    invariants = Invariants(world, host=journal.belief)
    gun = connect(attach(world), keys=lambda _: SIMULATED_KEY)
    runner = Timed(
        gun=gun,
        journal=cast(Journal, journal),
        cleared=cleared,
        treatment=TREATMENT,
        front=CampaignFront(),
        operator=OPERATOR,
        station="benchmark",
        settings=Settings(lease_ms=1_000, lead=2, poll_ms=200),
    )
    runner.steps_s = []
    asked, begun_us = gun.stats.requests, world.kernel.now_us
    start = time.process_time()
    ended = runner.run()
    took_s = time.process_time() - start
    if invariants.breaches or ended.ended != "complete":
        raise SystemExit(f"the workload did not end well: {ended.ended}, {invariants.breaches}")
    return Figures(
        (world.kernel.now_us - begun_us) / 1e6,
        took_s,
        gun.stats.requests - asked,
        world.kernel.events,
        tuple(runner.steps_s),
    )


def idle(seconds: int = 2_000) -> float:
    """Simulated seconds per processor second with one status a second."""
    world = World("standard", seed=1)
    gun = connect(attach(world), keys=lambda _: SIMULATED_KEY)
    start = time.process_time()
    for _ in range(seconds):
        gun.status()
        gun.clock.sleep_us(1_000_000)
    return world.kernel.now_us / 1e6 / (time.process_time() - start)


def set_up_ms() -> float:
    """What the fixture ``sim_gun`` does before a test begins: a world, its gun, a session."""
    open_world(seed=1)
    start = time.process_time()
    for seed in range(100):
        open_world(seed=seed)
    return (time.process_time() - start) / 100 * 1e3


def main() -> None:
    """Print the figures."""
    treat(20)
    runs = [treat() for _ in range(RUNS)]
    best = max(runs, key=lambda figures: figures.speed)
    quiet_s = sum(map(min, zip(*(figures.steps_s for figures in runs), strict=True)))
    exchange_us = quiet_s / best.exchanges * 1e6
    print(f"whole stack  {best.speed:8.0f} simulated s per s (>= 500), {SHOTS / best.simulated_s:.2f} shots/s")
    print(f"undisturbed  {best.simulated_s / quiet_s:8.0f} simulated s per s, {exchange_us:.0f} us per exchange")
    per_s, events = best.exchanges / best.simulated_s, best.events / best.exchanges
    print(f"             {per_s:8.1f} exchanges per s, {events:.1f} events each")
    for layer, share in shares(treat, PROFILE_S).items():
        print(f"             {share * exchange_us:8.1f} us  {share:6.1%}  {layer}")
    print(f"idle, 1 Hz   {max(idle() for _ in range(RUNS)):8.0f} simulated s per s (>= 10000)")
    print(f"sim_gun      {min(set_up_ms() for _ in range(RUNS)):8.2f} ms to set up (< 5)")


if __name__ == "__main__":
    main()
