"""What a narrow path still holds when a shot is booked: within its bound, and in no other shot's account (G5, H8)."""

from __future__ import annotations

import pytest

from mesogun.wire.codes import Outcome, ShotKind
from sim.firmware.table import Phase
from sim.invariants import Invariants
from sim.world import World
from tests.sim.host import Host
from tests.trace import req


@req("G5", "H8")
@pytest.mark.parametrize("factor", [4.0, 10.0, 17.64])
@pytest.mark.parametrize("profile", ["fine", "soft"])
def test_short_strokes_into_a_narrow_path_are_booked_within_their_own_bound(profile: str, factor: float) -> None:
    world = World(profile, seed=7)
    host = Host(world).ready()
    assert world.hand is not None
    world.hand.leave()
    machine = world.gun.machine
    invariants = Invariants(world)
    needle = world.profile.needle_kpa_s_per_nl() / world.profile["needle.count"]
    world.plant.change(extra_resistance=needle * (factor - 1.0))
    insert_ms = world.profile["shot.insert_us"] / 1e3
    strokes_ms = (14.0, 12.5, -1.0, 30.0, 5.5, -1.0)
    host.load(*[40_000] * len(strokes_ms))
    host.arm()
    for stroke_ms in strokes_ms:  # each as soon as the gun is ready again
        world.gun.touch(1_500)
        world.gun.press()
        world.run_for((insert_ms + stroke_ms) / 1e3)
        world.gun.release()
        while machine.magazine and not (machine.phase is Phase.ARMED and machine.ready()):
            world.run_for(0.01)
            host.ok_renew(host.status())
    world.run_for(1.0)
    invariants.finish()
    assert [str(breach) for breach in invariants.breaches] == []
    treated = [shot for shot in world.truth.per_shot if shot.kind == ShotKind.TREAT]
    assert len(treated) == 6
    assert {shot.outcome for shot in treated} == {Outcome.PARTIAL}
