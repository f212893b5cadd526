"""Plan and treat, step by step: protocol, area, subject, gun, plan, questions, consent, confirmation.

Whatever is chosen ends as the arguments of one ``mesogun treat`` command, bound to the plan's hash. Not responsible for
the work behind the steps (``visit``) or for pages (``pager``).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from mesogun.errors import InputError
from tui.pager import Choice, Pager

if TYPE_CHECKING:
    from tui.visit import Prepared, Said

STEPS = 6
Ports = Callable[[], Sequence[tuple[str, str]]]


class Wizard:
    """One visit being prepared on ``pager``; ``home`` is where it begins and where a refusal leads back to."""

    def __init__(
        self, pager: Pager, home: Callable[[], None], *, folder: Path, ports: Ports, now: Callable[[], datetime]
    ) -> None:
        self._pager = pager
        self._home = Choice("Back to the beginning", home)
        self._folder = folder
        self._ports = ports
        self._now = now
        self._protocol = self._area = self._subject = ""
        self._made: Prepared | None = None

    def start(self) -> None:
        """The first step."""
        self._choose_protocol()

    # -- what, where, who, with which gun ------------------------------------------------------------------------------

    def _choose_protocol(self) -> None:
        from tui.visit import protocols

        self._pager.busy("protocol", "Reading the library ...", protocols, self._show_protocols, self._home)

    def _show_protocols(self, found: Sequence[tuple[str, str]]) -> None:
        def take(name: str) -> None:
            self._protocol = name
            self._choose_area()

        choices = [Choice(f"{title}  ({name})", lambda name=name: take(name)) for name, title in found]  # type: ignore[misc]
        words = f"Step 1 of {STEPS}. Which protocol? Each is a template with its sources."
        self._pager.page("protocol", words, choices, lambda: self._show_protocols(found))

    def _choose_area(self) -> None:
        from tui.visit import areas

        def take(name: str) -> None:
            self._area = name
            self._choose_subject()

        choices = [Choice(name, lambda name=name: take(name)) for name in areas()]  # type: ignore[misc]
        named = Choice(
            "From a file (.svg .csv .geojson) ...", lambda: self._pager.ask_text("path of the file, then Enter", take)
        )
        words = f"Step 2 of {STEPS}. Which area? Examples, or a file."
        self._pager.page("area", words, [*choices, named], self._choose_area)

    def _choose_subject(self) -> None:
        def take(text: str) -> None:
            from mesogun.identity import check_subject

            try:
                self._subject = check_subject(text)
            except InputError as error:
                self._pager.say(Text(str(error), style=self._pager.palette.bad))
                return
            self._choose_gun()

        words = f"Step 3 of {STEPS}. Who? A pseudonymous reference, such as S-0042; never a name."
        self._pager.page("subject", words, [], self._choose_subject)
        self._pager.ask_text("reference, then Enter", take)

    def _choose_gun(self) -> None:
        from tui.visit import SIMULATED

        ports = [(SIMULATED, "the simulated gun"), *self._ports()]
        choices = [Choice(f"{port}  {words}", lambda port=port: self._plan(port)) for port, words in ports]  # type: ignore[misc]
        named = Choice(
            "Another port ...",
            lambda: self._pager.ask_text("port, such as /dev/ttyUSB0 or COM5, then Enter", self._plan),
        )
        words = f"Step 4 of {STEPS}. Which gun? Nothing is loaded yet."
        self._pager.page("gun", words, [*choices, named], self._choose_gun)

    def _plan(self, port: str) -> None:
        from tui.visit import look_at_gun, prepare

        self._pager.busy(
            "plan",
            "Asking the gun and making the plan ...",
            lambda: prepare(self._protocol, self._area, look_at_gun(port)),
            self._show_plan,
            self._home,
        )

    def _show_plan(self, ready: Prepared) -> None:
        from tui.mapview import MapView
        from tui.visit import Said

        self._made = ready
        pager = self._pager
        choices = [Choice("Go on to the questions", lambda: self._question(0, Said())), self._home]
        words = f"Step 5 of {STEPS}. The plan.\n\n{flowing(ready.summary)}"
        pager.page("plan", words, choices, lambda: self._show_plan(ready))
        pager.beside(MapView(ready.plan, pager.palette, ink=pager.terminal_ink(), preview=True))

    # -- screening, consent, confirmation ------------------------------------------------------------------------------

    def _question(self, number: int, said: Said) -> None:
        from mesogun.limits.screening import COMBINED
        from tui.visit import outcome_of

        ready, palette = self._prepared(), self._pager.palette
        questions = ready.protocol.screening
        if number == len(questions):
            self._consent(0, said)
            return
        asked = questions[number]

        def take(yes: bool) -> None:
            leads = outcome_of(ready, asked.id, yes=yes)
            if leads == "clearance":
                where = "where is the clearance documented? (letter, date, who)"
                if asked.id in COMBINED:
                    where = "how many days lie between the two? (a number; the clinic's rule decides)"
                self._pager.ask_text(where, lambda text: go(yes, text))
            else:
                go(yes, "")

        def go(yes: bool, clearance: str) -> None:
            self._question(number + 1, said.answered(asked.id, yes, clearance))

        words = Text.assemble(
            (f"Step 6 of {STEPS}. Question {number + 1} of {len(questions)}.\n\n", palette.quiet),
            (f"{asked.ask}\n", f"bold {palette.text}"),
            (f"\n{asked.note}\n" if asked.note else "", palette.quiet),
            (f"\nyes leads to {asked.yes}, no to {asked.no}; source {', '.join(asked.sources)}", palette.quiet),
        )
        choices = [Choice("Yes", lambda: take(yes=True)), Choice("No", lambda: take(yes=False))]
        self._pager.page("screening", words, choices, lambda: self._question(number, said))

    def _consent(self, number: int, said: Said) -> None:
        rules, palette = self._prepared().protocol.consent, self._pager.palette
        if number == len(rules):
            self._confirm(said)
            return
        rule = rules[number]
        words = Text.assemble(
            (f"Step 6 of {STEPS}. Consent {number + 1} of {len(rules)}.\n\n", palette.quiet),
            (rule.text, f"bold {palette.text}"),
        )
        choices = [
            Choice("Yes, the subject has agreed to this", lambda: self._consent(number + 1, said.consented(rule.id))),
            Choice("No", lambda: self._consent(number + 1, said)),
        ]
        self._pager.page("consent", words, choices, lambda: self._consent(number, said))

    def _confirm(self, said: Said) -> None:
        from tui import figures
        from tui.visit import command, refusals

        ready, palette = self._prepared(), self._pager.palette
        found = refusals(ready, said, self._subject, self._now())
        if found:
            words = Text.assemble(
                (f"{len(found)} in the way:\n\n", f"bold {palette.bad}"), "\n".join(f"· {line}" for line in found)
            )
            self._pager.page("confirm", words, [self._home], lambda: self._confirm(said))
            return
        plan = ready.plan
        words = Text.assemble(
            ("Nothing is in the way. Confirm exactly this:\n\n", f"bold {palette.good}"),
            (f"subject {self._subject}\n", f"bold {palette.text}"),
            (f"{plan.protocol_title}\n{plan.area_name}: {len(plan.points)} points, ", palette.text),
            (f"{figures.given(plan.total_nl)}\n", f"bold {palette.text}"),
            (f"plan {plan.plan_hash[:16]}", palette.quiet),
        )

        def go() -> None:
            run(self._pager, command(ready, said, self._subject, self._folder))

        choices = [Choice("Yes, treat as confirmed", go), Choice("No, begin again", self._home.then)]
        self._pager.page("confirm", words, choices, lambda: self._confirm(said))

    def _prepared(self) -> Prepared:
        if self._made is None:
            raise InputError("there is no plan yet")
        return self._made


def flowing(text: str) -> str:
    """``text`` without the line ends inside its paragraphs, so that it fits a place of any width."""
    return re.sub(r"(?<=[^\n])\n(?=\w)", " ", text)


def run(pager: Pager, arguments: tuple[str, ...]) -> None:
    """Leave the screen with a command to run, and say which."""
    pager.exit(arguments, message=f"mesogun {shlex.join(arguments)}")
