"""A minimal gun, a cable to it, and the driver at the other end."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from mesogun.clock import ManualClock
from mesogun.gun import Gun, connect
from mesogun.identity import SIMULATED_KEY
from mesogun.wire.codes import ShotKind
from mesogun.wire.messages import FINGERPRINT, Arm, Load
from tests.gun.cable import Cable
from tests.gun.minimal_gun import MinimalGun

TREATMENT = 0x51


@dataclass
class Bench:
    device: MinimalGun
    clock: ManualClock
    cable: Cable
    gun: Gun

    def entry(self, number: int, volume_nl: int = 20_000, kind: ShotKind = ShotKind.TREAT) -> Load:
        return Load(number, TREATMENT, number, kind, volume_nl, 1_500)

    def load(self, *numbers: int, volume_nl: int = 20_000, kind: ShotKind = ShotKind.TREAT) -> list[Load]:
        entries = [self.entry(number, volume_nl, kind) for number in numbers]
        for entry in entries:
            self.gun.load(entry)
        return entries

    def arm_for(self, entries: list[Load], lease_ms: int = 1_000, lead: int = 8) -> Arm:
        status = self.gun.status()
        total = sum(entry.volume_nl for entry in entries)
        first, last = entries[0].entry_no, entries[-1].entry_no
        clock_us, shot = status.gun_clock_us, status.last_shot_no
        return Arm(TREATMENT, first, last, len(entries), total, clock_us, shot, lease_ms, lead)

    def prime(self) -> None:
        """Open the treatment and prime, so that treatment shots may be armed; entry 1 is used up."""
        self.gun.open_treatment(TREATMENT)
        self.gun.arm(self.arm_for(self.load(1, volume_nl=50_000, kind=ShotKind.PRIME)))
        assert self.device.pull()
        self.gun.disarm()


@pytest.fixture
def bench() -> Bench:
    device = MinimalGun(SIMULATED_KEY, FINGERPRINT)
    clock = ManualClock()
    cable = Cable(device, clock)
    gun = connect((cable, clock), keys=lambda _: SIMULATED_KEY)
    return Bench(device, clock, cable, gun)
