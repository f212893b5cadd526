"""Plain ASCII where the locale is not UTF-8: every character of ours has one that stands in for it, cell by cell.

The map, its legend, Help, frames and the tall figures go through the same table, so what Help explains is what the map
shows. Not responsible for what is drawn (``brush``, ``panels``).
"""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

MARKS = {"·": ".", "○": "o", "◆": "N", "●": "O", "•": "*", "◐": "c", "×": "x", "╬": "X"}
SHADES = {"░": ":", "▒": "+", "▓": "%", "█": "#"}
LINES = {
    "─": "-", "│": "|", "╭": "/", "╮": "\\", "╰": "\\", "╯": "/", "├": "|", "┤": "|", "┬": "-", "┴": "-", "┼": "|",
    "━": "=", "┃": "!", "┏": "=", "┓": "=", "┗": "=", "┛": "=", "┣": "=", "┫": "=", "┳": "=", "┻": "=", "╋": "=",
}  # fmt: skip
OTHERS = {
    "▀": "'", "▄": ".", "▌": "#", "▊": "#", "▎": "|", "▁": "_", "▂": "_", "▃": ".", "▅": "-", "▆": "=", "▇": "*",
    "²": "2", "³": "3", "µ": "u", "°": " ", "±": "+", "…": "~", "–": "-", "—": "-", "−": "-", "“": '"', "”": '"',
    "’": "'", "↑": "^", "↓": "v", "←": "<", "→": ">", "≤": "<", "≥": ">", "⌫": "<",
    "┊": ":", "▸": ">", "◂": "<", "✓": "v", "é": "e", "\xa0": " ",
    **dict(zip("⠋⠙⠹⠸⠼⠴⠦⠧", "|/-\\|/-\\", strict=True)),
}  # fmt: skip
TABLE = str.maketrans({**MARKS, **SHADES, **LINES, **OTHERS})
_COERCED = "C.UTF-8"


def draws_unicode(environment: Mapping[str, str]) -> bool:
    """Whether the terminal may be sent UTF-8; ``MESOGUN_GLYPHS`` (``unicode``, ``ascii``) has the last word.

    Python sets ``LC_CTYPE`` to C.UTF-8 by itself where the locale is C (PEP 538), so that says nothing about the
    terminal. Without any locale only tmux is taken at its word, which then draws no UTF-8; other terminals mostly do.
    """
    chosen = environment.get("MESOGUN_GLYPHS", "").lower()
    if chosen in ("unicode", "ascii"):
        return chosen == "unicode"
    language = environment.get("LANG", "")
    ctype = environment.get("LC_CTYPE", "")
    if ctype == _COERCED and language in ("", "C", "POSIX"):
        ctype = ""
    said = environment.get("LC_ALL", "") or ctype or language
    if not said:
        return "TMUX" not in environment
    return said.lower().replace("-", "").partition("@")[0].endswith("utf8")


def ascii_only(text: str) -> str:
    """``text`` in as many cells, in ASCII."""
    plain = text.translate(TABLE)
    return plain if plain.isascii() else "".join(c if c.isascii() else "?" * cell_len(c) for c in plain)


class OnlyAscii(LineFilter):
    """Takes everything but ASCII out of what is written to the terminal."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 -- the filter's signature
        """The same segments in ASCII."""
        return [
            segment if control or text.isascii() else Segment(ascii_only(text), style)
            for segment in segments
            for text, style, control in (segment,)
        ]
