"""What a treatment protocol says, as frozen values: the shape of a file in ``protocols/``.

Not responsible for reading text (``load``), filling in what is missing (``supply``) or deciding (``limits``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from mesogun.protocol.bound import Bound
from mesogun.protocol.quantity import Grade, Key, Layer, Quantity, Strict, Text

FORMAT = 1
Version = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,4}(\.[0-9]{1,4}){0,2}$")]
HeadId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9+.-]{0,63}$")]
Mode = Literal["single", "burst", "continuous", "stamp", "electrical"]
Outcome = Literal["clear", "note", "clearance", "blocked"]

RULE_SECTIONS = ("screening", "consent", "preparation", "aftercare", "reactions")


class Source(Strict):
    """One entry of the bibliography."""

    key: Key
    title: Text
    publisher: Text
    year: int | None = Field(default=None, ge=1900, le=2100)
    doi: str | None = Field(default=None, pattern=r"^10\.\d{4,9}/\S{1,200}$")
    url: str | None = Field(default=None, pattern=r"^https?://\S{1,400}$")
    grade: Literal["A", "B", "C"]
    note: str = Field(default="", max_length=600)


class Shot(Strict):
    """What one needle leaves behind and how far apart; ``total_ml`` is the fluid of one treatment."""

    depth_mm: Quantity
    spacing_mm: Quantity
    volume_ul: Quantity
    total_ml: Quantity


class AgentUse(Strict):
    """The substance, by its key in the agents' table, with the concentration used.

    A unit without a concentration is a demand: the practitioner must supply it. Neither of them means a mixture
    that has no one concentration; only limits in mL and points can then be met.
    """

    id: Key
    name: Text
    concentration: Annotated[float, Field(gt=0, lt=1e6, allow_inf_nan=False)] | None = None
    unit: Literal["mg/mL", "U/mL"] | None = None
    brand: Text | None = None
    source: str = Field(default="", max_length=200)
    grade: Grade | Literal[""] = ""
    demand: Text | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.concentration is None:
            if self.demand is None:
                raise ValueError("needs a concentration with its unit, or a demand that says why there is none")
        else:
            if self.unit is None:
                raise ValueError("a concentration without its unit")
            if not (self.source and self.grade):
                raise ValueError("a concentration without source and grade")
        if self.unit == "U/mL" and self.brand is None:
            raise ValueError("units are not interchangeable between brands: name the brand")
        return self


class Course(Strict):
    """How many treatments, how far apart, and what keeps the result."""

    treatments: Quantity
    interval_days: Quantity
    maintenance_per_year: Quantity | None = None
    visit_minutes: Quantity | None = None
    note: str = Field(default="", max_length=600)


class Rule(Strict):
    """A sentence with the sources that say it; ``hours`` or ``days`` where the source gives a time."""

    id: Key
    text: Text
    sources: Annotated[tuple[Key, ...], Field(min_length=1)]
    hours: float | None = Field(default=None, gt=0, le=24 * 365, allow_inf_nan=False)
    note: str = Field(default="", max_length=600)


class Question(Strict):
    """A screening question, and what a *yes* and a *no* lead to."""

    id: Key
    ask: Text
    yes: Outcome = "clear"
    no: Outcome = "clear"
    sources: Annotated[tuple[Key, ...], Field(min_length=1)]
    note: str = Field(default="", max_length=600)

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if (self.yes == "clear") == (self.no == "clear"):
            raise ValueError(f"{self.id}: exactly one of yes and no leads to blocked, clearance or note")
        return self


class Document(Strict):
    """The whole file. Every list is checked for repeated ids; every source must be known (``load``)."""

    format: Literal[1]
    id: Key
    title: Text
    version: Version
    indications: Annotated[tuple[Key, ...], Field(min_length=1, max_length=20)]
    areas: Annotated[tuple[Key, ...], Field(min_length=1, max_length=20)]
    technique: Key
    target_layer: Layer
    head: HeadId = "single"
    lattice: Literal["hex", "square"] = "hex"
    mode: Mode = "single"
    summary: Text
    shot: Shot
    agent: AgentUse
    course: Course
    screening: Annotated[tuple[Question, ...], Field(max_length=60)]
    consent: Annotated[tuple[Rule, ...], Field(max_length=30)]
    preparation: Annotated[tuple[Rule, ...], Field(max_length=30)]
    aftercare: Annotated[tuple[Rule, ...], Field(max_length=30)]
    reactions: Annotated[tuple[Rule, ...], Field(max_length=30)] = ()
    limits: Annotated[tuple[Bound, ...], Field(max_length=40)] = ()
    bibliography: Annotated[tuple[Source, ...], Field(max_length=60)] = ()

    @property
    def metered(self) -> bool:
        """Whether the way of delivery can meter a volume; electrical pulses cannot."""
        return self.mode != "electrical"

    @property
    def refusal(self) -> str:
        """Why no shot can be planned from it at all; empty where one can."""
        if self.metered:
            return ""
        return f"{self.id} cannot meter a dose: {self.summary} Area and time are recorded, and no shot is planned"

    def quantities(self) -> Iterator[tuple[str, Quantity]]:
        """Every number with its dotted key, in the order of the file."""
        for part in ("shot", "course"):
            section = getattr(self, part)
            for name in type(section).model_fields:
                value = getattr(section, name)
                if isinstance(value, Quantity):
                    yield f"{part}.{name}", value

    @property
    def demanded(self) -> tuple[str, ...]:
        """Dotted keys of what the practitioner must still supply before a plan can be made.

        A total is not among them: where it is missing, it follows from spacing and volume on the given area.
        """
        shot = self.shot
        needed = {
            "shot.depth_mm": shot.depth_mm.missing,
            "shot.spacing_mm": shot.spacing_mm.missing,
            "shot.volume_ul": shot.volume_ul.missing,
            "agent.concentration": self.agent.unit is not None and self.agent.concentration is None,
        }
        return tuple(key for key, missing in needed.items() if missing)

    @model_validator(mode="after")
    def _unique(self) -> Self:
        for name in RULE_SECTIONS:
            seen: set[str] = set()
            for rule in getattr(self, name):
                if rule.id in seen:
                    raise ValueError(f"{name} has two entries with id {rule.id!r}")
                seen.add(rule.id)
        kinds = [bound.kind for bound in self.limits]
        for kind in kinds:
            if kinds.count(kind) > 1:
                raise ValueError(f"limits has two entries of kind {kind}")
        return self


class Protocol(Document):
    """A loaded protocol: the document, the hash of the bytes it came from, and the sources it cites."""

    sha256: str
    sources: tuple[Source, ...] = ()
