"""No colour at all: reverse, bold and underline carry what colour carried.

Textual turns colours to grey for ``NO_COLOR``, which makes a red banner darker than a cyan one: the most urgent would
be the palest. Here whatever stands on a light background is reversed and everything else is plain, so the mono theme's
urgent banners stay the boldest thing on the screen. Not responsible for choosing the theme (``settings``).
"""

from __future__ import annotations

from functools import lru_cache

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

_DEFAULT = RichColor.default()


class WithoutColour(LineFilter):
    """Takes the colours out of what is written to the terminal."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 -- the filter's signature
        """The same segments without colours."""
        return [Segment(text, None if style is None else plain(style), control) for text, style, control in segments]


@lru_cache(maxsize=1024)
def plain(style: Style) -> Style:
    """``style`` without its colours; reversed when it stood on a light background."""
    back = style.bgcolor.triplet if style.bgcolor is not None else None
    light = back is not None and sum(back) > 3 * 127
    return Style(
        color=_DEFAULT,
        bgcolor=_DEFAULT,
        bold=style.bold,
        underline=style.underline,
        reverse=light != bool(style.reverse),
        meta=style.meta,
    )
