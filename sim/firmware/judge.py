"""What the pressure says about a stroke: whether the gun may vouch for it, and if not, why (MG-22).

An encoder proves that the piston moved, not that liquid left. What else there is, is one pressure sensor, read at a
few moments of a stroke. With q the flow of the piston, R, C and tau the gun's own resistance, compliance and time
constant, and P measured from the pressure at rest:

- **early**: soon after the start nothing has left yet and P = q t / C, whatever stands behind the needles. A lower
  pressure is a softer path than this gun has: air. None at all is a sensor that says nothing.
- **stop**: by the time the screw stops, P has been at least q R (1 - exp(-T/tau)): tissue and narrow needles only add
  to it. Less is a leak.
- **decay**: three readings half a time constant apart give the rate at which what is stored goes, whatever the tissue
  holds against it: (P1 - P2)/(P0 - P1) = exp(-dt/tau). Faster than this gun's own is a second way out: a leak.
- **standing**: the same three readings give the level at which the tissue will hold the pressure. A pressure that
  falls on below half of it, needles in, is a leak.

A stroke that passes them may still have lost what lies below the tolerances; ``sim.faults.catalogue`` states it. Not
responsible for taking the readings (``stroke``) or for what follows from a doubt (``machine``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from mesogun.wire.codes import Fault

EARLY_SHARE = 0.8
STOP_SHARE = 0.75
DEAD_SHARE = 0.1
DECAY_SHARE = 0.88
STANDING_SHARE = 0.5
SEEN_KPA = 0.3  # differences below this say nothing: assumption about the sensor, to be replaced by a measurement
EARLY_TAU = 0.2
SLOWEST_SAMPLE_US = 1_000  # the sensor is read once a millisecond
DECAY_TAU = 0.5
DECAY_SAMPLES = 4


@dataclass(frozen=True, slots=True)
class OwnPath:
    """What the gun knows of its own path: kPa s/nL, nL/kPa, and the tissue's typical stiffness in kPa/nL."""

    resistance: float
    compliance: float
    stiffness: float

    @property
    def tau_s(self) -> float:
        """Time constant in air."""
        return self.resistance * self.compliance

    @property
    def early_us(self) -> int:
        """When, after the start of a stroke, to read the first pressure."""
        return max(SLOWEST_SAMPLE_US, round(EARLY_TAU * self.tau_s * 1e6))

    @property
    def decay_us(self) -> int:
        """How far apart to read the pressure behind a stroke."""
        return max(SLOWEST_SAMPLE_US, round(DECAY_TAU * self.tau_s * 1e6))

    def rise_kpa(self, flow: float, duration_s: float) -> float:
        """The least that the pressure rises by in a stroke of that flow and duration: into air, nothing narrow."""
        return flow * self.resistance * -math.expm1(-duration_s / self.tau_s)

    @property
    def decay_ratio(self) -> float:
        """How much of each fall of the pressure is left over for the next one."""
        rate = 1.0 / self.tau_s + self.stiffness / self.resistance
        return math.exp(-self.decay_us / 1e6 * rate)


@dataclass(slots=True)
class Readings:
    """The pressure at the moments that matter, in kPa above the sensor's zero, and how the screw went meanwhile."""

    rest_kpa: float = 0.0
    early_kpa: float | None = None
    early_s: float = 0.0  # how long the piston had been pushing for certain when it was read
    stop_kpa: float | None = None
    peak_kpa: float = 0.0  # the highest up to the stop
    ran_nl: float = 0.0
    ran_s: float = 0.0
    slack_s: float = 0.0  # how long the screw may have run through its play
    decay_kpa: list[float] = field(default_factory=list)
    end_kpa: float = 0.0
    in_skin: bool = False  # needles in, from the stop to the end


def doubt(own: OwnPath, seen: Readings) -> Fault:
    """``Fault.NONE`` if the gun may vouch for what the screw did, else what it suspects.

    A stroke that was too short for any reading says nothing and is not doubted: what it can have lost is less than it
    moved.
    """
    pushed_s = seen.ran_s - seen.slack_s
    if seen.stop_kpa is None or pushed_s <= 0.0:
        return Fault.NONE
    flow = seen.ran_nl / seen.ran_s
    levels = [(seen.peak_kpa - seen.rest_kpa, STOP_SHARE * own.rise_kpa(flow, pushed_s))]
    if seen.early_kpa is not None:
        levels.insert(0, (seen.early_kpa - seen.rest_kpa, EARLY_SHARE * own.rise_kpa(flow, seen.early_s)))
    for risen, least in levels:
        if least >= SEEN_KPA and risen < least:
            return Fault.SENSOR if risen < DEAD_SHARE * least else Fault.SYRINGE
    points = [seen.stop_kpa, *seen.decay_kpa]
    for first, second, third in zip(points, points[1:], points[2:], strict=False):
        if first - second >= SEEN_KPA and second - third < DECAY_SHARE * own.decay_ratio * (first - second):
            return Fault.SYRINGE
    return Fault.SYRINGE if seen.in_skin and seen.end_kpa < STANDING_SHARE * standing_kpa(points) else Fault.NONE


def standing_kpa(points: list[float]) -> float:
    """The level towards which three equally spaced readings fall; 0 where they say nothing."""
    if len(points) < 3:
        return 0.0
    first, second, third = points[:3]
    bend = first - 2.0 * second + third
    if first - second < SEEN_KPA or bend <= 0.0:
        return 0.0
    level = (first * third - second * second) / bend
    return level if level >= 2 * SEEN_KPA else 0.0
