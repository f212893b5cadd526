"""Pictures: the PNG is one, the scale is readable by everyone, charts keep to their numbers."""

from __future__ import annotations

import base64
import struct
import zlib
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from mesogun.record import Ledger, Mark
from mesogun.report import charts, maps, marks, svg
from mesogun.report.colours import FADE, hex_of, shade
from mesogun.report.doses import doses
from mesogun.report.png import data_uri, png
from tests.report import cases


def decoded(picture: bytes) -> tuple[NDArray[np.uint8], bytes]:
    """Levels and palette of a PNG, by the format's own rules."""
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    at, chunks = 8, {}
    while at < len(picture):
        (length,) = struct.unpack(">I", picture[at : at + 4])
        kind, body = picture[at + 4 : at + 8], picture[at + 8 : at + 8 + length]
        assert struct.unpack(">I", picture[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + body)
        chunks[kind] = body
        at += 12 + length
    columns, rows = struct.unpack(">II", chunks[b"IHDR"][:8])
    lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(rows, columns + 1)
    assert not lines[:, 0].any()
    return lines[:, 1:], chunks[b"PLTE"]


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (300, 400)])
def test_png_holds_the_levels(shape: tuple[int, int]) -> None:
    levels = np.random.default_rng(1).integers(0, 7, shape, dtype=np.uint8)
    found, palette = decoded(png(levels, tuple((i, 2 * i, 3 * i) for i in range(7))))
    assert (found == levels).all()
    assert palette[3:6] == bytes((1, 2, 3))


def test_data_uri_is_the_picture() -> None:
    assert base64.b64decode(data_uri(b"abc").removeprefix("data:image/png;base64,")) == b"abc"


def luminance(level: float) -> float:
    """Relative luminance of WCAG 2."""
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in shade(level))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_scale_darkens_with_every_step_so_that_grey_vision_reads_it() -> None:
    lights = [luminance(i / 48) for i in range(49)]
    assert all(a > b for a, b in pairwise(lights))
    assert shade(0.0) == (255, 255, 255)
    assert hex_of(shade(1.0)) == "#00224e"


def test_scale_never_leaves_its_ends() -> None:
    assert shade(-1.0) == shade(0.0)
    assert shade(2.0) == shade(1.0)
    assert shade(FADE) != shade(0.0)


def test_every_mark_has_a_shape_and_a_meaning_of_its_own() -> None:
    shapes = {str(marks.drawn(mark, [(5.0, 5.0)], 2.0)) for mark in Mark}
    assert len(shapes) == len(Mark) == len(set(marks.MEANING.values()))
    assert all(not marks.drawn(mark, [], 2.0) for mark in Mark)


@given(st.floats(1e-6, 1e6), st.integers(2, 8))
@example(4005.0, 2)
def test_ticks_are_round_and_inside(top: float, about: int) -> None:
    found = svg.ticks(0.0, top, about)
    assert found[0] == 0.0
    assert all(0.0 <= value <= top * (1 + 1e-9) for value in found)
    assert 2 <= len(found) <= about + 2


@given(st.floats(-1e4, 1e4))
def test_coordinates_are_short_and_right(value: float) -> None:
    text = svg.number(value)
    assert abs(float(text) - value) <= 0.00501
    assert "e" not in text
    assert text != "-0"


def test_texts_in_pictures_are_escaped() -> None:
    assert "<b>" not in svg.text(0, 0, "<b>")
    assert "&lt;b&gt;" in svg.picture(1, 1, "<b>", [])


def test_scale_shows_the_plan_and_says_when_it_is_passed() -> None:
    plan = cases.a_plan()
    once = cases.Story(plan).begin().fire(0)
    twice = cases.Story(plan).begin().fire(0).fire(0)
    normal, passed = (maps.scale_of(doses(story.state, plan)) for story in (once, twice))
    assert normal.top == passed.top
    assert not normal.passed
    assert passed.passed
    assert "≥" in maps.scale_picture(passed)
    assert "≥" not in maps.scale_picture(normal)


@pytest.mark.parametrize("limit_nl", [None, 4_000_000, 1_000_000, 0])
def test_limit_bar_stays_in_its_track(limit_nl: int | None) -> None:
    bar = charts.limit_bar(1_200_000, Ledger(900_000, 1_100_000), limit_nl)
    widths = [float(part.split('"')[0]) for part in bar.split('width="')[1:]]
    assert all(0.0 <= width <= 640.0 for width in widths)
    assert ("hard limit" in bar) is (limit_nl is not None)


def test_a_total_stays_until_the_next_shot() -> None:
    story = cases.Story(cases.a_plan()).begin().fire(0)
    story.say(after_s=100.0).fire(1)
    shots = list(story.state.shots)
    drawn = charts.over_time([0.0, 100.5], shots, story.plan.total_nl, [])
    line = drawn.split('class="given-line"')[0].rsplit('d="M', 1)[1].split('"')[0].split()
    points = [(float(x), float(y)) for x, y in zip(line[::2], line[1::2], strict=True)]
    assert len(points) == 3
    assert points[0][1] == points[1][1]
    assert points[1][0] == points[2][0]
