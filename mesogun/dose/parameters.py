"""Sourced numbers: packaged TOML rows, each with source, species, tissue, n and grade.

Not responsible for what the numbers are used for; a row that lacks its origin is refused when it is read.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from mesogun.errors import InputError

GRADES = ("measured", "derived", "assumed")
_REQUIRED = ("id", "value", "unit", "source", "species", "tissue", "n", "grade")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number with its origin.

    ``sd`` is a standard deviation, ``low`` and ``high`` a published range; each may be absent. ``n`` is the number
    of samples, or ``None`` where the publication does not state it. ``extra`` holds further keys of the row.
    """

    id: str
    value: float
    unit: str
    source: str
    species: str
    tissue: str
    n: int | None
    grade: str
    sd: float | None
    low: float | None
    high: float | None
    note: str
    extra: tuple[tuple[str, Any], ...]

    @property
    def mean(self) -> float:
        """The value, read as the mean of a distribution."""
        return self.value

    def get(self, key: str) -> Any:
        """A further key of the row; ``KeyError`` if it has none of that name."""
        return dict(self.extra)[key]


def parse(text: str, name: str) -> dict[str, Parameter]:
    """Rows of one parameter file by id; ``InputError`` names the row that lacks its origin."""
    rows: dict[str, Parameter] = {}
    for row in tomllib.loads(text)["parameter"]:
        where = f"{name}: parameter {row.get('id', '(without id)')!r}"
        missing = [key for key in _REQUIRED if row.get(key, "") == ""]
        if missing:
            raise InputError(f"{where} lacks {', '.join(missing)}; every number must say where it comes from")
        if row["grade"] not in GRADES:
            raise InputError(f"{where} has grade {row['grade']!r}; it must be one of {', '.join(GRADES)}")
        if row["id"] in rows:
            raise InputError(f"{where} appears twice; ids must be unique within a file")
        if row["n"] != "not stated" and not isinstance(row["n"], int):
            raise InputError(f'{where} has n = {row["n"]!r}; it must be a whole number or "not stated"')
        known = {*_REQUIRED, "sd", "low", "high", "note"}
        rows[row["id"]] = Parameter(
            id=row["id"],
            value=float(row["value"]),
            unit=row["unit"],
            source=row["source"],
            species=row["species"],
            tissue=row["tissue"],
            n=row["n"] if isinstance(row["n"], int) else None,
            grade=row["grade"],
            sd=row.get("sd"),
            low=row.get("low"),
            high=row.get("high"),
            note=row.get("note", ""),
            extra=tuple((key, value) for key, value in row.items() if key not in known),
        )
    return rows


@cache
def load(name: str) -> dict[str, Parameter]:
    """The packaged parameter file ``name`` (such as ``"depots"``) by id."""
    return parse(files("mesogun.dose.data").joinpath(f"{name}.toml").read_text(encoding="utf-8"), f"{name}.toml")


def names() -> tuple[str, ...]:
    """Names of the packaged parameter files."""
    folder = files("mesogun.dose.data")
    return tuple(sorted(item.name[:-5] for item in folder.iterdir() if item.name.endswith(".toml")))


DELIVERED_FRACTION = load("delivery")["delivered_fraction.adapter"]
"""What stays in tissue of what left the needle: the perpendicular needle with a depth stop (mean and ``sd``)."""
