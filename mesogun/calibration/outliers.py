"""One value that does not belong: Grubbs' test, for a policy that was stated before the first shot.

Source: Grubbs 1969, *Technometrics* 11:1, doi 10.1080/00401706.1969.10490657; two-sided, one value at most. Not
responsible for whether excluding is right: the excluded value stays on record and on the certificate.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import stdtrit

SIGNIFICANCE = 0.01  # an excluded shot needs more than the usual evidence: a choice, stated on the certificate


@dataclass(frozen=True, slots=True)
class Outlier:
    """The value at ``index``: its distance from the mean in standard deviations, and what was allowed."""

    index: int
    distance: float
    allowed: float

    @property
    def told(self) -> str:
        """One line for a certificate."""
        return f"Grubbs: {self.distance:.2f} s from the mean, {self.allowed:.2f} allowed at {SIGNIFICANCE:g}"


def grubbs(values: Sequence[float]) -> Outlier | None:
    """The one outlier of a series of six or more, or ``None``; fewer values cannot tell."""
    n = len(values)
    if n < 6:
        return None
    mean, spread = statistics.fmean(values), statistics.stdev(values)
    if spread == 0.0:
        return None
    index = max(range(n), key=lambda at: abs(values[at] - mean))
    distance = abs(values[index] - mean) / spread
    t = float(stdtrit(n - 2, 1.0 - SIGNIFICANCE / (2.0 * n)))
    allowed = (n - 1) / math.sqrt(n) * math.sqrt(t * t / (n - 2 + t * t))
    return Outlier(index, distance, allowed) if distance > allowed else None
