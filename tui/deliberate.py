"""Whether an answer was meant: a card that somebody can have read, and a press that is no auto-repeat.

A stuck pedal and a held key send themselves again and again, and would answer card after card. Pure: the clock is
handed in. Not responsible for what a key does, and never asked about STOP.
"""

from __future__ import annotations

READ_US = 700_000
"""How long a card has been on the terminal before it takes an answer."""
GAP_US = 800_000
"""How long a key has been still before it counts as pressed anew. Keyboards wait up to 660 ms before the first repeat
(X11; GNOME, Windows and macOS 500 ms as delivered), so a shorter gap would take that repeat for a press."""
BEAT_US = 100_000
"""The most that one round of the screen adds to that. A screen, a line or a terminal that hung brings what was held
meanwhile all at once: nobody listened, so that was no stillness."""


class Presses:
    """How long each key has been still, in time during which somebody listened."""

    def __init__(self) -> None:
        self._heard_us = 0
        self._beat_us: int | None = None
        self._last_us: dict[str, int] = {}

    def beat(self, now_us: int) -> None:
        """One round of a screen that has everything painted: keys pressed until now have been heard."""
        before_us, self._beat_us = self._beat_us, now_us
        if before_us is not None:
            self._heard_us += min(now_us - before_us, BEAT_US)

    def new(self, key: str) -> bool:
        """Hear a key; whether that is a press of its own and no repeat of the one before."""
        before_us = self._last_us.get(key)
        self._last_us[key] = self._heard_us
        return before_us is None or self._heard_us - before_us >= GAP_US


class Reading:
    """What is asked now, and since when the terminal has shown it."""

    def __init__(self) -> None:
        self._face: object = None
        self._number = 0
        self._since_us: int | None = None

    def face(self, face: object) -> None:
        """What is asked from now on; ``None`` for nothing. What comes back has to be read again."""
        if face != self._face:
            self._face, self._since_us = face, None
            self._number += 1

    @property
    def number(self) -> int:
        """Of what is asked now; a frame that shows it is reported under this number."""
        return self._number

    def painted(self, number: int, now_us: int) -> None:
        """A frame with the card of this number is on the terminal."""
        if number == self._number and self._since_us is None:
            self._since_us = now_us

    def read(self, now_us: int) -> bool:
        """Whether the card has been there for long enough."""
        since_us = self._since_us
        return since_us is not None and now_us - since_us >= READ_US
