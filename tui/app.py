"""The dashboard: one screen for live, watch and replay, with panels, pages, a question and a banner above all of them.

The painting loop polls the newest moment, brings the panels up to date, and, once the frame has left for the terminal,
mints the painted token (H12). Not responsible for deciding anything about doses, for the texts (``panels``) or for
knowing when a frame has left (``painted``).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Protocol

from rich.text import Text
from textual import events
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.driver import Driver
from textual.filter import LineFilter, Monochrome
from textual.message import Message
from textual.widgets import Button

from mesogun.errors import Refused
from mesogun.record.alarms import Alarms, Facts, acknowledge, bell_due, pause_audio, step
from mesogun.treatment.front import Wish
from mesogun.wire.codes import State
from tui import pages, panels
from tui.follow import SKIP, ReplaySource
from tui.forms import KINDS
from tui.front import Question, ScreenFront
from tui.keymap import Act, Where, key_line, keymap
from tui.lines import KeyLine, Line
from tui.mapview import MapView
from tui.mono import WithoutColour
from tui.ordering import Ordering
from tui.painted import PaintedDriver, painted_driver
from tui.palette import PALETTES, Palette, variables
from tui.picture import offline
from tui.source import Moment, Source
from tui.themes import theme_of
from tui.view import View, ViewMaker

PERIOD_S = 0.05
LEAST_GAP_US = 40_000
LATE_US = 1_000_000
MOST_OUTSTANDING = 3
NARROW, WIDE = 76, 110


class Painter(Protocol):
    """Whoever knows when everything drawn so far is on the terminal."""

    @property
    def outstanding(self) -> int:
        """Frames not yet known to be painted."""
        ...

    def after_painted(self, then: Callable[[], None]) -> None:
        """Call ``then``, on any thread, once that is so."""
        ...


class Dashboard(App[str]):
    """See the module's docstring.

    Parameters
    ----------
    maker, source
        What to show, and where it comes from.
    front
        The seam to the runner; ``None`` when there is nothing to command.
    painter
        Knows when a frame has left; by default the terminal driver. Without one, no token is ever minted.
    ticks
        The screen's clock.
    flash
        Whether urgent banners flash.
    """

    CSS_PATH = "dashboard.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[Any]] = []

    def __init__(
        self,
        maker: ViewMaker,
        source: Source,
        *,
        now_us: Callable[[], int],
        front: ScreenFront | None = None,
        painter: Painter | None = None,
        theme: str = "meso-dark",
        flash: bool = True,
        bell: bool = True,
        remap: Mapping[str, str] | None = None,
        picture: Callable[[str], str] | None = None,
        characters: bool | None = None,
        where: Where = Where.LIVE,
        operators: Sequence[str] = (),
        period_s: float | None = PERIOD_S,
    ) -> None:
        self._palette: Palette = PALETTES[theme]
        super().__init__()
        self._maker = maker
        self._source = source
        self._front = front
        self._painter = painter
        self._now_us = now_us
        self._flash = flash
        self._bell = bell
        self._picture = picture
        self._characters = characters
        self._keys: dict[str, Act] = keymap(where, remap)
        self._period_s = period_s
        self._ordering = Ordering(front, self._keys, operators) if front is not None else None
        self._alarms = Alarms()
        self._view: View | None = None
        self._moment: Moment | None = None
        self._trace: deque[int] = deque(maxlen=240)
        self._beat = 0
        self._ticked_us = now_us() - LEAST_GAP_US
        self._last_bell_us: int | None = None
        self._painted_us: int | None = None
        self._waiting_us: int | None = None
        self._was_armed = False
        self._question: Question | None = None
        self._asking: str | None = None
        self._page: str | None = None
        self._note = ""
        self._note_us = 0
        for palette in PALETTES.values():
            self.register_theme(theme_of(palette))
        self.theme = theme

    def get_driver_class(self) -> type[Driver]:
        """The platform's driver, with reports of what has been painted."""
        return painted_driver(super().get_driver_class())

    def get_css_variables(self) -> dict[str, str]:
        """Our colours for the style sheet."""
        return {**super().get_css_variables(), **variables(self._palette)}

    def get_line_filters(self) -> Sequence[LineFilter]:
        """In the mono theme, colours are taken out altogether; Textual's own turning to grey is never used."""
        if self._palette.name == "meso-mono":
            return [WithoutColour()]
        return [found for found in super().get_line_filters() if not isinstance(found, Monochrome)]

    def compose(self) -> ComposeResult:
        """Banner, status, body, page, keys; the question lies over them."""
        yield Line("banner")
        yield Line("status")
        with Horizontal(id="body"):
            with Vertical(id="left"):
                with Vertical(id="mapbox"):
                    yield MapView(self._maker.plan, self._palette, characters=self._plain_map())
                yield Line("legend")
            with Vertical(id="right"):
                yield Line("total")
                yield Line("zones")
                yield Line("gun")
                yield Line("shots")
        with VerticalScroll(id="page", can_focus=False):
            yield Line("paper")
        yield KeyLine("keys")
        with Vertical(id="over"):
            yield Line("question")
            with Horizontal(id="answers"):
                yield Button("y  Yes", id="yes", compact=True)
                yield Button("n  No", id="no", compact=True, classes="second")

    def _plain_map(self) -> bool:
        if self._characters is not None:
            return self._characters
        return self._palette.name == "meso-mono" or self.console.color_system not in ("truecolor", None)

    def on_mount(self) -> None:
        """Start the painting loop; wire STOP to the input thread."""
        self.query_one("#mapbox").border_title = "dose, as planned"
        for button in self.query(Button):
            button.can_focus = False
        driver = self._driver
        if isinstance(driver, PaintedDriver):
            if self._painter is None:
                self._painter = driver
            if self._front is not None:
                driver.on_stop = self._front.stop_now
                self._heed()
        self._lay_out()
        if self._period_s is not None:
            self.set_interval(self._period_s, self._round)
            if self._front is not None:
                self._front.when_news(lambda: self.post_message(self.News()))
        self.call_after_refresh(self.tick)

    def on_resize(self, event: events.Resize) -> None:
        """Choose the layout for this size."""
        self._lay_out(event.size.width, event.size.height)

    def _lay_out(self, width: int | None = None, height: int | None = None) -> None:
        width = width if width is not None else self.size.width
        height = height if height is not None else self.size.height
        self.screen.set_class(width < NARROW, "-narrow")
        self.screen.set_class(width >= WIDE, "-wide")
        self.screen.set_class(height < 24, "-low")
        self._draw_keys(width)

    # -- the painting loop ---------------------------------------------------------------------------------------------

    class News(Message):
        """A snapshot has arrived since the screen last looked."""

    def on_dashboard_news(self) -> None:
        """Look at once, unless the last look was so recent that the timer's next one will do."""
        self._round()

    def on_unmount(self) -> None:
        """Nobody listens to news any more."""
        if self._front is not None:
            self._front.when_news(None)

    def _round(self) -> None:
        if self._now_us() - self._ticked_us >= LEAST_GAP_US:
            self.tick()

    def tick(self) -> None:
        """One round: look, bring everything up to date, have the frame reported."""
        now_us = self._ticked_us = self._now_us()
        if self._front is not None:
            self._front.looked()
        moment = self._source.moment(now_us)
        self._moment = moment
        view = self._maker.view(
            moment.state,
            moment.status,
            phase=moment.phase,
            age_us=moment.age_us,
            stopped=moment.stopped,
            failure=moment.failure,
        )
        self._view = view
        if moment.status is not None and moment.failure is None:
            self._was_armed = moment.status.state in (State.ARMED, State.FIRING)
            self._trace.append(moment.status.pressure_pa)
        self._alarms = step(self._alarms, self._facts(moment, now_us), now_us)
        if self._bell and bell_due(self._alarms, self._last_bell_us, now_us):
            self._last_bell_us = now_us
            self.bell()
        if self._painter is not None and self._painter.outstanding >= MOST_OUTSTANDING:
            return  # the terminal takes nothing: queueing more would only block this loop
        self._beat += 1
        self._heed()
        self._ask()
        self._draw(view, moment, now_us)
        if self._painter is not None:
            if self._waiting_us is None:
                self._waiting_us = now_us
            self.call_after_refresh(self._report, moment)

    def _report(self, moment: Moment) -> None:
        if self._painter is not None:
            self._painter.after_painted(lambda: self._was_painted(moment))

    def _was_painted(self, moment: Moment) -> None:
        self._painted_us = self._now_us()
        self._waiting_us = None
        if self._front is not None and moment.snapshot is not None:
            self._front.painted(moment.snapshot)

    def _facts(self, moment: Moment, now_us: int) -> Facts:
        front = self._front
        pausing = front is not None and front.wish() is Wish.PAUSE and moment.failure is None
        waiting_us = self._waiting_us
        return Facts(
            state=moment.state,
            status=moment.status,
            age_us=moment.age_us if self._source.name == "LIVE" else None,
            limits=self._maker.limits(moment.state),
            stopped=moment.stopped,
            failure=moment.failure,
            failure_kind=moment.failure_kind,
            was_armed=self._was_armed,
            pausing_us=front.wish_age_us if front is not None and pausing else None,
            painting_late=waiting_us is not None and now_us - waiting_us > LATE_US,
        )

    def _draw(self, view: View, moment: Moment, now_us: int) -> None:
        palette, width = self._palette, self.size.width
        line = self._line
        line("banner").show(panels.banner(self._alarms, palette, width, now_us, flash=self._flash))
        orders = self._front.waiting if self._front is not None else 0
        waiting = f"orders that the runner has not taken: {orders}" if orders else moment.note
        note = self._note if now_us - self._note_us < 4_000_000 else waiting
        line("status").show(panels.status(view, palette, width, self._beat, note))
        if self._page is not None:
            paper = pages.page(self._page, view, self._alarms, self._keys, palette, max(20, width - 4))
            line("paper").show(paper)
            return
        total = line("total")
        total.show(panels.total(view, palette, max(10, total.size.width), total.size.height or 11))
        gun = line("gun")
        gun.show(panels.gun(view, palette, max(10, gun.size.width), self._trace))
        if self.screen.has_class("-wide"):
            line("zones").show(panels.zones(view, palette, line("zones").size.width or 40))
        shots = line("shots")
        shots.show(panels.shots(view, palette, max(10, shots.size.width), shots.size.height))
        map_view = self.query_one(MapView)
        map_view.show(view, moment.state)
        line("legend").show(map_view.legend(max(10, line("legend").size.width)))

    def _line(self, name: str) -> Line:
        return self.query_one(f"#{name}", Line)

    def _draw_keys(self, width: int) -> None:
        self.query_one(KeyLine).show(panels.key_line(key_line(self._keys), self._palette, width))

    def on_key_line_pressed(self, event: KeyLine.Pressed) -> None:
        """The mouse presses keys too."""
        self.act(event.name)

    # -- questions -----------------------------------------------------------------------------------------------------

    def _ask(self) -> None:
        """Show the runner's question, or take it away when it is no longer asked."""
        front = self._front
        question = front.question if front is not None else None
        if front is not None and front.wish() is not Wish.RUN:
            question = None
        if self._asking is not None or self._form_open:
            return
        if question is None:
            if self._question is not None:
                self._question = None
                self._close()
        elif self._question is None or self._question.number != question.number:
            self._question = question
            what, words = question.what, question.text
            if what in ("arm", "rearm") and self._moment is not None:
                words = pages.arm_words(self._moment.state) or words
                what = "prime" if pages.primes(self._moment.state) else what
            self._open(pages.question(what, words, self._palette), *_ANSWERS[question.what])

    def _open(self, text: Text, yes: str, no: str, *, keys: tuple[str, str] = ("y", "n")) -> None:
        self._line("question").show(text)
        self.query_one("#yes", Button).label = f"{keys[0]}  {yes}"
        self.query_one("#no", Button).label = f"{keys[1]}  {no}"
        self.query_one("#over").add_class("open")

    def _close(self) -> None:
        self.query_one("#over").remove_class("open")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """The mouse answers too."""
        self.act(str(event.button.id))

    # -- orders --------------------------------------------------------------------------------------------------------

    @property
    def _form_open(self) -> bool:
        return self._ordering is not None and self._ordering.form is not None

    def _order(self, name: str) -> None:
        """Open the form of one order in the question's place; the runner's question comes back after it."""
        if self._ordering is None or self._view is None or self._over() or self._ordering.stopped:
            self._tell("nothing can be ordered now")
            return
        try:
            self._ordering.open(name, self._maker.plan, self._view)
        except Refused as refusal:
            self._tell(str(refusal))
            return
        self._asking, self._question = None, None
        self._heed()

    def _fill_in(self, key: str, character: str | None) -> None:
        if self._ordering is not None:
            words = self._ordering.press(key, character)
            if words:
                self._tell(words)
            self._heed(ordered=bool(words))

    def _heed(self, *, ordered: bool = False) -> None:
        """Show the form as it is now, or take it away; let the keyboard know which keys stop the gun."""
        ordering = self._ordering
        if ordering is None:
            return
        was_open = ordering.form is not None
        if was_open and self._over():
            ordering.close()
        words = ordering.heed()
        if words:
            self._tell(words)
        if ordering.form is not None:
            waiting = ordering.writing and not ordering.letters
            text = pages.form(ordering.form, self._palette, waiting=waiting)
            self._open(text, "Go on", "Cancel", keys=("Enter", "Esc"))
        elif was_open or ordered:
            self._close()
        if isinstance(self._driver, PaintedDriver):
            self._driver.stop_keys = ordering.stop_keys

    def _cancel_form(self) -> None:
        if self._ordering is not None:
            self._ordering.close()
            self._close()
            self._heed()

    # -- keys ----------------------------------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """STOP first, then an open form, then the keymap."""
        ordering = self._ordering
        if ordering is not None and event.key in ordering.stop_keys:
            event.prevent_default()
            event.stop()
            self.act("stop")
            return
        if ordering is not None and ordering.takes(event.key, event.character):
            event.prevent_default()
            event.stop()
            self._fill_in(event.key, event.character)
            return
        if self._form_open and event.key == "escape":
            event.stop()
            self.act("no")
            return
        act = self._keys.get(event.key) or self._keys.get(event.character or "")
        if act is not None:
            event.prevent_default()
            event.stop()
            self.act(act.id)

    def act(self, name: str) -> None:
        """Do one action of the keymap; STOP goes first and asks nothing."""
        if name == "stop":
            self._stop()
            return
        if name in KINDS:
            self._order(name)
            return
        handler = getattr(self, f"_do_{name}", None)
        if handler is not None:
            handler()

    def _stop(self) -> None:
        if self._front is not None and not self._front.stopped:
            self._front.stop_now()
        self._asking = None
        self._question = None
        self._cancel_form()
        self._close()

    def _do_pause(self) -> None:
        front = self._front
        if front is None or front.stopped:
            return
        paused = front.wish() is Wish.PAUSE
        front.want(Wish.RUN if paused else Wish.PAUSE)
        self._tell("going on; arming is asked for anew" if paused else "pausing: the gun disarms")
        self._heed()

    def _do_end(self) -> None:
        if self._front is None or self._over():
            self._tell("the treatment is over; q leaves")
            return
        self._cancel_form()
        self._asking = "end"
        left = self._view.shots_total - self._view.shots_done if self._view is not None else 0
        self._open(pages.question("end", f"End the treatment here? {left} points would not be given.", self._palette),
                   "End it", "Go on")  # fmt: skip

    def _do_yes(self) -> None:
        if self._form_open:
            self._fill_in("enter", None)
        else:
            self._answer(yes=True)

    def _do_no(self) -> None:
        if self._form_open:
            self._cancel_form()
            self._tell("nothing was ordered")
            return
        if self._asking is None and self._question is None:
            self._show_page(None)
            self.screen.remove_class("-bigmap")
            self.query_one(MapView).hide_cursor()
            return
        self._answer(yes=False)

    def _answer(self, *, yes: bool) -> None:
        front = self._front
        if self._asking is not None:
            asking, self._asking = self._asking, None
            self._question = None
            self._close()
            if yes and front is not None and asking == "end":
                front.want(Wish.END)
                self._tell("ending: the magazine is emptied, the log is read")
            return
        question, self._question = self._question, None
        if question is None or front is None:
            return
        self._close()
        if question.what in ("arm", "rearm") and not yes:
            front.want(Wish.PAUSE)
            self._tell("not armed; space goes on, e ends")
        elif question.what == "syringe" and not yes:
            self._question = question
            self._open(pages.question("syringe", question.text, self._palette), *_ANSWERS["syringe"])
        else:
            front.answer(question, yes)

    def _over(self) -> bool:
        moment = self._moment
        return moment is not None and (moment.state.ended is not None or moment.failure is not None)

    def _do_quit(self) -> None:
        if self._front is None or self._over():
            self.exit("quit")
        else:
            self._do_end()

    def _do_ack(self) -> None:
        self._alarms = acknowledge(self._alarms)

    def _do_silence(self) -> None:
        self._alarms = pause_audio(self._alarms, self._now_us())

    def _do_map(self) -> None:
        self._show_page(None)
        big = not self.screen.has_class("-bigmap")
        self.screen.set_class(big, "-bigmap")
        if not big:
            self.query_one(MapView).hide_cursor()

    def _do_log(self) -> None:
        self._show_page("log")

    def _do_alarms(self) -> None:
        self._show_page("alarms")

    def _do_gun(self) -> None:
        self._show_page("gun")

    def _do_help(self) -> None:
        self._show_page("help")

    def _show_page(self, name: str | None) -> None:
        self._page = None if name == self._page else name
        self.screen.set_class(self._page is not None, "-page")
        self.query_one("#page").scroll_home(animate=False)

    def _do_play(self) -> None:
        if isinstance(self._source, ReplaySource):
            self._source.play()

    def _do_faster(self) -> None:
        if isinstance(self._source, ReplaySource):
            self._source.faster(1)

    def _do_slower(self) -> None:
        if isinstance(self._source, ReplaySource):
            self._source.faster(-1)

    def _do_up(self) -> None:
        self._move(0, -1)

    def _do_down(self) -> None:
        self._move(0, 1)

    def _do_back(self) -> None:
        self._move(-1, 0)

    def _do_forward(self) -> None:
        self._move(1, 0)

    def _move(self, columns: int, lines: int) -> None:
        if isinstance(self._source, ReplaySource) and columns and not self.screen.has_class("-bigmap"):
            self._source.skip(columns * SKIP)
            return
        if self._page is not None:
            self.query_one("#page").scroll_relative(y=lines * 3, animate=False)
        else:
            self.query_one(MapView).move_cursor(columns, lines)

    def _do_theme(self) -> None:
        names = list(PALETTES)
        self.use_theme(names[(names.index(self._palette.name) + 1) % len(names)])

    def use_theme(self, name: str) -> None:
        """Change colours."""
        self._palette = PALETTES[name]
        self.theme = name
        self.refresh_css(animate=False)
        self.query_one(MapView).repaint(self._palette, characters=self._plain_map())
        self._draw_keys(self.size.width)

    def _do_picture(self) -> None:
        if self._picture is None:
            self._tell("no folder for pictures was given")
            return
        self._tell(f"picture: {self._picture(offline(self.export_screenshot(title='mesogun')))}")

    def _tell(self, words: str) -> None:
        self._note, self._note_us = words, self._now_us()


_ANSWERS = {
    "arm": ("Arm", "Not yet"),
    "rearm": ("Arm again", "Not yet"),
    "syringe": ("It is in place", "Not yet"),
    "fault": ("Cause removed", "Leave it"),
}
