"""Our palettes as Textual themes. Not responsible for their colours (``palette``)."""

from __future__ import annotations

from textual.theme import Theme

from tui.palette import Palette


def theme_of(palette: Palette) -> Theme:
    """The Textual theme of one palette."""
    return Theme(
        name=palette.name,
        primary=palette.accent,
        background=palette.surface,
        surface=palette.surface,
        panel=palette.panel,
        foreground=palette.text,
        warning=palette.medium,
        error=palette.high,
        success=palette.good,
        dark=palette.dark,
    )
