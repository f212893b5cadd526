"""Terminals with fewer colours or no UTF-8: what can be read in ours can be read there, and HIGH stays the loudest."""

from __future__ import annotations

import pytest
from rich.console import Console
from rich.style import Style

from mesogun.record.alarms import Alarms, Priority
from tests.tui.test_looks import alarm
from tui import panels
from tui.fewer import colour_of, fewer, nearest
from tui.lettering import draws_unicode
from tui.lines import segments_of
from tui.mono import plain
from tui.palette import CONTRAST, DARK, LIGHT, MONO, PAIRS, Palette, contrast
from tui.scale import Ink, colours

COLOURED = [pytest.param(palette, id=palette.name) for palette in (DARK, LIGHT, CONTRAST)]


@pytest.mark.parametrize("sixteen", [False, True])
@pytest.mark.parametrize("palette", COLOURED)
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_every_pair_can_be_read_in_fewer_colours(
    palette: Palette, sixteen: bool, front: str, back: str, least: float
) -> None:
    found = [colour_of(nearest(getattr(palette, name), sixteen)) for name in (front, back)]
    assert contrast(found[0], found[1]) >= least


def test_the_twelve_colours_of_the_scale_are_among_the_256() -> None:
    for colour in colours("#121212", dark=True, ink=Ink.CUBE):
        assert colour_of(nearest(colour)) == colour


def test_a_style_keeps_what_is_not_colour() -> None:
    found = fewer(Style.parse("bold underline #0e1418 on #f7f9fa") + Style(meta={"a": 1}), sixteen=False)
    assert (found.bold, found.underline, found.meta) == (True, True, {"a": 1})
    assert found.bgcolor is not None
    assert found.bgcolor.number in (231, 255)


@pytest.mark.parametrize("sixteen", [False, True])
@pytest.mark.parametrize("palette", COLOURED)
def test_high_is_red_and_stands_out_from_the_screen_in_fewer_colours(palette: Palette, sixteen: bool) -> None:
    number = nearest(palette.high, sixteen)
    red, green, blue = (int(colour_of(number)[i : i + 2], 16) for i in (1, 3, 5))
    assert red > 2 * max(green, blue)
    assert contrast(colour_of(number), colour_of(nearest(palette.surface, sixteen))) >= 2
    assert number not in {nearest(getattr(palette, name), sixteen) for name in ("medium", "low", "accent", "calm")}


def test_without_colour_nothing_on_the_key_line_runs_into_its_neighbour() -> None:
    text, places = panels.key_line((("s", "STOP", "stop"), ("space", "Pause", "pause"), ("e", "End", "end")), MONO, 80)
    reversed_cells = [
        any(span.start <= cell < span.end and plain(Style.parse(str(span.style))).reverse for span in text.spans)
        for cell in range(text.cell_len)
    ]
    runs = "".join("#" if cell else " " for cell in reversed_cells).split()
    assert len(runs) == len(places) == 3


@pytest.mark.parametrize("palette", [*COLOURED, MONO])
@pytest.mark.parametrize("priority", list(Priority))
def test_a_banner_has_its_style_on_the_screen(palette: Palette, priority: Priority) -> None:
    """A text in one style has no spans, and a line without spans was once drawn without any style."""
    one = alarm(priority)
    console, base = Console(), Style.parse(f"{palette.text} on {palette.surface}")
    found = segments_of(panels.banner(Alarms({"x": one}), palette, 80, 0, flash=False), console, base)
    assert {segment.style for segment in found} == {base + Style.parse(panels.alarm_style(one, palette))}


def test_without_colour_high_alone_fills_its_line_with_bold_reverse() -> None:
    found = {priority: plain(Style.parse(panels.alarm_style(alarm(priority), MONO))) for priority in Priority}
    assert [one for one, style in found.items() if style.reverse and style.bold] == [Priority.HIGH]


@pytest.mark.parametrize(
    ("environment", "so"),
    [
        ({"LANG": "en_GB.UTF-8"}, True),
        ({"LANG": "de_DE.utf8@euro"}, True),
        ({"LANG": "C"}, False),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, False),
        ({"LANG": "de_DE.ISO-8859-1"}, False),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "C"}, False),
        ({"LANG": "C", "LC_ALL": "en_GB.UTF-8"}, True),
        ({"LANG": "C", "LC_CTYPE": "en_GB.UTF-8"}, True),
        ({}, True),
        ({"LC_CTYPE": "C.UTF-8"}, True),
        ({"TMUX": "default,1,0"}, False),
        ({"TMUX": "default,1,0", "LANG": "C.UTF-8"}, True),
        ({"LANG": "C", "MESOGUN_GLYPHS": "unicode"}, True),
        ({"LANG": "C.UTF-8", "MESOGUN_GLYPHS": "ascii"}, False),
    ],
)
def test_the_locale_decides_about_utf_8(environment: dict[str, str], so: bool) -> None:
    assert draws_unicode(environment) is so
