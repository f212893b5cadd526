"""The technician's pages: calibrate a gun, go on with a run, look at its history and drift.

What is chosen ends as the arguments of one ``mesogun calibrate`` command. Not responsible for calibrating
(``mesogun.calibration``) or for the screen of a run (``workbench``).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tui.case import run
from tui.guns import Guns
from tui.opening import open_record
from tui.pager import Choice, Pager

if TYPE_CHECKING:
    from mesogun.calibration.history import GunHistory

WHATS = {
    "volume": "Calibrate the volume: weigh, correct, weigh again, certificate",
    "check": "Quick check: does the gun still hold its limits?",
    "depth": "Calibrate the depth: stick-out against setting, certificate",
}
SCRIPTS = {
    "volume": "Which script? It names gun, balance, volumes, how often, and which limits decide.",
    "depth": "Which script? It names needle, gauge, settings, how often, and the limit. The needle must be the one of "
    "the volume calibration, which comes first.",
}

NOT_ENDED = "not ended"  # of ``mesogun.calibration.history``


class Calibrating:
    """From the gun to the command that calibrates it."""

    def __init__(
        self,
        pager: Pager,
        home: Callable[[], None],
        *,
        url: str | Path,
        guns: Guns,
    ) -> None:
        self._pager = pager
        self._home = Choice("Back to the beginning", home)
        self._url = url
        self._guns = guns

    def start(self) -> None:
        """What is to be done?"""
        choices = [
            *(Choice(words, lambda what=what: self._ports_for(what)) for what, words in WHATS.items()),  # type: ignore[misc]
            Choice("Go on with a run that stopped", self._resume),
            Choice("History and drift of every gun", self._history),
            self._home,
        ]
        words = "For a technician. Everything that is decided beforehand stands in a script: docs/calibration.md."
        self._pager.page("calibrate", words, choices, self.start)

    def _ports_for(self, what: str) -> None:
        after = self._script if what == "depth" else self._balance
        self._guns.ask("Which gun?", lambda port: after((what, "--port", port)))

    def _balance(self, chosen: tuple[str, ...]) -> None:
        choices = [
            Choice("By port ...", lambda: self._ask("port of the balance", lambda port: self._with(chosen, port))),
            Choice("Typed by hand, weight by weight", lambda: self._with(chosen, "manual")),
            Choice("From a CSV file ...", lambda: self._ask("path", lambda path: self._with(chosen, f"csv:{path}"))),
            self._home,
        ]
        self._pager.page("balance", "Which balance?", choices, lambda: self._balance(chosen))

    def _with(self, chosen: tuple[str, ...], balance: str) -> None:
        self._script((*chosen, "--balance", balance))

    def _script(self, chosen: tuple[str, ...]) -> None:
        def take(path: str) -> None:
            run(self._pager, ("calibrate", *chosen, "--script", path, *(("--guided",) if chosen[0] == "depth" else ())))

        words = SCRIPTS["depth" if chosen[0] == "depth" else "volume"]
        self._pager.page("script", words, [], lambda: self._script(chosen))
        self._pager.ask_text("path of the script, then Enter", take)

    def _ask(self, what: str, then: Callable[[str], None]) -> None:
        self._pager.ask_text(f"{what}, then Enter", then)

    def _read(self) -> dict[str, GunHistory]:
        from mesogun.calibration.history import histories

        with open_record(self._url) as journal:
            return dict(histories(journal.rows()))

    def _resume(self) -> None:
        def show(found: dict[str, GunHistory]) -> None:
            stopped = [one for item in found.values() for one in item.runs if one.ended == NOT_ENDED]
            choices = [
                Choice(f"{one.day}  {one.what}  {one.run}", lambda one=one: self._gun_for(one.what, one.run))  # type: ignore[misc]
                for one in stopped
            ]
            words = "Which run?" if stopped else "No run has stopped on the way."
            self._pager.page("resume", words, [*choices, self._home], lambda: show(found))

        self._pager.busy("resume", "Reading the journal ...", self._read, show, self._home)

    def _gun_for(self, what: str, name: str) -> None:
        self._guns.ask("Where is its gun now?", lambda port: self._go_on(what, name, port))

    def _go_on(self, what: str, name: str, port: str) -> None:
        if what == "depth":
            run(self._pager, ("calibrate", what, "--port", port, "--resume", name, "--guided"))
            return
        words = "Where is the balance? A port, manual, or csv:FILE."
        self._pager.page("balance", words, [], lambda: self._go_on(what, name, port))
        arguments = ("calibrate", what, "--port", port, "--resume", name, "--balance")
        self._ask("balance", lambda balance: run(self._pager, (*arguments, balance)))

    def _history(self) -> None:
        def show(found: dict[str, GunHistory]) -> None:
            words = "\n\n".join(history_text(item) for item in found.values()) or "No gun was calibrated here yet."
            self._pager.page("history", words, [self._home], lambda: show(found), table=True)

        self._pager.busy("history", "Reading the journal ...", self._read, show, self._home)


def history_text(item: GunHistory) -> str:
    """One gun: every run with its errors as found and as left, its service, its drift."""
    from mesogun.calibration.history import drifts

    lines = [f"gun {item.gun}"]
    for one in item.runs:
        lines.append(f"  {one.day}  {one.what}  {one.run}  {one.ended}")
        for found in one.found:
            left = "" if found.as_left_pct is None else f", as left {found.as_left_pct:+.2f} %"
            lines.append(f"      {found.set_ul:g} µL as found {found.as_found_pct:+.2f} %{left}")
    lines += [f"  {one.day}  service {one.what}: {one.part} {one.note}".rstrip() for one in item.service]
    for drift in drifts(item):
        lines.append(f"  drift at {drift.set_ul:g} µL: {drift.per_year_pct:+.2f} ± {drift.u_per_year_pct:.2f} % a year")
    return "\n".join(lines)
