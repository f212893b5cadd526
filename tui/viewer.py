"""A screen that one can look around on: pages, the map and its cursor, a replay's place, themes, pictures, notes.

Not responsible for what is treated, asked or painted (``app``), nor for the texts (``pages``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tui import panels
from tui.board import Board
from tui.follow import LEAP, SKIP, ReplaySource
from tui.keymap import Act, key_line
from tui.lines import KeyLine
from tui.palette import PALETTES
from tui.scale import Ink
from tui.source import Source
from tui.themed import ThemedApp

NOTE_US = 4_000_000


class Viewer(ThemedApp[str]):
    """See the module's docstring; parameters as for ``Dashboard``."""

    def __init__(
        self,
        source: Source,
        keys: Mapping[str, Act],
        *,
        theme: str,
        now_us: Callable[[], int],
        picture: Callable[[str], str] | None,
        themed: Callable[[str], object] | None,
        characters: bool | None,
    ) -> None:
        super().__init__(theme)
        self._source = source
        self._keys = dict(keys)
        self._now_us = now_us
        self._picture = picture
        self._themed = themed
        self.plain_map = characters
        self._page: str | None = None
        self._note = ""
        self._note_us = 0
        self._pointing = False

    def ink(self) -> Ink:
        """What the map is drawn with."""
        if self.plain_map is not None:
            return Ink.PLAIN if self.plain_map else Ink.FULL
        return self.terminal_ink()

    @property
    def board(self) -> Board:
        """The board."""
        return self.query_one(Board)

    @property
    def page(self) -> str | None:
        """Which page is open over the board."""
        return self._page

    def draw_keys(self, width: int) -> None:
        """Draw the line of keys for this width, and for what can be done now."""
        shown = key_line(self._keys, width, labels=self.key_labels(), without=self.idle_keys())
        self.query_one(KeyLine).show(panels.key_line(shown, self.palette, width))

    def key_labels(self) -> Mapping[str, str]:
        """Keys that mean something else now: action id to label."""
        return {}

    def idle_keys(self) -> frozenset[str]:
        """Action ids that mean nothing now."""
        return frozenset()

    def tell(self, words: str) -> None:
        """Put a note on the status line for a while."""
        if words:
            self._note, self._note_us = words, self._now_us()

    def forget_note(self) -> None:
        """What was just done means nothing any more."""
        self._note = ""

    def note(self, now_us: int) -> str:
        """The note, while it is fresh."""
        return self._note if now_us - self._note_us < NOTE_US else ""

    def show_page(self, name: str | None) -> None:
        """Open a page over the board; the one that is open is closed."""
        self._page = None if name == self._page else name
        self.screen.set_class(self._page is not None, "-page")
        self.query_one("#page").scroll_home(animate=False)

    def room_above(self, covered: int) -> None:
        """Let a page end above what covers so many of its last lines."""
        page = self.query_one("#page")
        if page.styles.margin.bottom != covered:
            page.styles.margin = (0, 0, covered, 0)

    def point_at(self, target_mm: tuple[float, float] | None) -> None:
        """Show a place on the map while there is one to show."""
        if target_mm is not None:
            self.board.map.point_at(*target_mm)
        elif self._pointing:
            self.board.map.hide_cursor()
        self._pointing = target_mm is not None

    def _do_map(self) -> None:
        self.show_page(None)
        big = not self.screen.has_class("-bigmap")
        self.screen.set_class(big, "-bigmap")
        if not big:
            self.board.map.hide_cursor()

    def _do_closer(self) -> None:
        self.board.map.closer()

    def _do_log(self) -> None:
        self.show_page("log")

    def _do_orders(self) -> None:
        self.show_page("orders")

    def _do_alarms(self) -> None:
        self.show_page("alarms")

    def _do_gun(self) -> None:
        self.show_page("gun")

    def _do_help(self) -> None:
        self.show_page("help")

    def _do_about(self) -> None:
        self.show_page("about")

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
        elif self._page is not None:
            self.query_one("#page").scroll_relative(y=lines * 3, animate=False)
        else:
            self.board.map.move_cursor(columns, lines)

    def _do_far_back(self) -> None:
        self._leap(-1)

    def _do_far_on(self) -> None:
        self._leap(1)

    def _leap(self, direction: int) -> None:
        """On a page, a screen of it; else a hundred events of a replay."""
        if self._page is not None:
            page = self.query_one("#page")
            page.scroll_relative(y=direction * max(1, page.size.height - 1), animate=False)
        elif isinstance(self._source, ReplaySource):
            self._source.skip(direction * LEAP)

    def _do_first(self) -> None:
        if self._page is not None:
            self.query_one("#page").scroll_home(animate=False)
        elif isinstance(self._source, ReplaySource):
            self._source.skip(-self._source.count)

    def _do_last(self) -> None:
        if self._page is not None:
            self.query_one("#page").scroll_end(animate=False)
        elif isinstance(self._source, ReplaySource):
            self._source.skip(self._source.count)

    def _do_theme(self) -> None:
        names = list(PALETTES)
        self.use_theme(names[(names.index(self.palette.name) + 1) % len(names)])

    def use_theme(self, name: str) -> None:
        """Change colours, and let them be remembered."""
        self.palette = PALETTES[name]
        self.theme = name
        self.refresh_css(animate=False)
        self.board.map.repaint(self.palette, ink=self.ink())
        self.draw_keys(self.size.width)
        if self._themed is not None:
            self._themed(name)

    def _do_picture(self) -> None:
        if self._picture is None:
            self.tell("no folder for pictures was given")
            return
        self.tell(f"picture: {self._picture(self.drawn())}")
