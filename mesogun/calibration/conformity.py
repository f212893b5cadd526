"""Whether a measured error keeps a limit, by a rule that is stated beforehand.

Sources: JCGM 106:2012 (clauses 8.2, 8.3: simple acceptance, guard bands), ILAC-G8:09/2019. Limits are data with a
source: :class:`Limits`. None is in force by itself; whoever calibrates chooses one and the certificate names it.

Not responsible for finding the error or its uncertainty.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from scipy.special import chdtri

from mesogun.errors import InputError


class Rule(enum.Enum):
    """How the uncertainty enters the decision; the value is the sentence for the certificate."""

    GUARDED = (
        "Guard band w = U: pass if |error| + U keeps the limit, fail if |error| - U exceeds it, else undecided "
        "(JCGM 106:2012, 8.3; ILAC-G8:09/2019)"
    )
    SIMPLE = "Simple acceptance: pass if |error| keeps the limit; the risk is shared (JCGM 106:2012, 8.2)"


class Verdict(enum.Enum):
    """What can be said about conformity."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Limits:
    """Largest permissible errors, absolute, for every volume that an instrument of this nominal volume is set to.

    Raises
    ------
    InputError
        Unless all three are positive and a source is named.
    """

    nominal_ul: float
    systematic_ul: float
    random_ul: float
    source: str

    def __post_init__(self) -> None:
        for name in ("nominal_ul", "systematic_ul", "random_ul"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise InputError(f"{name} is {getattr(self, name)} µL; a limit is above 0")
        if not self.source.strip():
            raise InputError("a limit without a source cannot be put on a certificate; name the standard or contract")


_PIPETTES = (
    "ISO 8655-2, piston pipettes type A, single channel, as reproduced by third parties; "
    "for a mesogun an analogy, chosen by the user"
)

# The limits of a pipette of the same nominal volume; ISO 8655-5 (dispensers) is nearer kin, but was not at hand.
PIPETTE_LIMITS: Mapping[int, Limits] = MappingProxyType(
    {
        nominal_ul: Limits(nominal_ul, systematic_ul, random_ul, _PIPETTES)
        for nominal_ul, systematic_ul, random_ul in (
            (10, 0.12, 0.08),
            (20, 0.20, 0.10),
            (50, 0.50, 0.20),
            (100, 0.80, 0.30),
            (1000, 8.0, 3.0),
        )
    }
)


def systematic(error_ul: float, expanded_uncertainty_ul: float, limits: Limits, rule: Rule) -> Verdict:
    """Whether the mean error keeps the limit.

    Raises
    ------
    InputError
        If the error is no number or the uncertainty is not 0 or more.
    """
    if not math.isfinite(error_ul) or not 0.0 <= expanded_uncertainty_ul < math.inf:
        raise InputError(f"an error of {error_ul} ± {expanded_uncertainty_ul} µL cannot be judged; measure again")
    guard_ul = expanded_uncertainty_ul if rule is Rule.GUARDED else 0.0
    return _verdict(abs(error_ul) - guard_ul, abs(error_ul) + guard_ul, limits.systematic_ul)


def within(error: float, expanded_uncertainty: float, limit: float, rule: Rule) -> Verdict:
    """The same for any quantity whose limit is absolute and has its source elsewhere; the unit is the caller's."""
    guard = expanded_uncertainty if rule is Rule.GUARDED else 0.0
    return _verdict(abs(error) - guard, abs(error) + guard, limit)


def random(spread_ul: float, count: int, limits: Limits, rule: Rule, probability: float = 0.95) -> Verdict:
    """Whether the standard deviation of ``count`` shots keeps the limit.

    Under the guarded rule the one-sided bounds ``s sqrt((n - 1) / chi2)`` at ``probability`` decide, for shots that
    scatter normally: ten shots know their spread to a third only.

    Raises
    ------
    InputError
        For a spread that is none, fewer than two shots, or a probability outside of 0.5 to 1.
    """
    if not 0.0 <= spread_ul < math.inf or count < 2:
        raise InputError(
            f"a spread of {spread_ul} µL of {count} shot(s) cannot be judged; two shots at least are needed"
        )
    if not 0.5 <= probability < 1.0:
        raise InputError(f"a probability of {probability} bounds nothing; 0.95 is usual")
    if rule is Rule.SIMPLE:
        return _verdict(spread_ul, spread_ul, limits.random_ul)
    nu = count - 1
    low_ul, high_ul = (spread_ul * math.sqrt(nu / chdtri(nu, tail)) for tail in (1.0 - probability, probability))
    return _verdict(low_ul, high_ul, limits.random_ul)


def _verdict(low: float, high: float, limit: float) -> Verdict:
    if high <= limit:
        return Verdict.PASS
    return Verdict.FAIL if low > limit else Verdict.UNDECIDED
