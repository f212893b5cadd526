"""Example areas that come with mesogun: drawn by us, on nobody's face, to try things out.

They are not anatomy and not a recommendation of where to treat. Not responsible for reading (``read``).
"""

from __future__ import annotations

from importlib import resources

from mesogun.area import svgfile
from mesogun.area.model import Area
from mesogun.area.repair import from_loops
from mesogun.errors import InputError

NOTE = "example area, drawn for trying things out; not anatomy and not a recommendation"


def examples() -> tuple[str, ...]:
    """Names of the example areas, in alphabetical order."""
    folder = resources.files("mesogun.area") / "examples"
    return tuple(sorted(entry.name.removesuffix(".svg") for entry in folder.iterdir() if entry.name.endswith(".svg")))


def example(name: str) -> Area:
    """An example area by name; ``InputError`` lists the names when there is none of that name."""
    if name not in examples():
        raise InputError(f"no example area {name!r}; there are {', '.join(examples())}")
    text = (resources.files("mesogun.area") / "examples" / f"{name}.svg").read_text(encoding="utf-8")
    loops, notes = svgfile.loops(text, f"{name}.svg", None)
    return from_loops(loops, name, (*notes, NOTE))
