"""A visit as far as it was said: the wizard's one value, replaced with every answer.

Not responsible for checking any of it (``visit``) or for asking (``wizard``, ``questions``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the wizard reads and writes: its own folder, the journal, the clinic's ``limits.toml``."""

    folder: Path
    journal: str | Path = ""
    limits: Path | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything that was said so far; what is empty was not said.

    Attributes
    ----------
    protocol, area, units, subject, port, who, school, head
        Names, as ``mesogun treat`` takes them; ``who`` only where nobody is at the keyboard.
    values : mapping
        The practitioner's numbers by their dotted keys.
    screening : mapping
        Question to yes or no, and where the clearance is documented (or days, for combinations).
    consent : mapping
        Item of consent to whether the subject agreed.
    steps, reasons : mapping
        Step of preparation to its note; rule of a soft limit to why it is passed.
    supplies : mapping
        Options of ``treat`` about what is used up, without their dashes; ``parts`` are pairs ``kind:serial``.
    passed : frozenset of str
        Pages that nothing has to be said on, and that were left with *go on*.
    """

    protocol: str = ""
    area: str = ""
    units: str | None = None
    subject: str = ""
    port: str = ""
    who: str = ""
    school: str | None = None
    head: str | None = None
    values: Mapping[str, float] = field(default_factory=dict)
    weight_kg: str | None = None
    screening: Mapping[str, tuple[bool, str]] = field(default_factory=dict)
    consent: Mapping[str, bool] = field(default_factory=dict)
    steps: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    supplies: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[str, ...] = ()
    passed: frozenset[str] = frozenset()

    def for_protocol(self, name: str) -> Draft:
        """The same place, subject and gun for another protocol: no number and no answer is carried over."""
        if name == self.protocol:
            return self
        return Draft(name, self.area, self.units, self.subject, self.port, self.who)

    def for_subject(self, reference: str) -> Draft:
        """The same plan for somebody else: no answer is carried over."""
        if reference == self.subject:
            return self
        kept = Draft(self.protocol, self.area, self.units, reference, self.port, self.who, self.school, self.head)
        return replace(kept, values=self.values, passed=self.passed & {"school"})

    @property
    def basis(self) -> tuple[object, ...]:
        """What a plan rests on: while it is the same, so is the plan."""
        names = ("protocol", "area", "units", "subject", "port", "who", "school", "head", "values")
        return tuple(getattr(self, name) for name in names)

    def planned_anew(self) -> Draft:
        """For another plan: consent was given to the old one, and so were the reasons."""
        return replace(self, consent={}, reasons={})
