"""The record: treatments of a journal, their events, whether the chain holds, and the report. Read-only.

Not responsible for judging rows (``mesogun.journal``), for what stands in a report (``mesogun.report``) or for pages
(``pager``).
"""

from __future__ import annotations

import json
import os
import re
import sys
import webbrowser
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from tui.case import go_on, run
from tui.opening import open_record, there_is
from tui.pager import Choice, Pager

if TYPE_CHECKING:
    from mesogun.journal import Row, Verdict
    from mesogun.record import Event
    from mesogun.treatment.unsettled import Question
    from tui.guns import Guns
    from tui.releasing import Releasing
    from tui.settling import Settling

MOST_EVENTS = 400
LONGEST_VALUE = 60


def open_in_browser(address: str) -> bool:
    """Open a report where there is a desktop; a browser of the text kind would take this very terminal."""
    desktop = sys.platform in ("darwin", "win32") or any(os.environ.get(one) for one in ("DISPLAY", "WAYLAND_DISPLAY"))
    return desktop and webbrowser.open(address)


@dataclass(frozen=True, slots=True)
class Past:
    """A treatment on record: reference, one line about it, whether it has ended, what of it is not known."""

    treatment: str
    words: str
    ended: bool
    doubt: str = ""


def past_of(url: str | Path) -> Callable[[], Sequence[Past]]:
    """The treatments of a journal, newest first; none when there is no journal yet."""

    def past() -> Sequence[Past]:
        from mesogun.treatment.unsettled import all_unsettled

        if not there_is(url):
            return ()
        with open_record(url) as journal:
            found = journal.treatments()
            doubts = {item.treatment: doubt_of(item.questions) for item in all_unsettled(journal)}
        return [
            Past(
                item.treatment,
                f"{item.first_at[:16].replace('T', ' ')}  {item.subject}  {item.ended or 'open'}",
                bool(item.ended),
                doubts.get(item.treatment, ""),
            )
            for item in reversed(found)
        ]

    return past


def doubt_of(questions: Sequence[Question]) -> str:
    """What is not known of a treatment, in two words for a list; a running one has loaded shots that it will read."""
    from mesogun.treatment.unsettled import About

    if all(item.about is About.ENTRIES for item in questions):
        return f"{sum(item.count for item in questions)} loaded"
    return f"{len(questions)} to settle"


