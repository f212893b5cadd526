"""What can go wrong at a balance, as data, and the text form that goes into a URL: ``off@60+5,draught@100+30*2000``.

``KIND@START_S[+FOR_S][*SIZE]``, times in virtual seconds from the moment the balance was first opened. Not
responsible for doing it (``rig``).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from mesogun.errors import InputError


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault; ``size`` is (default, lowest, highest, unit), ``None`` where there is nothing to size."""

    sees: str
    for_s: float
    size: tuple[float, float, float, str] | None = None


CATALOGUE: dict[str, Kind] = {
    "off": Kind("no answer; later a power-up line, zero and tare are gone", 5.0),
    "mute": Kind("no answer: the cable, or a menu is open on the balance", 5.0),
    "draught": Kind("no stable value", 20.0, (2_000.0, 1.0, 1e6, "ug")),
    "overload": Kind("overload: something heavy lies on the pan", 5.0),
    "vessel": Kind("the vessel is not on the pan: a large negative mass, or underload", 10.0),
    "jump": Kind("readings jump and stay: something fell on the pan", math.inf, (5_000.0, -1e6, 1e6, "ug")),
    "drop": Kind("readings jump: the drop that hung at the needle falls (with cling_nl)", 0.0),
    "noise": Kind("lines that are no answer", 5.0),
    "grams": Kind("the display is in g", math.inf),
    "milligrams": Kind("the display is in mg", math.inf),
    "pieces": Kind("the display is in pieces: no mass", math.inf),
    "print": Kind("somebody presses the print key: lines that nobody asked for", 5.0),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault at one time."""

    kind: str
    start_s: float
    for_s: float
    size: float = 0.0


_ONE = re.compile(r"([a-z]+)@([0-9.]+)(?:\+([0-9.]+))?(?:\*(-?[0-9.]+))?")


def parse(text: str) -> tuple[Planned, ...]:
    """Read a list of faults; ``InputError`` says what a fault looks like and which exist."""
    return tuple(_one(part) for part in text.split(",")) if text else ()


def _one(text: str) -> Planned:
    found = _ONE.fullmatch(text.strip())
    if found is None or found[1] not in CATALOGUE:
        raise InputError(
            f"{text!r} is no fault of a balance; write KIND@START_S+FOR_S*SIZE with one of {', '.join(CATALOGUE)}"
        )
    kind = CATALOGUE[found[1]]
    try:
        start_s = float(found[2])
        for_s = kind.for_s if found[3] is None else float(found[3])
        size = (kind.size[0] if kind.size else 0.0) if found[4] is None else float(found[4])
    except ValueError as error:
        raise InputError(f"{text!r}: {error}; a time is a number of seconds, as in off@60+5") from None
    return planned(found[1], start_s, for_s, size)


def planned(kind: str, start_s: float, for_s: float | None = None, size: float | None = None) -> Planned:
    """A fault with the defaults of its kind; ``InputError`` for a size that it cannot have."""
    known = CATALOGUE[kind]
    if known.size is None:
        if size:
            raise InputError(f"{kind} has no size; leave *{size:g} out")
        return Planned(kind, start_s, known.for_s if for_s is None else for_s)
    default, low, high, unit = known.size
    size = default if size is None else size
    if not low <= size <= high:
        raise InputError(f"{kind}: a size of {size:g} {unit} is outside {low:g} to {high:g}")
    return Planned(kind, start_s, known.for_s if for_s is None else for_s, size)
