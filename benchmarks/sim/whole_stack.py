"""Simulated seconds per second of processor time: whole stack on the reference workload, idle, and fixture set-up.

Reference workload: 2.5 shots/s, status 5 Hz, lease 1 s, with the real driver, wire, runner, ledger, physics and
invariants; the journal is in memory.

    python -m benchmarks.sim.whole_stack
"""

from __future__ import annotations

import cProfile
import pstats
import sys
import time
from typing import cast

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
from sim.world import World

SHOTS = 400


def treat(shots: int = SHOTS) -> tuple[float, float, int]:
    """Simulated seconds, processor seconds, exchanges."""
    world = World("standard", seed=1)
    cleared = cleared_plan(shots, 20_000, world.profile.integer("syringe.nominal_nl"), 1, 500)
    journal = MemoryJournal(TREATMENT, cleared.hard_total_nl)
    journal.append(first_events(cleared), treatment=TREATMENT, epoch=None)
    invariants = Invariants(world, host=journal.belief)
    gun = connect(attach(world), keys=lambda _: SIMULATED_KEY)
    runner = Runner(
        gun=gun,
        journal=cast(Journal, journal),
        cleared=cleared,
        treatment=TREATMENT,
        front=CampaignFront(),
        operator=OPERATOR,
        station="benchmark",
        settings=Settings(lease_ms=1_000, lead=2, poll_ms=200),
    )
    start = time.process_time()
    runner.run()
    took = time.process_time() - start
    if invariants.breaches:
        raise SystemExit(str(invariants.breaches))
    return world.kernel.now_us / 1e6, took, gun.stats.requests if hasattr(gun.stats, "requests") else 0


def idle(seconds: int = 2_000) -> float:
    """Simulated seconds per processor second with one status a second."""
    world = World("standard", seed=1)
    gun = connect(attach(world), keys=lambda _: SIMULATED_KEY)
    start = time.process_time()
    for _ in range(seconds):
        gun.status()
        gun.clock.sleep_us(1_000_000)
    return world.kernel.now_us / 1e6 / (time.process_time() - start)


def main() -> None:
    """Print the figures."""
    treat(20)
    simulated, took, exchanges = treat()
    print(f"whole stack: {simulated / took:8.0f} simulated s per s ({simulated:.0f} s in {took:.2f} s)")
    if exchanges:
        print(f"             {took / exchanges * 1e6:8.0f} us per exchange, {exchanges} exchanges")
    print(f"idle, 1 Hz:  {idle():8.0f} simulated s per s")
    open_world(seed=1)
    start = time.process_time()
    for seed in range(200):
        open_world(seed=seed)
    print(f"sim_gun:     {(time.process_time() - start) / 200 * 1e3:8.2f} ms set-up of a world")
    if "--profile" in sys.argv:
        profile = cProfile.Profile()
        profile.enable()
        treat(100)
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(20)


if __name__ == "__main__":
    main()
