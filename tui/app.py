"""The dashboard: one screen for live, watch and replay, with a board, pages, a card over them and a banner above all.

The painting loop polls the newest moment, brings everything up to date, and, once the frame has left for the terminal,
mints the painted token (H12). Not responsible for deciding anything about doses, for the texts (``panels``, ``pages``),
for looking around (``viewer``), for what is asked (``asking``) and how it lies there (``cardview``), for alarms
(``alerting``) or for knowing when a frame has left (``frames``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.driver import Driver
from textual.message import Message
from textual.widgets import Button

from mesogun.treatment.orders import Acknowledge
from tui import pages, panels
from tui.alerting import Alerting, Surroundings
from tui.asking import Asking
from tui.board import Board
from tui.cardview import CardView
from tui.composition import NARROW
from tui.deliberate import Presses
from tui.forms import Signers
from tui.frames import Frames, Painter
from tui.front import ScreenFront
from tui.keymap import Where, keymap
from tui.kinds import KINDS
from tui.lines import KeyLine, Line, Words
from tui.ordering import Ordering
from tui.painted import PaintedDriver, painted_driver
from tui.source import Moment, Source, Stop
from tui.ticking import OFF, Ticking
from tui.view import View, ViewMaker
from tui.viewer import Viewer

PERIOD_S = 0.05
LEAST_GAP_US = 45_000
REMARK_US = 12_000_000
"""How long a note or a refused order stands above the shots; after that it is on their page."""
LOW = 24


class Dashboard(Viewer):
    """See the module's docstring.

    Parameters
    ----------
    maker, source
        What to show, and where it comes from.
    now_us
        The screen's clock.
    front
        The seam to the runner; ``None`` when there is nothing to command.
    painter
        Knows when a frame has left; by default the terminal driver. Without one, no token is ever minted.
    flash, bell
        Whether urgent banners flash, and whether the terminal's bell is rung.
    remap, operators, signers
        As for ``tui.run_live``.
    picture
        Saves a picture's text and says where it is.
    themed
        Told the name of a theme that was chosen, so that it can be remembered.
    tick, ticked
        Whether a shot ticks (``ticking``), and who is told when that was changed, so that it can be remembered.
    characters
        Whether the map is drawn with characters; by default where the terminal has too few colours.
    period_s
        Of the painting loop; ``None`` when somebody else calls ``tick``.
    """

    CSS_PATH = "dashboard.tcss"

    def __init__(
        self,
        maker: ViewMaker,
        source: Source,
        *,
        now_us: Callable[[], int],
        front: ScreenFront | None = None,
        painter: Painter | None = None,
        around: Surroundings | None = None,
        theme: str = "meso-dark",
        flash: bool = True,
        bell: bool = True,
        remap: Mapping[str, str] | None = None,
        picture: Callable[[str], str] | None = None,
        themed: Callable[[str], object] | None = None,
        tick: str = OFF,
        ticked: Callable[[str], object] | None = None,
        characters: bool | None = None,
        where: Where = Where.LIVE,
        operators: Sequence[str] = (),
        signers: Signers | None = None,
        period_s: float | None = PERIOD_S,
    ) -> None:
        super().__init__(
            source, keymap(where, remap), theme=theme, now_us=now_us, picture=picture, themed=themed,
            characters=characters,
        )  # fmt: skip
        self._maker = maker
        self._front = front
        self._flash = flash
        self._bell = bell
        self._period_s = period_s
        ordering = Ordering(front, self._keys, operators, signers) if front is not None else None
        self._asking = Asking(front, ordering, maker.plan)
        self._alerting = Alerting(front, around if around is not None else Surroundings(), live=source.name == "LIVE")
        self._frames = Frames(front, now_us, painter)
        self._presses = Presses()
        self._fresh = False
        self._ticking, self._ticked = Ticking(tick), ticked
        self._banner, self._status = Line("banner"), Line("status")
        self._paper, self._card = Words("paper"), CardView()
        self._lit_keys: tuple[bool, bool, Stop] | None = None
        self._view: View | None = None
        self._moment: Moment | None = None
        self._beat = 0
        self._read_at_us: int | None = None
        self._ticked_us = now_us() - LEAST_GAP_US
        self._remark_us: int | None = None

    def get_driver_class(self) -> type[Driver]:
        """The platform's driver, with reports of what has been painted."""
        return painted_driver(super().get_driver_class())

    def compose(self) -> ComposeResult:
        """Banner, status, board, page, keys; the card lies over them."""
        yield self._banner
        yield self._status
        yield Board(self._maker.plan, self.palette, ink=self.ink())
        with VerticalScroll(id="page", can_focus=False):
            yield self._paper
        yield KeyLine("keys")
        yield self._card

    def on_mount(self) -> None:
        """Start the painting loop; wire STOP to the input thread."""
        driver = self._driver
        if isinstance(driver, PaintedDriver):
            if self._frames.painter is None:
                self._frames.painter = driver
            if self._front is not None:
                driver.on_stop = self._front.stop_now
                driver.stop_keys = self._asking.stop_keys
        self._lay_out()
        if self._period_s is not None:
            self.set_interval(self._period_s, self._round)
            if self._front is not None:
                self._front.when_news(lambda: self.post_message(self.News()))
        self.call_after_refresh(self.tick)

    def on_unmount(self) -> None:
        """Nobody listens to news any more."""
        if self._front is not None:
            self._front.when_news(None)

    def on_resize(self, event: events.Resize) -> None:
        """Choose the layout for this size."""
        self._lay_out(event.size.width, event.size.height)

    def _lay_out(self, width: int | None = None, height: int | None = None) -> None:
        width = width if width is not None else self.size.width
        height = height if height is not None else self.size.height
        self.screen.set_class(height < LOW, "-low")
        self.draw_keys(width)

    @property
    def view(self) -> View | None:
        """What is on the screen."""
        return self._view

    # -- the painting loop ---------------------------------------------------------------------------------------------

    class News(Message):
        """A snapshot has arrived since the screen last looked."""

    def on_dashboard_news(self) -> None:
        """Look at once, unless the last look was so recent that the timer's next one will do."""
        self._round()

    def _round(self) -> None:
        if self._now_us() - self._ticked_us >= LEAST_GAP_US:
            self.tick()

    def tick(self) -> None:
        """One round: look, bring everything up to date, have the frame reported."""
        now_us = self._ticked_us = self._now_us()
        if self._frames.up_to_date:
            self._presses.beat(now_us)
        if self._front is not None:
            self._front.looked()
        moment = self._moment = self._source.moment(now_us)
        before = self._view
        view = self._view = self._maker.of(moment)
        if before is not None and view.remarks != before.remarks:
            self._remark_us = now_us
            self.tell(view.remarks[-1] if view.remarks else "")  # what became of an order takes its place
        if moment.status is not None and moment.failure is None and moment.read_at_us != self._read_at_us:
            self._read_at_us = moment.read_at_us  # a word that is only old draws no trace
            self.board.heard(moment.status.pressure_pa)
        self._alerting.look(moment, view.limits, now_us, painting_late=self._frames.late(now_us))
        ticks = self._ticking.look(view, now_us) and not self._alerting.alarms.audio_left_us(now_us)
        if self._bell and (self._alerting.bell(now_us) or ticks):
            self.bell()
        if self._frames.choked:
            return
        self._beat += 1
        self._show_card(self._asking.look(view))
        self._draw(view, moment, now_us)
        self._frames.begin(now_us)
        number = self._asking.number
        self.call_after_refresh(self._frames.drawn, moment, lambda: self._asking.painted(number, self._now_us()))

    def _draw(self, view: View, moment: Moment, now_us: int) -> None:
        palette, width, alarms = self.palette, self.size.width, self._alerting.alarms
        lit = (self._asking.paused, self._over(), moment.stop)
        if lit != self._lit_keys:
            if lit[1] and not (self._lit_keys and self._lit_keys[1]):
                self.forget_note()
            self._lit_keys = lit
            self.draw_keys(width)
        self._banner.show(panels.banner(alarms, palette, width, now_us, flash=self._flash))
        hidden = self.page is not None or self.screen.has_class("-bigmap")
        words = self._words(moment, now_us)
        self._status.show(panels.status(view, palette, width, self._beat, words, totals=hidden))
        if self.page is not None:
            self._paper.show(pages.page(self.page, view, alarms, self._keys, palette, max(20, width - 4)))
        else:
            fresh = self._remark_us is not None and now_us - self._remark_us < REMARK_US
            notice = view.remarks[-1] if fresh and view.remarks else ""
            self.board.show(view, moment, palette, notice=notice)

    def _words(self, moment: Moment, now_us: int) -> str:
        """What the status line adds: a tick, what was just done, what waits, what the source says."""
        return "  ".join(filter(None, (self._ticking.words(now_us), self._said(moment, now_us))))

    def _said(self, moment: Moment, now_us: int) -> str:
        if note := self.note(now_us):
            return note
        if self._front is not None and self._over() and self._view is not None:
            return panels.over_words(self._view, short=self.size.width < NARROW)
        waiting = self._front.waiting if self._front is not None else 0
        if waiting:
            return f"orders that the runner has not taken: {waiting}"
        if self._asking.paused:
            return "space goes on, e ends" if self._asking.rests else "pausing: the gun disarms"
        return "every point is given: e closes, r gives one again" if self._asking.all_given else moment.note

    # -- the card ------------------------------------------------------------------------------------------------------

    def _show_card(self, words: str = "") -> None:
        """Show what is asked now, or take it away; let the keyboard know which keys stop the gun."""
        self.tell(words)
        if isinstance(self._driver, PaintedDriver):
            self._driver.stop_keys = self._asking.stop_keys
        now_us = self._now_us()
        card = self._asking.card(self._moment.state, self.palette, now_us) if self._moment is not None else None
        self._card.show(card)
        self.room_above(self._card.covers(self.size.height - 1))
        self.point_at(self._asking.target_mm)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """The mouse answers too."""
        self._click(str(event.button.id))

    def _click(self, name: str) -> None:
        """The mouse presses a key: a double click is no second press."""
        self._fresh = self._presses.new("mouse")
        self.act(name)

    def _over(self) -> bool:
        moment = self._moment
        return moment is not None and (moment.state.ended is not None or moment.failure is not None)

    def key_labels(self) -> Mapping[str, str]:
        """In a pause, space goes on."""
        return {"pause": "Go on"} if self._asking.paused else {}

    def idle_keys(self) -> frozenset[str]:
        """Once it is over there is nothing to pause, end or order; STOP stays until the gun is known to be at rest."""
        if self._front is None or not self._over():
            return frozenset()
        moment = self._moment
        at_rest = moment is not None and (moment.state.ended is not None or moment.stop is Stop.PROVED)
        return frozenset({"pause", "end", "orders", *(("stop",) if at_rest else ())})

    # -- keys ----------------------------------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """STOP first, then an open form, then the keymap."""
        self._fresh = self._presses.new(event.key)
        if event.key in self._asking.stop_keys:
            name = "stop"
        elif self._asking.takes(event.key, event.character):
            event.prevent_default()
            event.stop()
            self._show_card(self._asking.press(event.key, event.character))
            return
        elif self._asking.form_open and event.key == "escape":
            name = "close"
        else:
            act = self._keys.get(event.key) or self._keys.get(event.character or "")
            if act is None:
                return
            name = act.id
        event.prevent_default()
        event.stop()
        self.act(name)

    def on_key_line_pressed(self, event: KeyLine.Pressed) -> None:
        """The mouse presses keys too."""
        self._click(event.name)

    def action_act(self, name: str) -> None:
        """A word on a page that does something was clicked."""
        self._click(name)

    def action_type(self, key: str) -> None:
        """A key that is drawn in a form was clicked."""
        if self._asking.takes(key, key):
            self._show_card(self._asking.press(key, key))

    def act(self, name: str) -> None:
        """Do one action of the keymap; STOP goes first and asks nothing."""
        if name in KINDS:
            self._show_card(self._asking.order(name))
            return
        handler = getattr(self, f"_do_{name}", None)
        if handler is not None:
            handler()

    def _do_stop(self) -> None:
        if self._front is not None and not self._front.stopped:
            self._front.stop_now()
        self._asking.cancel()
        self._show_card()

    def _do_pause(self) -> None:
        if self._over():
            self.tell("the treatment is over; q leaves")
            return
        self._show_card(self._asking.pause(fresh=self._fresh))

    def _do_end(self) -> None:
        if self._front is None or self._over():
            self.tell("the treatment is over; q leaves")
            return
        self._asking.end(self._view.shots_total - self._view.shots_done if self._view is not None else 0)
        self._show_card()

    def _do_yes(self) -> None:
        self._show_card(self._asking.answer(yes=True, now_us=self._now_us(), fresh=self._fresh))

    def _do_no(self) -> None:
        self._show_card(self._asking.answer(yes=False, now_us=self._now_us(), fresh=self._fresh))

    def _do_close(self) -> None:
        """The top layer only: what was opened here, then a page or the map, and a question last."""
        if not self._asking.own and (self.page is not None or self.screen.has_class("-bigmap")):
            self.show_page(None)
            self.screen.remove_class("-bigmap")
            self.board.map.hide_cursor()
        else:
            self._show_card(self._asking.dismiss(now_us=self._now_us(), fresh=self._fresh))
            if not self._asking.open:
                self.board.map.hide_cursor()

    def _do_quit(self) -> None:
        if self._front is None or self._over():
            self.exit("quit")
        else:
            self._do_end()

    def _do_ack(self) -> None:
        self._alerting.seen()
        if self._front is not None and not self._over() and not self._front.stopped:
            self._front.give(Acknowledge())  # for the record: who saw it, and when

    def _do_tick(self) -> None:
        self.tell(self._ticking.next())
        if self._ticked is not None:
            self._ticked(self._ticking.kind)

    def _do_silence(self) -> None:
        self._alerting.silence(self._now_us())
