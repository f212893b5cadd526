"""What every screen of ours shares: our palettes as themes, and no colour at all where that is asked for.

Not responsible for colours (``palette``) or for what a screen shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

from rich.segment import Segments
from textual.app import App
from textual.filter import LineFilter, Monochrome
from textual.theme import Theme

from tui.mono import WithoutColour
from tui.palette import PALETTES, Palette, variables
from tui.themes import theme_of

T = TypeVar("T")
THEMES: dict[str, Theme] = {name: theme_of(palette) for name, palette in PALETTES.items()}


class ThemedApp(App[T]):
    """An app in one of our themes."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[Any]] = []

    def __init__(self, theme: str) -> None:
        self.palette: Palette = PALETTES[theme]
        super().__init__()
        for name in PALETTES:
            self.register_theme(THEMES[name])
        self.theme = theme

    def get_theme(self, theme_name: str) -> Theme | None:
        """Ours without a search: Textual asks for it with every style that it looks up."""
        return THEMES.get(theme_name) or super().get_theme(theme_name)

    def _fatal_error(self) -> None:
        """Leave with a report of where it happened; Textual's own prints every value there, plan and subject too."""
        from rich.traceback import Traceback

        self.bell()
        found = Traceback(show_locals=False, width=None)
        self._exit_renderables.append(Segments(self.console.render(found, self.console.options)))
        self._close_messages_no_wait()

    def get_css_variables(self) -> dict[str, str]:
        """Our colours for the style sheet."""
        return {**super().get_css_variables(), **variables(self.palette)}

    def get_line_filters(self) -> Sequence[LineFilter]:
        """In the mono theme, colours are taken out altogether; Textual's own turning to grey is never used."""
        if self.palette.name == "meso-mono":
            return [WithoutColour()]
        return [found for found in super().get_line_filters() if not isinstance(found, Monochrome)]

    def few_colours(self) -> bool:
        """Whether a map must be drawn with characters: without colour, or below true colour."""
        return self.palette.name == "meso-mono" or self.console.color_system not in ("truecolor", None)
