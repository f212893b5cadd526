"""The start screen: see it work, plan and treat, watch, replay, the record, calibrate, a gun, about.

Whatever acts ends as the arguments of one ``mesogun`` command, shown before it is run: the screen can do nothing that
the command line cannot. Not responsible for the steps behind a choice (``wizard``, ``records``,
``calibrating``, ``device``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.text import Text
from textual import work

from mesogun.errors import MesogunError
from tui.about import ABOUT_LINE, about
from tui.calibrating import Calibrating
from tui.case import run
from tui.device import Device
from tui.guns import Guns, Ports
from tui.pager import Choice, Pager
from tui.records import Past, Records, open_in_browser, past_of
from tui.releasing import Releasing
from tui.settings import Look, look
from tui.settling import Settling
from tui.terminal import must_be_terminal
from tui.wizard import Wizard

MOST_OPEN = 2
"""So many open treatments stand on the first page; the record has all."""


class Start(Pager):
    """See the module's docstring; returns the arguments of the command to run, or ``None``.

    Parameters
    ----------
    folder
        Where the wizard writes plan and answers.
    journal, reports, limits
        The record, where its reports go, and the clinic's ``limits.toml``.
    past, ports
        The treatments on record, newest first; (port, what is there) of the guns that are plugged in.
    show
        Opens a report's address.
    """

    def __init__(
        self,
        *,
        folder: Path,
        journal: str | Path = "",
        reports: Path | None = None,
        limits: Path | None = None,
        past: Callable[[], Sequence[Past]] = lambda: (),
        ports: Callable[[], Sequence[tuple[str, str]]] = lambda: (),
        show: Callable[[str], object] = open_in_browser,
        theme: str = "meso-dark",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(theme)
        self._wizard = Wizard(self, self.menu, folder=folder, journal=journal, limits=limits, ports=ports, now=now)
        home = Choice("Back to the beginning", self.menu)
        self._past, self._ports = past, ports
        self._around: Around | None = None
        self._menu_number = 0
        guns = Guns(self, home, ports)
        self._settling = Settling(self, home, url=journal, guns=guns)
        self._releasing = Releasing(self, home, url=journal, guns=guns)
        self._records = Records(
            self, self.menu, url=journal, past=past, reports=reports if reports is not None else folder, show=show,
            settling=self._settling, releasing=self._releasing, guns=guns,
        )  # fmt: skip
        self._calibrating = Calibrating(self, self.menu, url=journal, guns=guns)
        self._device = Device(self, self.menu, guns, self._releasing)

    def on_mount(self) -> None:
        """Begin with the menu; what takes a while to find comes into it when it is there."""
        self.menu()
        self.call_after_refresh(self._look_around)

    @work(thread=True, exclusive=True, group="around")
    def _look_around(self) -> None:
        found = look_around(self._past, self._ports)
        self.call_from_thread(self._found, found)

    def _found(self, around: Around) -> None:
        before, self._around = self._around, around
        if self._number == self._menu_number and before != around:
            chosen = self.highlighted
            self.instead(self.menu)
            if chosen is not None:  # what is highlighted stays so, although lines came above it
                self.highlight(chosen + len(around.open))

    def menu(self) -> None:
        """What would you like to do?"""
        self.begin()
        words = Text.assemble(
            ("What would you like to do?\n\n", f"bold {self.palette.text}"),
            (f"{around_words(self._around)}\n\n", self.palette.text),
            (ABOUT_LINE, self.palette.quiet),
        )
        resumed = self._around.open if self._around is not None else ()
        choices = [
            *(Choice(f"Go on with {past.words}", lambda past=past: self._records.go_on(past)) for past in resumed),  # type: ignore[misc]
            Choice("See it work: a whole treatment on the simulated gun", lambda: run(self, ("demo", "--dashboard"))),
            Choice("Plan and treat", self._wizard.start),
            Choice("Watch a treatment that runs now, read-only", lambda: self._records.choose("watch")),
            Choice("Replay a treatment", lambda: self._records.choose("replay")),
            Choice("The record: browse, verify, report", self._records.start),
            Choice("Calibrate a gun", self._calibrating.start),
            Choice("A gun: diagnostics, line, faults", self._device.start),
            Choice("About", self._about),
            Choice("Leave", lambda: self.exit(None)),
        ]
        self.page("start", words, choices, self.menu)
        self._menu_number = self._number

    def _about(self) -> None:
        words = about(self.palette)
        self.page("about", words, [Choice("Back to the beginning", self.menu)], self._about)


@dataclass(frozen=True, slots=True)
class Around:
    """What there is at the start: the newest treatments that are open, and (port, what is there) of the guns."""

    open: tuple[Past, ...]
    guns: tuple[tuple[str, str], ...]
    trouble: str = ""


def look_around(past: Callable[[], Sequence[Past]], ports: Ports) -> Around:
    """Look; a journal or a port that cannot be read is said, not hidden."""
    trouble: list[str] = []
    found: list[Past] = []
    guns: list[tuple[str, str]] = []
    try:
        found = [item for item in past() if not item.ended][:MOST_OPEN]
    except (MesogunError, OSError) as error:
        trouble.append(str(error))
    try:
        guns = list(ports())
    except (MesogunError, OSError) as error:
        trouble.append(str(error))
    return Around(tuple(found), tuple(guns), "; ".join(trouble))


def around_words(around: Around | None) -> str:
    """The guns that were found, in words."""
    if around is None:
        return "Looking for guns ..."
    lines = [f"gun at {port}: {what}" for port, what in around.guns]
    if around.trouble:
        lines.append(around.trouble)
    return "\n".join(lines) or "No gun is plugged in; the simulated one is always there."


def run_start(
    *, state: Path, journal: str | Path | None = None, limits: Path | None = None, settings: Look | None = None
) -> tuple[str, ...] | None:
    """Open the start screen; the arguments of the ``mesogun`` command that was chosen, or ``None``.

    Parameters
    ----------
    state
        The folder under which the wizard writes plan and answers, and reports go.
    journal
        Where the record, watch and replay look; by default the journal in that folder.
    limits
        The clinic's ``limits.toml``; by default the one in that folder.
    settings
        Theme; by default what the environment says.

    Raises
    ------
    InputError
        Without a terminal.
    """
    must_be_terminal()
    chosen = settings if settings is not None else look()
    url = journal if journal is not None else state / "journal.db"
    return Start(
        folder=state / "visits" / datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"),
        journal=url,
        reports=state / "reports",
        limits=limits if limits is not None else state / "limits.toml",
        past=past_of(url),
        ports=plugged_in,
        theme=chosen.theme,
    ).run()


def plugged_in() -> Sequence[tuple[str, str]]:
    """(port, what is there) of the port in ``MESOGUN_PORT`` and of the guns that are plugged in."""
    from mesogun.gun import key_source
    from mesogun.gun.discover import Verdict, find_guns
    from mesogun.identity import Home

    found = find_guns(key_source(Home.open()))
    asked = [(item.port.device, item.verdict.value) for item in found if item.verdict is not Verdict.NOT_ASKED]
    named = os.environ.get("MESOGUN_PORT")
    return [*([(named, "named in MESOGUN_PORT")] if named else []), *asked]
