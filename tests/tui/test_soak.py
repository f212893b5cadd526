"""Ten minutes at 1,000 events a second: nothing is lost, nothing grows, and the total shown is the journal's.

Time is a number here: 50 events are written, the screen looks, 50 ms have passed. The short version runs with the
other tests, the long one in ``make soak``.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from mesogun.clock import ManualClock
from mesogun.journal import Journal, open_journal
from mesogun.record import Event
from mesogun.record import events as ev
from tests.tui import scenes
from tests.tui.fakes import text
from tui import figures
from tui.app import Dashboard
from tui.follow import WatchSource
from tui.keymap import Where
from tui.view import ViewMaker
from tui.watch import rows_of

PER_LOOK = 50
LOOK_US = 50_000
SHOT_EVERY = 100
CHECK_EVERY = 20
GROWTH_KIB = 10 * 1024


def resident_kib() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def batch(look: int) -> list[Event]:
    """Fifty events: a shot now and then, and what else happens in a treatment."""
    found: list[Event] = []
    for number in range(look * PER_LOOK, (look + 1) * PER_LOOK):
        if number % SHOT_EVERY == 0:
            shot_no = number // SHOT_EVERY + 1
            found.append(scenes.shot(shot_no, shot_no % len(scenes.PLAN.shots), delivered_nl=19_900 + number % 200))
        elif number % 3 == 0:
            found.append(ev.NoteAdded(f"note {number}", "op-ada"))
        elif number % 3 == 1:
            found.append(ev.Armed(1, 6, 6, 120_000, 2000, 1, "op-ada"))
        else:
            found.append(ev.Disarmed("done with these entries"))
    return found


class Count:
    """The totals by the journal's own rows, counted apart from the fold: nL delivered, and nL at most."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._seq = 0
        self.shots = self.delivered_nl = self.high_nl = 0

    def on(self) -> None:
        """Count what has come since."""
        for row in self._journal.rows(scenes.TREATMENT, self._seq):
            self._seq = row.seq
            if isinstance(row.event, ev.ShotRecorded):
                self.shots += 1
                self.delivered_nl += row.event.delivered_nl
                self.high_nl += row.event.high_nl


async def watch(folder: Path, looks: int, warm: int) -> int:
    """Write, look, compare; how much the process has grown since ``warm`` looks, in KiB."""
    clock = ManualClock()
    with open_journal(folder / "journal.db", clock) as journal:
        journal.append(scenes.history(0, magazine=0), treatment=scenes.TREATMENT, epoch=None)
        source = WatchSource(rows_of(journal, scenes.TREATMENT))
        maker = ViewMaker(scenes.PLAN, title="soak", source="WATCH", limits=scenes.LIMITS)
        app = Dashboard(
            maker, source, now_us=clock.monotonic_us, bell=False, characters=False, where=Where.WATCH, period_s=None
        )
        started_kib, counted, planned = 0, Count(journal), len(scenes.history(0, magazine=0))
        async with app.run_test(size=(120, 40)) as pilot:
            for look in range(looks):
                if look == warm:
                    started_kib = resident_kib()
                journal.append(batch(look), treatment=scenes.TREATMENT, epoch=None)
                assert source.look() == PER_LOOK + (planned if look == 0 else 0)
                clock.advance_us(LOOK_US)
                app.tick()
                await pilot.pause()
                if look % CHECK_EVERY == CHECK_EVERY - 1 or look == looks - 1:
                    counted.on()
                    assert source.moment(clock.monotonic_us()).state.dispensed_nl == counted.delivered_nl
                    shown = text(app)
                    assert f"at most {figures.at_most(counted.high_nl)}" in shown
                    assert f"#{counted.shots} " in shown
                    assert app.view is not None
                    assert app.view.given_nl == counted.delivered_nl
        return resident_kib() - started_kib


@pytest.mark.parametrize(
    "looks", [pytest.param(40, id="short"), pytest.param(12_000, id="ten minutes", marks=pytest.mark.soak)]
)
def test_nothing_is_lost_and_nothing_grows(tmp_path: Path, looks: int) -> None:
    grown_kib = asyncio.run(watch(tmp_path, looks, warm=min(looks // 2, 1_000)))
    assert grown_kib < GROWTH_KIB
