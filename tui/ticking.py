"""A tick for each shot that came on record: none, one to see, or the terminal's bell as well.

Off unless somebody wants it: the bell is also the alarms', and a terminal has only one. Pure: the clock is handed in.
Not responsible for ringing, for drawing or for remembering the choice (``settings``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.view import View

OFF, SEEN, BELL = "off", "seen", "bell"
TICKS = (OFF, SEEN, BELL)
SEEN_US = 600_000
MEANING = {
    OFF: "no tick for a shot",
    SEEN: "a tick to see for each shot",
    BELL: "the bell for each shot; alarms ring it too",
}


class Ticking:
    """The tick of one screen; ``kind`` is one of ``TICKS``."""

    def __init__(self, kind: str = OFF) -> None:
        self.kind = kind
        self._shot_no: int | None = None
        self._since_us: int | None = None

    def next(self) -> str:
        """The next kind, in words."""
        self.kind = TICKS[(TICKS.index(self.kind) + 1) % len(TICKS)]
        return MEANING[self.kind]

    def look(self, view: View, now_us: int) -> bool:
        """Take in what is on record; whether the bell is due. What was there at the first look does not tick."""
        shot_no = view.last[-1].shot_no if view.last else 0
        fresh = self._shot_no is not None and shot_no > self._shot_no
        self._shot_no = shot_no
        if fresh:
            self._since_us = now_us
        return fresh and self.kind == BELL

    def words(self, now_us: int) -> str:
        """The tick to see, while it lasts."""
        lit = self._since_us is not None and now_us - self._since_us < SEEN_US
        return f"✓ shot {self._shot_no}" if lit and self.kind != OFF else ""
