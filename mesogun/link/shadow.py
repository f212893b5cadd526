"""A stranger's package in front of one of ours: where it lies, and what works then, in one line.

Our packages at the top have short names, and Python looks into the folder where it was started first. Not responsible
for loading anything.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[2]


def stranger(package: str) -> Path | None:
    """Where ``import package`` leads, if that is not the one beside ``mesogun``; ``None`` if it is, or none is ours."""
    ours = HOUSE / package
    if not ours.is_dir():
        return None
    try:
        spec = find_spec(package)
    except ValueError:  # a module made by hand, without a spec
        module = sys.modules[package]
        place = Path(getattr(module, "__file__", None) or "a module without a file")
        return None if place.parent == ours else place
    if spec is None:
        return None
    places = [Path(place).resolve() for place in spec.submodule_search_locations or [spec.origin or "nowhere"]]
    return None if ours in places else places[0]


def shadowed(package: str, where: Path) -> str:
    """The one line about it."""
    return (
        f"mesogun needs its own package '{package}', but 'import {package}' finds {where}: rename that one, or keep its"
        f" folder off Python's path: `python -P -m mesogun`, `python -P -m pytest --import-mode=importlib`"
    )
