"""What every screen of ours shares: our palettes as themes, in as many colours and characters as the terminal has.

Not responsible for colours (``palette``) or for what a screen shows.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

from rich.segment import Segments
from textual.app import App
from textual.filter import LineFilter, Monochrome
from textual.theme import Theme

from tui.fewer import FewerColours
from tui.lettering import OnlyAscii, draws_unicode
from tui.mono import WithoutColour
from tui.palette import PALETTES, Palette, variables
from tui.scale import Ink
from tui.themes import theme_of

T = TypeVar("T")
THEMES: dict[str, Theme] = {name: theme_of(palette) for name, palette in PALETTES.items()}


class ThemedApp(App[T]):
    """An app in one of our themes; ``as_if`` the terminal had so many colours, whatever it has (for pictures)."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[Any]] = []

    def __init__(self, theme: str) -> None:
        self.palette: Palette = PALETTES[theme]
        self.as_if: Ink | None = None
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
        """What a frame goes through; Textual's own turning of colours to grey is never used."""
        found = [one for one in super().get_line_filters() if not isinstance(one, Monochrome)]
        colours = self._colours()
        if colours is Ink.PLAIN:
            found = [WithoutColour()]
        elif colours is not Ink.FULL:
            found.append(FewerColours(sixteen=colours is Ink.SIXTEEN))
        if self._ascii():
            found.append(OnlyAscii())
        return found

    def drawn(self) -> str:
        """The frame that is on the screen, as SVG."""
        from tui.drawing import svg

        return svg(self.screen._compositor.render_strips(self.size), self.palette, "mesogun")

    def terminal_ink(self) -> Ink:
        """What a map is drawn with on this terminal and in this theme; half blocks are no ASCII."""
        colours = self._colours()
        return Ink.SIXTEEN if colours.halves and self._ascii() else colours

    def _colours(self) -> Ink:
        if self.palette.name == "meso-mono":
            return Ink.PLAIN
        if self.as_if is not None or self.is_headless:
            return self.as_if or Ink.FULL
        return {"truecolor": Ink.FULL, "256": Ink.CUBE, None: Ink.FULL}.get(self.console.color_system, Ink.SIXTEEN)

    def _ascii(self) -> bool:
        return not (self.is_headless or draws_unicode(os.environ))
