"""Frames as text, against files that a person has looked at; ``MESOGUN_WRITE_GOLDEN=1`` writes them anew."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mesogun.errors import LinkLost
from tests.tui import scenes
from tests.tui.fakes import Stage, frame

GOLDEN = Path(__file__).parent / "frames"


def treating(stage: Stage) -> None:
    stage.treat(62)


def asking(stage: Stage) -> None:
    stage.ask_to_arm(20)


def occluded(stage: Stage) -> None:
    stage.treat(40, hot=False, fault=1)


def broken(stage: Stage) -> None:
    stage.treat(40)
    stage.app.tick()
    stage.fail(LinkLost("the port vanished"))


def ended(stage: Stage) -> None:
    stage.end(77)


def helped(stage: Stage) -> None:
    stage.treat(5)
    stage.app.act("help")


SCENES: dict[str, Callable[[Stage], None]] = {
    "treating": treating, "asking": asking, "occluded": occluded, "broken": broken, "ended": ended, "helped": helped,
}  # fmt: skip
CASES = [
    *[("treating", size, "meso-dark") for size in ((60, 20), (80, 24), (120, 40))],
    *[(name, (80, 24), "meso-dark") for name in SCENES if name != "treating"],
    ("treating", (80, 24), "meso-mono"),
    ("asking", (60, 20), "meso-dark"),
    ("broken", (60, 20), "meso-dark"),
]


@pytest.mark.parametrize(("name", "size", "theme"), CASES, ids=lambda value: str(value).replace(", ", "x").strip("()"))
def test_frame(name: str, size: tuple[int, int], theme: str) -> None:
    stage = Stage(theme=theme, characters=theme == "meso-mono", flash=False)
    lines: list[str] = []

    async def run() -> None:
        async with stage.run(size) as pilot:
            await pilot.pause()
            SCENES[name](stage)
            await stage.paint(pilot)
            await stage.paint(pilot)
            lines.extend(frame(stage.app))

    asyncio.run(run())
    shown = "\n".join(lines) + "\n"
    path = GOLDEN / f"{name}-{size[0]}x{size[1]}-{theme}.txt"
    if os.environ.get("MESOGUN_WRITE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.txt")), ids=lambda path: path.stem)
def test_no_frame_cuts_a_number_or_its_unit(path: Path) -> None:
    """The volumes that every live frame shows are there whole, whatever the size."""
    text = path.read_text(encoding="utf-8")
    columns, lines = (int(part) for part in path.stem.split("-")[1].split("x"))
    rows = text.split("\n")[:-1]
    assert len(rows) == lines
    assert max(len(row) for row in rows) <= columns
    if not path.stem.startswith(("helped", "asking-60")):
        for words in ("proved ", "at most ", " mL", "limit 1.74 mL"):
            assert words in text
    if "map" not in path.stem and columns >= 76 and not path.stem.startswith("helped"):
        assert "mL/cm²  ├" in text
        assert "┤ 10 mm" in text
    assert f"{scenes.PLAN.total_nl / 1e6:g}" == "1.54"
