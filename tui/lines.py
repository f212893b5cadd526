"""One-purpose widgets of the dashboard: lines that repaint only what changed, flowing words, and the line of keys.

Not responsible for what they show (``panels``, ``pages``).
"""

from __future__ import annotations

from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static


class Line(Widget):
    """Lines of text in a place of fixed size: only lines that changed are repainted, and nothing is laid out anew.

    A line that does not fit is cut: who makes the text knows the width.
    """

    def __init__(self, name: str) -> None:
        super().__init__(id=name)
        self._shown: list[Text] = []
        self._strips: dict[int, Strip] = {}
        self._text: Text | None = None
        self._base: Style | None = None

    def show(self, text: Text) -> None:
        """Show ``text``."""
        if self._text is not None and _same(text, self._text):
            return
        self._text = text
        lines = list(text.split("\n", allow_blank=True))
        was = self._shown
        self._shown = lines
        width = self.size.width
        for number in range(max(len(lines), len(was))):
            if number >= len(lines) or number >= len(was) or not _same(lines[number], was[number]):
                self._strips.pop(number, None)
                self.refresh(Region(0, number, width, 1))

    def notify_style_update(self) -> None:
        """Another theme, another size: draw everything anew."""
        super().notify_style_update()
        self._base = None
        self._strips.clear()

    def on_resize(self) -> None:
        """Strips have the width of the place."""
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        """One line, from the cache unless it changed."""
        strip = self._strips.get(y)
        if strip is None:
            strip = self._strips[y] = self._draw(y, self.size.width)
        return strip

    def _draw(self, number: int, width: int) -> Strip:
        base = self._base
        if base is None:
            base = self._base = self.rich_style
        if number >= len(self._shown):
            return Strip.blank(width, base)
        segments = segments_of(self._shown[number], self.app.console, base)
        return Strip(segments).adjust_cell_length(width, base).simplify()


def segments_of(text: Text, console: Console, base: Style) -> list[Segment]:
    """``text`` on ``base``. Rich's own ``render`` forgets the style of a text that has no spans: of a banner."""
    return list(Segment.apply_style(text.render(console), base + console.get_style(text.style)))


def _same(one: Text, other: Text) -> bool:
    return one.plain == other.plain and one.spans == other.spans and one.style == other.style


class Words(Static):
    """Text that flows and takes the height that it needs; laid out anew only when it changed."""

    def __init__(self, name: str) -> None:
        super().__init__("", id=name, markup=False)
        self._shown: Text | None = None

    def show(self, text: Text) -> None:
        """Show ``text``, unless it is what is shown."""
        before = self._shown
        if before is None or not _same(text, before):
            self._shown = text
            self.update(text, layout=before is None or text.plain != before.plain)


class KeyLine(Static):
    """The keys that can be pressed now; each is a button for the mouse."""

    class Pressed(Message):
        """A key on the line was clicked; ``name`` is its action."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, name: str) -> None:
        super().__init__("", id=name, markup=False)
        self._places: tuple[tuple[int, int, str], ...] = ()

    def show(self, line: tuple[Text, tuple[tuple[int, int, str], ...]]) -> None:
        """Show a line and remember where its keys are."""
        text, self._places = line
        self.update(text, layout=False)

    def on_click(self, event: events.Click) -> None:
        """Press what is under the mouse."""
        for start, end, name in self._places:
            if start <= event.x < end:
                self.post_message(self.Pressed(name))
