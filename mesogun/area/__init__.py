"""Areas: an outline on paper, on a photo or in a drawing becomes a clean polygon in millimetres, y up.

Not responsible for points, volumes or paths (``mesogun.plan``), nor for what may be given (``mesogun.limits``).
"""

from __future__ import annotations

from mesogun.area.library import example, examples
from mesogun.area.model import Area, UnitsMissing, Zone
from mesogun.area.plausible import check_site
from mesogun.area.read import read
from mesogun.area.repair import Loop, from_loops, from_polygon
from mesogun.area.surface import Cylinder, Sphere, flat_warning, laid_out

__all__ = [
    "Area",
    "Cylinder",
    "Loop",
    "Sphere",
    "UnitsMissing",
    "Zone",
    "check_site",
    "example",
    "examples",
    "flat_warning",
    "from_loops",
    "from_polygon",
    "laid_out",
    "read",
]
