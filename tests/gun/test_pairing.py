"""Pairing, from both buttons to the key: with a gun that pairs as the document says, and somebody in between."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from mesogun.clock import ManualClock
from mesogun.errors import AuthError, GunRefused, OutcomeUnknown, Refused
from mesogun.gun import Gun, connect
from mesogun.gun.pairing import Pairing
from mesogun.identity import SIMULATED_KEY
from mesogun.wire.codes import GunKind, Reason
from mesogun.wire.messages import FINGERPRINT
from mesogun.wire.pairing import Agreement, agree, key_pair
from sim.doors.port import attach
from sim.world import World
from tests.gun import minimal_gun
from tests.gun.cable import Cable
from tests.gun.minimal_gun import MinimalGun
from tests.trace import req

PAIR_BEGIN, PAIR_CONFIRM = 0x20, 0x21
NOT_PAIRING = 22


class PairingGun(MinimalGun):
    """The minimal gun with a button and a display."""

    def __init__(self, key: bytes) -> None:
        super().__init__(key, FINGERPRINT, kind=1)
        self.window_until = 0
        self.display = ""
        self.agreed: Agreement | None = None
        self.accepted = False
        self.kept_proof = b""

    def button(self) -> None:
        """First press: open the window. A press while the code is shown: the codes agree."""
        if self.agreed is None:
            self.window_until = self.now_us + 60_000_000
        else:
            self.accepted = True

    def read(self, op: int, *fields: Any) -> bytes:
        if op == PAIR_BEGIN:
            offer = bytes(32)
            if self.now_us < self.window_until and self.agreed is None:
                pair = key_pair()
                self.agreed = agree(
                    pair,
                    host_public=fields[0],
                    gun_public=pair.public,
                    device_id=self.device_id,
                    nvm_id=self.nvm["nvm_id"],
                )
                self.display, offer = self.agreed.code, pair.public
                return bytes(2) + self.status() + offer
            return bytes([1, NOT_PAIRING]) + self.status() + offer
        if op == PAIR_CONFIRM:
            if fields[0] == self.kept_proof:
                return bytes(2) + self.status()
            if self.agreed is None or not self.accepted or self.now_us >= self.window_until:
                return bytes([1, NOT_PAIRING]) + self.status()
            agreed, self.agreed, self.accepted, self.display = self.agreed, None, False, ""
            if fields[0] != agreed.proof:
                return bytes([1, NOT_PAIRING]) + self.status()
            self.key, self.kept_proof = agreed.key, agreed.proof
            return bytes(2) + self.status()
        return super().read(op, *fields)


@pytest.fixture(autouse=True)
def more_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    for op in (PAIR_BEGIN, PAIR_CONFIRM):
        monkeypatch.setitem(minimal_gun.FORMATS, op, "<32s")
        monkeypatch.setitem(minimal_gun.SIZES, op, struct.calcsize("<32s"))
    monkeypatch.setattr(minimal_gun, "READS", (*minimal_gun.READS, PAIR_BEGIN, PAIR_CONFIRM))


class Bench:
    def __init__(self) -> None:
        self.device = PairingGun(b"before" + bytes(26))
        self.clock = ManualClock()
        self.cable = Cable(self.device, self.clock)
        self.kept: list[bytes] = []
        self.gun: Gun = connect((self.cable, self.clock), keys=lambda _: None)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@req("W-55")
def test_paired_by_button_code_and_button(bench: Bench) -> None:
    assert bench.gun.read_only_reason is not None
    bench.device.button()
    pairing = Pairing.begin(bench.gun)
    assert bench.device.agreed is not None
    bench.device.button()
    key = pairing.confirm(bench.device.agreed.code.lower(), bench.kept.append)
    assert key == bench.device.key
    assert bench.kept == [key]
    again = connect((bench.cable, bench.clock), keys=lambda _: key)
    assert again.read_only_reason is None
    with pytest.raises(AuthError):
        connect((bench.cable, bench.clock), keys=lambda _: b"before" + bytes(26))


@req("W-53")
def test_nothing_without_the_button(bench: Bench) -> None:
    with pytest.raises(GunRefused, match="pairing button"):
        Pairing.begin(bench.gun)
    bench.device.button()
    bench.clock.advance_us(61_000_000)
    bench.gun.hello()
    with pytest.raises(GunRefused):
        Pairing.begin(bench.gun)


@req("W-53")
def test_one_exchange_per_press(bench: Bench) -> None:
    bench.device.button()
    Pairing.begin(bench.gun)
    with pytest.raises(GunRefused):
        Pairing.begin(bench.gun)


@req("W-54")
def test_the_gun_keeps_nothing_without_the_second_press(bench: Bench) -> None:
    bench.device.button()
    pairing = Pairing.begin(bench.gun)
    before = bench.device.key
    with pytest.raises(GunRefused) as caught:
        pairing.confirm(bench.device.display, bench.kept.append, deadline_ms=1_000)
    assert caught.value.reason == Reason.NOT_PAIRING
    assert bench.device.key == before


@req("W-54", "W-55")
def test_a_wrong_code_sends_nothing(bench: Bench) -> None:
    bench.device.button()
    pairing = Pairing.begin(bench.gun)
    bench.device.button()
    sent = len(bench.cable.written)
    with pytest.raises(AuthError, match="do not press"):
        pairing.confirm("0000-0000", bench.kept.append)
    assert len(bench.cable.written) == sent
    assert bench.kept == []


def test_somebody_in_between_is_seen_in_the_code(bench: Bench) -> None:
    middle = key_pair()
    bench.device.button()

    def swapped(data: bytes) -> list[bytes]:
        """What somebody on the cable could do to the host's key on its way."""
        from mesogun.wire import frame

        (got,) = frame.FrameReader().feed(data)
        assert isinstance(got, frame.Frame)
        return [frame.encode(got._replace(payload=middle.public)) if got.op == PAIR_BEGIN else data]

    bench.cable.to_gun = swapped
    pairing = Pairing.begin(bench.gun)
    with pytest.raises(AuthError):
        pairing.confirm(bench.device.display, bench.kept.append)


