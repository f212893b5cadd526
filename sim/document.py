"""The tables of ``docs/simulator.md``, made from the data that the simulator runs on; a test compares them.

Each stands between ``<!-- begin NAME -->`` and ``<!-- end NAME -->``. Not responsible for the words around them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from mesogun.errors import InputError
from sim.faults import CATALOGUE
from sim.faults.catalogue import excluded_by
from sim.firmware import table
from sim.invariants import NAMES
from sim.physics import profile


def sections() -> dict[str, str]:
    """Name of each table, and the table."""
    return {
        "profiles": _profiles(),
        "state table": table.as_markdown(),
        "faults": _faults(),
        "invariants": _invariants(),
    }


def rewrite(text: str, tables: dict[str, str]) -> str:
    """The text with these tables between their marks; ``InputError`` where a mark is missing."""
    for name, body in tables.items():
        begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->\n"
        if text.count(begin) != 1 or text.count(end) != 1:
            raise InputError(f"the document needs the marks {begin.strip()} and {end.strip()} once each")
        before, rest = text.split(begin)
        text = before + begin + body + end + rest.split(end)[1]
    return text


def _profiles() -> str:
    lines = ["| profile | what it is | needles | tau in air | stated bound |", "|---|---|---|---|---|"]
    for name in profile.names():
        gun = profile.load(name)
        percent = gun["calibration.overrun_ppm"] / 1e4
        lines.append(
            f"| `{name}` | {gun.title} | {gun.integer('needle.count')} | {gun.tau_s * 1e3:.1f} ms |"
            f" {gun['calibration.overrun_nl']:.0f} nL + {percent:g} % |"
        )
    return "\n".join(lines) + "\n"


def _faults() -> str:
    lines = [
        "| fault | what one sees | lasts | not at the same time as | beyond the sensors |",
        "|---|---|---|---|---|",
    ]
    ends = {"": "", "cleared": "until somebody looks", "good": "for good"}
    for name, effect in CATALOGUE.items():
        beyond = [f"{key} below {least:g}" for key, least in effect.seen_from.items()]
        if effect.masked_by:
            beyond.append("beside " + _names(effect.masked_by))
        lasts = "`for_us`" if "for_us" in effect.numbers else ends[effect.until]
        lines.append(f"| `{name}` | {effect.sees} | {lasts} | {_names(excluded_by(name))} | {'; '.join(beyond)} |")
    return "\n".join(lines) + "\n"


def _names(faults: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in faults)


def _invariants() -> str:
    lines = ["| invariant | what holds |", "|---|---|"]
    return "\n".join([*lines, *(f"| {name} | {sentence} |" for name, sentence in NAMES.items())]) + "\n"


if __name__ == "__main__":
    document = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/simulator.md")
    document.write_text(rewrite(document.read_text(encoding="utf-8"), sections()), encoding="utf-8")
