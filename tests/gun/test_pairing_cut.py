"""Pairing cut off at every message, at either end: the old key or the new one works afterwards, never neither."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mesogun.clock import Clock
from mesogun.errors import AuthError, GunRefused, LinkLost, MesogunError, OutcomeUnknown
from mesogun.gun import Gun, connect, key_source
from mesogun.gun.pairing import Pairing
from mesogun.identity import Home
from mesogun.link import Transport
from mesogun.wire.codes import GunKind
from sim.doors.port import attach
from sim.world import World
from tests.trace import req

OLD = bytes(range(32))
AT = datetime(2026, 1, 5, 9, tzinfo=UTC)


class HostKilled(BaseException):
    """Nothing of the host runs any more."""


class Cut:
    """A port that does something at its n-th transfer: writes and answers, counted together."""

    def __init__(self, opened: tuple[Transport, Clock], at: int, happen: Callable[[], bool]) -> None:
        self._inner, self.clock = opened
        self._left = at
        self._happen = happen
        self.reached = False

    def _passes(self) -> bool:
        """Whether this transfer still takes place."""
        self._left -= 1
        if self._left != 0:
            return True
        self.reached = True
        return self._happen()

    def write(self, data: bytes) -> None:
        if self._passes():
            self._inner.write(data)

    def read(self, max_bytes: int, timeout_us: int) -> bytes:
        data = self._inner.read(max_bytes, timeout_us)
        return data if not data or self._passes() else b""

    def close(self) -> None:
        self._inner.close()


class Desk:
    """A clinical gun that this station is paired with already, and a new pairing that replaces the key."""

    def __init__(self, folder: Path) -> None:
        self.world = World("standard", seed=21, hand=False, kind=GunKind.CLINICAL)
        self.world.gun.store.put("key", OLD, 1)
        self.home = Home(folder)
        self.device = self.world.gun.store.kept.device_id
        self.home.store_gun_key(self.device, OLD, by="op-1", at=AT)
        self.disk_is_full = False

    def keep(self, key: bytes) -> None:
        self.home.propose_gun_key(self.device, key, by="op-1", at=AT)

    def pair(self, port: tuple[Transport, Clock]) -> None:
        with connect(port, keys=lambda _: None) as gun:
            self.world.gun.pairing.press()
            pairing = Pairing.begin(gun)
            self.world.gun.pairing.press()
            key = pairing.confirm(self.world.gun.panel.display, self.keep, deadline_ms=2_000)
            self.home.store_gun_key(self.device, key, by="op-1", at=AT, replace=True)

    def reboot(self) -> None:
        self.world.gun.power_off()
        self.world.gun.power_on()

    def greet(self) -> Gun:
        return connect(attach(self.world), keys=key_source(Home(self.home.path)))


def unplugged() -> bool:
    raise LinkLost("the cable is unplugged")


def killed() -> bool:
    raise HostKilled


@req("W-54", "W-55", "G2", "MG-32")
@pytest.mark.parametrize("how", ["unplugged", "lost", "host killed", "gun reboots before", "gun reboots behind"])
def test_cut_off_at_every_message_one_of_both_keys_works(how: str, tmp_path: Path) -> None:
    ends: set[str] = set()
    for at in range(1, 100):
        desk = Desk(tmp_path / str(at))

        def happen(desk: Desk = desk) -> bool:
            match how:
                case "unplugged":
                    return unplugged()
                case "host killed":
                    return killed()
                case "gun reboots before":
                    desk.reboot()
                    return True
                case "gun reboots behind":
                    desk.world.kernel.after(100, "power", desk.reboot)
                    return True
            return False

        port = Cut(attach(desk.world), at, happen)
        try:
            desk.pair((port, port.clock))
            ends.add("paired")
        except (HostKilled, MesogunError) as error:
            ends.add(type(error).__name__)
        if not port.reached:
            break
        gun = desk.greet()  # AuthError here would be: neither
        assert gun.read_only_reason is None, at
        gun.disarm()
        key = desk.world.gun.store.kept.key
        assert key in Home(desk.home.path).gun_keys(desk.device)
        desk.world.run_for(61.0)  # the code of the first try has gone from the display
        desk.pair(attach(desk.world))  # and it can be paired anew, whatever happened
        assert Home(desk.home.path).gun_keys(desk.device) == (desk.world.gun.store.kept.key,)
        assert desk.world.gun.store.kept.key != OLD
    else:
        pytest.fail("pairing never ends")
    assert at > 8, "every message of HELLO, CAPS, PAIR_BEGIN, PAIR_CONFIRM, HELLO, CAPS, and its answer"
    assert "paired" in ends


@req("W-53")
def test_a_third_press_starts_anew(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "home")
    with connect(attach(desk.world), keys=lambda _: None) as gun:
        desk.world.gun.pairing.press()
        Pairing.begin(gun)
        desk.world.gun.pairing.press()
        with pytest.raises(GunRefused):
            Pairing.begin(gun)
    desk.pair(attach(desk.world))


@req("W-55")
def test_a_station_that_cannot_write_asks_the_gun_for_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "home")

    def full(_: bytes) -> None:
        raise MesogunError("the disk is full")

    with connect(attach(desk.world), keys=lambda _: None) as gun:
        desk.world.gun.pairing.press()
        pairing = Pairing.begin(gun)
        desk.world.gun.pairing.press()
        with pytest.raises(MesogunError, match="disk is full"):
            pairing.confirm(desk.world.gun.panel.display, full)
    assert desk.world.gun.store.kept.key == OLD
    assert desk.greet().read_only_reason is None


@req("W-55")
def test_a_wrong_code_leaves_the_old_key_at_both_ends(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "home")
    with connect(attach(desk.world), keys=lambda _: None) as gun:
        desk.world.gun.pairing.press()
        pairing = Pairing.begin(gun)
        with pytest.raises(AuthError, match="another one"):
            pairing.confirm("0000-0000", desk.keep)
    assert Home(desk.home.path).gun_keys(desk.device) == (OLD,)
    assert desk.greet().read_only_reason is None


@req("W-54")
def test_a_gun_that_hears_another_proof_keeps_its_key(tmp_path: Path) -> None:
    from mesogun.wire.messages import PairConfirm

    desk = Desk(tmp_path / "home")
    with connect(attach(desk.world), keys=lambda _: None) as gun:
        desk.world.gun.pairing.press()
        pairing = Pairing.begin(gun)
        desk.world.gun.pairing.press()
        code = desk.world.gun.panel.display
        with pytest.raises(GunRefused):
            gun.link.request(PairConfirm(proof=bytes(32)))  # one wrong proof ends it
        with pytest.raises(GunRefused, match="pairing button"):
            pairing.confirm(code, desk.keep, deadline_ms=500)
    assert desk.world.gun.store.kept.key == OLD
    assert desk.greet().read_only_reason is None


@req("W-55")
def test_a_gun_that_only_says_ok_is_not_believed(tmp_path: Path) -> None:
    """A gun that answers PAIR_CONFIRM with OK and forgets the key, or somebody who answers for it."""
    desk = Desk(tmp_path / "home")
    put = desk.world.gun.store.put
    desk.world.gun.store.put = lambda name, *values: name == "key" or put(name, *values)  # type: ignore[method-assign]
    with pytest.raises(MesogunError, match="did not keep the new key"):
        desk.pair(attach(desk.world))
    assert Home(desk.home.path).gun_key(desk.device) == OLD
    assert desk.greet().read_only_reason is None


@req("W-55")
def test_no_answer_any_more_is_unknown_and_both_keys_stay(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "home")
    with connect(attach(desk.world), keys=lambda _: None) as gun:
        desk.world.gun.pairing.press()
        pairing = Pairing.begin(gun)
        desk.world.gun.pairing.press()
        code = desk.world.gun.panel.display
        heard, desk.world.gun.out = desk.world.gun.out, lambda _: None
        with pytest.raises(OutcomeUnknown, match="has both keys"):
            pairing.confirm(code, desk.keep, deadline_ms=500)
        desk.world.gun.out = heard
    held = desk.world.gun.store.kept.key
    assert Home(desk.home.path).gun_keys(desk.device) == (OLD, held)
    assert held != OLD
    assert desk.greet().read_only_reason is None
