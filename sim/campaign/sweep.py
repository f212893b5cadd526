"""The kill sweep: host, gun and power cut at every byte boundary and every memory write of one reference treatment.

Six shots with one syringe change, status five times a second, lease 1 s. Not responsible for random faults (``run``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from sim.campaign.draw import Draw
from sim.campaign.run import Result, Treatment
from sim.faults import At, Fault, FaultPlan, to_json
from sim.line import Way
from sim.physics.profile import load

SHOTS = 6
VOLUME_NL = 20_000
SYRINGE_NL = 110_000  # dead volume and three shots: one change on the way
POLL_MS = 200
KILLED: dict[str, dict[str, float]] = {"host.kill": {}, "gun.reset": {}, "gun.brownout": {"for_us": 400_000.0}}
KEPT = (0, 5, 4096)  # bytes of a write that a power cut leaves: none, some, all


@dataclass(frozen=True, slots=True)
class Size:
    """How long the undisturbed reference treatment is; writes are counted from the first behind formatting."""

    to_gun: int
    to_host: int
    first_write: int
    writes: int


@dataclass(slots=True)
class Sweep:
    """What came of all points."""

    points: Counter[str] = field(default_factory=Counter)
    unfired: int = 0
    traces: set[str] = field(default_factory=set)  # how many of the points make a history of their own
    shots: int = 0
    simulated_s: float = 0.0
    ended: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """Take in one point; it failed with a breach, or when the treatment did not come to its end."""
        fault = result.reports[0].fault
        self.points[f"{fault.name} at every {fault.at.place}"] += 1
        self.traces.add(result.trace)
        self.unfired += result.reports[0].fired_us is None
        self.shots += result.shots
        self.simulated_s += result.simulated_us / 1e6
        self.ended[str(result.ended)] += 1
        if not result.good or result.ended != "complete":
            told = ", ".join(breach.name for breach in result.breaches) or f"ended {result.ended}"
            self.failed.append(f"{told}: {to_json(FaultPlan((fault,)))}")

    def __str__(self) -> str:
        kinds = "; ".join(f"{name}: {count}" for name, count in sorted(self.points.items()))
        return (
            f"{self.points.total()} kill points ({kinds}), {len(self.traces)} histories, {self.unfired} not reached,"
            f" {self.shots} shots,"
            f" {self.simulated_s / 3600:.1f} simulated hours, violations: {len(self.failed)}"
        )


def reference(plan: FaultPlan) -> Treatment:
    """The reference treatment under a fault plan."""
    profile = load("standard").changed(
        syringe__nominal_nl=SYRINGE_NL, syringe__low_nl=5_000, shot__max_volume_nl=SYRINGE_NL
    )
    return Treatment(Draw(0, "standard", SHOTS, VOLUME_NL, 1, plan), plan, profile=profile, poll_ms=POLL_MS)


def run(plan: FaultPlan) -> Result:
    """Run it to its end."""
    treatment = reference(plan)
    treatment.safety()
    treatment.liveness()
    return treatment.result()


def measure() -> Size:
    """The undisturbed run: how many bytes and writes there are to cut at."""
    treatment = reference(FaultPlan())
    first = treatment.world.gun.store.memory.writes
    treatment.safety()
    sent = treatment.world.line.bytes_sent
    return Size(sent[Way.TO_GUN], sent[Way.TO_HOST], first + 1, treatment.world.gun.store.memory.writes - first)


def points(size: Size, stride: int = 1) -> Iterator[FaultPlan]:
    """Every place to cut at (or each ``stride``-th): host, gun and power at each byte each way and at each write."""
    for name, numbers in KILLED.items():
        for way, count in ((Way.TO_GUN, size.to_gun), (Way.TO_HOST, size.to_host)):
            for byte in range(1, count + 1, stride):
                yield FaultPlan((Fault(name, At("byte", byte, way=way.value), numbers),))
    for write in range(size.first_write, size.first_write + size.writes, max(1, stride // 16)):
        for name in ("host.kill", "gun.reset"):
            yield FaultPlan((Fault(name, At("write", write)),))
        for keep in KEPT:
            yield FaultPlan((Fault("gun.torn_write", At("write", write), {"keep": keep}),))


def sweep(plans: Iterable[FaultPlan], *, jobs: int = 1, told: Callable[[Result], None] = lambda _: None) -> Sweep:
    """Run them all, spread over ``jobs`` processes."""
    found = Sweep()
    if jobs == 1:
        for result in map(run, plans):
            found.add(result)
            told(result)
        return found
    with ProcessPoolExecutor(max_workers=jobs) as pool:
        for result in pool.map(run, plans, chunksize=32):
            found.add(result)
            told(result)
    return found
