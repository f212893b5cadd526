"""Rows as CSV and as JSON lines, for other programs.

A JSON line carries the hashes and the event exactly as hashed, so that the chain can be checked by anyone who has
only the export (``docs/journal.md`` has the recipe). Not responsible for choosing rows (``Filter``).
"""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Iterable
from typing import TextIO

from mesogun.errors import InputError
from mesogun.journal.values import Row
from mesogun.record.events import KINDS

_COMMON = ("seq", "at", "treatment", "epoch", "kind")
# A spreadsheet takes a cell that begins so for a formula (OWASP, CSV Injection); an apostrophe makes it text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_json_lines(rows: Iterable[Row], stream: TextIO) -> int:
    """One JSON object a line, keys sorted; returns how many."""
    count = 0
    for count, row in enumerate(rows, start=1):  # noqa: B007  (the last one is the answer)
        line = {
            "seq": row.seq,
            "at": row.at,
            "treatment": row.treatment,
            "epoch": row.epoch,
            "event": json.loads(row.body),
            "prev_hash": row.prev_hash,
            "hash": row.hash,
        }
        stream.write(json.dumps(line, sort_keys=True, separators=(",", ":"), allow_nan=False) + "\n")
    return count


def write_csv(rows: Iterable[Row], stream: TextIO, kind: str | None = None) -> int:
    """A table with a header; returns how many rows it has.

    With ``kind`` only events of that kind, a column for each of their fields; without it one column ``event`` with
    the whole event as JSON. Raises ``InputError`` for a kind that does not exist.
    """
    if kind is not None and kind not in KINDS:
        raise InputError(f"there is no event of kind {kind!r}; kinds are {', '.join(sorted(KINDS))}")
    fields = ["event"] if kind is None else [field.name for field in dataclasses.fields(KINDS[kind])]
    # An event's own `treatment` or `epoch` must not hide the row's.
    titles = [f"event_{name}" if name in _COMMON else name for name in fields]
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([*_COMMON, *titles, "hash"])
    count = 0
    for row in rows:
        name = type(row.event).__name__
        if kind is not None and name != kind:
            continue
        values = [row.body.decode()] if kind is None else [getattr(row.event, field) for field in fields]
        common = (row.seq, row.at, row.treatment, "" if row.epoch is None else row.epoch, name)
        writer.writerow([*common, *map(_cell, values), row.hash])
        count += 1
    return count


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
