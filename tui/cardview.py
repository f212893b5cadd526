"""The card that lies over the screen: its text and two answers for the mouse.

Not responsible for what is asked (``asking``).
"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button

from tui.asking import Card
from tui.lines import Words

NOT_YET = "…"
"""Stands in place of a key until it counts: readable without colour."""


class CardView(Vertical):
    """See the module's docstring."""

    def __init__(self) -> None:
        super().__init__(id="over")
        self._words = Words("question")

    def compose(self) -> ComposeResult:
        """Text above, answers below."""
        yield self._words
        with Horizontal(id="answers"):
            yield Button("", id="yes", compact=True)
            yield Button("", id="no", compact=True, classes="second")

    def on_mount(self) -> None:
        """The keyboard belongs to the dashboard."""
        for button in self.query(Button):
            button.can_focus = False

    def show(self, card: Card | None) -> None:
        """Show a card, or take it away; its keys are dim until they count."""
        self.set_class(card is not None, "open")
        if card is None:
            return
        self._words.show(card.text)
        self.query_one("#answers").display = bool(card.yes)
        for key, name, found in zip(card.keys, (card.yes, card.no), self.query(Button), strict=True):
            found.set_class(not card.counts, "waiting")
            label = f"{key if card.counts else NOT_YET}  {name}"
            if str(found.label) != label:
                found.label = label
                found.styles.width = len(key) + len(name) + 6

    def covers(self, above: int) -> int:
        """How many of the lines above line ``above`` it covers, as it was laid out last."""
        return max(0, above - self.region.y) if self.has_class("open") and self.region.height else 0
