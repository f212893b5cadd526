"""Pages of words and choices, one at a time: what the start screen, the wizard and the technician's screens stand on.

By keyboard, by mouse, and back again. Not responsible for what is on a page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from rich.text import Text
from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from mesogun.errors import MesogunError
from tui.themed import ThemedApp

T = TypeVar("T")
LEAST_FOR_SIDE = 76
FOOT = "↑ ↓ choose   Enter take   PgUp PgDn read   Esc back   q leave"
FOOT_ANSWER = "y n answer   ↑ ↓ Enter choose   PgUp PgDn read   Esc back   q leave"
FOOT_TYPING = "Enter take what is typed   PgUp PgDn read   Esc back"
LONGEST = 400
"""What a note may hold at most; an answers file takes no more."""


KEYS = (
    ("↑ ↓, Home End", "choose a line"),
    ("Enter, or a click", "take it"),
    ("y n", "yes or no, where that is asked"),
    ("PgUp PgDn", "read on in the words above"),
    ("Esc, Backspace", "one page back; out of a text field"),
    ("?", "this list"),
    ("q", "leave"),
)


class Choices(OptionList, inherit_bindings=False):
    """A list of choices that leaves the paging keys to the words above it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "cursor_down", show=False),
        Binding("up", "cursor_up", show=False),
        Binding("home", "first", show=False),
        Binding("end", "last", show=False),
        Binding("enter", "select", show=False),
    ]


@dataclass(frozen=True, slots=True)
class Choice:
    """One line to choose, and what follows."""

    words: str
    then: Callable[[], None]


