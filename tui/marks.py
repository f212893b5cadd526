"""The marks on the map: which sign each point has, and the path ahead.

The numbers on the path are its next steps in the order of the gun's magazine, the next point being the first; a gun
whose word is old has no next point, so it has no path either. Not responsible for colours or for cells without a mark
(``mapview``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from mesogun.record import Mark
from tui.view import View

GLYPHS = {
    Mark.PENDING: "·",
    Mark.LOADED: "○",
    Mark.GIVEN: "•",
    Mark.PARTIAL: "◐",
    Mark.INDETERMINATE: "?",
    Mark.SKIPPED: "×",
}
NEXT, LATEST, CURSOR = "◆", "●", "╬"
LAST_NUMBER = 9


class Tone(Enum):
    """How a sign stands out: what lies under everything, what is quiet, plain, strong, or cannot be missed."""

    OUTLINE = auto()
    PATH = auto()
    PLAIN = auto()
    BOLD = auto()
    LOUD = auto()


@dataclass(frozen=True, slots=True)
class Dot:
    """One sign in one cell."""

    glyph: str
    tone: Tone


DOTS = {
    mark: Dot(glyph, Tone.PLAIN if mark is Mark.PENDING else Tone.LOUD if mark is Mark.INDETERMINATE else Tone.BOLD)
    for mark, glyph in GLYPHS.items()
}
LATEST_DOT, NEXT_DOT, CURSOR_DOT = (Dot(glyph, Tone.LOUD) for glyph in (LATEST, NEXT, CURSOR))
NUMBERS = tuple(Dot(str(number), Tone.BOLD) for number in range(2, LAST_NUMBER + 1))


def ahead(view: View) -> tuple[int, ...]:
    """Planned shots in the order in which the gun will come to them, from the next one on."""
    if view.next_shot not in view.loaded:
        return ()
    return view.loaded[view.loaded.index(view.next_shot) :]


def behind(view: View) -> int | None:
    """Where the path begins: the planned shot before the next one, be it under way or on record already."""
    if view.next_shot in view.loaded[1:]:
        return view.loaded[view.loaded.index(view.next_shot) - 1]
    return view.last[-1].point if view.last else None


def explained() -> str:
    """Every sign on the map with its meaning, for Help; a sign and its word stay on one line."""
    told = [
        (GLYPHS[Mark.PENDING], "planned"), (GLYPHS[Mark.LOADED], "loaded"), (NEXT, "next"),
        (NUMBERS[0].glyph, "second"), (NUMBERS[1].glyph, "third on the path"), (LATEST, "latest"),
        (GLYPHS[Mark.GIVEN], "given"), (GLYPHS[Mark.PARTIAL], "partial"), (GLYPHS[Mark.INDETERMINATE], "unknown"),
        (GLYPHS[Mark.SKIPPED], "skipped"), (CURSOR, "cursor"),
    ]  # fmt: skip
    return "  ".join(f"{sign} {words}" for sign, words in told)
