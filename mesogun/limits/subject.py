"""What the limits must know of a subject: a pseudonymous reference, measurements, and the whole history.

Not responsible for reading them from a journal, and never for a name.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from mesogun.errors import InputError
from mesogun.protocol import Bound
from mesogun.units import NL_PER_ML

DECIMAL = re.compile(r"[0-9]{1,6}(\.[0-9]{1,17})?(e-[0-9]{1,2})?")

ROLLING = timedelta(hours=24)
"""What counts as one treatment for a limit per treatment: splitting a visit in two must not double the dose."""


@dataclass(frozen=True, slots=True)
class Weight:
    """A recorded measurement of body weight."""

    kg: float
    measured_on: date
    by: str

    @classmethod
    def recorded(cls, value: str, measured_on: date, by: str) -> Weight:
        """The weight that a record holds as decimal text; ``InputError`` unless it is a number of kilograms."""
        try:
            kg = float(value)
        except ValueError as error:
            raise InputError(f"weight {value!r} is not a number; measure and enter it in kg") from error
        return cls(kg, measured_on, by)

    def __post_init__(self) -> None:
        if not (math.isfinite(self.kg) and 1 <= self.kg <= 500):
            raise InputError(f"weight {self.kg} kg is not between 1 and 500 kg; measure and enter it in kg")


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject as the limits see one; ``bounds`` are limits that a practitioner set for this person."""

    ref: str
    weight: Weight | None = None
    bounds: tuple[Bound, ...] = ()

    def __post_init__(self) -> None:
        if not self.ref.strip():
            raise InputError("a subject needs a reference")


@dataclass(frozen=True, slots=True)
class PastTreatment:
    """One earlier treatment of the subject, at the upper end of its ledger.

    Attributes
    ----------
    treatment : str
    started_at : datetime
        Aware.
    protocol_id, agent_id : str
        An empty ``agent_id`` is an unknown agent (foreign records): it counts for every agent.
    high_nl : int
        Upper end of the ledger, unattributed volume included.
    points : int
        Points that were or may have been served.
    concentration, unit : str or None
        The concentration then, as decimal text. Without it, limits in mg or units cannot be checked on the same day.
    """

    treatment: str
    started_at: datetime
    protocol_id: str
    agent_id: str
    high_nl: int
    points: int
    concentration: str | None = None
    unit: str | None = None

    def amount(self, unit: str) -> Fraction | None:
        """The most that may have been given, in mg or units; None where nobody knows the concentration in ``unit``."""
        if self.concentration is None or self.unit != unit:
            return None
        return Fraction(self.high_nl, NL_PER_ML) * Fraction(self.concentration)

    def __post_init__(self) -> None:
        if self.concentration is not None and not DECIMAL.fullmatch(self.concentration):
            raise InputError(f"treatment {self.treatment}: concentration {self.concentration!r} is no decimal number")
        if self.started_at.tzinfo is None:
            raise InputError(f"treatment {self.treatment}: its time has no time zone")
        if self.high_nl < 0 or self.points < 0:
            raise InputError(f"treatment {self.treatment}: {self.high_nl} nl and {self.points} points; neither below 0")


@dataclass(frozen=True, slots=True)
class SubjectHistory:
    """Every earlier treatment of one subject, in any order."""

    treatments: tuple[PastTreatment, ...] = ()

    def of(self, agent_id: str) -> tuple[PastTreatment, ...]:
        """Treatments with this agent, or with one that nobody knows, in order of time."""
        chosen = [t for t in self.treatments if t.agent_id in {agent_id, ""}]
        return tuple(sorted(chosen, key=lambda t: t.started_at))

    def recent(self, agent_id: str, now: datetime) -> tuple[PastTreatment, ...]:
        """Those of :meth:`of` that count into a treatment now: the last 24 hours, and anything dated later."""
        return tuple(t for t in self.of(agent_id) if now - t.started_at < ROLLING)
