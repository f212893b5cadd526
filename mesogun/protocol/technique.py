"""Named techniques as data, with the schools that disagree.

Not responsible for what a protocol does with them: they fill a demand that the practitioner settles by naming a
school.
"""

from __future__ import annotations

from functools import cache
from typing import Literal, Self

from pydantic import Field, model_validator

from mesogun.errors import InputError
from mesogun.protocol.quantity import Key, Layer, Quantity, Strict, Text


class Technique(Strict):
    """One way of giving, as one school describes it; ``not_this`` says why it is no mesotherapy at all."""

    id: Key
    school: Key | None = None
    name: Text
    layer: Layer
    depth_mm: Quantity | None = None
    spacing_mm: Quantity | None = None
    volume_ul: Quantity | None = None
    metered: bool = True
    not_this: Text | None = None
    note: str = Field(default="", max_length=600)


class TechniqueFile(Strict):
    """The table of techniques."""

    format: Literal[1]
    technique: tuple[Technique, ...]

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        keys = [(t.id, t.school) for t in self.technique]
        if len(set(keys)) < len(keys):
            raise ValueError("a technique stands there twice")
        return self


@cache
def techniques() -> tuple[Technique, ...]:
    """Every technique of the table, schools apart."""
    import protocols
    from mesogun.protocol.load import parse_model

    return parse_model(protocols.read("_techniques"), "_techniques.toml", TechniqueFile).technique


def schools(technique_id: str) -> tuple[Technique, ...]:
    """The entries of one technique, one for each school; ``InputError`` names those that exist."""
    found = tuple(t for t in techniques() if t.id == technique_id)
    if not found:
        known = sorted({t.id for t in techniques()})
        raise InputError(f"no technique {technique_id!r}; there are {', '.join(known)}")
    return found
