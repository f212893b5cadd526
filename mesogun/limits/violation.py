"""What stands in the way: one rule that would be broken, with the asked value, the limit and its source.

Not responsible for deciding (``rules``, ``clear``) nor for recording a refusal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mesogun.errors import LimitRefused


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule.

    Attributes
    ----------
    rule : str
        Id of the rule, such as ``treatment_ml.hard_high``; an override names it.
    asked, limit : float or None
        In ``unit``; None where the rule is not about a number. For people; the check itself is exact.
    unit : str
    source : str
        Where the limit comes from: origin, source and grade.
    hard : bool
        Nobody can override a hard one; a soft one needs a practitioner's reason.
    message : str
        One line: what was asked, what stands in the way, where that comes from, what would work.
    """

    rule: str
    asked: float | None
    limit: float | None
    unit: str
    source: str
    hard: bool
    message: str


class ClearanceRefused(LimitRefused):
    """A plan or an entry was refused; ``violations`` holds every broken rule, the message one line for each."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        self.violations = tuple(violations)
        lines = [f"{'hard' if v.hard else 'soft'} {v.rule}: {v.message}" for v in self.violations]
        super().__init__("\n".join(lines))
