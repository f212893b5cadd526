"""Which limit holds and where it is from; a clinic's file written and read back; overrides counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.errors import InputError
from mesogun.limits import limits_for, load_site, parse_agents, parse_site
from mesogun.limits.tables import SiteLimit, SiteLimits
from mesogun.limits.tell import limit_lines, override_counts, site_text, with_limit
from mesogun.protocol import bundled
from tests.limits.build import site
from tests.trace import req

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "limits.toml"


def test_each_limit_in_force_says_where_it_is_from() -> None:
    told = [line.told() for line in limit_lines(limits_for(bundled("face-acne"), site=load_site(EXAMPLE)))]
    assert told == [
        "point_ml hard high 0 mL per point (nobody set it)",
        "treatment_ml hard high 0 mL (nobody set it)",
        "treatment_mg hard high 0 mg (nobody set it)",
        "distance_mm hard low 2 mm (site: clinic rule 1 (example), grade site)",
        "points soft high 400 points (site: clinic rule 3 (example), grade site)",
        "shot_interval_ms hard low 100 ms (site: clinic rule 2 (example), grade site)",
    ]


def test_the_example_file_survives_writing_and_reading() -> None:
    clinic = load_site(EXAMPLE)
    assert parse_site(site_text(clinic), "x") == clinic
    assert {agent.id for agent in clinic.agent} == {"clinic-mixture-7"}


@given(
    st.text(min_size=1, max_size=30).filter(str.strip),
    st.floats(min_value=0, max_value=9e6, allow_nan=False),
    st.sampled_from(["vitamins", "*", "lidocaine"]),
)
def test_a_limit_that_was_set_is_read_back_exactly(source: str, value: float, agent: str) -> None:
    limit = SiteLimit(agent=agent, kind="treatment_ml", hard_high=value, source=source)
    written = site_text(with_limit(site(), limit))
    assert parse_site(written, "x").limit == (limit,)


def test_setting_a_limit_replaces_the_one_before() -> None:
    before = site("vitamins point_ml hard_high=1", "vitamins treatment_ml hard_high=1")
    limit = SiteLimit(agent="vitamins", kind="point_ml", hard_high=0.5, source="Dr B")
    after = with_limit(before, limit)
    assert [(x.kind, x.hard_high) for x in after.limit] == [("treatment_ml", 1.0), ("point_ml", 0.5)]


@req("MG-08")
def test_overrides_are_counted_once_per_treatment_and_flag_themselves() -> None:
    given_ = [("t1", "a"), ("t1", "a"), ("t2", "a"), ("t3", "a"), ("t1", "b"), ("t2", "b")]
    first, second = override_counts(given_, 4)
    assert (first.rule, first.overridden, first.share, first.due_for_review) == ("a", 3, 0.75, True)
    assert (second.rule, second.overridden, second.due_for_review) == ("b", 2, False)
    assert override_counts([], 0) == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('set_by = "A"\nset_on = "2026-01-05"', "format: is missing"),
        ('format = 1\nset_by = "A"\nset_on = "yesterday"', "set_on"),
        ('format = 1\nset_by = "A"\nset_on = "2026-01-05"\nlimits = []', "limits: unknown key"),
        (
            'format = 1\nset_by = "A"\nset_on = "2026-01-05"\n[[limit]]\nagent = "*"\nkind = "points"\nsource = "x"',
            "sets no edge",
        ),
    ],
)
def test_faults_of_a_clinics_file_are_named(text: str, says: str) -> None:
    with pytest.raises(InputError, match="limits") as caught:
        parse_site(text, "limits.toml")
    assert says in str(caught.value)


def test_a_limit_for_an_agent_that_nobody_knows_is_a_fault() -> None:
    with pytest.raises(InputError, match="no agent 'moonwater' in the table"):
        site("moonwater point_ml hard_high=1")


def test_a_clinic_cannot_put_its_own_entry_in_place_of_ours() -> None:
    entry = '[[agent]]\nid = "deoxycholic-acid"\nname = "Free of limits"\nunit = "mg/mL"\nsources = ["sfm"]\n'
    with pytest.raises(InputError, match="a clinic can only tighten"):
        site(agents=entry)


def test_a_limit_set_twice_is_a_fault() -> None:
    with pytest.raises(InputError, match=r"set twice: vitamins point_ml"):
        site("vitamins point_ml hard_high=1", "vitamins point_ml hard_high=2")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_site(tmp_path / "limits.toml")
    (tmp_path / "big.toml").write_text("#" * 200_000)
    with pytest.raises(InputError, match="more than"):
        load_site(tmp_path / "big.toml")


def test_an_agents_table_names_unknown_sources_and_repeated_ids() -> None:
    entry = '[[agent]]\nid = "a"\nname = "A"\nunit = "mixture"\nsources = ["nowhere"]\n'
    with pytest.raises(InputError) as caught:
        parse_agents("format = 1\n" + entry + entry, "agents.toml")
    assert "agents.toml: agent a: source 'nowhere' is in no bibliography" in str(caught.value)
    assert "agents.toml: agent a: stands there twice" in str(caught.value)
    double = '[[agent.limits]]\nkind = "points"\nhard_high = 1.0\nsource = "sfm"\ngrade = "B"\n'
    with pytest.raises(InputError, match="two limits of kind points"):
        parse_agents("format = 1\n" + entry.replace("nowhere", "sfm") + double + double, "agents.toml")


def test_an_empty_clinic_is_a_valid_file() -> None:
    empty = SiteLimits(format=1, set_by="Dr A", set_on="2026-01-05")
    assert parse_site(site_text(empty), "x") == empty
