"""What no source gives is supplied by name, never over a source; schools fill in what they teach."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import protocols
from mesogun.errors import InputError
from mesogun.protocol import bundled, json_schema, parse, schools, supply, techniques, with_school
from mesogun.protocol.load import parse_toml
from tests.protocol.build import GOOD


def test_a_supplied_number_carries_who_supplied_it() -> None:
    before = bundled("face-elasticity-ha")
    after = supply(before, {"shot.spacing_mm": 12}, source="Dr A", grade="site")
    spacing = after.shot.spacing_mm
    assert (spacing.value, spacing.source, spacing.grade, spacing.fixed) == (12.0, "Dr A", "site", True)
    assert spacing.note == before.shot.spacing_mm.demand
    assert (before.demanded, after.demanded) == (("shot.spacing_mm",), ())
    assert after.sha256 == before.sha256
    assert before.shot.spacing_mm.missing


def test_a_range_is_narrowed_and_says_so() -> None:
    after = supply(parse(GOOD, "f"), {"shot.depth_mm": 2.0}, source="Dr A", grade="site")
    assert (after.shot.depth_mm.bounds(), after.shot.depth_mm.note) == ((2.0, 2.0), "chosen within 1 to 2 of mesoderm")


def test_a_sourced_number_may_be_repeated_and_not_changed() -> None:
    protocol = parse(GOOD, "f")
    same = supply(protocol, {"shot.spacing_mm": 10}, source="Dr A", grade="site")
    assert same.shot.spacing_mm == protocol.shot.spacing_mm
    with pytest.raises(InputError, match=r"shot\.spacing_mm: is 10 by its source 'nct03461198', not 11"):
        supply(protocol, {"shot.spacing_mm": 11}, source="Dr A", grade="site")


def test_a_concentration_is_supplied_where_one_is_demanded() -> None:
    acne = supply(bundled("face-acne"), {"agent.concentration": 1.5}, source="Dr A", grade="site")
    assert (acne.agent.concentration, acne.agent.unit, acne.agent.grade) == (1.5, "mg/mL", "site")
    for name, says in (("face-mesolift", "mixture"), ("face-hydration-ha", "already 20")):
        with pytest.raises(InputError, match=says):
            supply(bundled(name), {"agent.concentration": 1.5}, source="Dr A", grade="site")


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        supply(
            parse(GOOD, "f"),
            {"shot.depth_mm": 3, "shot.depth_cm": 1, "shot.total_ml": float("nan"), "shot.volume_ul": True},
            source="Dr A",
            grade="site",
        )
    assert len(str(caught.value).splitlines()) == 4


@pytest.mark.parametrize("value", [0, -1, float("inf"), float("nan"), 1e6, 10**400, True, "2", None])
def test_what_is_no_usable_number_is_refused(value: object) -> None:
    with pytest.raises(InputError, match="not a number above 0"):
        supply(parse(GOOD, "f"), {"shot.total_ml": value}, source="Dr A", grade="site")  # type: ignore[dict-item]


def test_somebody_must_have_supplied_it() -> None:
    for source, grade in (("", "site"), (" ", "demo"), ("x" * 201, "site"), ("Dr A", "A")):
        with pytest.raises(InputError):
            supply(parse(GOOD, "f"), {"shot.total_ml": 1}, source=source, grade=grade)  # type: ignore[arg-type]


@given(st.floats(min_value=0.01, max_value=100))
def test_what_was_supplied_is_what_is_used(value: float) -> None:
    filled = supply(parse(GOOD, "f"), {"shot.total_ml": value}, source="Dr A", grade="demo")
    assert filled.shot.total_ml.bounds() == (value, value)


def test_the_schools_of_nappage_disagree_and_can_be_chosen() -> None:
    lines = bundled("face-fine-lines-nappage")
    french, english = with_school(lines, "french"), with_school(lines, "english")
    assert french.shot.depth_mm.bounds() == (0.5, 2.0)
    assert english.shot.depth_mm.bounds() == (2.0, 4.0)
    assert english.shot.spacing_mm.bounds() == (2.0, 4.0)
    assert french.demanded == ("shot.spacing_mm", "shot.volume_ul")
    assert english.demanded == ("shot.volume_ul",)
    assert english.shot.depth_mm.source == "beautytrainingportal"
    with pytest.raises(InputError, match="there are french, english"):
        with_school(lines, "martian")
    with pytest.raises(InputError, match="its sources agree"):
        with_school(bundled("face-hydration-ha"), "french")


def test_a_school_does_not_overwrite_a_number() -> None:
    lines = supply(bundled("face-fine-lines-nappage"), {"shot.depth_mm": 1}, source="Dr A", grade="site")
    assert with_school(lines, "english").shot.depth_mm.source == "Dr A"


def test_techniques_are_data_and_microneedling_is_named_as_what_it_is_not() -> None:
    assert {t.id for t in techniques()} >= {
        "intra-epidermal",
        "superficial-intradermal",
        "nappage",
        "papule",
        "deep-intradermal",
        "point-by-point",
        "hypodermal",
        "pistor-classical",
        "multi-needle-stamp",
        "mesoperfusion",
        "needle-free-electrical",
        "microneedling",
    }
    (microneedling,) = schools("microneedling")
    assert microneedling.not_this is not None
    assert "injects nothing" in microneedling.not_this
    assert [t.id for t in techniques() if not t.metered] == ["needle-free-electrical", "microneedling"]


def test_every_number_of_a_technique_has_a_source_in_the_bibliography() -> None:
    from mesogun.protocol import bundled_bibliography

    grades = {source.key: source.grade for source in bundled_bibliography()}
    for technique in techniques():
        for quantity in (technique.depth_mm, technique.spacing_mm, technique.volume_ul):
            if quantity is not None:
                assert {quantity.source, *quantity.also} <= set(grades)
                assert quantity.grade in {"A", "B", "C"}


def test_the_exported_schema_is_the_one_on_disk_and_knows_every_key() -> None:
    from pathlib import Path

    on_disk = Path(protocols.__file__).parent / "protocol.schema.json"
    assert on_disk.read_text(encoding="utf-8") == json_schema()
    schema = json.loads(json_schema())
    assert schema["additionalProperties"] is False
    for name in protocols.names():
        assert set(parse_toml(protocols.read(name), name)) <= set(schema["properties"])
