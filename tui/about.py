"""What mesogun is and what it is not, in the words of About, Help and the start screen. Not responsible for more."""

from __future__ import annotations

from rich.text import Text

from mesogun import __version__
from tui.palette import Palette

ABOUT_LINE = "Research software and an information display, not an alarm system, not a medical device."
ABOUT = (
    "mesogun shows what a gun reports and what is on record. It is research software and an information display, "
    "not an alarm system and not a medical device. Positions are shown as planned, not as measured."
)
ABOUT_MORE = (
    "A terminal guarantees neither light nor sound nor uptime: look at the gun and at the skin. mesogun makes no claim "
    "about what a treatment does for anyone. The bundled protocols are templates with their sources; a named "
    "practitioner approves a protocol before a clinical gun may use it."
)


def about(palette: Palette) -> Text:
    """What this is, and what it is not."""
    return Text.assemble(
        (f"mesogun {__version__}\n\n", f"bold {palette.text}"),
        ("Information display, not an alarm system.\n\n", f"bold {palette.text}"),
        (f"{ABOUT}\n\n", palette.text),
        (f"{ABOUT_MORE}\n\n", palette.quiet),
        ("MIT licence, without any warranty.", palette.quiet),
    )
