from __future__ import annotations

import pytest
from shapely.geometry import Point, Polygon, box

from mesogun.area import Area, Zone, example, examples, from_polygon
from mesogun.errors import InputError


def test_the_cheek_has_an_exclusion_zone_and_room_for_100_to_200_points() -> None:
    area = example("cheek")
    cell_mm2 = 5.0**2 * 3**0.5 / 2
    assert len(area.exclusions) == 1
    assert 100 <= area.area_mm2 / cell_mm2 <= 200
    assert any("example" in note for note in area.notes)


def test_every_example_reads_and_is_one_area() -> None:
    assert "cheek" in examples()
    for name in examples():
        area = example(name)
        assert area.name == name
        assert area.polygon.is_valid


def test_an_unknown_example_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match="cheek"):
        example("no-such-place")


def test_holes_become_exclusion_zones() -> None:
    area = from_polygon(box(0, 0, 40, 30).difference(box(10, 10, 20, 20)))
    assert area.area_mm2 == pytest.approx(1100)
    assert [e.area for e in area.exclusions] == [pytest.approx(100)]
    assert len(area.zones[0].polygon.interiors) == 0


def test_winding_start_and_repeated_vertices_change_nothing() -> None:
    ring = [(0.0, 0.0), (40.0, 0.0), (40.0, 30.0), (20.0, 35.0), (0.0, 30.0)]
    plain = from_polygon(Polygon(ring))
    for other in (
        ring[::-1],
        ring[2:] + ring[:2],
        [p for p in ring for _ in range(2)],
        [*ring[:1], (20, 0), *ring[1:]],
    ):
        assert from_polygon(Polygon(other)).sha256 == plain.sha256


def test_the_hash_is_of_the_shape() -> None:
    assert from_polygon(box(0, 0, 40, 30)).sha256 != from_polygon(box(0, 0, 40, 30.001)).sha256
    assert from_polygon(box(0, 0, 40, 30)).sha256 != from_polygon(box(0, 0, 40, 30), [Point(9, 9).buffer(2)]).sha256


def test_overlapping_zones_are_refused() -> None:
    with pytest.raises(InputError, match="dosed twice"):
        Area("a", (Zone("left", box(0, 0, 10, 10)), Zone("right", box(5, 0, 15, 10))))


def test_nothing_left_to_treat_is_refused() -> None:
    with pytest.raises(InputError, match="leave nothing"):
        from_polygon(box(0, 0, 10, 10), [box(-1, -1, 11, 11)])
