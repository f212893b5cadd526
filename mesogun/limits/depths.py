"""Whether a plan's depth lies in the layer that its protocol aims at, on mean skin thicknesses: a warning, no limit.

Not responsible for the thicknesses (``mesogun.dose.skin``); people differ from means.
"""

from __future__ import annotations

from collections.abc import Iterator

from mesogun.errors import InputError
from mesogun.protocol import Protocol

SITES: dict[str, tuple[str, ...]] = {
    "face": ("forehead", "glabella", "temple", "eyelid", "nose", "zygoma", "submandibular"),
    "cheek": ("zygoma", "submandibular"),
    "neck": ("neck",),
    "jowls": ("submandibular",),
    "submental": ("submandibular",),
    "abdomen": ("abdomen",),
    "thighs": ("thigh",),
    "arms": ("arm",),
    "buttocks": ("buttock",),
    "hips": ("waist",),
}
"""Which measured sites an area of a protocol covers; areas that nobody measured are not here."""

LAYER = {"epidermal": "epidermis", "dermal": "dermis", "subcutaneous": "subcutis"}


def depth_warnings(protocol: Protocol, depth_mm: float, area: str = "") -> Iterator[str]:
    """One line where that depth is in another layer at a site of the area, with its source, and the other such sites.

    ``area`` is what the plan's outline is called; where nobody measured that, all of the protocol's areas are asked.
    """
    from mesogun.dose.skin import check_depth  # numpy and scipy: only when a plan is judged

    areas = (area,) if area in SITES else protocol.areas
    told, also = "", []
    for site in dict.fromkeys(site for name in areas for site in SITES.get(name, ())):
        try:
            verdict = check_depth(depth_mm, site, LAYER[protocol.target_layer])
        except InputError as error:
            yield str(error)
            return
        if not verdict.ok and told:
            also.append(site)
        elif not verdict.ok:
            told = verdict.message
    if told:
        yield f"{told}; nor at {', '.join(also)}" if also else told
