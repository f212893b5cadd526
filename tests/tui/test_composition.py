"""Where the parts of the board lie: at every size inside it, side by side, and the total as large as there is room."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui import tall
from tui.composition import GUN, LEAST_MAP, NARROW, Wants, arrange
from tui.panels import TOTAL_WORDS

FIGURES = st.sampled_from(["0.12", "1.54", "2.304", "12.345", "123.456"])


@given(
    width=st.integers(60, 260), height=st.integers(17, 70), figure=FIGURES, zones=st.integers(0, 12), big=st.booleans()
)
def test_the_parts_cover_the_board_and_nothing_twice(
    width: int, height: int, figure: str, zones: int, big: bool
) -> None:
    places = arrange(width, height, Wants(figure, zones), big_map=big)
    shown = [place for place in places.values() if place.area]
    assert all(place.x >= 0 and place.y >= 0 for place in shown)
    assert all(place.right <= width and place.bottom <= height for place in shown)
    assert not any(one.overlaps(other) for one, other in combinations(shown, 2))
    assert sum(place.area for place in shown) == width * height
    if not big:
        assert places["gun"].height == GUN
        assert places["total"].height >= tall.ROWS + TOTAL_WORDS
        assert places["shots"].height >= min(3, height - GUN - tall.ROWS - TOTAL_WORDS)
        assert ("mapbox" in places) == (width >= NARROW)
    if width >= NARROW:
        assert places["mapbox"].width >= LEAST_MAP - 8


@pytest.mark.parametrize(
    ("size", "rows"),
    [((60, 20), 5), ((80, 24), 5), ((100, 30), 8), ((110, 30), 8), ((120, 40), 10), ((160, 45), 10), ((200, 50), 15)],
)
def test_the_total_uses_the_room(size: tuple[int, int], rows: int) -> None:
    place = arrange(size[0], size[1] - 3, Wants("2.304", 1))["total"]
    drawn = tall.fitted("2.304", place.width - 2, place.height - TOTAL_WORDS)
    assert len(drawn) == rows
    assert max(map(len, drawn)) <= place.width - 2


def test_a_total_of_two_digits_has_its_columns_on_the_smallest_board() -> None:
    place = arrange(80, 21, Wants("12.345", 1))["total"]
    assert len(tall.fitted("12.345", place.width - 2, place.height - TOTAL_WORDS)) == tall.ROWS
