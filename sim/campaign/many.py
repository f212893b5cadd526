"""Many seeds: jobs, shards, a canary that must fail, shrinking, one replay line per failure.

Not responsible for one seed (``run``) or for printing (the command line does).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from mesogun.errors import InputError
from sim.campaign.draw import draw
from sim.campaign.run import Result, run_seed
from sim.faults import FaultPlan, to_json
from sim.firmware.table import ROWS, Row
from sim.world import World

CANARY_GAIN = 1.2
JOURNALS = ("memory", "sqlite")


@dataclass(slots=True)
class Summary:
    """What a campaign came to. ``unfired`` counts faults whose place was never reached."""

    seeds: int = 0
    shots: int = 0
    simulated_s: float = 0.0
    failed: list[int] = field(default_factory=list)
    breaches: Counter[str] = field(default_factory=Counter)
    fired: Counter[str] = field(default_factory=Counter)
    unfired: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    rows: Counter[Row] = field(default_factory=Counter)
    canary_failed: bool | None = None

    def add(self, result: Result) -> None:
        """Take in one seed."""
        self.seeds += 1
        self.shots += result.shots
        self.simulated_s += result.simulated_us / 1e6
        self.ended[str(result.ended)] += 1
        self.rows.update({ROWS[at]: count for at, count in result.rows.items()})
        for report in result.reports:
            if report.fired_us is None:
                self.unfired += 1
            else:
                self.fired[report.fault.name] += 1
        if not result.good:
            self.failed.append(result.seed)
            self.breaches.update(breach.name for breach in result.breaches)

    @property
    def good(self) -> bool:
        """No seed failed, and the canary (where asked for) did."""
        return not self.failed and self.canary_failed is not False


def canary(world: World) -> None:
    """A gun that gives a fifth more than it says: the alarm path must notice."""
    world.plant.gain = CANARY_GAIN


def shard_of(seeds: Iterable[int], shard: str) -> list[int]:
    """The ``i/n``-th part of the seeds, i from 1."""
    index, slash, count = shard.partition("/")
    if not (slash and index.isdigit() and count.isdigit() and 1 <= int(index) <= int(count)):
        raise InputError(f"shard {shard!r} is not of the form i/n with 1 <= i <= n")
    return [seed for at, seed in enumerate(seeds) if at % int(count) == int(index) - 1]


def campaign(
    seeds: int,
    *,
    start: int = 0,
    jobs: int = 1,
    shard: str = "1/1",
    with_canary: bool = False,
    journal: str = "memory",
    told: Callable[[Result], None] = lambda _: None,
) -> Summary:
    """Run ``seeds`` seeds from ``start`` on, spread over ``jobs`` processes; ``told`` hears of each result in order."""
    if seeds < 1 or jobs < 1 or start < 0:
        raise InputError(f"seeds {seeds} and jobs {jobs} must be at least 1, start {start} at least 0")
    if journal not in JOURNALS:
        raise InputError(f"journal {journal!r} is none of {', '.join(JOURNALS)}")
    summary = Summary()
    for result in _results(shard_of(range(start, start + seeds), shard), jobs, journal):
        summary.add(result)
        told(result)
    if with_canary:
        summary.canary_failed = not run_seed(start, plan=FaultPlan(), prepare=canary).good
    return summary


def _results(chosen: list[int], jobs: int, journal: str) -> Iterator[Result]:
    one = partial(run_seed, journal=journal)
    if jobs == 1:
        yield from map(one, chosen)
        return
    with ProcessPoolExecutor(max_workers=jobs) as pool:
        yield from pool.map(one, chosen, chunksize=4)


def shrink(seed: int, *, prepare: Callable[[World], None] | None = None) -> FaultPlan:
    """The fewest faults of a failing seed that still break the same invariant."""
    first = run_seed(seed, prepare=prepare)
    if first.good:
        raise InputError(f"seed {seed} breaks no invariant; there is nothing to shrink")
    names = {breach.name for breach in first.breaches}
    plan = draw(seed).plan
    index = 0
    while index < len(plan.faults):
        smaller = plan.without(index)
        again = run_seed(seed, plan=smaller, prepare=prepare)
        if names & {breach.name for breach in again.breaches}:
            plan = smaller
        else:
            index += 1
    return plan


def replay_line(seed: int, plan: FaultPlan | None = None) -> str:
    """The one command that shows the failure again."""
    line = f"mesogun sim campaign --seeds 1 --start {seed}"
    return line if plan is None else f"{line} --faults '{to_json(plan)}'"
