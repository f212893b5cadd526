"""How far the cell's voltage falls under the motor, and how it comes back: one resistance that shows itself in time.

With the motor on for t the voltage is U - sag (1 - exp(-t / tau)), with the motor off what is left of the sag goes the
same way. U falls by ``battery.per_shot_uv`` with every shot. Not responsible for what the firmware makes of it.
"""

from __future__ import annotations

import math

TAU_US = 10_000.0  # how fast a small cell gives way under a motor: assumption, to be replaced by a measurement


class Sag:
    """What the voltage is below that of the cell at rest, in mV."""

    def __init__(self, full_mv: float) -> None:
        self._full_mv = full_mv
        self._mv = 0.0
        self._at_us = 0
        self.loaded = False

    def at_mv(self, now_us: int) -> float:
        """The sag at a moment."""
        end_mv = self._full_mv if self.loaded else 0.0
        return end_mv + (self._mv - end_mv) * math.exp((self._at_us - now_us) / TAU_US)

    def turn(self, now_us: int, *, on: bool) -> None:
        """The motor starts or stops."""
        self._mv, self._at_us, self.loaded = self.at_mv(now_us), now_us, on

    def until_us(self, room_mv: float) -> int | None:
        """How long behind the start of the motor the sag takes all the room there is; ``None`` if it never does."""
        if room_mv <= self._mv:
            return 0
        if room_mv >= self._full_mv:
            return None
        return math.ceil(-TAU_US * math.log((self._full_mv - room_mv) / (self._full_mv - self._mv)))
