"""A calibration goes into the simulated gun in pieces, and comes in force whole or not at all."""

from __future__ import annotations

import pytest

from mesogun.errors import GunRefused, InputError
from mesogun.gun import Gun, connect
from mesogun.gun.calibration import CHUNK, read_calibration, write_calibration
from mesogun.identity import SIMULATED_KEY
from mesogun.wire import messages as m
from mesogun.wire.codes import Reason
from tests.trace import req


@pytest.fixture
def gun() -> Gun:
    return connect("sim://standard?seed=7&hand=none", keys=lambda _: SIMULATED_KEY)


@req("W-56")
@pytest.mark.parametrize("size", [1, 31, 32, 33, 500])
def test_what_is_written_is_read(gun: Gun, size: int) -> None:
    blob = bytes(number * 7 % 256 for number in range(size))
    write_calibration(gun, 0xCA1, blob)
    assert read_calibration(gun).blob == blob
    assert gun.read_caps().calibration_id == 0xCA1
    gun.hello()
    assert read_calibration(gun).calibration_id == 0xCA1


@req("W-56")
def test_until_commit_nothing_changes(gun: Gun) -> None:
    write_calibration(gun, 1, b"old")
    gun.link.request(m.CalBegin(calibration_id=2, size=40, crc=0))
    gun.link.request(m.CalChunk(offset=0, data=b"n" * CHUNK))
    assert read_calibration(gun).blob == b"old"
    for expected in (Reason.CHECKSUM, Reason.CHECKSUM):  # a piece is missing; then the checksum is wrong
        with pytest.raises(GunRefused) as caught:
            gun.link.request(m.CalCommit(calibration_id=2))
        assert caught.value.reason == expected
        gun.link.request(m.CalChunk(offset=32, data=b"n" * CHUNK))
    assert read_calibration(gun).blob == b"old"


@req("W-56")
def test_commit_without_begin_is_refused(gun: Gun) -> None:
    with pytest.raises(GunRefused) as caught:
        gun.link.request(m.CalCommit(calibration_id=5))
    assert caught.value.reason == Reason.MISMATCH


def test_an_empty_calibration_is_refused_here(gun: Gun) -> None:
    with pytest.raises(InputError):
        write_calibration(gun, 1, b"")
