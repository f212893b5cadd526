"""The weighing cell: load in, digits out; lag, noise, drift, draught, non-linearity, zero, tare, stability.

It looks ten times a second (an assumption). Stable is what stayed within a band for a second. Not responsible for
what is on the pan (``vessel``) or for any dialect.
"""

from __future__ import annotations

import math
from collections import deque
from decimal import Decimal

from sim.balance.settings import UNITS, Settings
from sim.kernel import Stream

TICK_US = 100_000
WINDOW = 10  # ticks within which a stable value stays put
LEAST_BAND_UG = 10.0  # so that a balance of 1 ug stands still above evaporating water: an assumption
ZERO_RANGE = 0.02  # of the capacity, about the zero at power-up; as common balances have it
BURST_S = (2.0, 8.0)  # length of a draught


class Cell:
    """One weighing cell with its display."""

    def __init__(self, settings: Settings, stream: Stream) -> None:
        self._settings = settings
        self._stream = stream
        self._gain = 1.0 + stream.uniform(-1.0, 1.0) * settings.sensitivity_ppm / 1e6
        self._bend_ug = stream.uniform(-1.0, 1.0) * settings.linearity_ug
        self._phase = stream.uniform(0.0, math.tau)
        self.unit = settings.unit
        self.draught_ug = 0.0  # a draught that a fault makes
        self._load_ug = self._felt_ug = 0.0  # zero was set with nothing on the pan
        self._drift_ug = 0.0
        self._burst_s = 0.0
        self._calm_s = self._next_calm_s()
        self._lately: deque[float] = deque(maxlen=WINDOW)
        self._now_ug = 0.0
        self._first_zero_ug = self._zero_ug = self._tare_ug = 0.0
        self.power_up()

    def power_up(self) -> None:
        """Zero is what lies there now, the tare is none, nothing is stable yet."""
        self._felt_ug = self._load_ug
        self._now_ug = self._indicated(self._felt_ug)
        self._first_zero_ug = self._zero_ug = self._now_ug
        self._tare_ug = 0.0
        self._lately.clear()

    def tick(self, load_ug: float, duration_s: float) -> None:
        """Let time pass, with the load going to a new value on a straight line meanwhile."""
        settings = self._settings
        tau_s = settings.settle_ms / 1e3
        # y' = (L - y) / tau with L on a straight line: y = L - slope tau + (y0 - L0 + slope tau) exp(-t / tau)
        lag_ug = (load_ug - self._load_ug) / duration_s * tau_s
        gap_ug = self._felt_ug - self._load_ug + lag_ug
        self._felt_ug = load_ug - lag_ug + gap_ug * math.exp(-duration_s / tau_s)
        self._load_ug = load_ug
        self._drift_ug += settings.drift_ug_s * duration_s
        noise_ug = self._stream.normal(0.0, settings.noise_ug) if settings.noise_ug else 0.0
        gust_ug = max(self.draught_ug, self._gust_ug(duration_s))
        if gust_ug:
            noise_ug += self._stream.normal(0.0, gust_ug)
        self._now_ug = self._indicated(self._felt_ug) + noise_ug
        self._lately.append(self._now_ug)

    @property
    def stable(self) -> bool:
        """Whether the last second stayed within the band: two digits, or what noise and evaporation always do."""
        lately = self._lately
        band_ug = max(2.0 * self._settings.readability_ug, 6.0 * self._settings.noise_ug, LEAST_BAND_UG)
        return len(lately) == WINDOW and max(lately) - min(lately) <= band_ug

    @property
    def overloaded(self) -> bool:
        """Whether there is more on the pan than it may carry."""
        return self._now_ug - self._first_zero_ug > self._settings.capacity_mg * 1e3

    @property
    def underloaded(self) -> bool:
        """Whether less is on the pan than at power-up, by more than zero can be set."""
        return self._now_ug - self._first_zero_ug < -ZERO_RANGE * self._settings.capacity_mg * 1e3

    @property
    def net_ug(self) -> float:
        """Above zero and tare, not rounded."""
        return self._now_ug - self._zero_ug - self._tare_ug

    def zero(self) -> str:
        """Set zero; ``A``, or ``+`` or ``-`` when it is too far from the zero at power-up."""
        range_ug = ZERO_RANGE * self._settings.capacity_mg * 1e3
        if abs(self._now_ug - self._first_zero_ug) > range_ug:
            return "+" if self._now_ug > self._first_zero_ug else "-"
        self._zero_ug, self._tare_ug = self._now_ug, 0.0
        return "A"

    def tare(self) -> str:
        """Tare what stands there; ``S``, or ``-`` below zero."""
        gross_ug = self._now_ug - self._zero_ug
        if gross_ug < -10 * max(self._settings.readability_ug, self._settings.noise_ug):
            return "-"
        self._tare_ug = gross_ug
        return "S"

    def clear_tare(self) -> None:
        """As the reset does."""
        self._tare_ug = 0.0

    def text(self, value_ug: float | None = None) -> str:
        """The display: digits in the unit that is set, without the unit."""
        value_ug = self.net_ug if value_ug is None else value_ug
        step = Decimal(repr(self._settings.readability_ug))
        counts = round(Decimal(repr(value_ug)) / step)
        if self.unit == "PCS":
            return str(counts)
        digits = (counts * step / Decimal(repr(UNITS[self.unit]))).normalize()
        smallest = (step / Decimal(repr(UNITS[self.unit]))).normalize()
        places = max(0, -int(smallest.as_tuple().exponent))
        return f"{digits if digits else abs(digits):.{places}f}"

    @property
    def tare_text(self) -> str:
        """The tare as it is shown."""
        return self.text(self._tare_ug)

    @property
    def capacity_text(self) -> str:
        """The capacity as it is shown."""
        return f"{self.text(self._settings.capacity_mg * 1e3)} {self.unit}"

    def _indicated(self, felt_ug: float) -> float:
        # the bend repeats eight times over the capacity
        turn = 8.0 * math.tau * felt_ug / (self._settings.capacity_mg * 1e3)
        return felt_ug * self._gain + self._bend_ug * math.sin(turn + self._phase) + self._drift_ug

    def _gust_ug(self, duration_s: float) -> float:
        if not self._settings.draught_per_min:
            return 0.0
        if self._burst_s > 0.0:
            self._burst_s -= duration_s
            return self._settings.draught_ug
        self._calm_s -= duration_s
        if self._calm_s <= 0.0:
            self._burst_s = self._stream.uniform(*BURST_S)
            self._calm_s = self._next_calm_s()
        return 0.0

    def _next_calm_s(self) -> float:
        rate = self._settings.draught_per_min
        return -math.log(1.0 - self._stream.unit()) * 60.0 / rate if rate else math.inf
