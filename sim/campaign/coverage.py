"""Which rows of the firmware's state table a campaign went through: lines that nothing reaches prove nothing.

Not responsible for running anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sim.firmware.table import ROWS, Row


def report(reached: Iterable[Row] | Mapping[Row, int]) -> str:
    """Share of the rows, how often each was gone through where it was counted, and those never reached."""
    counts = dict(reached) if isinstance(reached, Mapping) else dict.fromkeys(reached, 1)
    missing = [row for row in ROWS if row not in counts]
    lines = [f"state table: {len(ROWS) - len(missing)} of {len(ROWS)} rows"]
    lines += [f"{counts[row]:>10} x  {_told(row)}" for row in ROWS if row in counts]
    lines += [f"{'never':>10}    {_told(row)}" for row in missing]
    return "\n".join(lines)


def _told(row: Row) -> str:
    guard = f" [{row.guard}]" if row.guard else ""
    return f"{row.phase.value}: {row.event.value}{guard} -> {row.after.value if row.after else 'stays'}"
