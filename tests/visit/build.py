"""Visits for tests: a protocol with few questions, a healthy subject, guns of every kind."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import protocols
from mesogun.identity import Home, Operator, Role
from mesogun.visit import GunSeen
from tui.draft import Desk, Draft
from tui.visit import Prepared, look_at_gun

PREGNANCY = '{ id = "pregnancy", ask = "Pregnant?", yes = "blocked", sources = ["s0-overview"] }'
PILLS = '{ id = "anticoagulant", ask = "Blood thinners?", yes = "clearance", sources = ["s0-overview"] }'
LASER = '{ id = "combined-laser", ask = "Laser too?", yes = "clearance", sources = ["s2-eurolook"] }'
AGREED = '{ id = "agreement", text = "The subject agrees.", sources = ["s2-eurolook"] }'
CLEAN = '{ id = "clean", text = "Clean the area.", sources = ["s0-overview"] }'
PORT = "sim://standard?start=2026-01-05T09:00:00Z"


def short_protocol(folder: Path, questions: str = PREGNANCY, **changes: str) -> Path:
    """The mesolift with few questions; ``changes`` are lines by their names."""
    text = protocols.read("face-mesolift")
    for name, lines in (("screening", questions), ("consent", AGREED), ("preparation", CLEAN)):
        text = re.sub(rf"(?ms)^{name} = \[.*?^\]", f"{name} = [{lines}]", text)
    for name, line in changes.items():
        text, found = re.subn(rf"(?m)^{name} = .*$", line, text)
        assert found, name
    path = folder / "short.toml"
    path.write_text(text, encoding="utf-8")
    return path


def small_area(folder: Path, side_mm: int = 58) -> Path:
    """A square; the default one takes 2.4 mL of the mesolift's demonstration values."""
    path = folder / "patch.csv"
    path.write_text(f"x_mm,y_mm\n0,0\n{side_mm},0\n{side_mm},{side_mm}\n0,{side_mm}\n")
    return path


def clinic_file(folder: Path, *lines: str) -> Path:
    """A clinic's limits: ``kind edge=value`` for every agent."""
    text = 'format = 1\nset_by = "The clinic"\nset_on = "2026-01-05"\n'
    for line in lines:
        kind, edge = line.split()
        text += f'[[limit]]\nagent = "*"\nkind = "{kind}"\n{edge.replace("=", " = ")}\nsource = "house rule"\n'
    path = folder / "limits.toml"
    path.write_text(text)
    return path


def practitioner(name: str = "Ada", *, here: bool = True) -> Operator:
    """Somebody who may treat, at the keyboard or not."""
    operators = Home.open().operators
    person = operators.add(name, Role.PRACTITIONER)
    if here:
        operators.use(person.reference)
    return person


def clinical_gun() -> GunSeen:
    """The simulated gun, as if it were a real one."""
    return replace(look_at_gun(PORT), kind="clinical")


def healthy(ready: Prepared, draft: Draft) -> Draft:
    """Answers that stand in nobody's way."""
    return replace(
        draft,
        screening={one.id: (one.yes == "clear", "") for one in ready.protocol.screening},
        consent={one.id: True for one in ready.protocol.consent},
    )


def desk(folder: Path, limits: Path | None = None) -> Desk:
    """Where the wizard of these tests works: the state folder of the command line's tests."""
    return Desk(folder / "visit", folder / "state" / "journal.db", limits)
