"""The start screen and the plan wizard: what to do, and everything that a treatment needs before it may begin.

Whatever is chosen ends as the arguments of one ``mesogun`` command, shown before it is run: the screen can do nothing
that the command line cannot. Not responsible for the work behind the steps (``visit``).
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text
from textual import events, work
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from mesogun.errors import InputError, MesogunError
from tui.palette import PALETTES, variables
from tui.settings import Look, look
from tui.terminal import must_be_terminal
from tui.themes import theme_of

if TYPE_CHECKING:
    from tui.visit import Prepared, Said

ABOUT = "Research software and an information display, not an alarm system, not a medical device."


@dataclass(frozen=True, slots=True)
class Past:
    """A treatment on record, for watch and replay: reference and one line about it."""

    treatment: str
    words: str
    ended: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """One line to choose, and what follows."""

    words: str
    then: Callable[[], None]


class Start(App[tuple[str, ...]]):
    """See the module's docstring; returns the arguments of the command to run, or ``None``."""

    CSS_PATH = "start.tcss"
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self,
        *,
        folder: Path,
        past: Callable[[], Sequence[Past]] = lambda: (),
        ports: Callable[[], Sequence[tuple[str, str]]] = lambda: (),
        theme: str = "meso-dark",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._palette = PALETTES[theme]
        super().__init__()
        self._folder = folder
        self._past = past
        self._ports = ports
        self._now = now
        self._choices: tuple[Choice, ...] = ()
        self._entered: Callable[[str], None] | None = None
        self._back: list[Callable[[], None]] = []
        self._protocol = self._area = self._subject = ""
        self._made: Prepared | None = None
        for palette in PALETTES.values():
            self.register_theme(theme_of(palette))
        self.theme = theme

    def get_css_variables(self) -> dict[str, str]:
        """Our colours for the style sheet."""
        return {**super().get_css_variables(), **variables(self._palette)}

    def compose(self) -> ComposeResult:
        """Title, words and choices; the map beside them once there is a plan."""
        yield Static("", id="title", markup=False)
        with Horizontal(id="middle"):
            yield Vertical(id="side")
            with Vertical(id="right"):
                yield Static("", id="words", markup=False)
                yield Input(id="entry")
                yield OptionList(id="choices", markup=False)
        yield Static("↑ ↓ choose   Enter take   PgUp PgDn read   Esc back   q leave", id="foot", markup=False)

    def on_mount(self) -> None:
        """Begin with the menu."""
        self._menu()

    # -- one page ------------------------------------------------------------------------------------------------------

    def _page(self, title: str, words: str | Text, choices: Sequence[Choice], again: Callable[[], None]) -> None:
        """Show one step; ``again`` shows it once more when somebody comes back to it."""
        self._back.append(again)
        self._choices = tuple(choices)
        self.query_one("#title", Static).update(f"mesogun   {title}")
        self.query_one("#words", Static).update(words if isinstance(words, Text) else Text(words))
        self._entered = None
        self.query_one("#entry", Input).remove_class("shown")
        options = self.query_one("#choices", OptionList)
        options.clear_options()
        options.add_options([Option(f" {choice.words}") for choice in choices])
        if choices:
            options.highlighted = 0
        options.focus()

    def _ask_text(self, placeholder: str, then: Callable[[str], None]) -> None:
        entry = self.query_one("#entry", Input)
        entry.value, entry.placeholder = "", placeholder
        entry.add_class("shown")
        entry.focus()
        self._entered = then

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take a choice."""
        self._choices[event.option_index].then()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take what was typed."""
        if self._entered is not None:
            self._entered(event.value.strip())

    def on_key(self, event: events.Key) -> None:
        """Esc goes back, q leaves; in a text field both are left to the field, except Esc."""
        typing = self._entered is not None
        if event.key == "escape":
            event.stop()
            self._go_back()
        elif event.key in ("pageup", "pagedown"):
            event.stop()
            self.query_one("#words").scroll_relative(y=-8 if event.key == "pageup" else 8, animate=False)
        elif event.key == "q" and not typing:
            event.stop()
            self.exit(None)
        elif event.key in ("y", "n") and not typing:
            wanted = "Yes" if event.key == "y" else "No"
            for choice in self._choices:
                if choice.words.startswith(wanted):
                    event.stop()
                    choice.then()
                    return

    def _go_back(self) -> None:
        if len(self._back) < 2:
            return
        self._back.pop()
        self._back.pop()()

    def _sorry(self, title: str, error: BaseException) -> None:
        words = Text.assemble(("This does not work:\n\n", f"bold {self._palette.bad}"), str(error))
        self._page(title, words, [Choice("Back to the beginning", self._menu)], lambda: self._sorry(title, error))

    # -- the menu ------------------------------------------------------------------------------------------------------

    def _menu(self) -> None:
        self._back.clear()
        self.query_one("#side").remove_class("shown")
        words = Text.assemble(
            ("What would you like to do?\n\n", f"bold {self._palette.text}"), (ABOUT, self._palette.quiet)
        )
        self._page(
            "start",
            words,
            [
                Choice(
                    "See it work: a whole treatment on the simulated gun", lambda: self._run(("demo", "--dashboard"))
                ),
                Choice("Plan and treat", self._choose_protocol),
                Choice("Watch a treatment that runs now, read-only", lambda: self._choose_past("watch")),
                Choice("Replay a treatment", lambda: self._choose_past("replay")),
                Choice("Leave", lambda: self.exit(None)),
            ],
            self._menu,
        )

    def _choose_past(self, command: str) -> None:
        try:
            found = [past for past in self._past() if command == "replay" or not past.ended]
        except MesogunError as error:
            self._sorry(command, error)
            return
        choices = [Choice(past.words, lambda past=past: self._run((command, past.treatment))) for past in found]  # type: ignore[misc]
        words = f"Which treatment? {len(found)} on record." if found else "No such treatment is on record here."
        self._page(command, words, [*choices, Choice("Back", self._menu)], lambda: self._choose_past(command))

    # -- plan and treat ------------------------------------------------------------------------------------------------

    def _choose_protocol(self) -> None:
        from tui.visit import protocols

        def take(name: str) -> None:
            self._protocol = name
            self._choose_area()

        choices = [Choice(f"{title}  ({name})", lambda name=name: take(name)) for name, title in protocols()]  # type: ignore[misc]
        words = "Step 1 of 6. Which protocol? Each is a template with its sources."
        self._page("protocol", words, choices, self._choose_protocol)

    def _choose_area(self) -> None:
        from tui.visit import areas

        def take(name: str) -> None:
            self._area = name
            self._choose_subject()

        choices = [Choice(name, lambda name=name: take(name)) for name in areas()]  # type: ignore[misc]
        choices.append(Choice("From a file (.svg .csv .geojson) ...", lambda: self._ask_text("path of the file", take)))
        self._page("area", "Step 2 of 6. Which area? Examples, or a file.", choices, self._choose_area)

    def _choose_subject(self) -> None:
        def take(text: str) -> None:
            from mesogun.identity import check_subject

            try:
                self._subject = check_subject(text)
            except InputError as error:
                self.query_one("#words", Static).update(Text(str(error), style=self._palette.bad))
                return
            self._choose_gun()

        words = "Step 3 of 6. Who? A pseudonymous reference, such as S-0042; never a name."
        self._page("subject", words, [], self._choose_subject)
        self._ask_text("reference", take)

    def _choose_gun(self) -> None:
        from tui.visit import SIMULATED

        ports = [(SIMULATED, "the simulated gun"), *self._ports()]
        choices = [Choice(f"{port}  {words}", lambda port=port: self._plan(port)) for port, words in ports]  # type: ignore[misc]
        self._page("gun", "Step 4 of 6. Which gun? Nothing is loaded yet.", choices, self._choose_gun)

    def _plan(self, port: str) -> None:
        self._page("plan", "Asking the gun and making the plan ...", [], lambda: self._plan(port))
        self._work(port)

    @work(thread=True, exclusive=True)
    def _work(self, port: str) -> None:
        from tui.visit import look_at_gun, prepare

        try:
            ready = prepare(self._protocol, self._area, look_at_gun(port))
        except MesogunError as error:
            self.call_from_thread(self._sorry, "plan", error)
            return
        self.call_from_thread(self._show_plan, ready)

    def _show_plan(self, ready: Prepared) -> None:
        from tui.mapview import MapView
        from tui.visit import Said

        self._made = ready
        side = self.query_one("#side", Vertical)
        side.remove_children()
        plain = self._palette.name == "meso-mono" or self.console.color_system not in ("truecolor", None)
        side.mount(MapView(ready.plan, self._palette, characters=plain, preview=True))
        side.set_class(self.size.width >= 76, "shown")
        choices = [
            Choice("Go on to the questions", lambda: self._question(0, Said())),
            Choice("Begin again", self._menu),
        ]
        self._page("plan", f"Step 5 of 6. The plan.\n\n{ready.summary}", choices, lambda: self._show_plan(ready))

    def _question(self, number: int, said: Said) -> None:
        from tui.visit import outcome_of

        self.query_one("#side").remove_class("shown")
        ready = self._prepared()
        questions = ready.protocol.screening
        if number == len(questions):
            self._consent(0, said)
            return
        asked = questions[number]

        def take(yes: bool) -> None:
            leads = outcome_of(ready, asked.id, yes=yes)
            if leads == "clearance":
                self._ask_text("where is the clearance documented? (letter, date, who)", lambda text: go(yes, text))
            else:
                go(yes, "")

        def go(yes: bool, clearance: str) -> None:
            self._question(number + 1, said.answered(asked.id, yes, clearance))

        words = Text.assemble(
            (f"Step 6 of 6. Question {number + 1} of {len(questions)}.\n\n", self._palette.quiet),
            (f"{asked.ask}\n", f"bold {self._palette.text}"),
            (f"\n{asked.note}\n" if asked.note else "", self._palette.quiet),
            (f"\nyes leads to {asked.yes}, no to {asked.no}; source {', '.join(asked.sources)}", self._palette.quiet),
        )
        choices = [Choice("Yes", lambda: take(yes=True)), Choice("No", lambda: take(yes=False))]
        self._page("screening", words, choices, lambda: self._question(number, said))

    def _consent(self, number: int, said: Said) -> None:
        rules = self._prepared().protocol.consent
        if number == len(rules):
            self._confirm(said)
            return
        rule = rules[number]
        words = Text.assemble(
            (f"Step 6 of 6. Consent {number + 1} of {len(rules)}.\n\n", self._palette.quiet),
            (rule.text, f"bold {self._palette.text}"),
        )
        choices = [
            Choice("Yes, the subject has agreed to this", lambda: self._consent(number + 1, said.consented(rule.id))),
            Choice("No", lambda: self._consent(number + 1, said)),
        ]
        self._page("consent", words, choices, lambda: self._consent(number, said))

    def _confirm(self, said: Said) -> None:
        from tui import figures
        from tui.visit import command, refusals

        ready = self._prepared()
        found = refusals(ready, said, self._subject, self._now())
        title = "confirm"
        if found:
            words = Text.assemble(
                (f"{len(found)} in the way:\n\n", f"bold {self._palette.bad}"), "\n".join(f"· {line}" for line in found)
            )
            again = lambda: self._confirm(said)  # noqa: E731 -- one line that is only handed on
            self._page(title, words, [Choice("Back to the beginning", self._menu)], again)
            return
        plan = ready.plan
        words = Text.assemble(
            ("Nothing is in the way. Confirm exactly this:\n\n", f"bold {self._palette.good}"),
            (f"subject {self._subject}\n", f"bold {self._palette.text}"),
            (f"{plan.protocol_title}\n{plan.area_name}: {len(plan.points)} points, ", self._palette.text),
            (f"{figures.given(plan.total_nl)}\n", f"bold {self._palette.text}"),
            (f"plan {plan.plan_hash[:16]}", self._palette.quiet),
        )
        choices = [
            Choice("Yes, treat as confirmed", lambda: self._run(command(ready, said, self._subject, self._folder))),
            Choice("No, begin again", self._menu),
        ]
        self._page(title, words, choices, lambda: self._confirm(said))

    def _prepared(self) -> Prepared:
        if self._made is None:
            raise InputError("there is no plan yet")
        return self._made

    def _run(self, arguments: tuple[str, ...]) -> None:
        self.exit(arguments, message=f"mesogun {shlex.join(arguments)}")


