"""Depth: readings one by one or from a file, resumed, fitted, written into the gun beside the volume."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from mesogun.calibration.depth import GaugeReading, fit_depth
from mesogun.calibration.depth_run import (
    DepthCalibrator,
    Wanted,
    depth_budget,
    parse_depth,
    read_csv,
    readings_of,
    wanted,
)
from mesogun.errors import CalibrationFailed, InputError, Refused
from mesogun.gun.calibration import block_in_force, foreign
from mesogun.identity import Operator, Role
from tests.calibration.rigs import TECHNICIAN, Rig, rig, script

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "calibration-depth.toml"
DEPTH = EXAMPLE.read_text(encoding="utf-8").replace("repeats = 10", "repeats = 3")
QUICK = script(replicates=4, as_left_replicates=6, blanks=2, start_up=0)


def gauge(*, offset_mm: float, gain: float, backlash_mm: float) -> Callable[[Wanted], str]:
    noise = random.Random(4)

    def read(item: Wanted) -> str:
        side = 0.5 if item.outwards else -0.5
        true = offset_mm + gain * item.setting_um / 1000 + side * backlash_mm
        return f"{true + noise.gauss(0.0, 0.004):.3f}"

    return read


def depth(bench: Rig, ask: Callable[[Wanted], str], run: str = "cal-00000000d001") -> DepthCalibrator:
    return DepthCalibrator(gun=bench.gun, journal=bench.journal, run=run, ask=ask, operator=TECHNICIAN, station="b")


def test_offset_gain_and_backlash_are_found_and_written() -> None:
    with rig("standard", 1) as bench:
        bench.calibrate("volume", QUICK)
        before = block_in_force(bench.gun)
        _, fit = depth(bench, gauge(offset_mm=0.05, gain=1.02, backlash_mm=0.06)).run(DEPTH)
        assert fit.offset_mm == pytest.approx(0.05, abs=0.01)
        assert fit.gain == pytest.approx(1.02, abs=0.005)
        assert fit.backlash_mm == pytest.approx(0.06, abs=0.01)
        block = block_in_force(bench.gun)
        assert block is not None
        assert before is not None
        assert block.depth_offset_um == pytest.approx(50, abs=10)
        assert block.depth_gain_ppm == pytest.approx(20_000, abs=5_000)
        assert (block.offset_nl, block.gain_ppm, block.confirmed) == (before.offset_nl, before.gain_ppm, True)


def test_another_needle_voids_the_zero() -> None:
    with rig("standard", 1) as bench:
        bench.calibrate("volume", QUICK)
        depth(bench, gauge(offset_mm=0.0, gain=1.0, backlash_mm=0.02)).run(DEPTH)
        assert foreign(bench.gun, needle="30G-4mm") == ()
        assert "needle 30G-4mm, not 27G-6mm" in foreign(bench.gun, needle="27G-6mm")[0]
        other = DEPTH.replace('needle = "30G-4mm"', 'needle = "27G-6mm"')
        with pytest.raises(CalibrationFailed, match="27G-6mm"):
            depth(bench, gauge(offset_mm=0.0, gain=1.0, backlash_mm=0.0), "cal-00000000d002").run(other)


def test_a_new_needle_in_a_volume_calibration_forgets_the_depth() -> None:
    with rig("standard", 1) as bench:
        bench.calibrate("volume", QUICK)
        depth(bench, gauge(offset_mm=0.1, gain=1.0, backlash_mm=0.02)).run(DEPTH)
        for needle, kept in (("30G-4mm", True), ("27G-6mm", False)):
            bench.run = f"cal-0000000000{kept:02d}"
            bench.calibrate("volume", script(replicates=4, as_left_replicates=6, blanks=2, start_up=0, needle=needle))
            block = block_in_force(bench.gun)
            assert block is not None
            assert bool(block.depth_offset_um) is kept


def test_a_run_goes_on_at_the_reading_where_it_stopped() -> None:
    with rig("standard", 1) as bench:
        bench.calibrate("volume", QUICK)
        good = gauge(offset_mm=0.0, gain=1.0, backlash_mm=0.02)
        asked: list[int] = []

        def stops(item: Wanted) -> str:
            asked.append(item.step)
            return "oops" if item.step == 8 else good(item)

        with pytest.raises(InputError, match="no reading in mm"):
            depth(bench, stops).run(DEPTH)

        def goes_on(item: Wanted) -> str:
            asked.append(item.step)
            return good(item)

        calibrator = depth(bench, goes_on)
        calibrator.run(None)
        assert asked == [*range(1, 9), *range(8, 31)]
        assert len(readings_of(calibrator.state)) == 30


@pytest.mark.parametrize("typed", ["", "x", "nan", "inf", "1500"])
def test_a_reading_that_cannot_be_is_refused(typed: str) -> None:
    with rig("standard", 1) as bench:
        bench.calibrate("volume", QUICK)
        with pytest.raises(InputError, match=r"reading in mm|micrometres"):
            depth(bench, lambda _: typed).run(DEPTH)


def test_without_a_volume_calibration_nothing_is_read() -> None:
    with rig("standard", 1) as bench, pytest.raises(CalibrationFailed, match="calibrate volume first"):
        depth(bench, gauge(offset_mm=0.0, gain=1.0, backlash_mm=0.0)).run(DEPTH)


def bent(item: Wanted) -> str:
    set_mm = item.setting_um / 1000
    return f"{set_mm + 0.02 * (set_mm - 2) ** 2:.4f}"


def test_a_scale_that_is_bent_is_refused_and_nothing_is_written() -> None:
    with rig("standard", 1) as bench:
        bench.calibrate("volume", QUICK)
        before = block_in_force(bench.gun)
        with pytest.raises(CalibrationFailed, match="not straight"):
            depth(bench, bent).run(DEPTH)
        assert block_in_force(bench.gun) == before


def test_a_practitioner_may_not() -> None:
    practitioner = Operator("op-p", Role.PRACTITIONER, "")
    with rig("standard", 1) as bench, pytest.raises(Refused):
        DepthCalibrator(gun=bench.gun, journal=bench.journal, run="cal-1", ask=bent, operator=practitioner, station="b")


def test_the_budget_holds_gauge_zero_and_backlash() -> None:
    parsed = parse_depth(DEPTH)
    read = gauge(offset_mm=0.0, gain=1.0, backlash_mm=0.06)
    fit = fit_depth(
        [GaugeReading(item.setting_um / 1000, float(read(item)), item.outwards) for item in wanted(parsed)], "30G-4mm"
    )
    found = depth_budget(parsed, fit, 2.0)
    names = {line.input.name: line.contribution for line in found.lines}
    assert names["backlash_mm"] == pytest.approx(0.03 / 3**0.5, rel=0.1)
    assert names["gauge_mm"] == pytest.approx(parsed.u_gauge_mm)
    assert names["digit_mm"] == pytest.approx(parsed.gauge_resolution_mm / 12**0.5)
    assert found.value == pytest.approx(2.0, abs=0.01)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("setting_mm,measured_mm\n1,1\n", "first line"),
        ("setting_mm,measured_mm,direction\n1,1,up\n2,x,in\n3,3,out\n", "line 2, line 3"),
    ],
)
def test_a_file_of_readings_is_checked_line_by_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "readings.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=said):
        read_csv(path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("repeats = 1", "repeats must be 2"),
        ("settings_mm = [1.0, 2.0]", "five different settings"),
        ("limit_mm = 0", "limit_mm must be"),
        ('needle = ""', "wrong type"),
        ("colour = 3", "colour is not known"),
    ],
)
def test_a_script_is_strict(change: str, said: str) -> None:
    key = change.split(" = ", maxsplit=1)[0]
    lines = [line for line in DEPTH.splitlines() if line.split("=")[0].strip() != key]
    at = lines.index("[depth]")
    with pytest.raises(InputError, match=said):
        parse_depth("\n".join([*lines[: at + 1], change, *lines[at + 1 :]]))
