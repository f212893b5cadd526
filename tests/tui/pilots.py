"""Going through the start screen's pages in tests: what is shown, and choosing a line by its words.

Not responsible for any page.
"""

from __future__ import annotations

from contextlib import suppress

from textual.pilot import Pilot
from textual.widgets import Input, OptionList
from textual.worker import WorkerCancelled

from tui.pager import Pager


def shown(app: Pager) -> str:
    """The screen as text."""
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips(app.size))


def flowing(app: Pager) -> str:
    """The screen as text in one line, so that nothing depends on where a line was broken."""
    return " ".join(shown(app).split())


async def settled(app: Pager, pilot: Pilot[tuple[str, ...]]) -> None:
    """Wait for what was begun off the painting thread."""
    await pilot.pause()
    with suppress(WorkerCancelled):
        await app.workers.wait_for_complete()
    await pilot.pause()


async def choose(app: Pager, pilot: Pilot[tuple[str, ...]], words: str) -> None:
    """Take a line with Enter and wait for what it does; the way down to it is not pressed key by key."""
    place = next((number for number, choice in enumerate(app.choices) if words in choice.words), None)
    assert place is not None, shown(app)
    app.query_one("#choices", OptionList).highlighted = place
    await pilot.press("enter")
    await settled(app, pilot)


def typed(app: Pager, text: str) -> None:
    """Put text into the field that is open, as a paste would."""
    assert app.typing, shown(app)
    app.query_one("#entry", Input).value = text
