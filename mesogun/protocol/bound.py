"""The shape of a limit, wherever it stands: in a protocol, in the agents' table, in a clinic's file, with a subject.

Not responsible for combining limits or checking anything against them: that is ``mesogun.limits``.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mesogun.protocol.quantity import Grade, Key, Strict

Kind = Literal[
    "point_ml",
    "treatment_ml",
    "treatment_mg",
    "treatment_mg_per_kg",
    "treatment_units",
    "course_ml",
    "points",
    "density_mg_per_cm2",
    "concentration",
    "depth_mm",
    "distance_mm",
    "shot_interval_ms",
    "interval_days",
    "treatments",
]
"""What can be limited. ``treatment_*`` and ``points`` count everything of the agent within 24 hours; ``course_ml``
and ``treatments`` count the subject's whole history; ``density_mg_per_cm2`` counts each point over a square whose
side is the distance to its nearest neighbour."""

Limit = Annotated[float, Field(ge=0, lt=1e7, allow_inf_nan=False)]


class Bound(Strict):
    """One limit with its source: hard edges nobody can pass, soft edges that need a reason.

    Attributes
    ----------
    kind : str
        What is limited; the unit is the last word.
    hard_low, soft_low, soft_high, hard_high : float or None
        Both ends included: a value on the edge passes.
    """

    kind: Kind
    hard_low: Limit | None = None
    soft_low: Limit | None = None
    soft_high: Limit | None = None
    hard_high: Limit | None = None
    source: str = Field(min_length=1, max_length=200)
    grade: Grade
    also: tuple[Key, ...] = ()
    note: str = Field(default="", max_length=600)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        edges = [edge for edge in (self.hard_low, self.soft_low, self.soft_high, self.hard_high) if edge is not None]
        if not edges:
            raise ValueError(f"{self.kind} sets no edge; give hard_low, soft_low, soft_high or hard_high")
        if edges != sorted(edges):
            raise ValueError(f"{self.kind}: needs hard_low <= soft_low <= soft_high <= hard_high")
        return self