@req("W-54")
def test_a_lost_answer_is_asked_for_again(bench: Bench) -> None:
    bench.device.button()
    pairing = Pairing.begin(bench.gun)
    bench.device.button()
    lost = iter([True, True])
    bench.cable.from_gun = lambda data: [] if next(lost, False) else [data]
    assert pairing.confirm(bench.device.display, bench.kept.append) == bench.device.key


def test_no_answer_at_all_is_unknown(bench: Bench) -> None:
    bench.device.button()
    pairing = Pairing.begin(bench.gun)
    bench.device.button()
    code = bench.device.display
    bench.cable.from_gun = lambda _: []
    with pytest.raises(OutcomeUnknown, match="has both keys"):
        pairing.confirm(code, bench.kept.append)


@req("W-53", "W-54", "W-55")
def test_the_simulated_firmware_pairs_too() -> None:
    world = World("standard", seed=11, hand=False, kind=GunKind.CLINICAL)
    gun = connect(attach(world), keys=lambda _: None)
    with pytest.raises(GunRefused):
        Pairing.begin(gun)
    world.gun.pairing.press()
    pairing = Pairing.begin(gun)
    world.gun.pairing.press()
    key = pairing.confirm(world.gun.panel.display, lambda _: None)
    assert connect(attach(world), keys=lambda _: key).read_only_reason is None
    with pytest.raises(AuthError):
        connect(attach(world), keys=lambda _: b"another key" + bytes(21))


@pytest.mark.parametrize("kind", [GunKind.SIMULATED, GunKind.BENCH])
def test_guns_with_a_published_key_are_not_paired(kind: GunKind) -> None:
    clock = ManualClock()
    device = MinimalGun(SIMULATED_KEY, FINGERPRINT, kind=kind)
    gun = connect((Cable(device, clock), clock), keys=lambda _: SIMULATED_KEY)
    with pytest.raises(Refused, match="published"):
        Pairing.begin(gun)
