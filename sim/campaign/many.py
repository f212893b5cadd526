"""Many seeds: jobs, shards, a canary that must fail.

Not responsible for one seed (``run``), for explaining a failure (``findings``) or for printing (the command line does).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from mesogun.errors import InputError
from sim.campaign.draw import Draw
from sim.campaign.run import Result, run, run_seed
from sim.faults import At, Fault, FaultPlan
from sim.firmware.table import ROWS, Row
from sim.world import World

CANARY_GAIN = 1.2
CANARY = Draw(
    0,
    "standard",
    4,
    40_000,
    1,
    FaultPlan(
        (
            Fault("link.delay", At("message", 2, way="to_gun", op="STATUS")),
            Fault("link.duplicate", At("message", 3, way="to_host", op="STATUS")),
        )
    ),
)  # two faults that break nothing: shrinking must throw both away
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
    canary: Result | None = None

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
    def canary_failed(self) -> bool | None:
        """Whether the canary failed, as it must; ``None`` where there was none."""
        return None if self.canary is None else not self.canary.good

    @property
    def good(self) -> bool:
        """No seed failed, and the canary (where asked for) did."""
        return not self.failed and self.canary_failed is not False


def canary_gun(world: World) -> None:
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
    chosen: list[int | None] = [*shard_of(range(start, start + seeds), shard)]
    if with_canary:
        chosen.append(None)  # goes the way of every seed, another process included
    for seed, result in zip(chosen, _results(chosen, jobs, journal), strict=True):
        if seed is None:
            summary.canary = result
        else:
            summary.add(result)
            told(result)
    return summary


def _results(chosen: list[int | None], jobs: int, journal: str) -> Iterator[Result]:
    one = partial(_one, journal=journal)
    if jobs == 1:
        yield from map(one, chosen)
        return
    with ProcessPoolExecutor(max_workers=jobs) as pool:
        yield from pool.map(one, chosen, chunksize=4)


def _one(seed: int | None, journal: str) -> Result:
    if seed is None:
        return run(CANARY, plan=CANARY.plan, prepare=canary_gun, journal=journal)
    return run_seed(seed, journal=journal)
