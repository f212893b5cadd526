"""A calibration on the screen: asked and answered by keyboard, doubted where a figure slipped, left and stopped."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from mesogun.calibration.bench import Bench, Progress
from mesogun.calibration.steps import Do, Phase, Step
from mesogun.errors import Refused
from mesogun.wire.codes import State
from mesogun.wire.messages import Status
from tests.trace import req
from tests.tui.pilots import flowing, shown
from tui import workbench
from tui.workbench import Asked, TechnicianFront, Workbench, doubt

CONDITIONS = {"water °C": "20", "air °C": "21", "pressure kPa": "101.325", "humidity %": "50"}
READ = Step(1, Phase.PREPARE, Do.ENVIRONMENT)
MOUNT = Step(2, Phase.PREPARE, Do.SYRINGE)
GUN = Status(1_000_000, State.ARMED, 0, 0, 7, 7, 7, 8, 8, 1, 0, 2_000, 500_000, 0, 0, 4_000)
Scene = Callable[[Workbench, Pilot[tuple[str, ...]]], Awaitable[None]]


class Terminal:
    """Takes frames, or hangs."""

    outstanding = 0

    def __init__(self, *, hangs: bool = False) -> None:
        self.hangs = hangs

    def after_painted(self, then: Callable[[], None]) -> None:
        if not self.hangs:
            then()


def play(work: Callable[[Bench], object], scene: Scene, painter: Terminal | None = None) -> list[object]:
    """``work`` in a thread, the screen under a pilot; what came of the work."""
    front = TechnicianFront(CONDITIONS)
    found: list[object] = []

    def run() -> None:
        try:
            found.append(work(front))
        except Refused as error:
            found.append(error)

    worker = threading.Thread(target=run, daemon=True)
    app = Workbench("calibrate volume", front, lambda: bool(found), "meso-dark", painter=painter)

    async def watch() -> None:
        async with app.run_test(size=(80, 24)) as pilot:
            worker.start()
            try:
                await scene(app, pilot)
            finally:
                front.leave()

    asyncio.run(watch())
    worker.join(10)
    return found


async def until(app: Workbench, pilot: Pilot[tuple[str, ...]], words: str) -> None:
    for _ in range(500):
        app.look()
        await pilot.pause(0.002)
        ready = app.focused is not None and (app.focused.id == "entry") == app.typing
        if words in flowing(app) and ready:  # keys go to the focus, which moves a message later than the picture
            return
    raise AssertionError(f"{words!r} never came:\n{shown(app)}")


def test_conditions_are_asked_one_by_one_and_enter_takes_what_is_proposed() -> None:
    async def scene(app: Workbench, pilot: Pilot[tuple[str, ...]]) -> None:
        await until(app, pilot, "water °C")
        assert "step 1 of 107" in shown(app)
        assert "prepare: read water" in shown(app)
        await pilot.press("enter")
        await until(app, pilot, "air °C")
        await pilot.press("ctrl+u", *"22.5", "enter")
        await until(app, pilot, "pressure kPa")
        await pilot.press("enter")
        await until(app, pilot, "humidity %")
        await pilot.press("enter")

    def work(bench: Bench) -> object:
        bench.progress(Progress("cal-1", 1, 107, READ.name, 1260))
        return bench.environment(READ)

    assert play(work, scene) == [("20", "22.5", "101.325", "50")]


def test_a_figure_far_from_the_proposed_one_is_asked_for_twice() -> None:
    async def scene(app: Workbench, pilot: Pilot[tuple[str, ...]]) -> None:
        await until(app, pilot, "water °C")
        await pilot.press("ctrl+u", *"200", "enter")
        await until(app, pilot, "200 is far from the 20 that was proposed")
        await pilot.press("enter")

    assert play(lambda bench: getattr(bench, "ask")("water °C", "20"), scene) == ["200"]  # noqa: B009 -- not of Bench


@pytest.mark.parametrize(("text", "doubted"), [("20", False), ("99", False), ("100", True), ("4", True), ("", True)])
def test_five_times_more_or_less_is_doubted(text: str, doubted: bool) -> None:
    assert bool(doubt(Asked("water °C", "20"), text)) == doubted


def test_yes_is_a_key_and_what_was_told_is_shown() -> None:
    async def scene(app: Workbench, pilot: Pilot[tuple[str, ...]]) -> None:
        await until(app, pilot, "mount a full syringe. Is it done?")
        assert shown(app).count("pull the trigger") == 1, "the same line again is nothing new"
        await pilot.press("y")

    def work(bench: Bench) -> object:
        bench.told("pull the trigger over the vessel")
        bench.told("pull the trigger over the vessel")
        return bench.person(MOUNT)

    assert play(work, scene) == [True]


@pytest.mark.parametrize("key", ["q", "n", "escape"])
def test_leaving_asks_first_and_stops_the_run_at_its_step(key: str) -> None:
    async def scene(app: Workbench, pilot: Pilot[tuple[str, ...]]) -> None:
        await until(app, pilot, "Is it done?")
        await pilot.press(key)
        await until(app, pilot, "Leave this calibration here?")
        await pilot.press("n")
        await until(app, pilot, "Is it done?")
        await pilot.press(key)
        await until(app, pilot, "Leave this calibration here?")
        await pilot.press("y")

    found = play(lambda bench: bench.person(MOUNT), scene)
    assert isinstance(found[0], Refused)
    assert "on record" in str(found[0])


@req("H12", "H13")
@pytest.mark.parametrize("hangs", [False, True])
def test_the_guns_word_is_shown_once_a_frame_with_it_was_painted(hangs: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbench, "PAINT_S", 0.05 if hangs else 10.0)

    async def scene(app: Workbench, pilot: Pilot[tuple[str, ...]]) -> None:
        await until(app, pilot, "gun armed, 1 loaded, 7 fired")
        await until(app, pilot, "Is it done?")
        monkeypatch.setattr(workbench, "STALE_S", 0.0)
        app.look()
        await pilot.pause(0.002)
        assert "gun armed" not in shown(app), "a word that nobody renews is not shown"
        await pilot.press("y")

    def work(bench: Bench) -> object:
        seen = bench.shown(GUN)
        bench.person(MOUNT)
        return seen

    assert play(work, scene, Terminal(hangs=hangs)) == [not hangs]


def test_the_word_to_arm_is_a_yes_and_who_leaves_gives_none() -> None:
    async def yes(app: Workbench, pilot: Pilot[tuple[str, ...]]) -> None:
        await until(app, pilot, "Arm the gun?")
        await pilot.press("y")

    async def no(app: Workbench, pilot: Pilot[tuple[str, ...]]) -> None:
        await until(app, pilot, "Arm the gun?")
        await pilot.press("n")
        await until(app, pilot, "Leave this calibration here?")
        await pilot.press("y")

    assert play(lambda bench: bench.confirm("arm", "Arm the gun?"), yes) == [True]
    assert isinstance(play(lambda bench: bench.confirm("arm", "Arm the gun?"), no)[0], Refused)


def test_leaving_while_the_trigger_is_waited_for_stops_the_run() -> None:
    async def scene(app: Workbench, pilot: Pilot[tuple[str, ...]]) -> None:
        await until(app, pilot, "gun armed")
        await pilot.press("q")
        await until(app, pilot, "Leave this calibration here?")
        await pilot.press("y")

    def work(bench: Bench) -> object:
        while True:
            bench.shown(GUN)

    assert isinstance(play(work, scene, Terminal(hangs=True))[0], Refused)
