"""The start screen and the wizard, by keyboard alone, down to a command that ``mesogun treat`` accepts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from tui.records import Past
from tui.start import Start

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
Scene = Callable[[Start, Pilot[tuple[str, ...]]], Awaitable[None]]


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody is at this keyboard."""
    monkeypatch.setenv("MESOGUN_HOME", str(tmp_path / "home"))


def shown(app: Start) -> str:
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips(app.size))


async def settled(app: Start, pilot: Pilot[tuple[str, ...]]) -> None:
    await pilot.pause()
    with suppress(WorkerCancelled):
        await app.workers.wait_for_complete()
    await pilot.pause()


def play(
    scene: Scene,
    folder: Path,
    *,
    past: list[Past] | None = None,
    size: tuple[int, int] = (80, 24),
    limits: Path | None = None,
    journal: str | Path = "",
) -> Start:
    app = Start(folder=folder, journal=journal, limits=limits, past=lambda: past or [], now=lambda: NOW)

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await scene(app, pilot)

    asyncio.run(run())
    return app


def test_escape_goes_back_one_step_at_a_time(tmp_path: Path) -> None:
    async def scene(app: Start, pilot: Pilot[tuple[str, ...]]) -> None:
        await pilot.press("down", "enter")
        await settled(app, pilot)
        await pilot.press("enter")
        await settled(app, pilot)
        assert "Which area?" in shown(app)
        await pilot.press("escape")
        await settled(app, pilot)
        assert "Which protocol?" in shown(app)
        await pilot.press("backspace")
        assert "What would you like to do?" in shown(app)
        await pilot.press("escape")
        assert "What would you like to do?" in shown(app)

    play(scene, tmp_path)


@pytest.mark.parametrize(("downs", "command"), [(2, "watch"), (3, "replay")])
def test_watch_and_replay_name_a_treatment(tmp_path: Path, downs: int, command: str) -> None:
    past = [Past("aa11", "2026-01-05  S-1  open", ended=False), Past("bb22", "2026-01-04  S-2  complete", ended=True)]

    async def scene(app: Start, pilot: Pilot[tuple[str, ...]]) -> None:
        await pilot.press(*["down"] * downs, "enter")
        await settled(app, pilot)
        assert ("complete" in shown(app)) == (command == "replay"), "an ended treatment can only be replayed"
        await pilot.press("enter")

    assert play(scene, tmp_path, past=past).return_value == (command, "aa11")


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
def test_the_first_choice_is_the_demonstration(tmp_path: Path, size: tuple[int, int]) -> None:
    async def scene(app: Start, pilot: Pilot[tuple[str, ...]]) -> None:
        assert "not a medical device" in " ".join(shown(app).split())
        await pilot.press("enter")

    assert play(scene, tmp_path, size=size).return_value == ("demo", "--dashboard")
