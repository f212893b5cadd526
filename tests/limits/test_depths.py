"""A depth that misses its layer is told once, for the area that is treated, and stops nobody."""

from __future__ import annotations

from dataclasses import replace

from mesogun.limits.depths import SITES, depth_warnings
from mesogun.protocol import bundled
from tests.limits.build import Case, hydration


def test_one_line_names_the_first_site_with_its_source_and_the_others() -> None:
    protocol = bundled("face-hydration-ha")
    (line,) = depth_warnings(protocol, 1.5)
    assert "lies in the subcutis, not in the dermis" in line
    assert "PMC9205051" in line
    assert "; nor at " in line
    (cheek,) = depth_warnings(protocol, 1.5, "cheek")
    assert "zygoma" in cheek
    assert "forehead" not in cheek
    assert list(depth_warnings(protocol, 1.0, "cheek")) == []
    assert list(depth_warnings(protocol, 1.5, "somewhere")) == [line]


def test_every_area_has_sites_that_were_measured() -> None:
    protocol = bundled("face-hydration-ha")
    for area in SITES:
        assert not [line for line in depth_warnings(protocol, 1.0, area) if "unknown" in line]


def test_it_is_a_warning_of_the_clearance() -> None:
    protocol, plan = hydration()
    (line,) = [w for w in Case(protocol, replace(plan, area_name="cheek")).run().clearance.warnings if "zygoma" in w]
    assert "not in the dermis" in line
