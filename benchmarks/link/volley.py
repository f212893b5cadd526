"""Nine shots a second for a minute, each of another volume, on one pull of the trigger:
`python -m benchmarks.link.volley`.

The simulated gun at 115200 baud, in its own time: the driver renews the lease, tops the magazine up and reads and
acknowledges the log between two shots. A stall for want of an entry would show as a gap.
"""

from __future__ import annotations

import itertools
import time

from benchmarks.link.report import line
from mesogun.gun import Gun, connect
from mesogun.identity import SIMULATED_KEY
from mesogun.wire.codes import Outcome, ShotKind
from mesogun.wire.messages import Arm, Load, Status
from sim.doors.port import attach
from sim.world import World

SHOTS = 540
TREATMENT = 0x51
LEASE_MS = 1_500
SYRINGE_NL = 5_000_000


def volume_nl(number: int) -> int:
    """Another one for each shot, in no order."""
    return 1_000 + 10 * (number * 197 % SHOTS)


def entry(number: int, kind: ShotKind = ShotKind.TREAT, volume: int | None = None) -> Load:
    return Load(number, TREATMENT, number, kind, volume_nl(number) if volume is None else volume, 1_500)


def arm(gun: Gun, entries: list[Load]) -> Status:
    status = gun.status()
    total = sum(each.volume_nl for each in entries)
    first, last = entries[0].entry_no, entries[-1].entry_no
    clock_us, shot = status.gun_clock_us, status.last_shot_no
    return gun.arm(Arm(TREATMENT, first, last, len(entries), total, clock_us, shot, LEASE_MS, 16))


def prime(gun: Gun, world: World) -> None:
    gun.open_treatment(TREATMENT)
    first = entry(1, ShotKind.PRIME, 50_000)
    gun.load(first)
    arm(gun, [first])
    world.gun.press()
    world.run_for(1.0)
    world.gun.release()
    gun.disarm()
    gun.ack(1)


def volley() -> tuple[list[int], int, list[int]]:
    """Start times of the shots (us), the fewest entries that ever waited, and the volumes that were booked."""
    world = World("standard", seed=9, hand=False)
    world.gun.change_syringe(SYRINGE_NL)
    gun = connect(attach(world), keys=lambda _: SIMULATED_KEY)
    prime(gun, world)
    room = gun.caps.magazine_size
    entries = [entry(number) for number in range(2, SHOTS + 2)]
    for each in entries[:room]:
        gun.load(each)
    loaded = room
    arm(gun, entries[:room])
    world.gun.panel.mode = "continuous"
    world.gun.touch(2_000)
    world.gun.press()
    fewest = room
    starts: list[int] = []
    booked: list[int] = []
    while len(booked) < SHOTS:
        status = gun.status()
        if loaded < SHOTS:
            fewest = min(fewest, status.magazine)
        while status.magazine < room and loaded < SHOTS:
            status = gun.load(entries[loaded])
            loaded += 1
        for record in gun.log(len(booked) + 2):
            if record.outcome != Outcome.DONE or record.entry_no != len(booked) + 2:
                raise SystemExit(f"an unexpected record: {record}")
            starts.append(record.start_us)
            booked.append(record.commanded_nl)
        gun.ack(len(booked) + 1)
        gun.renew(status.gun_clock_us, len(booked) + 1, LEASE_MS)
    return starts, fewest, booked


def main() -> None:
    began = time.perf_counter()
    starts, fewest, booked = volley()
    took = time.perf_counter() - began
    gaps = [(after - before) / 1000 for before, after in itertools.pairwise(starts)]
    rate = (SHOTS - 1) / ((starts[-1] - starts[0]) / 1e6)
    wrong = sum(volume != volume_nl(number) for number, volume in enumerate(booked, 2))
    line(f"{SHOTS} shots, rate", rate, "1/s", ">= 8.9", good=rate >= 8.9)
    line("longest gap between two shots", max(gaps), "ms", "<= 125 ms", good=max(gaps) <= 125)
    line("fewest entries that waited in the magazine", fewest, "", ">= 1", good=fewest >= 1)
    line("shots lost, doubled or of a wrong volume", wrong + abs(len(booked) - SHOTS), "", "0", good=wrong == 0)
    line("real time for a minute of it", took, "s")


if __name__ == "__main__":
    main()
