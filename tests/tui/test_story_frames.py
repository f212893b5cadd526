"""Frames of what a treatment, a watcher and a replay go through, against files that a person has looked at.

One screen for each story and every size, because a screen costs more than a state. The scenes that stand alone are in
``test_frames``; ``MESOGUN_WRITE_GOLDEN=1`` writes both anew.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from mesogun.clock import ManualClock
from mesogun.errors import LinkLost
from mesogun.treatment import Phase
from tests.tui import scenes
from tests.tui.fakes import Stage, frame
from tests.tui.test_frames import BEAT, GOLDEN, SIZES
from tests.tui.test_record_views import entries
from tui.alerting import Alerting, Surroundings
from tui.app import Dashboard
from tui.board import TRACE
from tui.follow import ReplaySource, WatchSource
from tui.keymap import Where
from tui.view import ViewMaker

THEMES = ("meso-dark", "meso-light", "meso-contrast", "meso-mono")
SYRINGE = ("syringe", "Is the new syringe in place?")
Frames = dict[str, str]


def keep(found: Frames, name: str, app: Dashboard) -> None:
    size = f"{app.size.width}x{app.size.height}"
    found[f"{name}-{size}-{app.theme}"] = BEAT.sub("⠋", "\n".join(frame(app)) + "\n")


# -- a treatment that is paused, goes stale, is stopped ----------------------------------------------------------------


def paused(stage: Stage) -> None:
    stage.treat(40, phase=Phase.PAUSED, hot=False)


def stale(stage: Stage) -> None:
    stage.treat(41)


def syringe(stage: Stage) -> None:
    stage.treat(40, phase=Phase.SYRINGE, hot=False)
    stage.front.confirm(*SYRINGE)


def stop_sent(stage: Stage) -> None:
    stage.treat(42)
    stage.front.stop_now()


def stop_unanswered(stage: Stage) -> None:
    stage.fail(LinkLost("STATUS was cancelled: STOP is out; only HELLO leads back"))
    stage.front.stop_answered(False)


def stopped(stage: Stage) -> None:
    stage.front.stop_answered(True)


LIVE: dict[str, tuple[Callable[[Stage], None] | None, int]] = {
    "paused": (paused, 0), "stale": (stale, 1_500_000), "nodata": (None, 2_500_000), "syringe": (syringe, 0),
    "stopsent": (stop_sent, 0), "stopunanswered": (stop_unanswered, 1_000_000), "stopped": (stopped, 0),
}  # fmt: skip
"""What happens, and how long it is before somebody looks."""


def begin_again(stage: Stage) -> None:
    stage.front._stopped_us = stage.front._stop_answer = None
    stage.source.failure, stage.source.done = None, False
    stage.app._alerting = Alerting(stage.front, Surroundings(), live=True)
    stage.front.confirm("", "")  # whatever was asked is asked no more
    stage.clock.advance_us(10_000_000)


def a_treatment() -> Frames:
    stage, found = Stage(flash=False), Frames()

    async def run() -> None:
        async with stage.run(SIZES[0]) as pilot:
            for size in (SIZES[0], SIZES[2], SIZES[1]):
                begin_again(stage)
                stage.treat(40)
                await pilot.resize_terminal(*size)
                await stage.paint(pilot, after_us=0)
                stage.app.board._trace.extend([52_000] * TRACE)
                for name, (happens, wait_us) in LIVE.items():
                    if happens is not None:
                        happens(stage)
                    await stage.paint(pilot, after_us=0)
                    await stage.paint(pilot, after_us=wait_us)
                    keep(found, name, stage.app)
            for theme in THEMES[1:]:  # of the last state, which is the one that must be read in any light
                stage.app.plain_map = theme == "meso-mono"
                stage.app.use_theme(theme)
                await stage.paint(pilot, after_us=0)
                keep(found, "stopped", stage.app)

    asyncio.run(run())
    return found


# -- from a record -----------------------------------------------------------------------------------------------------


def from_a_record(source: WatchSource | ReplaySource, clock: ManualClock) -> Dashboard:
    return Dashboard(
        ViewMaker(scenes.PLAN, title="Skin hydration, cheek", source=source.name, limits=scenes.LIMITS), source,
        now_us=clock.monotonic_us, flash=False, bell=False, characters=False, period_s=None,
        where=Where.WATCH if source.name == "WATCH" else Where.REPLAY,
    )  # fmt: skip


async def painted(app: Dashboard, pilot: Pilot[str]) -> None:
    for _ in range(2):
        with suppress(WorkerCancelled):
            await app.workers.wait_for_complete()
        app.tick()
        await pilot.pause()


def a_watcher() -> Frames:
    rows, clock, found = entries(scenes.history(40)), ManualClock(), Frames()
    upto = len(rows)
    source = WatchSource(lambda after: iter([row for row in rows[:upto] if row.seq > after]))
    app = from_a_record(source, clock)

    async def run() -> None:
        async with app.run_test(size=SIZES[0]) as pilot:
            for size in (SIZES[0], SIZES[2], SIZES[1]):
                source._news_us = None  # as if the newest row had come just now
                source.look()
                await pilot.resize_terminal(*size)
                await painted(app, pilot)
                keep(found, "watch", app)
                clock.advance_us(15_000_000)
                await painted(app, pilot)
                keep(found, "nonews", app)
            app.use_theme("meso-light")
            await painted(app, pilot)
            keep(found, "nonews", app)

    asyncio.run(run())
    return found


def a_replay() -> Frames:
    source, found = ReplaySource(entries(scenes.history(40))), Frames()
    app = from_a_record(source, ManualClock())

    async def run() -> None:
        async with app.run_test(size=SIZES[0]) as pilot:
            source.skip(60)
            source.faster(2)
            for size in (SIZES[0], SIZES[2], SIZES[1]):
                await pilot.resize_terminal(*size)
                await painted(app, pilot)
                keep(found, "replay", app)

    asyncio.run(run())
    return found


STORIES: dict[str, Callable[[], Frames]] = {"treatment": a_treatment, "watcher": a_watcher, "replay": a_replay}


def golden(found: Frames) -> Iterator[tuple[str, str, str]]:
    """Name, frame and file of each; every theme but the mono one shows the same words, so those have no file."""
    for name, text in found.items():
        kind, size, theme = name.split("-", 2)
        kept = name if theme == "meso-mono" else f"{kind}-{size}-meso-dark"
        path = GOLDEN / f"{kept}.txt"
        if os.environ.get("MESOGUN_WRITE_GOLDEN") and theme in ("meso-dark", "meso-mono"):
            path.write_text(text, encoding="utf-8")
        yield name, text, path.read_text(encoding="utf-8")


@pytest.mark.parametrize("story", STORIES)
def test_stories(story: str) -> None:
    for name, text, kept in golden(STORIES[story]()):
        assert text == kept, name
