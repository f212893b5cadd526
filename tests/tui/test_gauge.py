"""A depth calibration on the screen: asked, doubted, asked again, left, gone on with, down to the block in the gun."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from mesogun.calibration.depth import GaugeReading
from mesogun.calibration.depth_run import DepthCalibrator, Wanted, parse_depth, wanted
from mesogun.errors import Refused
from mesogun.gun import Gun, connect
from mesogun.gun.calibration import Block, block_in_force, write_calibration
from mesogun.identity import SIMULATED_KEY, Operator, Role
from mesogun.journal import Journal, open_journal
from tests.tui.pilots import flowing, typed
from tests.tui.test_workbench import until
from tui.gauge import GaugeFront, deviations, series_of
from tui.palette import DARK
from tui.workbench import Asked, Workbench, doubt

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "calibration-depth.toml"
DEPTH = EXAMPLE.read_text(encoding="utf-8").replace("repeats = 10", "repeats = 2")
SCRIPT = parse_depth(DEPTH)
TECHNICIAN = Operator("op-tech", Role.TECHNICIAN, "Tess")
Scene = Callable[[Workbench, GaugeFront, Pilot[tuple[str, ...]]], Awaitable[None]]


def gauge(item: Wanted) -> str:
    """Half a tenth too far, with a little play, and never twice the same."""
    play_mm = 0.01 if item.outwards else -0.01
    return f"{item.setting_um / 1000 + 0.05 + play_mm + 0.001 * (item.step % 3 - 1):.3f}"


def calibrated(gun: Gun) -> None:
    """A volume calibration of its own, to which the depth is added."""
    caps = gun.caps
    block = Block(
        gun.welcome.device_id, caps.firmware, caps.calibrated_day, caps.calibrated_day + 90, caps.syringe_nl, 1,
        "1mL-A", "30G-4mm", 0, 0, 10_000, 50_000, confirmed=True,
    )  # fmt: skip
    write_calibration(gun, 7, block.to_bytes())
    gun.read_caps()


def play(gun: Gun, journal: Journal, text: str | None, scene: Scene, size: tuple[int, int]) -> object:
    """One run in a thread, the screen under a pilot; what the run gave or raised."""
    front = GaugeFront("cal-00000000d001", lambda: calibrator.state)
    calibrator = DepthCalibrator(
        gun=gun, journal=journal, run="cal-00000000d001", ask=front.read, operator=TECHNICIAN, station="b"
    )
    found: list[object] = []

    def run() -> None:
        try:
            found.append(calibrator.run(text))
        except Refused as error:
            found.append(error)

    worker = threading.Thread(target=run, daemon=True)
    app = Workbench("calibrate depth", front, lambda: bool(found), "meso-dark")

    async def watch() -> None:
        async with app.run_test(size=size) as pilot:
            worker.start()
            try:
                await scene(app, front, pilot)
            finally:
                front.leave()

    asyncio.run(watch())
    worker.join(10)
    return found[0]


def test_a_run_is_asked_left_and_gone_on_with(tmp_path: Path) -> None:
    order = wanted(SCRIPT)

    async def begins(app: Workbench, front: GaugeFront, pilot: Pilot[tuple[str, ...]]) -> None:
        del front
        await until(app, pilot, "zero it on the nose")
        assert "30G-4mm" in flowing(app)
        await pilot.press("y")
        await until(app, pilot, "set 0.5 mm, coming from a smaller setting")
        assert "step 1 of 20" in flowing(app)
        assert "series 1 of 4, outwards" in flowing(app)
        await pilot.press("enter")
        await until(app, pilot, "nothing was entered")  # nothing is proposed: Enter alone makes no reading
        await pilot.press("enter")
        await until(app, pilot, "'' is no reading in mm")
        typed(app, "5.6")
        await pilot.press("enter")
        await until(app, pilot, "5.6 is far from the 0.5 that is expected")
        typed(app, "0,560")
        await pilot.press("enter")
        await until(app, pilot, "set 1 mm, coming from a smaller setting")
        assert "▸" in flowing(app).split("mm ┊")[1]
        await pilot.press("escape")
        await until(app, pilot, "Leave this calibration here?")
        await pilot.press("y")

    async def goes_on(app: Workbench, front: GaugeFront, pilot: Pilot[tuple[str, ...]]) -> None:
        await until(app, pilot, "zero it on the nose")
        await pilot.press("y")
        for item in order[1:]:
            await until(app, pilot, f"step {item.step} of 20")
            turns = "The direction turns: go past 4 mm and come back." in flowing(app)
            assert turns == (item.step in {6, 16})
            asked = front.asked
            assert asked is not None
            front.answer(asked, gauge(item))
        for _ in range(500):
            if app._over():
                break
            await pilot.pause(0.005)

    with (
        connect("sim://standard?seed=3", keys=lambda _: SIMULATED_KEY) as gun,
        open_journal(tmp_path / "journal.db", gun.clock) as journal,
    ):
        calibrated(gun)
        left = play(gun, journal, DEPTH, begins, (80, 24))
        assert isinstance(left, Refused)
        assert "on record" in str(left)
        done = play(gun, journal, None, goes_on, (60, 20))
        assert isinstance(done, tuple)
        assert done[1].offset_mm == pytest.approx(0.05, abs=0.005)
        block = block_in_force(gun)
        assert block is not None
        assert block.depth_offset_um == pytest.approx(50, abs=5)


@pytest.mark.parametrize(("text", "doubted"), [("2", False), ("9.9", False), ("10", True), ("0.3", True), ("x", False)])
def test_a_reading_five_times_off_is_doubted_though_none_is_proposed(text: str, doubted: bool) -> None:
    assert bool(doubt(Asked("set 2 mm", "", "2"), text)) == doubted


def test_the_picture_shows_every_reading_on_its_side_and_the_limits() -> None:
    readings = (
        GaugeReading(1.0, 1.05, True), GaugeReading(1.0, 0.95, False), GaugeReading(2.0, 2.0, True),
        GaugeReading(2.0, 2.001, False),
    )  # fmt: skip
    rows = deviations(readings, (2.0, 1.0), 0.15, 2.0, DARK).plain.splitlines()
    first, second = rows[2], rows[3]
    assert (first[1:5].strip(), second[1:5].strip()) == ("1", "2")
    middle = first.index("│")
    assert (first.index("▸") - middle, first.index("◂") - middle) == (5, -5)
    assert first.rstrip().endswith("0.950")
    assert second[middle] == "◆", "both directions in one cell"
    assert second.startswith("→")
    assert first.count("┊") == 2
    far = deviations((GaugeReading(1.0, 1.3, True),), (1.0, 2.0), 0.15, 2.0, DARK).plain
    assert "+0.3 mm" in far, "a reading outside of the limits widens the scale"
    assert len(far.splitlines()[2].rstrip()) <= 56


def test_a_series_is_all_settings_in_one_direction() -> None:
    order = wanted(SCRIPT)
    named = [series_of(order[place], SCRIPT) for place in (0, 4, 5, 19)]
    assert [name.split(": ")[1] for name in named] == [
        "series 1 of 4, outwards", "series 1 of 4, outwards", "series 2 of 4, back", "series 4 of 4, back",
    ]  # fmt: skip
