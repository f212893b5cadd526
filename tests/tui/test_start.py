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

from mesogun.limits import Answer, Answers, answers_text, parse_answers
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


def play(scene: Scene, folder: Path, *, past: list[Past] | None = None, size: tuple[int, int] = (80, 24)) -> Start:
    app = Start(folder=folder, past=lambda: past or [], now=lambda: NOW)

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await scene(app, pilot)

    asyncio.run(run())
    return app


async def to_the_plan(app: Start, pilot: Pilot[tuple[str, ...]]) -> None:
    await pilot.press("down", "enter")
    await settled(app, pilot)
    assert "Which protocol?" in shown(app)
    while "mesolift" not in app.choices[0].words.lower() and "(face-mesolift)" not in _highlighted(app):
        await pilot.press("down")
    await pilot.press("enter")
    assert "Which area?" in shown(app)
    while _highlighted(app) != "cheek":
        await pilot.press("down")
    await pilot.press("enter")
    assert "Who?" in shown(app)
    await pilot.press(*"S-0042", "enter")
    assert "Which gun?" in shown(app)
    await pilot.press("enter")
    await settled(app, pilot)


def _highlighted(app: Start) -> str:
    from textual.widgets import OptionList

    index = app.query_one(OptionList).highlighted
    return app.choices[index].words if index is not None else ""


def test_an_answer_that_blocks_ends_in_a_refusal_and_no_command(tmp_path: Path) -> None:
    async def scene(app: Start, pilot: Pilot[tuple[str, ...]]) -> None:
        await to_the_plan(app, pilot)
        await pilot.press("enter")
        for _ in range(80):
            if "in the way:" in shown(app):
                break
            blocks = "yes leads to blocked" in shown(app) or "no to blocked" not in shown(app)
            await pilot.press("y" if blocks else "n")
            if app.typing:
                await pilot.press(*"letter", "enter")
        assert "in the way:" in shown(app)
        await pilot.press("enter")
        assert "What would you like to do?" in shown(app)
        await pilot.press("q")

    assert play(scene, tmp_path).return_value is None
    assert not (tmp_path / "plan.json").exists()


def test_escape_goes_back_one_step_at_a_time(tmp_path: Path) -> None:
    async def scene(app: Start, pilot: Pilot[tuple[str, ...]]) -> None:
        await pilot.press("down", "enter")
        await settled(app, pilot)
        await pilot.press("enter")
        assert "Which area?" in shown(app)
        await pilot.press("escape")
        assert "Which protocol?" in shown(app)
        await pilot.press("escape")
        assert "What would you like to do?" in shown(app)
        await pilot.press("escape")
        assert "What would you like to do?" in shown(app)

    play(scene, tmp_path)


def test_a_name_is_not_taken_as_a_subject(tmp_path: Path) -> None:
    async def scene(app: Start, pilot: Pilot[tuple[str, ...]]) -> None:
        await pilot.press("down", "enter")
        await settled(app, pilot)
        await pilot.press("enter", "enter")
        await pilot.press(*"Ada Lovelace", "enter")
        assert "Which gun?" not in shown(app)

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


def test_answers_survive_their_file() -> None:
    said = Answers(
        {
            "a-b": Answer(yes=True, clearance='letter "x" \\ 2026'),
            "c": Answer(yes=False),
            "d": Answer(yes=True, days=30),
        },
        frozenset({"k"}),
        "ff",
        "S-1",
    )
    found = parse_answers(answers_text(said), "answers")
    assert dict(found.screening) == dict(said.screening)
    assert (found.consent, found.confirmed_plan_hash, found.confirmed_subject) == (said.consent, "ff", "S-1")
