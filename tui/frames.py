"""Frames on their way to the terminal: how many, how late, and the painted token once one has arrived (H12).

Not responsible for knowing when a frame has arrived: that is the painter's (``painted``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from tui.front import ScreenFront
from tui.source import Moment

MOST_OUTSTANDING = 3
LATE_US = 1_000_000


class Painter(Protocol):
    """Whoever knows when everything drawn so far is on the terminal."""

    @property
    def outstanding(self) -> int:
        """Frames not yet known to be painted."""
        ...

    def after_painted(self, then: Callable[[], None]) -> None:
        """Call ``then``, on any thread, once that is so."""
        ...


class Frames:
    """Follows what is drawn until it is painted. Without a painter no token is ever minted."""

    def __init__(self, front: ScreenFront | None, now_us: Callable[[], int], painter: Painter | None = None) -> None:
        self.painter = painter
        self._front = front
        self._now_us = now_us
        self._waiting_us: int | None = None

    @property
    def choked(self) -> bool:
        """Whether the terminal takes nothing: queueing more would only block the painting loop."""
        return self.painter is not None and self.painter.outstanding >= MOST_OUTSTANDING

    @property
    def up_to_date(self) -> bool:
        """Whether all that was drawn is painted, so that the way to the terminal and back is open."""
        return self.painter is not None and not self.painter.outstanding

    def late(self, now_us: int) -> bool:
        """Whether the oldest frame has been under way for too long."""
        return self._waiting_us is not None and now_us - self._waiting_us > LATE_US

    def begin(self, now_us: int) -> None:
        """A frame is being drawn."""
        if self.painter is not None and self._waiting_us is None:
            self._waiting_us = now_us

    def drawn(self, moment: Moment, then: Callable[[], None] | None = None) -> None:
        """The frame that shows ``moment`` has been handed to the terminal's driver; ``then`` once it is painted."""
        if self.painter is not None:
            self.painter.after_painted(lambda: self._painted(moment, then))

    def _painted(self, moment: Moment, then: Callable[[], None] | None) -> None:
        self._waiting_us = None
        if then is not None:
            then()
        if self._front is not None and moment.snapshot is not None:
            self._front.painted(moment.snapshot)
