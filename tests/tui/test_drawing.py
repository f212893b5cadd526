"""A frame as SVG: every letter in its cell, blocks as rectangles, lines as lines, and nobody called."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.drawing import HIGH, WIDE, svg
from tui.palette import DARK, MONO

NAME = "{http://www.w3.org/2000/svg}"


def shapes(*segments: Segment, palette: object = DARK) -> list[ElementTree.Element]:
    drawn = svg([Strip(list(segments))], palette, "a < b")  # type: ignore[arg-type]
    assert re.findall(r"https?://\S+", drawn) == ['http://www.w3.org/2000/svg"']
    root = ElementTree.fromstring(drawn)  # noqa: S314 -- our own text
    assert root.findtext(f"{NAME}title") == "a < b"
    return [one for one in root.iter() if one.tag in (f"{NAME}rect", f"{NAME}path", f"{NAME}text")][1:]


def test_every_letter_has_its_own_place_and_blanks_do_not_shift_them() -> None:
    found = shapes(Segment("  at most  1 mL", Style(color="#e8eef2")))
    assert [(one.text, one.get("x")) for one in found] == [
        ("at most", "20 30 40 50 60 70 80"),
        ("1 mL", "110 120 130 140"),
    ]


@pytest.mark.parametrize(
    ("sign", "top", "height"), [("█", 0, HIGH), ("▀", 0, HIGH / 2), ("▄", HIGH / 2, HIGH / 2), ("▁", 17.5, 2.5)]
)
def test_a_run_of_blocks_is_one_rectangle(sign: str, top: float, height: float) -> None:
    [one] = shapes(Segment(" "), Segment(sign * 3, Style(color="#ff0000")))
    assert [float(one.get(name, "")) for name in ("x", "y", "width", "height")] == [WIDE, top, 3 * WIDE, height]
    assert one.get("fill") == "#ff0000"


def test_backgrounds_shades_and_lines() -> None:
    back, shade, line, corner = shapes(
        Segment("a ", Style(bgcolor="#112233", color="#112233")),
        Segment("▒▒", Style(color="#445566")),
        Segment("──", Style(color="#778899")),
        Segment("╮", Style(color="#778899")),
    )[0:1] + shapes(
        Segment("▒▒", Style(color="#445566")),
        Segment("──", Style(color="#778899")),
        Segment("╮", Style(color="#778899")),
    )
    assert (back.get("fill"), back.get("width")) == ("#112233", str(2 * WIDE))
    assert shade.get("fill-opacity") == "0.5"
    assert line.get("d") == f"M{2 * WIDE} {HIGH // 2}h{2 * WIDE}"
    assert corner.get("d") == "M45 20Q45 10 40 10", "the frame's corner is round and leads down and left"


def test_reverse_without_colours_is_the_palette_turned_round() -> None:
    back, word = shapes(Segment("STOP", Style(reverse=True)), palette=MONO)
    assert (back.get("fill"), word.get("fill")) == (MONO.text, MONO.surface)
