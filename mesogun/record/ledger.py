"""What was given, as an interval of nanolitres, never a bare number.

Not responsible for where the numbers come from: events carry them, the fold adds them up.
"""

from __future__ import annotations

from dataclasses import dataclass

from mesogun.wire.values import quick


@quick
@dataclass(frozen=True, slots=True)
class Ledger:
    """``low_nl`` is proved, ``high_nl`` cannot be excluded; limits are checked against ``high_nl``."""

    low_nl: int = 0
    high_nl: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.low_nl <= self.high_nl:
            raise ValueError(f"no interval: [{self.low_nl}, {self.high_nl}] nL")

    def __add__(self, other: Ledger) -> Ledger:
        return Ledger(self.low_nl + other.low_nl, self.high_nl + other.high_nl)

    def __contains__(self, volume_nl: int) -> bool:
        return self.low_nl <= volume_nl <= self.high_nl


def overrun_bound_nl(volume_nl: int, overrun_nl: int, overrun_ppm: int) -> int:
    """How far from ``volume_nl`` the true volume may lie, by the calibration's stated bound; rounded up."""
    return overrun_nl + -(-volume_nl * overrun_ppm // 1_000_000)


def loaded_high_nl(volume_nl: int, overrun_nl: int, overrun_ppm: int) -> int:
    """The most that a loaded entry may give (H2)."""
    return volume_nl + overrun_bound_nl(volume_nl, overrun_nl, overrun_ppm)


def shot_interval(*, outcome: str, commanded_nl: int, delivered_nl: int, overrun_nl: int, overrun_ppm: int) -> Ledger:
    """What one closed record proves.

    A finished or partial stroke was measured to within the calibration's bound. An INDETERMINATE one lies between
    the last checkpoint and the whole commanded stroke with its overrun, whatever the counter says (H8).
    """
    below = overrun_bound_nl(delivered_nl, overrun_nl, overrun_ppm)
    low_nl = max(0, delivered_nl - below)
    if outcome == "INDETERMINATE":
        return Ledger(low_nl, max(commanded_nl, delivered_nl) + overrun_bound_nl(commanded_nl, overrun_nl, overrun_ppm))
    return Ledger(low_nl, delivered_nl + below)
