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


def depth_warnings(protocol: Protocol, depth_mm: float) -> Iterator[str]:
    """One line for each site of the protocol's areas where that depth is in another layer, with its source."""
    from mesogun.dose.skin import check_depth  # numpy and scipy: only when a plan is judged

    sites = dict.fromkeys(site for area in protocol.areas for site in SITES.get(area, ()))
    for site in sites:
        try:
            verdict = check_depth(depth_mm, site, LAYER[protocol.target_layer])
        except InputError as error:
            yield str(error)
            return
        if not verdict.ok:
            yield verdict.message
