"""The first page says what is there and goes on with what is open; its keys never choose by accident."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from textual.pilot import Pilot

from mesogun.errors import NoDevice
from tests.tui.pilots import choose, flowing, settled, shown
from tui.pager import Choice
from tui.records import Past
from tui.start import Around, Start, around_words, look_around

OPEN = Past("aa11", "2026-01-05 09:00  S-1  open", ended=False)
OVER = Past("bb22", "2026-01-04 09:00  S-2  complete", ended=True)
GUN = ("/dev/ttyACM7", "MG-01 SIM-0007")
Scene = Callable[[Start, Pilot[tuple[str, ...]]], Awaitable[None]]


def play(scene: Scene, folder: Path, past: Sequence[Past] = (), ports: Sequence[tuple[str, str]] = ()) -> object:
    app = Start(folder=folder, past=lambda: past, ports=lambda: ports)

    async def run() -> None:
        async with app.run_test(size=(80, 24)) as pilot:
            await settled(app, pilot)
            await scene(app, pilot)

    asyncio.run(run())
    return app.return_value


def test_what_is_open_goes_on_from_the_first_page(tmp_path: Path) -> None:
    async def scene(app: Start, pilot: Pilot[tuple[str, ...]]) -> None:
        assert "gun at /dev/ttyACM7: MG-01 SIM-0007" in shown(app)
        assert "S-2" not in shown(app), "what has ended is in the record"
        assert app.highlighted == 1, "the line that was highlighted stays so"
        await choose(app, pilot, "Go on with 2026-01-05")
        assert "first its log is read, then you are asked before it arms" in flowing(app)
        await choose(app, pilot, "/dev/ttyACM7")

    assert play(scene, tmp_path, [OPEN, OVER], [GUN]) == ("treat", "--resume", "aa11", "--port", "/dev/ttyACM7")


def test_the_record_goes_on_with_what_is_open_and_only_that(tmp_path: Path) -> None:
    async def scene(app: Start, pilot: Pilot[tuple[str, ...]]) -> None:
        await choose(app, pilot, "The record")
        await choose(app, pilot, "S-2")
        assert "Go on with it" not in shown(app)
        await pilot.press("escape")
        await choose(app, pilot, "S-1")
        await choose(app, pilot, "Go on with it")
        await choose(app, pilot, "the simulated gun")

    assert play(scene, tmp_path, [OPEN, OVER]) == ("treat", "--resume", "aa11", "--port", "sim://standard")


def test_paging_reads_and_enter_answers_no_question(tmp_path: Path) -> None:
    """PgDn moves the words, not the choice; a question that must be meant is answered by y, n or a line chosen."""
    said: list[str] = []

    async def scene(app: Start, pilot: Pilot[tuple[str, ...]]) -> None:
        def ask() -> None:
            choices = [Choice("Yes, agreed", lambda: said.append("yes")), Choice("No", lambda: said.append("no"))]
            app.page("asked", "\n".join(f"line {n}" for n in range(60)), choices, ask, chosen=None)

        ask()
        await pilot.pause()
        assert "y n answer" in shown(app)
        await pilot.press("pagedown", "pagedown")
        assert app.highlighted is None
        assert "line 20" in shown(app)
        assert "line 1\n" not in shown(app)
        await pilot.press("enter", "enter")
        assert said == []
        await pilot.press("y")
        await pilot.press("down", "down", "enter")
        assert said == ["yes", "no"]

    play(scene, tmp_path)


def test_the_keys_are_explained_on_every_page(tmp_path: Path) -> None:
    async def scene(app: Start, pilot: Pilot[tuple[str, ...]]) -> None:
        await pilot.press("question_mark", "question_mark")
        await pilot.pause()
        assert "one page back; out of a text field" in shown(app)
        await pilot.press("escape")
        await pilot.pause()
        assert "What would you like to do?" in shown(app)

    play(scene, tmp_path)


def test_what_cannot_be_read_is_said_and_hides_nothing_else() -> None:
    def locked() -> Sequence[Past]:
        raise NoDevice("the journal is locked")

    found = look_around(locked, lambda: [GUN])
    assert found == Around((), (GUN,), "the journal is locked")
    assert around_words(found) == "gun at /dev/ttyACM7: MG-01 SIM-0007\nthe journal is locked"
    assert "the simulated one is always there" in around_words(Around((), ()))
    assert around_words(None) == "Looking for guns ..."