def event_words(event: Event) -> str:
    """The kind of an event as people read it: ``ScreeningAnswered`` -> ``screening answered``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(event).__name__).lower()


def event_line(row: Row) -> str:
    """One event in one line: number, time, kind, and what can be read in a line; the gun is the same in all of them."""
    told = ", ".join(
        f"{name.replace('_', ' ')} {value}"
        for name, value in asdict(row.event).items()
        if value not in ("", 0, False) and len(json.dumps(value)) <= LONGEST_VALUE and name not in ("gun", "memory")
    )
    return f"{row.seq:>5} {row.at[11:19]} {event_words(row.event):<17} {told}"


def verdict_text(verdict: Verdict) -> str:
    """Whether the chain holds, and its head, as it is printed on reports."""
    if verdict.ok:
        return (
            f"Verified: {verdict.events} events, every byte as it was written.\n\nHead {verdict.head}\n\n"
            "The same head is printed on reports and certificates: a journal that was cut short has another one."
        )
    return f"NOT VERIFIED: row {verdict.first_bad}: {verdict.reason}"


class Records:
    """The pages about a journal."""

    def __init__(
        self, pager: Pager, home: Callable[[], None], *, url: str | Path, past: Callable[[], Sequence[Past]],
        reports: Path, show: Callable[[str], object] = open_in_browser,
        settling: Settling, releasing: Releasing, guns: Guns,
    ) -> None:  # fmt: skip
        self._pager = pager
        self._home = Choice("Back to the beginning", home)
        self._url = url
        self._past = past
        self._reports = reports
        self._open = show
        self._guns = guns
        self._settling = settling
        self._releasing = releasing

    def start(self) -> None:
        """Which treatment, or the chain as a whole?"""
        self._pager.busy("record", "Reading the journal ...", self._past, self._choose, self._home)

    def _choose(self, found: Sequence[Past]) -> None:
        choices = [
            Choice(past.words + (f"   ? {past.doubt}" if past.doubt else ""), lambda past=past: self._show(past))  # type: ignore[misc]
            for past in found
        ]
        verify = Choice("Verify the whole journal", self._verify)
        free = Choice("Free a gun from a treatment whose journal is gone", self._releasing.start)
        count = "1 treatment" if len(found) == 1 else f"{len(found)} treatments"
        words = Text(f"{count} on record, newest first." if found else "No treatment is on record here yet.")
        if open_ones := sum(1 for past in found if past.doubt):
            where = "one of them" if open_ones == 1 else f"{open_ones} of them"
            words.append(f"\n? In {where} something is not known.", f"bold {self._pager.palette.warn}")
        shown = [verify, *choices, free, self._home] if found else [free, self._home]
        self._pager.page("record", words, shown, lambda: self._choose(found))

    def choose(self, command: str) -> None:
        """Which treatment to ``watch`` or to ``replay``? Only what has not ended can be watched."""

        def show(all_of_them: Sequence[Past]) -> None:
            found = [past for past in all_of_them if command == "replay" or not past.ended]
            choices = [
                Choice(past.words, lambda past=past: run(self._pager, (command, past.treatment)))  # type: ignore[misc]
                for past in found
            ]
            words = f"Which treatment? {len(found)} on record." if found else "No such treatment is on record here."
            self._pager.page(command, words, [*choices, self._home], lambda: show(all_of_them))

        self._pager.busy(command, "Reading the journal ...", self._past, show, self._home)

    def _show(self, past: Past) -> None:
        choices = [
            Choice("Its events", lambda: self._events(past)),
            Choice("Write its report and open it", lambda: self._report(past)),
            Choice("Replay it", lambda: run(self._pager, ("replay", past.treatment))),
            self._home,
        ]
        if not past.ended:
            choices.insert(0, Choice("Go on with it", lambda: self.go_on(past)))
            choices.insert(4, Choice("Watch it", lambda: run(self._pager, ("watch", past.treatment))))
        words = Text(f"Treatment {past.treatment}\n{past.words}")
        if past.doubt:
            choices.insert(
                0, Choice("What is not known, and how to settle it", lambda: self._settling.start(past.treatment))
            )
            words.append(f"\n? {past.doubt}", f"bold {self._pager.palette.warn}")
        self._pager.page("treatment", words, choices, lambda: self._show(past))

    def go_on(self, past: Past) -> None:
        """Resume an open treatment, where its gun is now."""
        go_on(self._pager, self._guns, past.treatment)

    def _events(self, past: Past) -> None:
        def read() -> list[str]:
            with open_record(self._url) as journal:
                return [event_line(row) for row in journal.rows(past.treatment)]

        def show(lines: list[str]) -> None:
            cut = f"The last {MOST_EVENTS} of {len(lines)} events; mesogun journal show {past.treatment} has them all."
            head = cut if len(lines) > MOST_EVENTS else f"{len(lines)} events"
            words = "\n".join([head, "", *lines[-MOST_EVENTS:]])
            back = Choice("Back to the treatment", lambda: self._show(past))
            self._pager.page("events", words, [back, self._home], lambda: show(lines), table=True)

        self._pager.busy("events", "Reading ...", read, show, self._home)

    def _verify(self) -> None:
        def verify() -> Verdict:
            from mesogun.identity import Home
            from mesogun.journal import verify_at

            with open_record(self._url) as journal:
                return verify_at(Home.open(), journal, [])

        def show(verdict: Verdict) -> None:
            style = self._pager.palette.text if verdict.ok else f"bold {self._pager.palette.bad}"
            self._pager.page("verify", Text(verdict_text(verdict), style), [self._home], lambda: show(verdict))

        self._pager.busy("verify", "Recomputing the chain over every stored byte ...", verify, show, self._home)

    def _report(self, past: Past) -> None:
        def write() -> Path:
            from mesogun.report import write_report

            self._reports.mkdir(parents=True, exist_ok=True)
            with open_record(self._url) as journal:
                return write_report(journal, past.treatment, self._reports)

        def show(path: Path) -> None:
            opened = self._open(path.resolve().as_uri())
            how = "It is open in the browser." if opened else "No browser could be opened here."
            back = Choice("Back to the treatment", lambda: self._show(past))
            self._pager.page("report", f"{path}\n\n{how}", [back, self._home], lambda: show(path))

        self._pager.busy("report", "Writing the report ...", write, show, self._home)
