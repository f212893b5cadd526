"""What a narrow path still holds when a shot is booked: within its bound, and in no other shot's account (G5, H8)."""

from __future__ import annotations

import pytest

from mesogun.wire.codes import Fault, Outcome, ShotKind
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


@req("MG-18")
def test_a_small_shot_waits_for_what_a_large_one_left_under_pressure() -> None:
    world = World("rapid", seed=2)  # the trigger held: nothing else makes a pause
    host = Host(world).ready()
    invariants = Invariants(world)
    host.load(300_000, 1_000, 300_000, 1_000, 1_000)
    host.arm()
    host.fire_all()
    world.run_for(1.0)
    invariants.finish()
    assert [str(breach) for breach in invariants.breaches] == []
    treated = [shot for shot in world.truth.per_shot if shot.kind == ShotKind.TREAT]
    assert [shot.outcome for shot in treated] == [Outcome.DONE] * 5


@req("MG-18")
def test_a_pressure_that_does_not_go_is_a_fault_and_no_silent_wait() -> None:
    world = World("fine", seed=2)
    host = Host(world).ready()
    assert world.hand is not None
    world.hand.leave()
    host.load(40_000)
    host.arm()
    world.gun.touch(1_500)
    world.gun.press()
    world.run_for(1.5)
    world.gun.release()
    world.plant.change(blocked=True)  # behind the shot, and with 10 kPa in it
    world.plant.run(10.0 * world.profile.compliance_nl_per_kpa)
    world.run_for(1.0)
    world.plant.halt()
    world.run_for(1.5)
    host.load(1_000, point=1)
    host.arm()
    world.gun.press()
    assert world.gun.machine.fault is Fault.SENSOR
    assert world.gun.machine.store.log.last_shot_no == 2
