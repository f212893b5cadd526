"""The mode dial and the depth stop: single, burst, continuous; depth by motor and by hand."""

from __future__ import annotations

from itertools import pairwise

import pytest

from mesogun.errors import InputError
from mesogun.wire import messages as m
from mesogun.wire.codes import Outcome, Reason, ShotKind, Verdict
from sim.doors.address import set_mode
from sim.physics.profile import load
from tests.sim.host import REF, Host, started

PERIOD_US = 60_000_000 // 540


def by_hand(profile: str, mode: str) -> Host:
    """Primed by the simulated hand, which then leaves: the tests pull the trigger."""
    world, host = started(profile=profile)
    host.ready()
    world.hand.leave()
    set_mode(world.gun, mode)
    return host


def pull(host: Host, hold_s: float) -> int:
    """Hold the trigger in contact with skin; how many shots went."""
    gun, before = host.world.gun, len(host.world.truth.per_shot)
    host.ok_renew(host.status())
    gun.touch(3_000)
    gun.press()
    end_us = host.clock.monotonic_us() + round(hold_s * 1e6)
    while host.clock.monotonic_us() < end_us:
        host.ok_renew(host.status())
        host.clock.sleep_us(min(100_000, max(0, end_us - host.clock.monotonic_us())))
    gun.release()
    host.clock.sleep_us(500_000)
    return len(host.world.truth.per_shot) - before


@pytest.mark.parametrize(("mode", "shots"), [("single", 1), ("burst", 3), ("continuous", 10)])
def test_a_press_fires_what_the_mode_says(mode: str, shots: int) -> None:
    assert load("standard").integer("shot.burst") == 3
    host = by_hand("standard", mode)
    host.load(*[5_000] * 10)
    host.arm(lead=255)
    assert pull(host, 3.0) == shots
    if mode != "continuous":
        assert pull(host, 3.0) == shots  # a new press, a new burst
    assert all(record.outcome == Outcome.DONE for record in host.records())


def test_a_burst_ends_with_the_magazine_and_with_the_trigger() -> None:
    host = by_hand("standard", "burst")
    host.load(5_000, 5_000)
    host.arm(lead=255)
    assert pull(host, 2.0) == 2
    host.load(*[5_000] * 3)
    host.ok(m.Disarm())
    host.arm(lead=255)
    before = len(host.world.truth.per_shot)
    host.world.gun.touch(3_000)
    host.world.gun.press()
    host.clock.sleep_us(130_000)  # into the second
    host.world.gun.release()
    host.clock.sleep_us(1_000_000)
    fired = len(host.world.truth.per_shot) - before
    assert fired == 2
    assert len(host.world.gun.machine.magazine) == 1
    assert host.records()[-1].outcome == Outcome.PARTIAL


def test_a_burst_waits_for_the_screen_and_not_for_another_press() -> None:
    host = by_hand("standard", "burst")
    host.load(*[5_000] * 3)
    host.arm(lead=1)
    gun = host.world.gun
    gun.touch(3_000)
    gun.press()
    host.clock.sleep_us(1_000_000)
    assert host.status().closed_shot_no == 2, "the screen has not shown the first one yet"
    gun.release()


def test_continuous_keeps_540_a_minute_and_never_less_than_its_period() -> None:
    host = by_hand("rapid", "continuous")
    host.load(*[5_000] * 45)
    host.arm(lead=255)
    assert pull(host, 5.5) == 45
    starts = [shot.at_us for shot in host.world.truth.per_shot if shot.kind == ShotKind.TREAT]
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    assert min(gaps) >= PERIOD_US
    assert max(gaps) <= PERIOD_US + 1_000
    assert 535 <= 44 * 60e6 / (starts[-1] - starts[0]) < 540.01


def caps(profile: str) -> m.Caps:
    _, host = started(profile=profile)
    host.hello()
    told = host.ask(m.GetCaps())
    assert isinstance(told, m.Caps)
    return told


def test_caps_say_whether_the_depth_is_set_by_hand() -> None:
    assert caps("manual-depth").features == 1
    assert caps("standard").features == 0


def test_a_plan_with_a_depth_meets_a_stop_that_the_host_cannot_set() -> None:
    world, host = started(profile="manual-depth")
    host.ready()
    world.gun.set_stop(2_500)
    number = host.status().entry_hwm + 1
    too_deep = m.Load(number, REF, 0, ShotKind.TREAT, 10_000, 6_001)
    assert host.refusal(too_deep) == Reason.DEPTH_RANGE  # its range holds, whoever sets it
    host.load(10_000)  # 1.5 mm, says the plan
    assert host.arm().verdict == Verdict.OK
    host.fire_all()
    world.run_for(1.0)
    record, truth = host.records()[-1], world.truth.per_shot[-1]
    assert record.depth_um == 1_500  # the plan's, as for the position
    assert truth.true_depth_um is not None
    assert truth.true_depth_um > 2_500
    assert world.gun.panel.stop_um == 2_500


def test_a_stop_is_turned_on_a_manual_gun_only_and_within_its_range() -> None:
    world, _ = started(profile="manual-depth")
    with pytest.raises(InputError, match="outside 200 to 6000 um"):
        world.gun.set_stop(7_000)
    other, _ = started()
    with pytest.raises(InputError, match="sets its depth by motor"):
        other.gun.set_stop(2_000)
