"""Pictures of the dashboard as SVG: of a moment of a recorded treatment, or of one that is under way.

Not responsible for how a frame is drawn (``drawing``) or for where pictures are kept (``settings``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from textual.worker import WorkerCancelled

from mesogun.plan.model import Plan
from tui.follow import Entry, ReplaySource, plan_of
from tui.front import ScreenFront
from tui.scale import Ink
from tui.settings import Look
from tui.view import ViewMaker

if TYPE_CHECKING:
    from tui.app import Dashboard


def picture_of(
    entries: Sequence[Entry],
    *,
    share: float = 1.0,
    size: tuple[int, int] = (100, 30),
    settings: Look | None = None,
) -> str:
    """The dashboard as it replays ``entries``, at ``share`` of the events, as SVG.

    Raises
    ------
    InputError
        When there is nothing to show.
    """
    from tui.app import Dashboard
    from tui.keymap import Where

    chosen = settings if settings is not None else Look()
    source = ReplaySource(entries)
    plan = plan_of(entries)
    source.skip(round(share * (len(entries) - 1)))
    app = Dashboard(
        ViewMaker(plan, title=plan.protocol_title, source=source.name),
        source,
        now_us=lambda: 0,
        theme=chosen.theme,
        flash=False,
        bell=False,
        where=Where.REPLAY,
        period_s=None,
    )

    return _drawn(app, size, ())


def picture_live(
    front: ScreenFront,
    plan: Plan,
    *,
    trace: Sequence[int] = (),
    size: tuple[int, int] = (100, 30),
    settings: Look | None = None,
    ink: Ink | None = None,
) -> str:
    """The dashboard of a treatment that is under way, as SVG; ``trace`` are the pressures of its last moments, Pa.

    With ``ink``, in the colours of a terminal that has no more.
    """
    from tui.app import Dashboard
    from tui.source import LiveSource

    chosen = settings if settings is not None else Look()
    app = Dashboard(
        ViewMaker(plan, title=plan.protocol_title, source="LIVE"),
        LiveSource(front),
        now_us=front.now_us,
        front=front,
        theme=chosen.theme,
        flash=False,
        bell=False,
        period_s=None,
    )
    app.as_if = ink
    return _drawn(app, size, trace)


def _drawn(app: Dashboard, size: tuple[int, int], trace: Sequence[int]) -> str:
    async def draw() -> str:
        async with app.run_test(size=size) as pilot:
            for _ in range(3):
                with suppress(WorkerCancelled):  # a new size cancels the map that was being built for the old one
                    await app.workers.wait_for_complete()
                app.tick()
                for pressure_pa in trace:
                    app.board.heard(pressure_pa)
                await pilot.pause()
            return app.drawn()

    return asyncio.run(draw())
