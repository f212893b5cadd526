"""Named techniques as data, with the schools that disagree, and skin thickness as one study measured it.

Not responsible for what a protocol does with them: they fill a demand that the practitioner settles by naming a
school, and they warn.
"""

from __future__ import annotations

from functools import cache
from typing import Literal, Self

from pydantic import Field, model_validator

from mesogun.errors import InputError
from mesogun.protocol.quantity import Key, Layer, Number, Quantity, Strict, Text


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


class BySex(Strict):
    """Means of men and of women."""

    men: Number
    women: Number


class Region(Strict):
    """Mean thickness at one site of the face, mm."""

    site: Key
    epidermis_mm: BySex
    dermis_mm: BySex

    def skin_mm(self) -> tuple[float, float]:
        """Epidermis and dermis together, thinner and thicker of the two means."""
        both = sorted((self.epidermis_mm.men + self.dermis_mm.men, self.epidermis_mm.women + self.dermis_mm.women))
        return both[0], both[1]


class SkinFile(Strict):
    """One study of skin thickness."""

    format: Literal[1]
    source: Key
    grade: Literal["A", "B", "C"]
    region: tuple[Region, ...]


SITES: dict[str, tuple[str, ...]] = {
    "face": ("forehead", "glabella", "temple", "eyelid", "nasal-dorsum", "zygoma", "submandibular"),
    "cheek": ("zygoma", "submandibular"),
    "neck": ("neck",),
    "jowls": ("submandibular",),
}
"""Which measured sites an area of a protocol covers; areas that nobody measured are not here."""


@cache
def techniques() -> tuple[Technique, ...]:
    """Every technique of the table, schools apart."""
    import protocols
    from mesogun.protocol.load import parse_model

    return parse_model(protocols.read("_techniques"), "_techniques.toml", TechniqueFile).technique


@cache
def skin() -> SkinFile:
    """The study of skin thickness that ships with the library."""
    import protocols
    from mesogun.protocol.load import parse_model

    return parse_model(protocols.read("_skin"), "_skin.toml", SkinFile)


def schools(technique_id: str) -> tuple[Technique, ...]:
    """The entries of one technique, one for each school; ``InputError`` names those that exist."""
    found = tuple(t for t in techniques() if t.id == technique_id)
    if not found:
        known = sorted({t.id for t in techniques()})
        raise InputError(f"no technique {technique_id!r}; there are {', '.join(known)}")
    return found


def depth_warnings(areas: tuple[str, ...], layer: str, depth_mm: float) -> tuple[str, ...]:
    """Where a dermal depth is below the dermis as measured; a warning, because people differ."""
    if layer == "subcutaneous":
        return ()
    told = []
    sites = {site for area in areas for site in SITES.get(area, ())}
    for region in skin().region:
        thin, thick = region.skin_mm()
        if region.site in sites and depth_mm > thin:
            told.append(
                f"{depth_mm:g} mm is below the dermis at the {region.site}: skin {thin:.2f} to {thick:.2f} mm there "
                f"({skin().source}, grade {skin().grade}, means)"
            )
    return tuple(told)
