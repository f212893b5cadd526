"""What stands around the map: the scale with numbers and a length; on the frame, what is under the cursor; rules.

Pure. Not responsible for the dose or for what the cursor is on (``mapview``).
"""

from __future__ import annotations

from rich.text import Text

from tui import figures
from tui.brush import Brush
from tui.palette import Palette

SCALE_CELLS = 10
LENGTHS_MM = (10, 5, 2, 1, 0.5, 0.2)


def areal(dose_ul_cm2: float) -> str:
    """An areal dose in the screen's one unit of volume, to a tenth of a microlitre per cm2."""
    return f"{figures.given(round(dose_ul_cm2 * 1000), unit=False, decimals=4)} mL/cm²"


def legend(brush: Brush, palette: Palette, top_ul_cm2: float, cell_mm: float, width: int) -> Text:
    """The scale from 0 to its top, and a bar of a round length; the bar is shorter where the map is larger.

    A length that does not fit is left out whole: "10 m" is not "10 mm".
    """
    text = Text("0 ", style=palette.quiet)
    text.append_text(brush.scale(SCALE_CELLS)).append(f" {areal(top_ul_cm2)}", style=palette.quiet)
    for length_mm in LENGTHS_MM:
        cells = max(2, round(length_mm / cell_mm))
        bar = f"  ├{'─' * (cells - 2)}┤ {length_mm:g} mm"
        if text.cell_len + len(bar) <= width:
            return text.append(bar, style=palette.quiet)
    return text


def rule(title: str, palette: Palette, width: int) -> Text:
    """A line across a column, with the name of what is below it."""
    return Text.assemble(
        ("─ ", palette.line), (title, palette.accent), (f" {'─' * max(0, width - len(title) - 3)}", palette.line)
    )


def foot(reading: str, palette: Palette, width: int) -> Text:
    """The frame's lower edge, with the reading in it."""
    line = f"{palette.line}"
    words = f" {reading} " if reading else ""
    if len(words) > width - 4:
        words = ""
    after = 1 if words else 0
    return Text.assemble(
        ("╰" + "─" * (width - 2 - after - len(words)), line), (words, f"bold {palette.text}"), ("─" * after + "╯", line)
    )
