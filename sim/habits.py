"""How a hand works, as data: ``sim/habits.toml`` names the hands that campaigns draw from.

Not responsible for moving anything (``sim.hand``).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib import resources
from typing import Any

from mesogun.errors import InputError


@dataclass(frozen=True, slots=True)
class Habits:
    """One hand. Times in us, forces in mN, lengths in um; the rest are probabilities per shot."""

    move_us: int = 110_000
    settle_us: int = 60_000
    release_us: int = 40_000
    lift_us: int = 20_000
    look_us: int = 20_000
    patience_us: int = 300_000
    syringe_us: int = 4_000_000
    jitter: float = 0.2
    force_mn: int = 2_000
    force_spread_mn: int = 600
    placement_um: int = 500
    early_release: float = 0.0
    early_lift: float = 0.0
    hesitation: float = 0.0
    skip: float = 0.0
    repeat: float = 0.0
    double_press: float = 0.0


@cache
def _document() -> dict[str, dict[str, Any]]:
    return tomllib.loads((resources.files("sim") / "habits.toml").read_text(encoding="utf-8"))


def names() -> tuple[str, ...]:
    """The hands that exist."""
    return tuple(_document())


@cache
def load(name: str) -> Habits:
    """A hand by name; ``InputError`` names those that exist, and numbers that no hand can have."""
    document = _document()
    if name not in document:
        raise InputError(f"there is no hand called {name!r}; known hands: {', '.join(document)}")
    return check(name, {key: value for key, value in document[name].items() if key != "title"})


def check(name: str, values: dict[str, Any]) -> Habits:
    """Habits from numbers; the rest as in a steady hand."""
    known = {field.name for field in fields(Habits)}
    faults = [f"{key} is not a known habit" for key in values if key not in known]
    for key, value in values.items():
        most = 1.0 if isinstance(getattr(Habits(), key, 0), float) else 60_000_000
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
            faults.append(f"{key} = {value!r} is outside 0 to {most:g}")
    if faults:
        raise InputError(f"hand {name}: {'; '.join(faults)}")
    return replace(Habits(), **values)