class Pager(ThemedApp[tuple[str, ...]]):
    """See the module's docstring. Returns the arguments of a ``mesogun`` command to run, or ``None``."""

    CSS_PATH = "start.tcss"

    def __init__(self, theme: str) -> None:
        super().__init__(theme)
        self.choices: tuple[Choice, ...] = ()
        self._entered: Callable[[str], None] | None = None
        self._asked_on_page = False
        self._trying = False
        self._back: list[Callable[[], None]] = []
        self._number = 0

    def compose(self) -> ComposeResult:
        """Title, words and choices; something to look at beside them where a page has it."""
        yield Static("", id="title", markup=False)
        with Horizontal(id="middle"):
            yield Vertical(id="side")
            with Vertical(id="right"):
                with VerticalScroll(id="reading", can_focus=False):
                    yield Static("", id="words", markup=False)
                yield Static("", id="complaint", markup=False)
                yield Input(id="entry")
                yield Choices(id="choices", markup=False)
        yield Static(FOOT, id="foot", markup=False)

    # -- one page ------------------------------------------------------------------------------------------------------

    @property
    def typing(self) -> bool:
        """Whether letters are taken as text."""
        return self._entered is not None

    @property
    def highlighted(self) -> int | None:
        """Index of the choice that Enter takes."""
        return self.query_one("#choices", OptionList).highlighted

    def begin(self) -> None:
        """What comes now is the first page: Esc goes no further back."""
        self._back.clear()

    def page(
        self,
        title: str,
        words: str | Text,
        choices: Sequence[Choice],
        again: Callable[[], None],
        *,
        table: bool = False,
        chosen: int | None = 0,
    ) -> None:
        """Show one page; ``again`` shows it once more when somebody comes back to it.

        The lines of a ``table`` are cut, not wrapped, and take the room that there is. ``chosen`` is the choice that
        Enter takes first; with ``None`` it takes none, because what is asked has to be answered by somebody.
        """
        self._number += 1
        self._trying = False
        self._back.append(again)
        self.choices = tuple(choices)
        self.query_one("#title", Static).update(f"mesogun   {title}")
        self.say(words)
        self.query_one("#right").set_class(table, "-table")
        self.query_one("#right").remove_class("-asking")
        self.query_one("#reading").scroll_home(animate=False)
        self.query_one("#side").remove_class("shown")
        self._close_entry()
        options = self.query_one("#choices", OptionList)
        options.clear_options()
        options.add_options([Option(f" {choice.words}") for choice in choices])
        if choices:
            options.highlighted = chosen
        self.query_one("#foot", Static).update(self._foot())
        options.focus()

    def highlight(self, number: int) -> None:
        """The choice that Enter takes now."""
        self.query_one("#choices", OptionList).highlighted = number

    def _foot(self) -> str:
        asked = {choice.words.partition(" ")[0].strip(",") for choice in self.choices}
        return FOOT_ANSWER if {"Yes", "No"} <= asked else FOOT

    def renew(self) -> None:
        """Show the page that is shown once more, with what has changed."""
        self._back.pop()()

    def instead(self, again: Callable[[], None]) -> None:
        """Show the page that is shown once more, otherwise: Esc does not lead to how it was."""
        self._back.pop()
        again()

    def say(self, words: str | Text) -> None:
        """Put other words on the page that is shown."""
        self.query_one("#words", Static).update(words if isinstance(words, Text) else Text(words))

    def beside(self, widget: Widget) -> None:
        """Show a picture beside the page, where there is room for one."""
        side = self.query_one("#side", Vertical)
        side.remove_children()
        side.mount(Vertical(widget))  # in a place of its own: what is removed goes a little later
        side.set_class(self.size.width >= LEAST_FOR_SIDE, "shown")

    def complain(self, line: str) -> None:
        """Say in the page that is shown why something does not work; what was typed stays."""
        place = self.query_one("#complaint", Static)
        place.update(Text(line, style=f"bold {self.palette.bad}"))
        place.set_class(bool(line), "shown")

    def ask_text(self, question: str, then: Callable[[str], None], *, value: str = "", longest: int = 0) -> None:
        """Ask for text on the page that is shown, beginning with ``value``; ``longest`` 0 is any length."""
        entry = self.query_one("#entry", Input)
        self._asked_on_page = bool(self.choices)
        entry.max_length = longest
        entry.value = value
        entry.cursor_position = len(value)
        entry.border_title = question  # stays when typing begins, as a placeholder would not
        entry.add_class("shown")
        self.query_one("#right").add_class("-asking")
        entry.focus()
        self._entered = then
        self.complain("")
        self.query_one("#foot", Static).update(FOOT_TYPING)

    def _close_entry(self) -> None:
        self._entered = None
        self.query_one("#right").remove_class("-asking")
        self.complain("")
        self.query_one("#entry", Input).remove_class("shown")
        self.query_one("#foot", Static).update(self._foot())

    def sorry(self, title: str, error: BaseException, back: Choice) -> None:
        """Say in one page what stands in the way."""
        words = Text.assemble(("This does not work:\n\n", f"bold {self.palette.bad}"), str(error))
        self.page(title, words, [back], lambda: self.sorry(title, error, back))

    def busy(self, title: str, words: str, do: Callable[[], T], then: Callable[[T], None], back: Choice) -> None:
        """Do something off the painting thread; ``then`` with its result, unless somebody has left the page."""
        self.page(title, words, [back], lambda: self.busy(title, words, do, then, back))
        self._do(title, self._number, do, then, back)

    def attempt(
        self,
        words: str,
        do: Callable[[], T],
        then: Callable[[T], None],
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Do something off the painting thread while the page stays.

        What stands in the way is said on the page, unless ``failed`` shows another.
        """
        if self._trying:
            return
        self._trying = True
        place = self.query_one("#complaint", Static)
        place.update(Text(words, style=self.palette.quiet))
        place.add_class("shown")
        self._try(self._number, do, then, failed or (lambda error: self.complain(str(error))))

    @work(thread=True, exclusive=True)
    def _try(
        self, number: int, do: Callable[[], T], then: Callable[[T], None], failed: Callable[[Exception], None]
    ) -> None:
        try:
            found = do()
        except (MesogunError, OSError) as error:
            why = error
            self.call_from_thread(self._tried, number, lambda: failed(why))
        else:
            self.call_from_thread(self._tried, number, lambda: then(found))

    def _tried(self, number: int, show: Callable[[], None]) -> None:
        if number == self._number:
            self._trying = False
            self.complain("")
            self._do_or_say(show)

    @work(thread=True, exclusive=True)
    def _do(self, title: str, number: int, do: Callable[[], T], then: Callable[[T], None], back: Choice) -> None:
        try:
            found = do()
        except (MesogunError, OSError) as error:
            why = error
            self.call_from_thread(self._after, number, lambda: self.sorry(title, why, back))
        else:
            self.call_from_thread(self._after, number, lambda: then(found))

    def _after(self, number: int, show: Callable[[], None]) -> None:
        if number == self._number:
            self._back.pop()  # nobody goes back to the waiting
            self._do_or_say(show)

    # -- keys and mouse ------------------------------------------------------------------------------------------------

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take a choice."""
        self._do_or_say(self.choices[event.option_index].then)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take what was typed."""
        then = self._entered
        if then is not None and not self._trying:
            self._do_or_say(lambda: then(event.value.strip()))

    def _do_or_say(self, then: Callable[[], None]) -> None:
        """What does not work is said on the page; what was typed stays."""
        try:
            then()
        except (MesogunError, OSError) as error:
            self.complain(str(error))

    def on_key(self, event: events.Key) -> None:
        """Esc and backspace go back, q leaves; in a text field letters are left to the field."""
        if event.key == "escape" or (event.key == "backspace" and not self.typing):
            event.stop()
            self.step_back()
        elif event.key in ("pageup", "pagedown"):
            event.stop()
            self.query_one("#reading").scroll_relative(y=-8 if event.key == "pageup" else 8, animate=False)
        elif event.key == "question_mark" and not self.typing:
            event.stop()
            self.keys_page()
        elif event.key == "q" and not self.typing:
            event.stop()
            self.exit(None)
        elif event.key in ("y", "n") and not self.typing:
            wanted = "Yes" if event.key == "y" else "No"
            for choice in self.choices:
                if choice.words.startswith(wanted):
                    event.stop()
                    self._do_or_say(choice.then)
                    return

    def on_click(self, event: events.Click) -> None:
        """The foot line goes back by mouse."""
        if event.widget is not None and event.widget.id == "foot":
            self.step_back()

    def keys_page(self) -> None:
        """Which keys there are."""
        if self.query_one("#title", Static).content == "mesogun   keys":
            return
        width = max(len(keys) for keys, _ in KEYS)
        words = "\n".join(f"{keys:<{width}}  {what}" for keys, what in KEYS)
        self.page("keys", words, [Choice("Back", self.go_back)], self.keys_page)

    def step_back(self) -> None:
        """Out of a text field that a choice opened, else to the page before this one."""
        if self.typing and self._asked_on_page:
            self._close_entry()
            self.query_one("#choices", OptionList).focus()
        else:
            self.go_back()

    def go_back(self) -> None:
        """Show the page before this one; leave from the first one is ``q``."""
        if len(self._back) < 2:
            return
        self._back.pop()
        self._back.pop()()
