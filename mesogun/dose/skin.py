"""Skin layers by body site, and whether a depth lies in the layer that was aimed at.

Each thickness keeps its modality and source; sites measured in men and women are checked for both unless a sex is
given. Not responsible for how a depot spreads over the layers (``depth``), nor for refusing a plan: it warns.
"""

from __future__ import annotations

from dataclasses import dataclass

from mesogun.dose.checks import PLAUSIBLE_DEPTH_MM, number
from mesogun.dose.depot import LAYERS
from mesogun.dose.parameters import Parameter, load
from mesogun.errors import InputError


@dataclass(frozen=True, slots=True)
class Skin:
    """Mean layer thicknesses at one site; ``sources`` are the rows they come from, with modality and n."""

    site: str
    sex: str
    epidermis_mm: float
    dermis_mm: float
    sources: tuple[Parameter, ...]

    @property
    def borders_mm(self) -> tuple[float, float]:
        """Depth of the epidermis-dermis and the dermis-subcutis border."""
        return self.epidermis_mm, self.epidermis_mm + self.dermis_mm

    @property
    def modality(self) -> str:
        """How the dermis (or the skin as a whole) was measured."""
        return str(self.sources[-1].get("modality"))

    def layer_at(self, depth_mm: float) -> str:
        """Name of the layer at a depth."""
        upper, lower = self.borders_mm
        return LAYERS[0] if depth_mm < upper else LAYERS[1] if depth_mm <= lower else LAYERS[2]


@dataclass(frozen=True, slots=True)
class DepthVerdict:
    """Whether a depth lies in its layer: ``layers`` holds what it meets in each skin that was asked."""

    ok: bool
    layer: str
    layers: tuple[str, ...]
    message: str


def sites() -> tuple[str, ...]:
    """Names of the sites with a skin thickness."""
    return tuple(sorted({row.get("site") for row in load("skin").values() if row.get("measure") in ("dermis", "skin")}))


def skins(site: str, sex: str | None = None) -> tuple[Skin, ...]:
    """The skins measured at a site, one per sex where they were told apart; ``InputError`` if there is none.

    Where only the dermis was measured, the epidermis of the face by the same modality is added; where only the whole
    skin was measured, the epidermis of facial histology is taken out of it (thin against the rest).
    """
    rows = load("skin")
    if site not in sites():
        raise InputError(f"site {site!r} has no measured skin thickness; known are {', '.join(sites())}")
    found = []
    for row in rows.values():
        if row.get("site") != site or row.get("measure") not in ("dermis", "skin"):
            continue
        if sex is not None and row.get("sex") not in (sex, "any"):
            continue
        whole = row.get("measure") == "skin"
        histology = whole or row.get("modality") == "histology"
        epidermis = rows["face.epidermis.histology" if histology else "face.epidermis"]
        dermis_mm = row.value - epidermis.value if whole else row.value
        found.append(Skin(site, row.get("sex"), epidermis.value, dermis_mm, (epidermis, row)))
    if not found:
        raise InputError(f"site {site!r} has no thickness for sex {sex!r}; use 'male', 'female' or none")
    return tuple(found)


def check_depth(depth_mm: float, site: str, layer: str = "dermis", sex: str | None = None) -> DepthVerdict:
    """Whether a needle tip at ``depth_mm`` lies in ``layer`` at ``site``, on mean thicknesses.

    Raises
    ------
    InputError
        Unknown site, layer or sex; a depth that is not plausible.
    """
    number(depth_mm, "depth_mm", "mm", *PLAUSIBLE_DEPTH_MM)
    if layer not in LAYERS:
        raise InputError(f"layer {layer!r} is unknown; it must be one of {', '.join(LAYERS)}")
    known = skins(site, sex)
    layers = tuple(skin.layer_at(depth_mm) for skin in known)
    wrong = [(skin, met) for skin, met in zip(known, layers, strict=True) if met != layer]
    if not wrong:
        return DepthVerdict(ok=True, layer=layer, layers=layers, message="")
    skin, met = wrong[0]
    upper, lower = skin.borders_mm
    row = skin.sources[-1]
    who = "" if skin.sex == "any" else f" ({skin.sex})"
    count = "n not stated" if row.n is None else f"n = {row.n}"
    message = (
        f"{depth_mm:g} mm at {site}{who} lies in the {met}, not in the {layer}: the dermis there runs from "
        f"{upper:.2g} to {lower:.3g} mm on average ({skin.modality}, {count}; {row.source})"
    )
    return DepthVerdict(ok=False, layer=layer, layers=layers, message=message)
