"""The block in the gun: bytes typed from docs/wire.md, applied by the gun, and every way in which it bars treatment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from mesogun.calibration.correction import Correction, Model
from mesogun.calibration.writing import calibration_id, composed
from mesogun.errors import GunRefused, InputError, WireError
from mesogun.gun.calibration import Block, block_in_force, foreign, write_calibration
from mesogun.wire.codes import Reason, ShotKind
from tests.calibration.rigs import Rig, rig
from tests.trace import req

GOLDEN = bytes.fromhex(
    "4d47433101016c00"  # MGC1, version 1, confirmed, 108 bytes
    "efcdab8967452301"  # device 0x0123456789abcdef
    "01000000204e0000844e000040420f00"  # firmware 1, days 20000 and 20100, 1 mL
    "fbffffffe02e00001027000050c30000"  # offset -5 nL, gain + 12000 ppm, 10 to 50 uL
    "3200000018fcffff05000000"  # depth + 50 um, - 1000 ppm; five needles
    "316d4c2d4100000000000000000000000000000000000000"  # 1mL-A
    "3330472d346d6d0000000000000000000000000000000000"  # 30G-4mm
)  # fmt: skip
BLOCK = Block(
    0x0123456789ABCDEF, 1, 20_000, 20_100, 1_000_000, 5, "1mL-A", "30G-4mm", -5, 12_000, 10_000, 50_000, 50, -1_000,
    confirmed=True,
)  # fmt: skip


@pytest.fixture
def bench() -> Iterator[Rig]:
    with rig("standard", 1) as made:
        yield made


def fitting(bench: Rig) -> Block:
    caps = bench.gun.caps
    return replace(
        BLOCK, device_id=bench.gun.welcome.device_id, syringe_nl=caps.syringe_nl, needles=caps.needles,
        made_day=caps.calibrated_day, due_day=caps.calibrated_day + 90, offset_nl=0, gain_ppm=0,
    )  # fmt: skip


def test_the_bytes_are_those_of_the_document() -> None:
    assert len(GOLDEN) == 108
    assert BLOCK.to_bytes() == GOLDEN
    assert Block.from_bytes(GOLDEN) == BLOCK


@pytest.mark.parametrize("data", [b"", GOLDEN[:-1], b"X" + GOLDEN[1:], GOLDEN[:4] + b"\2" + GOLDEN[5:]])
def test_other_bytes_are_no_block(data: bytes) -> None:
    with pytest.raises(WireError):
        Block.from_bytes(data)


@pytest.mark.parametrize("change", [{"needle": "n" * 25}, {"low_nl": -1}, {"gain_ppm": -1_000_000}, {"due_day": 2**32}])
def test_numbers_that_do_not_fit_are_refused(change: dict[str, int]) -> None:
    with pytest.raises(InputError):
        replace(BLOCK, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"firmware": 2}, "firmware 2, not 1"),
        ({"syringe_nl": 2_500_000}, "a syringe of 2.5 mL, not 1 mL"),
        ({"needles": 9}, "needles: 9, not 1"),
        ({"confirmed": False}, "never confirmed"),
    ],
)
@req("MG-01", "MG-03")
def test_what_bars_a_gun_from_treating(bench: Rig, change: dict[str, int], said: str) -> None:
    write_calibration(bench.gun, 5, fitting(bench).to_bytes())
    assert foreign(bench.gun) == ()
    write_calibration(bench.gun, 6, replace(fitting(bench), **change).to_bytes())  # type: ignore[arg-type]
    (why,) = foreign(bench.gun)
    assert said in why
    assert "mesogun calibrate volume" in why


def test_another_guns_block_is_refused_by_the_gun_and_by_the_host(bench: Rig) -> None:
    with pytest.raises(GunRefused) as refused:
        write_calibration(bench.gun, 6, BLOCK.to_bytes())
    assert refused.value.reason == Reason.MISMATCH
    store = bench.world.gun.store
    assert store.commit_calibration(6, BLOCK.to_bytes())  # as a board that was moved from one gun into another
    assert "gun 0123456789abcdef, not" in foreign(bench.gun)[0]


def test_an_offset_that_leaves_no_stroke_is_refused_by_the_gun(bench: Rig) -> None:
    least_nl = bench.gun.caps.min_volume_nl
    write_calibration(bench.gun, 6, replace(fitting(bench), offset_nl=least_nl - 1).to_bytes())
    with pytest.raises(GunRefused):
        write_calibration(bench.gun, 7, replace(fitting(bench), offset_nl=least_nl).to_bytes())


def test_bytes_that_are_no_block_bar_a_gun_too(bench: Rig) -> None:
    write_calibration(bench.gun, 6, b"something else")
    assert "no calibration block" in foreign(bench.gun)[0]


def test_the_gun_states_the_days_of_its_block(bench: Rig) -> None:
    block = fitting(bench)
    write_calibration(bench.gun, 5, block.to_bytes())
    caps = bench.gun.read_caps()
    assert (caps.calibrated_day, caps.calibration_due_day) == (block.made_day, block.due_day)
    assert block_in_force(bench.gun) == block


def test_the_gun_goes_by_its_block_and_books_what_was_asked_for(bench: Rig) -> None:
    """With play switched off, what leaves is the line of the gun itself, turned round."""
    profile = bench.world.profile.changed(syringe__play_nl=0)
    with rig(profile, 1) as exact:
        from mesogun.calibration.books import Books
        from mesogun.calibration.shooting import Shooter

        books = Books(exact.journal, exact.run)
        books.take("b")
        shooter = Shooter(exact.gun, books, exact.bench, "op")
        write_calibration(exact.gun, 5, replace(fitting(exact), offset_nl=100, gain_ppm=50_000).to_bytes())
        shooter.meet()
        shooter.prime(1)
        for volume_nl in (20_000, 40_000):
            shooter.fire(ShotKind.TEST, volume_nl, 2)
            exact.world.run_for(1.0)
            shot = exact.world.truth.per_shot[-1]
            assert shot.booked_nl == volume_nl
            stroke_nl = (volume_nl - 100) / 1.05
            # the screw makes whole microsteps; the one before may have owed half of one
            assert shot.dispensed_nl == pytest.approx(stroke_nl * exact.world.plant.gain, abs=profile.microstep_nl + 1)


def test_a_second_calibration_is_composed_with_the_first() -> None:
    zeros = ((0.0, 0.0), (0.0, 0.0))
    found = Correction(Model.LINE, 0.02, 1.01, zeros, 0.1, 8, 10.0, 50.0, (), ())
    offset_nl, gain_ppm = composed(found, replace(BLOCK, offset_nl=50, gain_ppm=30_000))
    # given = 0.02 + 1.01 v for v, where the gun turned (v - 0.05) / 1.03: given = 0.0705 + 1.0403 stroke
    assert (offset_nl, gain_ppm) == (70, 40_300)
    assert composed(found, None) == (20, 10_000)


def test_numbers_of_calibrations_are_never_the_same() -> None:
    numbers = {calibration_id(f"cal-{run:012x}", stage) for run in range(1, 9) for stage in (1, 2, 3)}
    assert len(numbers) == 24
    assert all(0 < number < 2**64 for number in numbers)