def past_of(url: str | Path) -> Callable[[], Sequence[Past]]:
    """The treatments of a journal, newest first; none when there is no journal yet."""

    def past() -> Sequence[Past]:
        from mesogun.clock import RealClock
        from mesogun.journal import open_journal

        if "://" not in str(url) and not Path(url).exists():
            return ()
        with open_journal(url, RealClock(), create=False, read_only=True) as journal:
            found = journal.treatments()
        return [
            Past(item.treatment, f"{item.first_at[:16]}  {item.subject}  {item.ended or 'open'}", bool(item.ended))
            for item in reversed(found)
        ]

    return past


def run_start(
    *, folder: Path | None = None, journal: str | Path | None = None, settings: Look | None = None
) -> tuple[str, ...] | None:
    """Open the start screen; the arguments of the ``mesogun`` command that was chosen, or ``None``.

    Parameters
    ----------
    folder
        Where the wizard writes plan and answers; by default a folder in the user's state directory.
    journal
        Where watch and replay look; by default the journal in the user's state directory.
    settings
        Theme; by default what the environment says.

    Raises
    ------
    InputError
        Without a terminal.
    """
    must_be_terminal()
    chosen = settings if settings is not None else look()
    state = _state_folder()
    place = folder if folder is not None else state / "visits" / datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return Start(
        folder=place,
        past=past_of(journal if journal is not None else state / "journal.db"),
        ports=_ports,
        theme=chosen.theme,
    ).run()


def _state_folder() -> Path:
    import platformdirs

    return platformdirs.user_state_path("mesogun", appauthor=False)


def _ports() -> Sequence[tuple[str, str]]:
    from mesogun.gun import key_source
    from mesogun.gun.discover import Verdict, find_guns
    from mesogun.identity import Home

    found = find_guns(key_source(Home.open()))
    return [(item.port.device, item.verdict.value) for item in found if item.verdict is not Verdict.NOT_ASKED]
