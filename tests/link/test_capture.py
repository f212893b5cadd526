"""A captured conversation can be had again, byte for byte, and holds no key."""

from __future__ import annotations

from pathlib import Path

import pytest

from mesogun.clock import ManualClock
from mesogun.errors import InputError, LinkLost, NoDevice, WireError
from mesogun.gun import Gun
from mesogun.identity import SIMULATED_KEY
from mesogun.link import Link, open_port
from mesogun.link.capture import CapturingTransport, capturing
from mesogun.link.replay import read_capture
from mesogun.wire.messages import FINGERPRINT
from tests.gun.cable import Cable
from tests.gun.minimal_gun import MinimalGun
from tests.trace import req


def converse(gun: Gun) -> list[object]:
    heard: list[object] = [gun.hello(), gun.caps, gun.open_treatment(0x51), gun.status(), list(gun.log(1))]
    gun.stop()
    return [*heard, gun.confirm_stop(), gun.hello(), gun.stats]


@pytest.fixture
def captured(tmp_path: Path) -> tuple[Path, list[object]]:
    path = tmp_path / "talk.capture"
    clock = ManualClock()
    cable = Cable(MinimalGun(SIMULATED_KEY, FINGERPRINT), clock)
    lost = iter([False, False, True, False])
    cable.from_gun = lambda data: [] if next(lost, False) else [data]
    transport, same = capturing((cable, clock), path)
    gun = Gun(Link(transport, same, lambda _: SIMULATED_KEY))
    heard = converse(gun)
    gun.close()
    return path, heard


def test_a_replay_says_and_hears_the_same(captured: tuple[Path, list[object]]) -> None:
    path, heard = captured
    transport, clock = open_port(f"capture://{path}")
    gun = Gun(Link(transport, clock, lambda _: SIMULATED_KEY))
    assert converse(gun) == heard
    with pytest.raises(WireError, match="capture ends"):
        gun.status()
    with pytest.raises(LinkLost, match="capture ends"):
        transport.read(1, 1_000)


@req("W-13")
def test_no_key_is_in_it(captured: tuple[Path, list[object]]) -> None:
    text = captured[0].read_text()
    assert SIMULATED_KEY.hex() not in text
    assert text.startswith(f"mesogun capture 1 fingerprint={FINGERPRINT:08x} begun=2026-01-05T09:00:00.000Z\n")
    capture = read_capture(captured[0])
    assert capture.fingerprint == FINGERPRINT
    assert {passage.to_gun for passage in capture.passages} == {True, False}


def test_another_conversation_is_told_at_the_first_byte_that_differs(captured: tuple[Path, list[object]]) -> None:
    transport, clock = open_port(f"capture://{captured[0]}")
    gun = Gun(Link(transport, clock, lambda _: SIMULATED_KEY))
    gun.hello()
    with pytest.raises(WireError, match="replay differs"):
        gun.disarm()


def test_files_that_are_no_captures(tmp_path: Path, captured: tuple[Path, list[object]]) -> None:
    with pytest.raises(NoDevice):
        open_port(f"capture://{tmp_path / 'nothing'}")
    lines = captured[0].read_text().splitlines()
    for number, text in enumerate(
        (
            "",
            "x\n",
            "mesogun capture 1 begun=no fingerprint=1\n",
            lines[0] + "\n1 ? 00\n",
            lines[0] + "\n1 > 0\n",
            "\u00e9",
        )
    ):
        path = tmp_path / f"bad{number}"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError):
            open_port(f"capture://{path}")
    with pytest.raises(InputError, match="new file"):
        capturing((Cable(MinimalGun(b"k" * 32, 0), ManualClock()), ManualClock()), captured[0])


def test_a_full_disk_ends_the_capture_and_not_the_conversation(tmp_path: Path) -> None:
    clock = ManualClock()
    port = capturing((Cable(MinimalGun(SIMULATED_KEY, FINGERPRINT), clock), clock), tmp_path / "a.capture")
    transport = port[0]
    assert isinstance(transport, CapturingTransport)
    gun = Gun(Link(*port, lambda _: SIMULATED_KEY))
    gun.hello()

    def full(_: str) -> int:
        raise OSError(28, "No space left on device")

    transport._file.write = full  # type: ignore[method-assign]
    assert gun.status().magazine == 0
    assert transport._file.closed
    assert gun.status().magazine == 0
    gun.close()
    assert read_capture(tmp_path / "a.capture").passages
