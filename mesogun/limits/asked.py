"""What a plan asks for, in the terms in which limits are set: exact numbers, never rounded.

Not responsible for comparing them with a limit (``rules``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Protocol as Shape

from mesogun.limits.combine import exact
from mesogun.limits.subject import PastTreatment, Subject, SubjectHistory
from mesogun.protocol import Kind
from mesogun.units import NL_PER_ML

UM2_PER_CM2 = 100_000_000


class PointShape(Shape):
    """A planned point, as far as limits look at it."""

    @property
    def x_um(self) -> int: ...  # noqa: D102
    @property
    def y_um(self) -> int: ...  # noqa: D102
    @property
    def depth_um(self) -> int: ...  # noqa: D102
    @property
    def volume_nl(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Asked:
    """The smallest and the largest of what a plan asks for, and why a value could not be had."""

    low: Fraction
    high: Fraction


@dataclass(frozen=True, slots=True)
class Question:
    """Everything that the amounts are computed from.

    Attributes
    ----------
    points : sequence of planned points
    total_nl : int
        What the treatment may give in all.
    agent_id : str
    concentration : float or None
        In ``unit`` (mg/mL or U/mL).
    """

    points: Sequence[PointShape]
    total_nl: int
    agent_id: str
    concentration: float | None
    unit: str | None
    subject: Subject
    history: SubjectHistory
    now: datetime


class Unknown(Exception):
    """The amount cannot be computed; the text says what is missing."""


def ask(kind: Kind, question: Question) -> Asked | None:
    """What the plan asks for in terms of ``kind``; None where the kind does not apply to it.

    Raises
    ------
    Unknown
        If a fact is missing: a limit that cannot be checked is not passed.
    """
    if kind == "point_ml":
        return _span([Fraction(point.volume_nl, NL_PER_ML) for point in question.points])
    if kind == "depth_mm":
        return _span([Fraction(point.depth_um, 1000) for point in question.points])
    if kind == "points":
        return _one(len(question.points) + sum(t.points for t in _recent(question)))
    if kind == "treatment_ml":
        return _one(Fraction(rolling_nl(question), NL_PER_ML))
    if kind == "course_ml":
        return _one(Fraction(question.total_nl + course_nl(question), NL_PER_ML))
    if kind in {"treatment_mg", "treatment_mg_per_kg", "treatment_units"}:
        unit = "U/mL" if kind == "treatment_units" else "mg/mL"
        amount = Fraction(question.total_nl, NL_PER_ML) * concentration(question, unit) + earlier(question, unit)
        return _one(amount / weight(question) if kind == "treatment_mg_per_kg" else amount)
    if kind == "concentration":
        return _one(concentration(question, question.unit or ""))
    if kind == "density_mg_per_cm2":
        return _density(question)
    if kind == "distance_mm":
        sides = _sides_um(question)
        return None if sides is None else _one(Fraction(min(sides), 1000))
    if kind == "interval_days":
        past = question.history.of(question.agent_id)
        if not past:
            return None
        return _one((question.now.date() - past[-1].started_at.astimezone(question.now.tzinfo).date()).days)
    if kind == "treatments":
        return _one(len(question.history.of(question.agent_id)) + 1)
    return None  # shot_interval_ms: a property of the run, checked shot by shot


def rolling_nl(question: Question) -> int:
    """What this treatment and everything of the agent within the last 24 hours may add up to."""
    return question.total_nl + sum(t.high_nl for t in _recent(question))


def earlier(question: Question, unit: str) -> Fraction:
    """What the last 24 hours may have given of the agent, in mg or units, each at its own concentration."""
    total = Fraction(0)
    for treatment in _recent(question):
        amount = treatment.amount(unit)
        if amount is None:
            raise Unknown(f"the concentration of treatment {treatment.treatment} is not known in {unit}")
        total += amount
    return total


def course_nl(question: Question) -> int:
    """What every earlier treatment with the agent may have given."""
    return sum(t.high_nl for t in question.history.of(question.agent_id))


def nearest_um2(places: Sequence[tuple[int, int]]) -> list[int] | None:
    """Squared distance of each place to its nearest other one, in um², exact; None for fewer than two places."""
    if len(places) < 2:
        return None
    import numpy as np  # heavy: only when a limit asks for it
    from scipy.spatial import cKDTree

    array = np.asarray(places, dtype=np.float64)
    nearest: list[list[int]] = np.asarray(cKDTree(array).query(array, k=2)[1]).tolist()
    squared = []
    for index, pair in enumerate(nearest):
        # A place that shares its spot with others may not find itself among its two nearest.
        other = pair[1] if pair[0] == index else pair[0]
        squared.append((places[other][0] - places[index][0]) ** 2 + (places[other][1] - places[index][1]) ** 2)
    return squared


def _recent(question: Question) -> Sequence[PastTreatment]:
    return question.history.recent(question.agent_id, question.now)


def _density(question: Question) -> Asked | None:
    strength = concentration(question, "mg/mL")
    sides = _sides_um(question)
    if sides is None:
        return None
    if not all(sides):
        raise Unknown("two points lie on the same spot")
    return _span(
        [
            Fraction(point.volume_nl, NL_PER_ML) * strength * UM2_PER_CM2 / side**2
            for point, side in zip(question.points, sides, strict=True)
        ]
    )


def _sides_um(question: Question) -> list[int] | None:
    """Distance of each point to its nearest neighbour, to the nearest 10 um.

    A plan's coordinates are whole micrometres, so a lattice of exactly 10 mm has pairs at 9.999 mm.
    """
    squared = nearest_um2([(point.x_um, point.y_um) for point in question.points])
    return None if squared is None else [round(value**0.5 / 10) * 10 for value in squared]


def concentration(question: Question, unit: str) -> Fraction:
    """The concentration in ``unit``, exact; ``Unknown`` if it is not known or in another unit."""
    if question.concentration is None:
        raise Unknown("the concentration is not known; supply it")
    if question.unit != unit:
        raise Unknown(f"the concentration is in {question.unit or 'no unit'}, the limit needs {unit or 'a unit'}")
    return exact(question.concentration)


def weight(question: Question) -> Fraction:
    """The subject's weight in kg, exact; ``Unknown`` if it is not known."""
    if question.subject.weight is None:
        raise Unknown("the subject's weight is not known; measure and record it")
    return exact(question.subject.weight.kg)


def _one(value: Fraction | int) -> Asked:
    return Asked(Fraction(value), Fraction(value))


def _span(values: Sequence[Fraction]) -> Asked | None:
    return Asked(min(values), max(values)) if values else None
