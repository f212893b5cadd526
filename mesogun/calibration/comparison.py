"""Whether a larger model explains significantly more than a smaller one: the extra-sum-of-squares F test.

Source: Draper and Smith, *Applied Regression Analysis*, 3rd ed. 1998, chapters 2 (lack of fit) and 6. For scatter
that is normal and equal everywhere. Not responsible for which models are compared.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import fdtrc

SIGNIFICANCE = 0.05  # the usual level; a choice, to be stated beside every result that rests on it


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison that led to a choice: ``p`` is the chance of as large an F if the smaller model were true."""

    question: str
    f: float
    p: float


def compare(question: str, extra: float, extra_dof: int, rest: float, rest_dof: int) -> Comparison:
    """Compare what the larger model explains beyond the smaller one with what it leaves unexplained.

    ``extra`` and ``rest`` are sums of squares. Where nothing at all is left unexplained, anything extra decides.
    """
    extra = max(0.0, extra)  # a difference of nested sums is negative by rounding only
    if rest == 0.0:
        return Comparison(question, math.inf if extra > 0.0 else 0.0, 0.0 if extra > 0.0 else 1.0)
    f = (extra / extra_dof) / (rest / rest_dof)
    return Comparison(question, f, float(fdtrc(extra_dof, rest_dof, f)))
