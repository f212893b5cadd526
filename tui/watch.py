"""Open a journal read-only and look: on the screen, as plain lines, as JSON lines; now, or again later.

Not responsible for what is shown. Any number of these may run, in other rooms too; none of them holds a gun.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mesogun.clock import RealClock
from mesogun.errors import InputError
from mesogun.record.alarms import Alarms
from tui.alerting import Alerting, Surroundings
from tui.follow import Entry, Fetch, ReplaySource, WatchSource, plan_of
from tui.settings import Look, look
from tui.terminal import must_be_terminal
from tui.twin import as_json, news
from tui.view import View, ViewMaker

if TYPE_CHECKING:
    from mesogun.journal import Journal


def rows_of(journal: Journal, treatment: str) -> Fetch:
    """Rows of one treatment after a sequence number."""

    def fetch(after: int) -> Iterator[Entry]:
        for row in journal.rows(treatment, after):
            yield Entry(row.seq, row.at, row.event)

    return fetch


def newest(journal: Journal) -> str:
    """The treatment that began last.

    Raises
    ------
    InputError
        When the journal holds none.
    """
    names = [summary.treatment for summary in journal.treatments()]
    if not names:
        raise InputError("the journal holds no treatment yet; start one, or name another journal")
    return names[-1]


def run_watch(url: str | Path, treatment: str | None = None, *, settings: Look | None = None) -> None:
    """Follow a treatment on the screen until the user leaves; the newest one by default.

    Raises
    ------
    InputError
        Without a terminal, a treatment, or a plan on record.
    """
    must_be_terminal()
    from mesogun.journal import open_journal

    with open_journal(url, RealClock(), create=False, read_only=True) as journal:
        name = treatment if treatment is not None else newest(journal)
        fetch = rows_of(journal, name)
        plan = plan_of(fetch(0))
        source = WatchSource(fetch, RealClock().utc)
        source.look()
        follower = threading.Thread(target=source.run, name="watch", daemon=True)
        follower.start()
        try:
            _open(ViewMaker(plan, title=plan.protocol_title, source=source.name), source, settings)
        finally:
            source.leave()
            follower.join(2.0)


def run_replay(url: str | Path, treatment: str, *, settings: Look | None = None) -> None:
    """Play a recorded treatment again on the screen.

    Raises
    ------
    InputError
        Without a terminal, or when there is nothing to replay.
    """
    must_be_terminal()
    from mesogun.journal import open_journal

    with open_journal(url, RealClock(), create=False, read_only=True) as journal:
        entries = tuple(rows_of(journal, treatment)(0))
    source = ReplaySource(entries)
    plan = plan_of(entries)
    _open(ViewMaker(plan, title=plan.protocol_title, source=source.name), source, settings)


def _open(maker: ViewMaker, source: WatchSource | ReplaySource, settings: Look | None) -> None:
    from tui.app import Dashboard
    from tui.keymap import Where

    chosen = settings if settings is not None else look()
    Dashboard(
        maker,
        source,
        now_us=RealClock().monotonic_us,
        theme=chosen.theme,
        flash=chosen.flash,
        bell=chosen.bell and source.name == "WATCH",
        characters=chosen.characters,
        picture=chosen.picture,
        themed=chosen.themed,
        tick=chosen.tick,
        ticked=chosen.ticked,
        remap=chosen.keys,
        where=Where.WATCH if source.name == "WATCH" else Where.REPLAY,
    ).run()


def lines(
    fetch: Fetch, *, as_json_lines: bool, now_us: Callable[[], int], utc: Callable[[], datetime] | None = None
) -> Iterator[str]:
    """What ``watch --plain`` or ``--json`` prints: each item is one look's news, possibly nothing.

    The first look is a whole report; the caller waits between looks and stops when it wants to.

    Raises
    ------
    InputError
        When the treatment has no plan on record.
    """
    plan = plan_of(fetch(0))
    source = WatchSource(fetch, utc)
    maker = ViewMaker(plan, title=plan.protocol_title, source=source.name)
    before: View | None = None
    was = Alarms()
    alerting = Alerting(None, Surroundings(), live=False)
    while True:
        fresh = source.look()
        now = now_us()
        moment = source.moment(now)
        view = maker.of(moment)
        alerting.look(moment, view.limits, now, painting_late=False)
        alarms = alerting.alarms
        if as_json_lines:
            told = before is None or fresh or view.freshness is not before.freshness or alarms != was
            said: Iterable[str] = [as_json(view, alarms)] if told else []
        else:
            said = news(before, view, was, alarms)
        yield "".join(f"{line}\n" for line in said)
        before, was = view, alarms


def print_watch(
    url: str | Path,
    treatment: str | None = None,
    *,
    as_json_lines: bool,
    write: Callable[[str], object],
    follow: bool = True,
    period_us: int = 200_000,
) -> None:
    """``mesogun watch --plain`` and ``--json``: write news until the treatment has ended (or once)."""
    from mesogun.journal import Filter, open_journal

    clock = RealClock()
    with open_journal(url, clock, create=False, read_only=True) as journal:
        name = treatment if treatment is not None else newest(journal)
        over = Filter(treatment=name, kinds=("TreatmentEnded", "NotDone"))
        for text in lines(
            rows_of(journal, name), as_json_lines=as_json_lines, now_us=clock.monotonic_us, utc=clock.utc
        ):
            if text:
                write(text)
            if not follow or next(journal.rows(chosen=over), None) is not None:
                return
            clock.sleep_us(period_us)
