"""Pairing by button and code: the host's conversation against the simulated gun's end."""

from __future__ import annotations

import pytest

from mesogun.errors import AuthError, GunRefused
from mesogun.gun import Gun, connect
from mesogun.gun.pairing import Pairing
from mesogun.identity import BENCH_KEY, SIMULATED_KEY
from mesogun.wire.codes import GunKind, Reason
from mesogun.wire.messages import PairConfirm
from sim.doors.port import attach
from sim.firmware.requests import unhandled
from sim.world import World
from tests.trace import req


def clinical(key: bytes = SIMULATED_KEY) -> tuple[World, Gun]:
    world = World(seed=4, kind=GunKind.CLINICAL)
    return world, connect(attach(world), keys=lambda _: key)


@req("MG-32")
def test_button_code_button_gives_both_ends_the_same_fresh_key() -> None:
    world, gun = clinical()
    with pytest.raises(GunRefused) as caught:
        Pairing.begin(gun)  # nobody pressed the button
    assert caught.value.reason == Reason.NOT_PAIRING
    world.gun.pairing.press()
    pairing = Pairing.begin(gun)
    world.gun.pairing.press()
    key = pairing.confirm(world.gun.panel.display, lambda _: None)
    assert key not in (SIMULATED_KEY, BENCH_KEY)
    again = connect(attach(world), keys=lambda _: key)
    assert again.unload().removed_count == 0
    world.power_cycle()
    assert connect(attach(world), keys=lambda _: key).unload().removed_count == 0


def test_a_wrong_code_a_late_button_or_one_press_only_keep_nothing() -> None:
    world, gun = clinical()
    world.gun.pairing.press()
    pairing = Pairing.begin(gun)
    with pytest.raises(AuthError):
        pairing.confirm("00000000", lambda _: None)
    with pytest.raises(GunRefused):
        pairing.confirm(world.gun.panel.display, lambda _: None, deadline_ms=2_000)  # the second press is missing
    world.gun.pairing.press()
    world.run_for(61)
    with pytest.raises(GunRefused):
        pairing.confirm(pairing._agreement.code, lambda _: None, deadline_ms=1_000)
    assert world.gun.store.kept.key == SIMULATED_KEY


def test_every_operation_of_the_table_is_carried_out() -> None:
    assert unhandled(World(seed=1).gun.requests) == []


@req("W-54")
def test_a_lost_answer_to_the_last_step_is_given_again() -> None:
    world, gun = clinical()
    world.gun.pairing.press()
    pairing = Pairing.begin(gun)
    world.gun.pairing.press()
    key = pairing.confirm(world.gun.panel.display, lambda _: None)
    assert pairing.confirm(pairing._agreement.code, lambda _: None) == key, "the same proof again is answered as before"
    world.gun.pairing.press()
    with pytest.raises(GunRefused):
        gun.link.request(PairConfirm(proof=pairing._agreement.proof))  # a new pairing has begun
