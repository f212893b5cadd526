"""One-purpose widgets of the dashboard: a text that is repainted only when it changed, and the line of keys.

Not responsible for what they show (``panels``).
"""

from __future__ import annotations

from rich.text import Text
from textual import events
from textual.message import Message
from textual.widgets import Static


class Line(Static):
    """A static text that is only repainted when it changed."""

    def __init__(self, name: str) -> None:
        super().__init__("", id=name, markup=False)
        self._shown: Text | None = None

    def show(self, text: Text) -> None:
        """Show ``text``, unless it is what is shown."""
        if (
            self._shown is None
            or text != self._shown
            or text.spans != self._shown.spans
            or text.style != self._shown.style
        ):
            self._shown = text
            self.update(text)


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
        self.update(text)

    def on_click(self, event: events.Click) -> None:
        """Press what is under the mouse."""
        for start, end, name in self._places:
            if start <= event.x < end:
                self.post_message(self.Pressed(name))
