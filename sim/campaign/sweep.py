"""The kill sweep: host, gun and power cut at every byte boundary and every memory write of one reference treatment.

Six shots with one syringe change. Not responsible for random faults (``run``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sim.campaign.draw import Draw
from sim.campaign.run import Result, Treatment
from sim.faults import At, Fault, FaultPlan
from sim.line import Way
from sim.physics.profile import load

SHOTS = 6
VOLUME_NL = 20_000
SYRINGE_NL = 110_000  # dead volume and three shots: one change on the way


@dataclass(frozen=True, slots=True)
class Size:
    """How long the undisturbed reference treatment is."""

    to_gun: int
    to_host: int
    writes: int


def reference(plan: FaultPlan) -> Treatment:
    """The reference treatment under a fault plan."""
    profile = load("standard").changed(syringe__nominal_nl=SYRINGE_NL, syringe__low_nl=5_000)
    return Treatment(Draw(1, "standard", SHOTS, VOLUME_NL, 1, plan), plan, profile=profile)


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
    return Size(sent[Way.TO_GUN], sent[Way.TO_HOST], treatment.world.gun.store.memory.writes - first)


def points(size: Size, stride: int = 1) -> Iterator[FaultPlan]:
    """Every place to cut at (or each ``stride``-th): host and gun at each byte each way, power at each write."""
    for name in ("host.kill", "gun.reset"):
        for way, count in ((Way.TO_GUN, size.to_gun), (Way.TO_HOST, size.to_host)):
            for byte in range(1, count + 1, stride):
                yield FaultPlan((Fault(name, At("byte", byte, way=way.value)),))
    for write in range(10, 10 + size.writes, max(1, stride // 16)):  # the first writes are the formatting
        for keep in (0, 5, 4096):
            yield FaultPlan((Fault("gun.torn_write", At("write", write), {"keep": keep}),))
