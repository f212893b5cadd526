"""Bench mode, by the switch of a gun that is not simulated: another key, another session, and nobody is treated."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

import pytest

from mesogun.errors import AuthError, GunRefused, OutcomeUnknown, Refused
from mesogun.gun import Gun, connect, info_text, key_source, read_calibration, write_calibration
from mesogun.gun.pairing import Pairing
from mesogun.identity import BENCH_KEY
from mesogun.wire.codes import Flag, GunKind, Reason, ShotKind, State
from mesogun.wire.messages import Arm, Load, Welcome
from sim.doors.port import attach
from sim.world import World
from tests.exactly_once.script import Script
from tests.exactly_once.stage import Stage
from tests.trace import req

TREATMENT = 0x77
OWN_KEY = bytes(range(1, 33))


@dataclass
class Book:
    """A station that is paired with one gun."""

    key: bytes | None = OWN_KEY
    offered: list[bytes | None] = field(default_factory=list)

    def gun_keys(self, device_id: int) -> tuple[bytes, ...]:
        del device_id
        return (self.key,) if self.key is not None else ()

    def keys(self, welcome: Welcome) -> bytes | tuple[bytes, ...] | None:
        offered = key_source(self)(welcome)
        self.offered.append(offered[0] if isinstance(offered, tuple) else offered)
        return offered


@dataclass
class Desk:
    world: World
    book: Book
    gun: Gun

    def load(self, entry_no: int, kind: ShotKind, ref: int, volume_nl: int = 50_000) -> int:
        return self.gun.load(Load(entry_no, ref, 0, kind, volume_nl, 2_000)).magazine

    def shoot(self, entry_no: int, volume_nl: int) -> None:
        """Fire the one entry that is loaded, into the air."""
        status = self.gun.status()
        self.gun.arm(Arm(0, entry_no, entry_no, 1, volume_nl, status.gun_clock_us, status.last_shot_no, 2_000, 1))
        self.world.gun.press()
        self.world.run_for(1.0)
        self.world.gun.release()
        self.gun.disarm()


def desk(kind: GunKind = GunKind.CLINICAL) -> Desk:
    world = World("standard", seed=secrets.randbits(16), hand=False, kind=kind)
    world.gun.store.put("key", OWN_KEY, 1)
    book = Book()
    return Desk(world, book, connect(attach(world), keys=book.keys))


@req("W-14", "G1")
def test_the_switch_ends_the_session_and_empties_the_magazine() -> None:
    at = desk()
    at.gun.open_treatment(TREATMENT)
    assert at.load(1, ShotKind.PRIME, TREATMENT) == 1
    at.world.gun.set_bench(bench=True)
    status = at.gun.status()
    assert (status.magazine, status.state) == (0, State.DISARMED)
    assert status.flags & Flag.BENCH
    assert not status.flags & Flag.SESSION
    with pytest.raises(OutcomeUnknown, match="no session"):
        at.load(2, ShotKind.PRIME, TREATMENT)
    assert at.gun.hello().status.flags & Flag.BENCH
    assert at.book.offered == [OWN_KEY, BENCH_KEY]
    assert "BENCH MODE: it treats nobody" in info_text(at.gun)


@req("W-14", "G11")
def test_on_the_bench_it_primes_tests_and_takes_a_calibration_but_never_treats() -> None:
    at = desk()
    at.world.gun.set_bench(bench=True)
    at.gun.hello()
    write_calibration(at.gun, 0xCA1, b"values of the bench")
    assert read_calibration(at.gun).blob == b"values of the bench"
    for entry_no, kind in ((1, ShotKind.PRIME), (2, ShotKind.TEST)):
        assert at.load(entry_no, kind, 0) == 1
        at.shoot(entry_no, 50_000)
    records = list(at.gun.log(1))
    assert [(record.kind, record.treatment_ref) for record in records] == [(ShotKind.BENCH, 0)] * 2
    with pytest.raises(GunRefused) as caught:
        at.load(3, ShotKind.TREAT, TREATMENT)
    assert caught.value.reason == Reason.BENCH_MODE
    with pytest.raises(GunRefused) as caught:
        at.gun.open_treatment(TREATMENT)
    assert caught.value.reason == Reason.BENCH_MODE
    at.gun.ack(2)


@req("W-14", "G12")
def test_under_a_published_key_nobody_gives_up_what_a_treatment_recorded() -> None:
    at = desk()
    at.gun.open_treatment(TREATMENT)
    at.load(1, ShotKind.PRIME, 0)
    at.shoot(1, 50_000)
    at.world.gun.set_bench(bench=True)
    at.gun.hello()
    with pytest.raises(GunRefused) as caught:
        at.gun.ack(1)
    assert caught.value.reason == Reason.BENCH_MODE
    with pytest.raises(GunRefused) as caught:
        at.gun.close_treatment(TREATMENT)
    assert caught.value.reason == Reason.BENCH_MODE
    at.world.gun.set_bench(bench=False)
    at.gun.hello()
    at.gun.ack(1)
    at.gun.close_treatment(TREATMENT)


@req("W-14", "W-10")
def test_and_back_again_the_gun_has_its_own_key() -> None:
    at = desk()
    at.world.gun.set_bench(bench=True)
    at.gun.hello()
    at.world.gun.set_bench(bench=False)
    with pytest.raises(OutcomeUnknown, match="no session"):
        at.gun.disarm()
    assert not at.gun.hello().status.flags & Flag.BENCH
    assert at.book.offered == [OWN_KEY, BENCH_KEY, OWN_KEY]
    assert at.gun.open_treatment(TREATMENT).state == State.DISARMED


@req("W-14", "W-19")
def test_the_switch_in_mid_stroke_halts_and_a_hello_that_waited_gets_the_new_key() -> None:
    at = desk()
    at.load(1, ShotKind.PRIME, 0, 200_000)
    status = at.gun.status()
    at.gun.arm(Arm(0, 1, 1, 1, 200_000, status.gun_clock_us, status.last_shot_no, 2_000, 1))
    at.world.gun.press()
    at.world.run_for(0.1)
    at.world.gun.set_bench(bench=True)
    welcome = at.gun.hello()
    assert welcome.status.flags & Flag.BENCH
    assert at.book.offered[-1] == BENCH_KEY
    (record,) = at.gun.log(1)
    assert record.kind == ShotKind.PRIME  # the shot had begun as one
    assert record.delivered_nl < 200_000


@req("W-14")
def test_the_switch_outlives_the_power() -> None:
    at = desk()
    at.world.gun.set_bench(bench=True)
    at.world.gun.power_off()
    at.world.gun.power_on()
    assert at.gun.hello().status.flags & Flag.BENCH
    assert at.book.offered[-1] == BENCH_KEY


@req("W-14")
def test_a_bare_gun_is_always_on_the_bench() -> None:
    at = desk(GunKind.BENCH)
    at.world.gun.set_bench(bench=False)
    assert at.gun.hello().status.flags & Flag.BENCH
    assert set(at.book.offered) == {BENCH_KEY}
    with pytest.raises(GunRefused):
        at.gun.open_treatment(TREATMENT)


@req("W-14")
def test_a_simulated_gun_keeps_the_published_key_of_simulation() -> None:
    world = World("standard", seed=3, hand=False)
    world.gun.set_bench(bench=True)
    gun = connect(attach(world), keys=key_source(Book(None)))
    with pytest.raises(GunRefused) as caught:
        gun.open_treatment(TREATMENT)
    assert caught.value.reason == Reason.BENCH_MODE


@req("W-14")
def test_the_bench_key_opens_no_session_outside_bench_mode() -> None:
    at = desk()
    with pytest.raises(AuthError):
        connect(attach(at.world), keys=lambda _: BENCH_KEY)


@req("W-14", "G7")
def test_a_station_with_a_key_of_the_guns_own_believes_no_gun_that_calls_itself_simulated() -> None:
    with pytest.raises(AuthError):
        connect(attach(World("standard", seed=3, hand=False)), keys=key_source(Book(OWN_KEY)))


@req("W-14", "W-53")
def test_no_pairing_on_the_bench() -> None:
    at = desk()
    at.world.gun.pairing.press()
    pairing = Pairing.begin(at.gun)
    at.world.gun.pairing.press()
    code = at.world.gun.panel.display
    at.world.gun.set_bench(bench=True)
    assert at.world.gun.panel.display == ""
    with pytest.raises(GunRefused):
        pairing.confirm(code, lambda _: None, deadline_ms=500)
    at.gun.hello()
    with pytest.raises(Refused, match="bench mode"):
        Pairing.begin(at.gun)


@req("W-14", "H9")
def test_nothing_that_a_gun_on_the_bench_says_is_booked_into_a_treatment() -> None:
    stage = Stage(Script((), {}), depth=1)
    stage.world.gun.set_bench(bench=True)
    stage.live()
    assert "bench mode" in stage.outcome
    assert stage.journal.state.gun is None
    stage.world.gun.set_bench(bench=False)
    stage.play()
    assert stage.outcome == "done"
