"""Layers by site: lookups with modality, and depths that miss their layer."""

from __future__ import annotations

import pytest

from mesogun.dose.parameters import load
from mesogun.dose.skin import check_depth, sites, skins
from mesogun.errors import InputError


def test_two_millimetres_on_an_eyelid_warn_with_the_source() -> None:
    verdict = check_depth(2.0, "eyelid")
    assert not verdict.ok
    assert "subcutis, not in the dermis" in verdict.message
    assert "Meng et al. 2022" in verdict.message
    assert "n = 118" in verdict.message
    assert "ultrasound" in verdict.message


def test_point_six_on_a_forehead_does_not_warn() -> None:
    verdict = check_depth(0.6, "forehead")
    assert verdict.ok
    assert verdict.message == ""
    assert verdict.layers == ("dermis", "dermis")


def test_a_perpendicular_needle_of_one_and_a_half_is_too_deep_for_every_facial_dermis() -> None:
    for site in ("forehead", "glabella", "temple", "eyelid", "nose", "zygoma", "submandibular", "neck"):
        assert not check_depth(1.5, site).ok, site
        assert check_depth(4.0, site, layer="subcutis").ok, site


def test_one_sex_may_fit_where_the_other_does_not() -> None:
    assert not check_depth(1.2, "forehead").ok
    assert check_depth(1.2, "forehead", sex="male").ok
    assert "(female)" in check_depth(1.2, "forehead").message


def test_too_shallow_is_seen_too() -> None:
    verdict = check_depth(0.05, "forehead")
    assert verdict.layers[0] == "epidermis"
    assert not verdict.ok


@pytest.mark.parametrize(
    ("site", "sex", "dermis", "modality"),
    [
        ("forehead", "female", 0.86, "ultrasound"),
        ("eyelid", "male", 0.67, "ultrasound"),
        ("medial_eyelid", None, 0.759, "histology"),
        ("nasal_sidewall", None, 1.969, "histology"),
    ],
)
def test_lookups_are_the_published_values(site: str, sex: str | None, dermis: float, modality: str) -> None:
    (skin,) = skins(site, sex)
    assert (skin.dermis_mm, skin.modality) == (dermis, modality)


@pytest.mark.parametrize(
    ("site", "whole"), [("suprascapular", 2.54), ("thigh", 1.55), ("buttock", 2.4), ("deltoid_child", 1.22)]
)
def test_whole_skins_are_split_without_changing_their_thickness(site: str, whole: float) -> None:
    (skin,) = skins(site)
    assert skin.borders_mm[1] == pytest.approx(whole)


def test_every_row_has_its_modality_and_every_site_a_skin() -> None:
    for row in load("skin").values():
        assert row.get("modality") in ("ultrasound", "high-frequency ultrasound", "histology")
        assert row.get("measure") in ("epidermis", "dermis", "skin", "fat")
    for site in sites():
        for skin in skins(site):
            assert 0.0 < skin.borders_mm[0] < skin.borders_mm[1]


def test_what_is_unknown_is_refused_with_what_is_known() -> None:
    with pytest.raises(InputError, match=r"'elbow'.*known are abdomen"):
        skins("elbow")
    with pytest.raises(InputError, match="'unknown'"):
        skins("forehead", "unknown")
    with pytest.raises(InputError, match="layer"):
        check_depth(1.0, "forehead", layer="muscle")
    with pytest.raises(InputError, match="depth_mm"):
        check_depth(float("nan"), "forehead")
