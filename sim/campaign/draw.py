"""What a seed draws: gun, workload, and which faults with which rates (swarm: every seed has its own).

Not responsible for running it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim import habits
from sim.faults import CATALOGUE, At, Fault, FaultPlan
from sim.faults.parcels import BYTES
from sim.kernel import Stream, Streams
from sim.physics.profile import names

OPS = ("HELLO", "CAPS", "STATUS", "LOAD", "ARM", "RENEW", "LOG", "ACK", "OPEN", "CLOSE", "DISARM", "UNLOAD")
PHASES = ("armed", "insert", "stroke", "settle", "disarmed")
HORIZON_US = 12_000_000
ROOMY = 1.1  # a hard limit that a plan never meets, as a share of its total with every shot at its upper end
TIGHT = 0.15  # how many seeds have one that stops them
MIXED = 0.3  # how many seeds have large and small shots in turn
SAMPLED = 0.5  # how many seeds have a gun drawn from the population around their profile
NEVER = frozenset({"gun.memory_bad_cell"})  # ends in LOCKED by design; swept separately
RENAMED = 0.3  # how many pulled cables come back under another name; drawn apart, so that seeds stay what they were


@dataclass(frozen=True, slots=True)
class Draw:
    """One seed's world."""

    seed: int
    profile: str
    shots: int
    volume_nl: int
    lead: int
    plan: FaultPlan
    hand: str = "steady"
    limit_share: float = ROOMY
    mixed: bool = False  # large and small shots in turn
    sampled: bool = False  # one gun of the population around the profile, not the profile itself


def draw(seed: int) -> Draw:
    """Everything that the seed decides, except what happens inside the world."""
    streams = Streams(seed)
    stream = streams.fork("campaign")
    profiles = names()
    families = sorted({name.partition(".")[0] for name in CATALOGUE})
    rates = {family: stream.choice((0.0, 0.0, 0.3, 1.0)) for family in families}
    count = 1 + stream.integer(6)
    limits = streams.fork("limit")
    limit_share = round(limits.uniform(0.2, 1.0), 2) if limits.chance(TIGHT) else ROOMY
    faults: list[Fault] = []
    known = sorted(set(CATALOGUE) - NEVER - {"link.renamed"})
    for _ in range(40):
        if len(faults) == count:
            break
        name = stream.choice(known)
        if not stream.chance(rates[name.partition(".")[0]]):
            continue
        fault = Fault(name, place(name, stream), numbers(name, stream))
        if not any(other.at == fault.at for other in faults):
            faults.append(fault)
    return Draw(
        seed,
        stream.choice(profiles),
        3 + stream.integer(6),
        stream.choice((5_000, 10_000, 20_000, 40_000)),
        stream.choice((1, 1, 2, 6)),
        FaultPlan(possible(renamed(faults, streams.fork("renamed")))),
        streams.fork("habits").choice(habits.names()),
        limit_share,
        streams.fork("mixed").chance(MIXED),
        streams.fork("sampled").chance(SAMPLED),
    )


def renamed(faults: list[Fault], stream: Stream) -> list[Fault]:
    """Some of the cables that are pulled come back under another name."""
    return [
        Fault("link.renamed", fault.at, fault.numbers)
        if fault.name == "link.unplug" and stream.chance(RENAMED)
        else fault
        for fault in faults
    ]


def possible(faults: list[Fault]) -> tuple[Fault, ...]:
    """Without what contradicts a fault before it: one fault fewer, and everything else as it was drawn."""
    kept: list[Fault] = []
    for fault in faults:
        if not any(fault.contradicts(other) for other in kept):
            kept.append(fault)
    return tuple(kept)


def place(name: str, stream: Stream) -> At:
    """Somewhere in the treatment: placement matters more than rate."""
    way = stream.choice(("to_gun", "to_host"))
    kind = stream.integer(5)
    if name in BYTES or kind == 0:
        if stream.chance(0.3):
            return At("byte", 1 + stream.integer(6_000), way=way)
        number = 1 + int(stream.unit() ** 2 * 12)
        return At("message", number, way=way, op=stream.choice(OPS), when=stream.choice(("before", "after")))
    if kind == 1:
        return At("write", 8 + stream.integer(60))
    if kind in {2, 3}:
        return At("phase", 1 + stream.integer(6), phase=stream.choice(PHASES))
    return At("time_us", stream.integer(HORIZON_US))


def numbers(name: str, stream: Stream) -> dict[str, float]:
    """Sometimes a fault is stronger or weaker than its default."""
    found: dict[str, float] = {}
    counts = {"count", "bits", "bytes", "keep", "for_us", "by_us", "by_s"}
    for key, (default, low, high) in CATALOGUE[name].numbers.items():
        if stream.chance(0.5):
            value = default * 10 ** stream.uniform(-1.0, 0.7) if default > 0 else stream.uniform(low, high)
            found[key] = min(high, max(low, float(round(value, 0 if key in counts else 2))))
    return found
