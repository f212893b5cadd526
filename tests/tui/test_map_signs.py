"""What the map's cells show: no sign that could be taken for a dose, on any terminal; the path ahead; the outline."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

import tui
from mesogun.record import Mark
from tests.tui import scenes
from tui.brush import Brush
from tui.dosemap import DoseMap
from tui.ground import fit
from tui.legend import foot, legend
from tui.lettering import LINES, MARKS, TABLE, ascii_only
from tui.lettering import SHADES as ASCII_SHADES
from tui.mapview import MapView
from tui.marks import CURSOR, DOTS, GLYPHS, LATEST, NEXT, NUMBERS, ahead, behind, explained
from tui.palette import DARK, LIGHT, MONO, Palette, contrast, luminance
from tui.scale import LEVELS, SHADES, Ink, Shade, colours, shades, step_of
from tui.track import HEAVY, outlines, path
from tui.track import LIGHT as LINE_SIGNS
from tui.view import View, ViewMaker

SIGNS = {*GLYPHS.values(), NEXT, LATEST, CURSOR, *(dot.glyph for dot in NUMBERS)}
COVERED = dict(zip(SHADES, (0.25, 0.5, 0.75, 1.0), strict=True))


def view_of(done: int, **options: object) -> View:
    maker = ViewMaker(scenes.PLAN, title="", source="LIVE", limits=scenes.LIMITS)
    return maker.view(scenes.state(done, **options), scenes.status(done), phase="", age_us=0)


def drawn(done: int, ink: Ink, palette: Palette = DARK, size: tuple[int, int] = (40, 18)) -> tuple[MapView, list[str]]:
    view = MapView(scenes.PLAN, palette, ink=ink)
    to = fit(scenes.PLAN, *size)
    view.use(to, DoseMap(scenes.PLAN, to))
    view.changed(view_of(done), scenes.state(done))
    return view, [view.draw_line(line, size[0]).text for line in range(size[1])]


# -- signs and doses ---------------------------------------------------------------------------------------------------


def test_no_sign_can_be_taken_for_a_dose_or_for_a_line() -> None:
    lines = set(LINE_SIGNS + HEAVY) - {" "}
    assert len(SIGNS) == len(GLYPHS) + 3 + len(NUMBERS)
    assert not SIGNS & set(SHADES)
    assert not lines & (set(SHADES) | SIGNS)


def test_in_ascii_too() -> None:
    marks = {sign.translate(TABLE) for sign in SIGNS}
    doses = {sign.translate(TABLE) for sign in SHADES}
    lines = {sign.translate(TABLE) for sign in LINES}
    assert len(marks) == len(SIGNS)
    assert len(doses) == len(SHADES)
    assert not marks & doses
    assert not lines & (marks | doses)
    assert set(ASCII_SHADES) == set(SHADES)
    assert all(sign.isascii() for sign in marks | doses | lines)
    assert set(MARKS) <= SIGNS


def test_the_table_keeps_every_cell() -> None:
    for text in ("╭─ dose, as planned ─╮", "0.2 mL/cm²  ├──┤", "日本", "▄██▀ ⠋ ▁▂▃▄▅▆▇█"):
        found = ascii_only(text)
        assert found.isascii()
        assert len(found) == len(text) + (2 if text == "日本" else 0)


@pytest.mark.parametrize("ink", list(Ink))
def test_every_point_has_its_sign_and_the_outline_is_closed(ink: Ink) -> None:
    _, lines = drawn(20, ink)
    text = "".join(lines)
    assert text.count(GLYPHS[Mark.GIVEN]) == 19  # the latest has its own
    assert (text.count(LATEST), text.count(NEXT)) == (1, 1)
    assert [text.count(str(number)) for number in range(2, 8)] == [1, 1, 1, 1, 1, 0]
    assert set("─│╭╮╰╯") <= set(text)
    assert f"{LATEST}━" in text
    assert "━2━" in text
    assert not set(text) - SIGNS - set(LINE_SIGNS + HEAVY + SHADES + "▀ ")


@pytest.mark.parametrize("ink", list(Ink))
@pytest.mark.parametrize("palette", [DARK, LIGHT])
def test_every_sign_can_be_read_on_every_dose(ink: Ink, palette: Palette) -> None:
    brush = Brush(palette, ink)
    for dot in (*DOTS.values(), *NUMBERS):
        for level in range(LEVELS + 1):
            [(glyph, style, _)] = brush.line([level], [level], {0: dot})
            assert glyph == dot.glyph
            assert style is not None
            assert style.color is not None
            assert style.bgcolor is not None
            assert contrast(style.color.get_truecolor().hex, style.bgcolor.get_truecolor().hex) >= 4.5


def test_help_explains_every_sign() -> None:
    assert {words.split()[0] for words in explained().split("  ")} == SIGNS - {dot.glyph for dot in NUMBERS[2:]}


# -- the scale ---------------------------------------------------------------------------------------------------------


def rises(values: Sequence[float], *, up: bool) -> bool:
    return all((one < other) == up and one != other for one, other in pairwise(values))


@pytest.mark.parametrize("dark", [True, False])
def test_twelve_of_256_colours_rise_in_lightness(dark: bool) -> None:
    steps = tuple(dict.fromkeys(colours("#010101", dark=dark, ink=Ink.CUBE)[1:]))
    assert len(steps) == 12
    assert rises([luminance(step) for step in steps], up=dark)


@pytest.mark.parametrize("dark", [True, False])
def test_shades_of_sixteen_colours_rise_in_lightness(dark: bool) -> None:
    def seen(shade: Shade) -> float:
        share = COVERED[shade.glyph]
        behind = shade.behind or ("#000000" if dark else "#ffffff")
        return share * luminance(shade.front or "#ffffff") + (1 - share) * luminance(behind)

    steps = shades(Ink.SIXTEEN, dark=dark)
    assert len(set(steps)) == len(steps) == 8
    assert rises([seen(step) for step in steps], up=dark)


def test_a_trace_of_dose_is_some_dose_and_the_top_is_the_last_step() -> None:
    assert [step_of(level, 4) for level in (0, 0.4, 0.5, 7, 8, 16, 24, 31)] == [0, 0, 1, 1, 2, 3, 4, 4]


@pytest.mark.parametrize("ink", list(Ink))
def test_the_legend_has_each_step_once_both_its_numbers_and_a_length(ink: Ink) -> None:
    palette = MONO if ink is Ink.PLAIN else DARK
    brush = Brush(palette, ink)
    text = legend(brush, palette, 0.23, 1.7, 40).plain
    assert text.startswith("0 ")
    assert " 0.0002 mL/cm²" in text
    assert text.endswith("┤ 10 mm")
    if not ink.halves:
        cells = [(span.style, glyph) for span, glyph in zip(brush.scale(10).spans, brush.scale(10).plain, strict=True)]
        assert len(set(cells)) == len(cells)
        assert {glyph for _, glyph in cells} == set(SHADES)


def test_the_length_is_never_cut_and_never_missing_where_a_shorter_one_fits() -> None:
    brush = Brush(DARK, Ink.FULL)
    for cell_mm in (2.0, 1.0, 0.5, 0.25, 0.12):
        text = legend(brush, DARK, 0.23, cell_mm, 40)
        assert text.cell_len <= 40
        assert text.plain.endswith(" mm")


def test_the_reading_stands_in_the_frame_beside_scale_and_length() -> None:
    view, _ = drawn(20, Ink.FULL)
    view._cursor = (9, 5)
    words = view.reading()
    assert "mm: " in words
    edge = foot(words, DARK, 42).plain
    assert edge.startswith("╰──")
    assert edge.endswith(f" {words} ─╯")
    assert len(edge) == 42
    assert view.legend(40).plain.endswith("┤ 10 mm")
    assert foot("x" * 39, DARK, 42).plain == foot("", DARK, 42).plain, "a reading that does not fit is left out whole"
    assert foot("", DARK, 42).plain == "╰" + "─" * 40 + "╯"


def test_what_the_cursor_covered_comes_back() -> None:
    view, before = drawn(20, Ink.FULL)
    line = next(number for number, text in enumerate(before) if "│" in text)
    view._cursor = before[line].index("│"), line
    view.changed(view_of(20), scenes.state(20))
    assert CURSOR in view.draw_line(line, 40).text
    view.hide_cursor()
    view.changed(view_of(20), scenes.state(20))
    assert view.draw_line(line, 40).text == before[line]


# -- the path ----------------------------------------------------------------------------------------------------------


def test_the_path_is_the_magazine_in_the_order_of_its_entries() -> None:
    again = scenes.loaded(500, 3)
    view = view_of(20, extra=[again])
    assert ahead(view) == (20, 21, 22, 23, 24, 25, 3), "a point given again comes last, whatever its number"
    assert view.loaded == ahead(view)


def test_the_path_begins_at_the_shot_that_is_under_way() -> None:
    maker = ViewMaker(scenes.PLAN, title="", source="LIVE", limits=scenes.LIMITS)
    firing = scenes.status(20, next_entry_no=22)
    view = maker.view(scenes.state(20), firing, phase="", age_us=0)
    assert (view.next_shot, ahead(view)[0], behind(view)) == (21, 21, 20)
    assert behind(view_of(20)) == 19


def test_a_gun_whose_word_is_old_has_no_path() -> None:
    maker = ViewMaker(scenes.PLAN, title="", source="LIVE", limits=scenes.LIMITS)
    old = maker.view(scenes.state(20), scenes.status(20), phase="", age_us=1_500_000)
    assert ahead(old) == ()
    board = MapView(scenes.PLAN, DARK)
    to = fit(scenes.PLAN, 40, 18)
    board.use(to, None)
    board.changed(old, scenes.state(20))
    text = "".join(board.draw_line(line, 40).text for line in range(18))
    assert text.count(GLYPHS[Mark.LOADED]) == 6
    assert not set(text) & {NEXT, "2", "━"}


def test_a_line_leads_from_the_latest_shot_to_the_last_number() -> None:
    assert path([(1, 1), (4, 1), (4, 4)]) == {(2, 1): "━", (3, 1): "━", (4, 2): "┃", (4, 3): "┃"}
    assert path([(0, 0), (2, 1)]) in ({(1, 0): "━", (2, 0): "┓"}, {(1, 0): "┓", (1, 1): "┗"})
    assert path([(3, 3), (3, 3)]) == {}
    assert path([]) == {}


def test_an_outline_is_one_closed_line() -> None:
    square = [(1.5, 1.5), (4.5, 1.5), (4.5, 3.5), (1.5, 3.5)]
    found = outlines([square])
    assert ["".join(found.get((x, y), " ") for x in range(6)) for y in range(5)] == [
        "      ", " ╭──╮ ", " │  │ ", " ╰──╯ ", "      ",
    ]  # fmt: skip


def test_every_sign_that_the_screens_use_has_one_in_ascii() -> None:
    used = "".join(source.read_text(encoding="utf-8") for source in Path(tui.__file__).parent.glob("*.py"))
    assert {sign for sign in used if not sign.isascii() and ord(sign) not in TABLE} == set()
