"""What lies under the dose: inside is odd, every pixel has its paint, and the outline runs along its ring."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from tests.tui import scenes
from tui.ground import INSIDE, OUTSIDE, Fit, fit, ground, outline
from tui.track import _OTHER, _SIDES, LIGHT

SIZES = st.tuples(st.integers(1, 60), st.integers(1, 30))
PLACES = st.tuples(st.integers(-15_000, 25_000), st.integers(-15_000, 25_000))


def test_a_square_of_six_pixels_has_a_hole_of_two() -> None:
    square = ((1_000, 1_000), (7_000, 1_000), (7_000, 7_000), (1_000, 7_000))
    hole = ((3_500, 3_500), (4_500, 3_500), (4_500, 4_500), (3_500, 4_500))
    drawn = ground([square, hole], Fit(0.0, 0.0, 1.0, 9, 8))
    signs = {INSIDE: "i", OUTSIDE: "."}
    assert ["".join(signs[code] for code in row) for row in drawn[::-1]] == [
        ".........", ".iiiiii..", ".iiiiii..", ".iiiiii..", ".ii.iii..", ".iiiiii..", ".iiiiii..", ".........",
    ]  # fmt: skip


@given(ring=st.lists(PLACES, min_size=3, max_size=8), size=SIZES)
def test_inside_is_what_winds_an_odd_number_of_times(ring: list[tuple[int, int]], size: tuple[int, int]) -> None:
    to = Fit(-0.31, 0.17, 0.73, size[0], size[1])
    drawn = ground([tuple(ring)], to)
    for row, codes in enumerate(drawn):
        for column, code in enumerate(codes):
            x, y = 1000 * (to.x0_mm + (column + 0.5) * to.h_mm), 1000 * (to.y0_mm + (row + 0.5) * to.h_mm)
            assert (code == INSIDE) == scenes._within(tuple(ring), x, y)


@given(ring=st.lists(PLACES, min_size=3, max_size=8))
def test_the_outline_lies_on_the_ring_and_has_no_loose_end(ring: list[tuple[int, int]]) -> None:
    to = Fit(-20.0, -20.0, 0.73, 70, 70)
    edges = list(zip(ring, ring[1:] + ring[:1], strict=True))
    drawn = outline([tuple(ring)], to)
    for (column, line), glyph in drawn.items():
        x_mm, y_mm = to.place_mm(column, line)
        assert min(_distance(1000 * x_mm, 1000 * y_mm, edge) for edge in edges) <= 2200 * to.h_mm
        sides = LIGHT.rindex(glyph)
        kept = [
            LIGHT.rindex(drawn.get((column + dx, line + dy), " ")) & _OTHER[side] > 0
            for (dx, dy), side in _SIDES.items() if sides & side
        ]  # fmt: skip
        assert any(kept) if glyph in "─│" else all(kept), "a straight end is where a thin ring turns back"


@given(size=SIZES, zoom=st.sampled_from((1, 2, 4)))
def test_every_size_has_its_pixels(size: tuple[int, int], zoom: int) -> None:
    to = fit(scenes.PLAN, *size, zoom=zoom)
    drawn = ground([*scenes.PLAN.outline, *scenes.PLAN.exclusions], to)
    assert [len(row) for row in drawn] == [to.nx] * to.ny
    if zoom == 1:
        edge = {code for row in (drawn[0], drawn[-1]) for code in row}
        assert edge == {OUTSIDE} or to.ny <= 4, "there is a margin around the area"


def _distance(x: float, y: float, edge: tuple[tuple[int, int], tuple[int, int]]) -> float:
    (x1, y1), (x2, y2) = edge
    length = math.hypot(x2 - x1, y2 - y1)
    share = 0.0 if length == 0 else max(0.0, min(1.0, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length**2))
    return math.hypot(x - x1 - share * (x2 - x1), y - y1 - share * (y2 - y1))
