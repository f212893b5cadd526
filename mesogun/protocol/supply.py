"""Filling in what a protocol has no source for: by the practitioner, or for a demonstration.

Not responsible for asking, nor for what a filled-in number may be at most (``limits``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from mesogun.errors import InputError
from mesogun.protocol.document import Protocol
from mesogun.protocol.load import raise_faults
from mesogun.protocol.quantity import Quantity
from mesogun.protocol.technique import schools


def supply(protocol: Protocol, values: Mapping[str, float], *, source: str, grade: Literal["site", "demo"]) -> Protocol:
    """The protocol with missing numbers filled in, and ranges narrowed to a chosen value.

    Parameters
    ----------
    protocol : Protocol
        Loaded, or filled in before.
    values : mapping
        Dotted key (``shot.depth_mm``, ``agent.concentration``) to value in the unit that the key names.
    source : str
        Who or what supplies them, as it is to stand on screen and report.
    grade : {"site", "demo"}
        ``site``: a named practitioner; ``demo``: demonstration values, for simulated guns only.

    Returns
    -------
    Protocol
        A new value; ``sha256`` stays that of the file.

    Raises
    ------
    InputError
        With every fault: unknown key, a number that is already fixed by its source, a value outside a range.
    """
    if grade not in {"site", "demo"}:
        raise InputError(f"{protocol.id}: a supplied value has grade site or demo, not {grade!r}")
    if not source.strip() or len(source) > 200:
        raise InputError(f"{protocol.id}: say in 1 to 200 characters who supplies the values")
    known = dict(protocol.quantities())
    faults: list[str] = []
    changed: dict[str, dict[str, object]] = {}
    for key, value in values.items():
        if not _usable(value):
            faults.append(f"{key}: {value!r} is not a number above 0 and below 1000000")
        elif key == "agent.concentration":
            if protocol.agent.unit is None:
                faults.append(f"{key}: the protocol's agent is a mixture without one concentration")
            elif protocol.agent.concentration is not None:
                faults.append(f"{key}: is already {protocol.agent.concentration:g} by its source")
            else:
                update = {"concentration": float(value), "source": source, "grade": grade, "demand": None}
                changed["agent"] = update
        elif key not in known:
            faults.append(f"{key}: no such number; this protocol has {', '.join(known)}")
        else:
            fault = _misfit(known[key], float(value))
            if fault:
                faults.append(f"{key}: {fault}")
            part, name = key.split(".")
            changed.setdefault(part, {})[name] = _filled(known[key], float(value), source, grade)
    raise_faults(protocol.id, faults)
    parts = {part: getattr(protocol, part).model_copy(update=update) for part, update in changed.items()}
    return protocol.model_copy(update=parts)


def with_school(protocol: Protocol, school: str) -> Protocol:
    """The protocol with missing depth and distance filled in from one school of its technique.

    Sources and grades are those of the table of techniques; what that school does not give stays missing.
    """
    entries = {entry.school: entry for entry in schools(protocol.technique) if entry.school is not None}
    if school not in entries:
        known = ", ".join(str(name) for name in entries) or "none: its sources agree"
        raise InputError(f"{protocol.id}: no school {school!r} of {protocol.technique}; there are {known}")
    entry = entries[school]
    update = {
        name: given
        for name in ("depth_mm", "spacing_mm", "volume_ul")
        if getattr(protocol.shot, name).missing and (given := getattr(entry, name)) is not None
    }
    return protocol.model_copy(update={"shot": protocol.shot.model_copy(update=update)})


def _usable(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 < value < 1e6 and math.isfinite(value)


def _misfit(quantity: Quantity, value: float) -> str:
    bounds = quantity.bounds()
    if bounds is None or bounds[0] <= value <= bounds[1]:
        return ""
    if quantity.fixed:
        return f"is {bounds[0]:g} by its source {quantity.source!r}, not {value:g}"
    return f"{value:g} is outside {bounds[0]:g} to {bounds[1]:g} of its source {quantity.source!r}"


def _filled(quantity: Quantity, value: float, source: str, grade: Literal["site", "demo"]) -> Quantity:
    if quantity.fixed:
        return quantity
    bounds = quantity.bounds()
    note = quantity.demand or ""
    if bounds is not None:
        note = f"chosen within {bounds[0]:g} to {bounds[1]:g} of {quantity.source}"
    return Quantity(value=value, source=source, grade=grade, note=note)
