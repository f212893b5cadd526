"""A number of a treatment protocol: its value or range, where it comes from and how good that source is.

Not responsible for what the number is used for (the planner) nor for what it may be at most (the limits).
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Grade = Literal["A", "B", "C", "site", "demo"]
"""A label, standard or peer-reviewed paper; B society, hospital or textbook; C clinic, vendor or journalism;
``site`` a named practitioner; ``demo`` a demonstration value. Grade D (consumer or machine-written pages) never
carries a number, so it has no place here."""

SOURCED_GRADES: tuple[Grade, ...] = ("A", "B", "C")
"""What a protocol file may state; the other two come only through :func:`mesogun.protocol.supply`."""

Layer = Literal["epidermal", "dermal", "subcutaneous"]
Text = Annotated[str, StringConstraints(min_length=1, max_length=600)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")]
Number = Annotated[float, Field(gt=0, lt=1e6, allow_inf_nan=False)]


class Strict(BaseModel):
    """Frozen, nothing coerced, unknown keys are faults."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Quantity(Strict):
    """A number with its source: a value, a range, or a reason why the practitioner must supply it.

    Attributes
    ----------
    value, low, high : float or None
        In the unit that the key's last word names. A range always has both ends.
    source : str
        Key of the bibliography, or who supplied the value; empty when the number is missing.
    grade : str
        ``A``, ``B``, ``C``, ``site`` or ``demo``; empty when the number is missing.
    demand : str or None
        Why there is no number; only then may there be none.
    """

    value: Number | None = None
    low: Number | None = None
    high: Number | None = None
    source: str = Field(default="", max_length=200)
    grade: Grade | Literal[""] = ""
    also: tuple[Key, ...] = ()
    note: str = Field(default="", max_length=600)
    demand: Text | None = None

    @property
    def missing(self) -> bool:
        """Neither value nor range: the practitioner must supply it."""
        return self.value is None and self.low is None

    @property
    def fixed(self) -> bool:
        """A value without a range: the planner may not move it."""
        return self.value is not None and self.low is None

    def bounds(self) -> tuple[float, float] | None:
        """The interval that the number may lie in, both ends included; None when it is missing."""
        if self.low is not None and self.high is not None:
            return self.low, self.high
        return None if self.value is None else (self.value, self.value)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.low is None) != (self.high is None):
            raise ValueError("a range needs both low and high")
        if self.low is not None and self.high is not None:
            if self.low > self.high:
                raise ValueError(f"low {self.low:g} is above high {self.high:g}")
            if self.value is not None and not self.low <= self.value <= self.high:
                raise ValueError(f"value {self.value:g} is outside its range {self.low:g} to {self.high:g}")
        if self.missing:
            if self.demand is None:
                raise ValueError("needs a value, a range, or a demand that says why there is no number")
            if self.source or self.grade or self.also:
                raise ValueError("a demand has no number, so it has no source and no grade")
        else:
            if self.demand is not None:
                raise ValueError("has a number and a demand; keep one of them")
            if not self.source:
                raise ValueError("a number without a source; name one of the bibliography's keys")
            if not self.grade:
                raise ValueError("a number without a grade; give A, B or C")
        return self
