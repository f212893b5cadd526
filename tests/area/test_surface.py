from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, box

from mesogun.area import Cylinder, Sphere, flat_warning, from_polygon, laid_out
from mesogun.area.surface import within_mm
from mesogun.errors import InputError


@given(st.floats(40, 120), st.floats(5, 35), st.floats(5, 80))
def test_a_cylinder_unrolls_to_arc_length(radius_mm: float, half_mm: float, height_mm: float) -> None:
    area = laid_out(from_polygon(box(-half_mm, 0, half_mm, height_mm)), Cylinder(radius_mm))
    arc_mm = 2 * radius_mm * math.asin(half_mm / radius_mm)
    assert area.area_mm2 == pytest.approx(arc_mm * height_mm, rel=1e-6)
    assert area.surface == f"cylinder R {radius_mm:g} mm"


def test_the_axis_of_a_cylinder_turns_with_it() -> None:
    upright = laid_out(from_polygon(box(0, 0, 60, 30)), Cylinder(50, 90))
    lying = laid_out(from_polygon(box(0, 0, 30, 60)), Cylinder(50, 0))
    assert upright.area_mm2 == pytest.approx(lying.area_mm2, rel=1e-9)


def test_a_cap_of_a_sphere_is_laid_out_by_arc_length() -> None:
    radius_mm, seen_mm = 90.0, 40.0
    area = laid_out(from_polygon(Point(0, 0).buffer(seen_mm, quad_segs=90)), Sphere(radius_mm))
    arc_mm = radius_mm * math.asin(seen_mm / radius_mm)
    assert area.area_mm2 == pytest.approx(math.pi * arc_mm**2, rel=1e-3)
    assert not any("warning" in note for note in area.notes)


def test_spacing_is_true_to_5_percent_within_49_mm_on_a_radius_of_90_mm() -> None:
    assert within_mm(90) == pytest.approx(48.8, abs=0.5)
    wide = laid_out(from_polygon(Point(0, 0).buffer(60)), Sphere(90))
    assert any("warning" in note and "split the area" in note for note in wide.notes)


def test_flat_on_bent_skin_warns_beyond_27_mm() -> None:
    assert flat_warning(from_polygon(Point(0, 0).buffer(26)), 90) is None
    assert "spacing is off" in str(flat_warning(from_polygon(Point(0, 0).buffer(29)), 90))
    assert "beyond the radius" in str(flat_warning(from_polygon(Point(0, 0).buffer(95)), 90))


def test_what_cannot_be_seen_is_refused() -> None:
    with pytest.raises(InputError, match="take several photos"):
        laid_out(from_polygon(box(-50, 0, 50, 30)), Cylinder(50))
    with pytest.raises(InputError, match="above 0"):
        laid_out(from_polygon(box(0, 0, 5, 5)), Cylinder(0))
    once = laid_out(from_polygon(box(0, 0, 5, 5)), Cylinder(50))
    with pytest.raises(InputError, match="laid out already"):
        laid_out(once, Cylinder(50))
