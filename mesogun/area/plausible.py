"""Is an area of plausible size for its part of the body? Catches centimetres taken for millimetres, and pixels.

The upper ends follow from body surface and its shares: 2.5 m2, which Mosteller's formula (New England Journal of
Medicine 317, 1987, 1098, doi:10.1056/NEJM198710223171717) gives for 190 cm and 118 kg, times the rule of nines
(Wallace, Lancet 257, 1951, 501, doi:10.1016/S0140-6736(51)91975-7). The lower end, 1 cm2, is an assumption: an area
that takes one papule needs no plan. Not responsible for what may be treated.
"""

from __future__ import annotations

from mesogun.area.model import Area
from mesogun.errors import InputError

BODY_CM2 = 25_000.0
LEAST_CM2 = 1.0

SHARES = {
    "face": 0.045,
    "forehead": 0.045,
    "cheek": 0.045,
    "periorbital": 0.045,
    "jowls": 0.045,
    "submental": 0.045,
    "scalp": 0.045,
    "neck": 0.045,
    "decolletage": 0.18,
    "abdomen": 0.18,
    "back": 0.18,
    "hips": 0.18,
    "buttocks": 0.18,
    "arm": 0.09,
    "thigh": 0.18,
    "leg": 0.18,
}
"""Largest share of the body surface that the site can be part of: half a head, a side of the trunk, a limb."""


def check_site(area: Area, site: str) -> Area:
    """The area, if its size is plausible for the site.

    Raises
    ------
    InputError
        If the site is unknown, or the area is too small or too large for it; with the likely mistake of units.
    """
    if site not in SHARES:
        raise InputError(f"no body site {site!r}; there are {', '.join(sorted(SHARES))}")
    most_cm2 = SHARES[site] * BODY_CM2
    cm2 = area.area_mm2 / 100
    if LEAST_CM2 <= cm2 <= most_cm2:
        return area
    likely = "; check the units, or the scale it was traced with"
    for unit, factor in (("cm", 100.0), ("in", 645.16), ("µm", 1e-6), ("tenths of mm", 0.01)):
        if 10 * LEAST_CM2 <= cm2 * factor <= most_cm2:
            likely = f"; in {unit} it would be {cm2 * factor:.0f} cm²: check the units"
            break
    raise InputError(
        f"{area.name}: {cm2:.3g} cm² is not plausible for {site} ({LEAST_CM2:g} to {most_cm2:.0f} cm²){likely}"
    )
