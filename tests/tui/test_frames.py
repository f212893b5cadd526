"""Frames as text, against files that a person has looked at; ``MESOGUN_WRITE_GOLDEN=1`` writes them anew."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from mesogun.errors import LinkLost
from mesogun.record import events as ev
from tests.tui import scenes
from tests.tui.fakes import Stage, frame
from tui.board import TRACE
from tui.palette import PALETTES

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


def ordering(stage: Stage) -> None:
    stage.treat(20)
    stage.app.tick()
    stage.app.act("redo")


def refused(stage: Stage) -> None:
    why = "point 5 was not skipped: nothing of it is to come"
    stage.treat(20)
    stage.app.tick()
    stage.treat(20, extra=[ev.OrderRefused("Skip", why, "op-ada")])


def about(stage: Stage) -> None:
    stage.treat(5)
    stage.app.act("about")


def helped(stage: Stage) -> None:
    stage.treat(5)
    stage.app.act("help")


SCENES: dict[str, Callable[[Stage], None]] = {
    "treating": treating, "asking": asking, "occluded": occluded, "broken": broken, "ended": ended, "helped": helped,
    "ordering": ordering, "refused": refused, "about": about,
}  # fmt: skip
BEAT = re.compile("[⠋⠙⠹⠸⠼⠴⠦⠧]")
SIZES = ((60, 20), (80, 24), (120, 40))


def looks(name: str) -> dict[tuple[tuple[int, int], str], str]:
    """One scene at every size in the dark theme, and at 80 x 24 without colour; the first in every theme."""
    stage = Stage(flash=False)
    found: dict[tuple[tuple[int, int], str], str] = {}
    themes = tuple(PALETTES) if name == "treating" else ("meso-dark", "meso-mono")

    async def run() -> None:
        async with stage.run(SIZES[0]) as pilot:
            await pilot.pause()
            SCENES[name](stage)
            await stage.paint(pilot, after_us=0)
            gun = stage.app.view.gun if stage.app.view is not None else None
            for _ in range(TRACE):
                stage.app.board.heard(gun.pressure_pa if gun is not None else 0)
            for size in (SIZES[0], SIZES[2], SIZES[1]):
                await pilot.resize_terminal(*size)
                for theme in themes if size == SIZES[1] else themes[:1]:
                    if theme != stage.app.theme:
                        stage.app.plain_map = theme == "meso-mono"
                        stage.app.use_theme(theme)
                    await stage.paint(pilot, after_us=0)
                    await stage.paint(pilot, after_us=0)
                    found[size, theme] = BEAT.sub("⠋", "\n".join(frame(stage.app)) + "\n")

    asyncio.run(run())
    return found


@pytest.mark.parametrize("name", SCENES)
def test_frames(name: str) -> None:
    """Every theme shows the same words and figures; only the mono theme draws the map with characters."""
    found = looks(name)
    assert len({text for (_, theme), text in found.items() if theme != "meso-mono"}) == len(SIZES)
    for (size, theme), text in found.items():
        if theme in ("meso-dark", "meso-mono"):
            path = GOLDEN / f"{name}-{size[0]}x{size[1]}-{theme}.txt"
            if os.environ.get("MESOGUN_WRITE_GOLDEN"):
                path.write_text(text, encoding="utf-8")
            assert text == path.read_text(encoding="utf-8"), path.name


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.txt")), ids=lambda path: path.stem)
def test_no_frame_cuts_a_number_or_its_unit(path: Path) -> None:
    """The volumes that every live frame shows are there whole, whatever the size."""
    text = path.read_text(encoding="utf-8")
    columns, lines = (int(part) for part in path.stem.split("-")[1].split("x"))
    rows = text.split("\n")[:-1]
    assert len(rows) == lines
    assert max(len(row) for row in rows) <= columns
    if not path.stem.startswith(("helped", "about", "asking-60", "ordering-60", "syringe-60")):
        low = "last known " if path.stem.startswith("nodata") else "proved "
        for words in (low, "at most ", " mL", "limit for protocol total 1.74 mL"):
            assert words in text
    if "map" not in path.stem and columns >= 76 and not path.stem.startswith(("helped", "about")):
        assert "mL/cm²  ├" in text
        assert "┤ 10 mm" in text
    assert f"{scenes.PLAN.total_nl / 1e6:g}" == "1.54"
