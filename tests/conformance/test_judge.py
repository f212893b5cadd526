"""Two guns that pass, and guns with one wrong answer each that do not."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from mesogun.clock import ManualClock
from mesogun.conformance import judge
from mesogun.conformance.__main__ import main
from mesogun.errors import AuthError, LinkTimeout
from mesogun.gun import Check, Result
from mesogun.identity import SIMULATED_KEY
from mesogun.wire.messages import FINGERPRINT
from sim.doors.port import attach
from sim.world import World
from tests.gun.cable import Cable
from tests.gun.minimal_gun import DISARM, HELLO, STATUS, MinimalGun


def judged(gun: MinimalGun) -> list[str]:
    """The names of what it failed."""
    clock = ManualClock()
    return failed(judge((Cable(gun, clock), clock), lambda _: SIMULATED_KEY))


def failed(checks: tuple[Check, ...]) -> list[str]:
    return [check.name for check in checks if check.result is Result.FAILED]


def test_the_simulated_firmware_and_the_minimal_gun_pass() -> None:
    world = World("standard", seed=4, hand=False)
    checks = judge(attach(world), lambda _: SIMULATED_KEY)
    assert failed(checks) == []
    assert len(checks) == 12
    assert world.gun.machine.store.log.last_shot_no == 0
    assert judged(MinimalGun(SIMULATED_KEY, FINGERPRINT)) == []


class Forgetful(MinimalGun):
    """Executes a repeated request again, as if it were new."""

    def answer(self, raw: bytes) -> bytes:
        if len(raw) >= 18 and raw[1] == DISARM:
            self.last_seq = 0
        return super().answer(raw)


class Untagged(MinimalGun):
    """Believes everybody."""

    def answer(self, raw: bytes) -> bytes:
        answered = super().answer(raw)
        refused = len(raw) >= 18 and raw[1] == DISARM and answered
        return self.reply(DISARM, struct.unpack("<I", raw[2:6])[0], bytes(2) + self.status()) if refused else answered


class Deaf(MinimalGun):
    """Says nothing to what it does not know."""

    def error(self, op: int, seq: int, code: int) -> bytes:
        return b"" if op not in (HELLO, STATUS, DISARM) else super().error(op, seq, code)


class OneSession(MinimalGun):
    """Opens a new session for every HELLO."""

    def hello(self, host_nonce: int, fingerprint: int) -> bytes:
        self.greeted = (None, b"")
        return super().hello(host_nonce, fingerprint)


@pytest.mark.parametrize(
    ("gun", "fails"),
    [(Forgetful, "old numbers"), (Untagged, "W-9"), (Deaf, "W-5"), (OneSession, "W-20")],
)
def test_one_wrong_answer_is_named(gun: type[MinimalGun], fails: str) -> None:
    assert any(fails in name for name in judged(gun(SIMULATED_KEY, FINGERPRINT)))


def test_without_an_answer_or_a_key_there_is_nothing_to_judge() -> None:
    clock = ManualClock()
    cable = Cable(MinimalGun(SIMULATED_KEY, FINGERPRINT), clock)
    with pytest.raises(AuthError, match="pair it first"):
        judge((cable, clock), lambda _: None)
    assert cable.closed
    cable = Cable(MinimalGun(SIMULATED_KEY, FINGERPRINT), clock)
    cable.from_gun = lambda _: []
    with pytest.raises(LinkTimeout):
        judge((cable, clock), lambda _: SIMULATED_KEY)


def test_from_the_command_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MESOGUN_HOME", str(tmp_path / "home"))
    assert main(["sim://standard?seed=3"]) == 0
    assert capsys.readouterr().out.endswith("all is well\n")
    assert main([]) == 2
    assert main(["gopher://x"]) == 2
