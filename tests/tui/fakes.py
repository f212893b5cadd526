"""A scripted runner and a painter that can freeze: the dashboard's two neighbours, without gun and terminal."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any

from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from mesogun.clock import ManualClock
from mesogun.treatment import Phase, Wish
from tests.tui import scenes
from tui.app import Dashboard
from tui.deliberate import BEAT_US, GAP_US
from tui.front import ScreenFront
from tui.source import LiveSource
from tui.view import ViewMaker


class FakePainter:
    """Reports every frame at once, or never while frozen."""

    def __init__(self) -> None:
        self.frozen = False
        self.waiting: list[Callable[[], None]] = []

    @property
    def outstanding(self) -> int:
        return len(self.waiting)

    def after_painted(self, then: Callable[[], None]) -> None:
        if self.frozen:
            self.waiting.append(then)
        else:
            then()

    def thaw(self) -> None:
        self.frozen = False
        waiting, self.waiting = self.waiting, []
        for then in waiting:
            then()


class Stage:
    """A dashboard with everything around it in reach of a test; time moves only when told to."""

    def __init__(self, **options: Any) -> None:
        self.clock = ManualClock()
        self.clock.advance_us(10_000_000)
        self.stops: list[str] = []
        self.front = ScreenFront(lambda: self.stops.append(threading.current_thread().name), ticks=self.clock)
        self.source = LiveSource(self.front)
        self.painter = FakePainter()
        self.pictures: list[str] = []
        settings: dict[str, Any] = {
            "theme": "meso-dark", "bell": False, "characters": False, "picture": self._picture, "period_s": None,
        }  # fmt: skip
        settings.update(options)
        self.app = Dashboard(
            ViewMaker(scenes.PLAN, title="Skin hydration, cheek", source="LIVE", limits=scenes.LIMITS),
            self.source,
            now_us=self.front.now_us,
            front=self.front,
            painter=self.painter,
            **settings,
        )

    def _picture(self, text: str) -> str:
        self.pictures.append(text)
        return f"picture-{len(self.pictures)}.svg"

    def run(self, size: tuple[int, int] = (80, 24)) -> AbstractAsyncContextManager[Pilot[str]]:
        return self.app.run_test(size=size)

    async def paint(self, pilot: Pilot[str], *, after_us: int = 50_000) -> None:
        """Let time pass, one round of the painting loop, and everything that follows from it."""
        self.clock.advance_us(after_us)
        with suppress(WorkerCancelled):  # a resize cancels the map that was being built for the old size
            await pilot.app.workers.wait_for_complete()
        self.app.tick()
        await pilot.pause()
        await pilot.pause()

    async def read(self, pilot: Pilot[str]) -> None:
        """Let what is asked be painted, and stand there until an answer to it counts; keys come to rest meanwhile."""
        await self.paint(pilot)
        await self.still(pilot)

    async def still(self, pilot: Pilot[str], for_us: int = GAP_US + BEAT_US) -> None:
        """Nobody presses anything for so long, while the screen goes on."""
        for _ in range(for_us // BEAT_US):
            self.clock.advance_us(BEAT_US)
            self.app.tick()
        await pilot.pause()
        await pilot.pause()

    async def rest(self, pilot: Pilot[str], done: int) -> None:
        """The runner has seen the pause: two snapshots show a disarmed gun, and the pause has lasted."""
        for _ in range(2):
            self.treat(done, hot=False)
        await self.still(pilot)

    def treat(self, done: int, **changes: Any) -> None:
        """The runner shows its newest word of the gun."""
        changes.setdefault("clock_us", self.clock.monotonic_us())
        self.front.show(scenes.snapshot(done, **changes))

    def ask_to_arm(self, done: int = 0) -> bool | None:
        self.front.show(scenes.snapshot(done, hot=False))
        return self.front.confirm("arm", "Arm the gun? Its magazine holds 6 shots.")

    async def begin_again(self, pilot: Pilot[str], done: int) -> None:
        """As if STOP had never been pressed: one screen serves several cases."""
        self.front._stopped_us = self.front._stop_answer = None
        self.front._wish = Wish.RUN
        self.treat(done)
        await self.paint(pilot)
        await pilot.press("a")
        await self.paint(pilot)
        while self.front.order() is not None:
            pass
        assert "STOP sent" not in text(self.app)

    def fail(self, error: BaseException) -> None:
        self.source.failure = error
        self.source.done = True

    def end(self, done: int) -> None:
        from mesogun.record import events as ev

        self.front.show(
            scenes.snapshot(done, phase=Phase.ENDED, hot=False, extra=[ev.TreatmentEnded("complete", "op-ada")])
        )
        self.source.done = True


def frame(app: Dashboard) -> list[str]:
    """The screen as lines of text."""
    return [strip.text.rstrip() for strip in app.screen._compositor.render_strips(app.size)]


def text(app: Dashboard) -> str:
    return "\n".join(frame(app))


def card(app: Dashboard) -> str:
    """The words of the card over the screen, in one line."""
    return " ".join(" ".join(line.split("┃")[1] for line in frame(app) if line.count("┃") == 2).split())
