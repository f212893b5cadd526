"""Where a shot went, in words, and what speaks against it: outside the area, in a part left out, far away. Pure.

Not responsible for asking (``forms``) or for judging an order (``mesogun.treatment``): a place is the operator's
testimony, and this only asks once more about figures that look like a slip of the finger.
"""

from __future__ import annotations

import math

from mesogun.plan.model import Plan, Ring
from tui import figures

FAR_SPACINGS = 3
"""From so many spacings on a shot is far from its place: a slip of the gun seldom passes the next rows."""


def offset_text(right_um: int, up_um: int) -> str:
    """How far: ``1 mm right, 0.5 mm up``."""
    across = f"{figures.millimetres(abs(right_um))} {'left' if right_um < 0 else 'right'}"
    return f"{across}, {figures.millimetres(abs(up_um))} {'down' if up_um < 0 else 'up'}"


def place_text(x_um: int, y_um: int) -> str:
    """A place on the map: ``35.2, 27 mm``."""
    return f"{figures.millimetres(x_um, unit=False)}, {figures.millimetres(y_um)}"


def doubt(plan: Plan, x_um: int, y_um: int, right_um: int, up_um: int) -> str:
    """What speaks against this place, in a few words; empty when nothing does."""
    if not any(_within(zone.rings, x_um, y_um) for zone in plan.zones):
        return "outside the area"
    if _within(plan.exclusions, x_um, y_um):
        return "in a part that is left out"
    if math.hypot(right_um, up_um) > FAR_SPACINGS * plan.spacing_um:
        return f"farther than {FAR_SPACINGS} times the spacing of {figures.millimetres(plan.spacing_um)}"
    return ""


def _within(rings: tuple[Ring, ...], x_um: int, y_um: int) -> bool:
    """Inside an odd number of rings, so that a hole's ring takes away."""
    odd = False
    for ring in rings:
        for (x1, y1), (x2, y2) in zip(ring, (*ring[1:], *ring[:1]), strict=True):
            if (y1 > y_um) != (y2 > y_um) and x_um < x1 + (y_um - y1) * (x2 - x1) / (y2 - y1):
                odd = not odd
    return odd
