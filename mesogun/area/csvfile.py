"""Outlines from CSV: a column ``x``, a column ``y``, and where wanted ``zone`` and ``ring``.

``ring`` tells loops apart (a loop inside another is a hole); the zone ``exclusion`` is left out of treatment.
Without a header the columns are x, y and ring. Semicolon and tab work too, a decimal comma only with them.

Not responsible for repairing or judging an outline (``repair``).
"""

from __future__ import annotations

import csv
import io
import math

from mesogun.area.repair import MAX_VERTICES, Loop
from mesogun.errors import InputError

EXCLUSION = ("exclusion", "exclude", "excluded")
_COLUMNS = {"x", "y", "ring", "zone", "x_mm", "y_mm", "x_cm", "y_cm"}


def loops(text: str, name: str, unit_mm: float) -> tuple[list[Loop], list[str]]:
    """The loops of a CSV text, y up; ``unit_mm`` is the length of one unit of a column without a unit."""
    lines = text.count("\n")
    if lines > MAX_VERTICES + 10:  # before parsing, which would take seconds
        raise InputError(f"{name}: {lines} vertices, more than {MAX_VERTICES}; simplify the outline")
    rows = _rows(text, name)
    if not rows:
        raise InputError(f"{name}: the file is empty; give one vertex a line, as x,y in mm")
    header, rows = _header(rows, name)
    scale = unit_mm
    if "x_cm" in header or "x_mm" in header:
        scale = 10.0 if "x_cm" in header else 1.0
    columns = {key.split("_")[0]: index for index, key in enumerate(header)}
    found: dict[tuple[str | None, str], list[tuple[float, float]]] = {}
    for line, row in rows:
        if len(row) != len(header):
            raise InputError(f"{name}, line {line}: {len(row)} fields, and the first line has {len(header)}")
        zone = row[columns["zone"]].strip() if "zone" in columns else "area"
        ring = row[columns["ring"]].strip() if "ring" in columns else "1"
        if not zone:
            raise InputError(f"{name}, line {line}: the zone has no name")
        x, y = (_number(row[columns[key]], name, line) * scale for key in ("x", "y"))
        key = (None if zone.lower() in EXCLUSION else zone, ring)
        found.setdefault(key, []).append((x, y))
    made = [
        Loop(tuple(points), zone, f"ring {ring} of {zone or 'exclusion'}") for (zone, ring), points in found.items()
    ]
    return made, []


def _rows(text: str, name: str) -> list[tuple[int, list[str]]]:
    first = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    delimiter = next((mark for mark in (";", "\t") if mark in first), ",")
    try:
        reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
        rows = [(reader.line_num, [field.strip() for field in row]) for row in reader]
    except csv.Error as error:
        raise InputError(f"{name}: not a table: {error}") from error
    return [(line, row) for line, row in rows if any(row) and not row[0].startswith("#")]


def _header(rows: list[tuple[int, list[str]]], name: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    line, first = rows[0]
    keys = [field.lower() for field in first]
    if any(key[:1].isalpha() for key in keys if key not in {"nan", "inf", "infinity"}):
        unknown = [key for key in keys if key not in _COLUMNS]
        if unknown:
            raise InputError(f"{name}, line {line}: column {unknown[0]!r} is unknown; use x, y, ring and zone")
        if len({key.split("_")[0] for key in keys}) != len(keys) or not {"x", "y"} <= {k.split("_")[0] for k in keys}:
            raise InputError(f"{name}, line {line}: needs one column x and one column y")
        if len({key.split("_")[1] for key in keys if "_" in key}) > 1:
            raise InputError(f"{name}, line {line}: x and y in different units")
        return keys, rows[1:]
    if len(first) == 4:
        raise InputError(
            f"{name}, line {line}: four numbers where x,y are expected; for decimal commas use semicolons between "
            "the columns (12,5;40,0)"
        )
    if len(first) not in {2, 3}:
        raise InputError(f"{name}, line {line}: {len(first)} fields; give x,y or x,y,ring, or a header line")
    return ["x", "y", "ring"][: len(first)], rows


def _number(field: str, name: str, line: int) -> float:
    try:
        value = float(field.replace(",", ".") if field.count(",") == 1 and "." not in field else field)
    except ValueError:
        raise InputError(f"{name}, line {line}: {field!r} is not a number") from None
    if not math.isfinite(value):
        raise InputError(f"{name}, line {line}: {field!r} is not a finite number")
    return value
