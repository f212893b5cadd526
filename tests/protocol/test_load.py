"""Text to a frozen protocol: every fault at once, with file and key; nothing guessed, nothing coerced."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import protocols
from mesogun.errors import InputError, MesogunError
from mesogun.limits import parse_agents, parse_answers, parse_demonstration, parse_site
from mesogun.limits.clearance import Clearance
from mesogun.protocol import load, parse
from mesogun.protocol.load import MAX_BYTES
from tests.protocol.build import GOOD, broken
from tests.trace import req


def faults(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        parse(text, "tiny.toml")
    return str(caught.value).split("\n")


def test_a_good_file_becomes_a_frozen_value_with_its_hash_and_sources() -> None:
    protocol = parse(GOOD, "tiny.toml")
    assert protocol.sha256 == hashlib.sha256(GOOD.encode()).hexdigest()
    assert (protocol.id, protocol.head, protocol.lattice, protocol.mode) == ("tiny", "single", "hex", "single")
    shot = protocol.shot
    assert (shot.spacing_mm.fixed, shot.spacing_mm.missing, shot.spacing_mm.bounds()) == (True, False, (10.0, 10.0))
    assert (shot.volume_ul.fixed, shot.volume_ul.value, shot.volume_ul.bounds()) == (False, 20.0, (10.0, 40.0))
    assert (shot.total_ml.missing, shot.total_ml.bounds()) == (True, None)
    assert [source.key for source in protocol.sources] == [
        "mesoderm",
        "nct03461198",
        "hertz-kleptow-2019",
        "s0-overview",
        "s2-eurolook",
        "s1-myacare-2024",
    ]
    with pytest.raises(ValidationError, match="frozen"):
        protocol.shot.spacing_mm.value = 1.0


def test_a_file_is_read_from_disk_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "tiny.toml"
    path.write_bytes(GOOD.encode())
    assert load(path) == parse(GOOD, "elsewhere")


def test_all_faults_are_told_at_once_with_file_and_key() -> None:
    text = (
        GOOD.replace('title = "Tiny"', "titel = 3")
        .replace(', source = "mesoderm", grade = "C"', "")
        .replace('demand = "Not given."', 'value = 7, source = "nowhere"')
    )
    assert faults(text) == [
        "tiny.toml: title: is missing",
        "tiny.toml: shot.depth_mm: a number without a source; name one of the bibliography's keys",
        "tiny.toml: course.interval_days: a number without a grade; give A, B or C",
        "tiny.toml: titel: unknown key; remove it or correct its spelling",
        "tiny.toml: course.interval_days: source 'nowhere' is in no bibliography; add it or correct the key",
    ]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('source = "mesoderm"', 'source = "nowhere"', "shot.depth_mm: source 'nowhere' is in no bibliography"),
        ('source = "mesoderm", grade = "C"', 'source = "mesoderm", grade = "A"', "grade A is better than its source"),
        ('source = "mesoderm", grade = "C"', 'source = "mesoderm", grade = "demo"', "grade 'demo' cannot stand"),
        ('source = "mesoderm", grade = "C"', 'source = "mesoderm", grade = "site"', "grade 'site' cannot stand"),
        ('source = "mesoderm", grade = "C"', 'source = "mesoderm", grade = "D"', "shot.depth_mm.grade"),
        ("low = 1.0, high = 2.0", "low = 2.0, high = 1.0", "low 2 is above high 1"),
        ("low = 1.0, high = 2.0", "low = 1.0", "a range needs both low and high"),
        ("value = 20, low = 10", "value = 9, low = 10", "value 9 is outside its range 10 to 40"),
        ("value = 10.0", "value = 0.0", "shot.spacing_mm.value: Input should be greater than 0"),
        ("value = 10.0", "value = -10.0", "greater than 0"),
        ("value = 10.0", "value = nan", "finite number"),
        ("value = 10.0", "value = inf", "shot.spacing_mm.value"),
        ("value = 10.0", 'value = "10"', "valid number"),
        ("value = 10.0", "value = true", "valid number"),
        ("value = 10.0", "value = 1" + "0" * 400, "shot.spacing_mm.value"),
        ("value = 10.0", "value = 1" + "0" * 5000, "not TOML"),
        ('demand = "Follows."', "", "shot.total_ml: needs a value, a range, or a demand"),
        ('demand = "Follows."', 'demand = "x", value = 1, source = "sfm", grade = "B"', "a number and a demand"),
        ('demand = "Follows."', 'demand = "x", source = "sfm"', "a demand has no number"),
        ("concentration = 20.0", "", "agent: needs a concentration with its unit, or a demand"),
        ('unit = "mg/mL"', "", "agent: a concentration without its unit"),
        ('unit = "mg/mL"', 'unit = "%"', "agent.unit"),
        ('unit = "mg/mL"', 'unit = "U/mL"', "agent: units are not interchangeable between brands"),
        ('source = "hertz-kleptow-2019"', "", "agent: a concentration without source and grade"),
        ('technique = "papule"', 'technique = "pappule"', "technique: no technique 'pappule'; there are"),
        ('technique = "papule"', 'technique = "microneedling"', "injects nothing (S1): it is not mesotherapy"),
        ('technique = "papule"', 'technique = "needle-free-electrical"', "do not go together"),
        ('yes = "blocked", ', "", "exactly one of yes and no"),
        ('yes = "blocked"', 'yes = "blocked", no = "clearance"', "exactly one of yes and no"),
        ('yes = "blocked"', 'yes = "perhaps"', "screening.0.yes"),
        ('sources = ["s0-overview"]', "sources = []", "screening.0.sources"),
        ("preparation = []", "preparation = {}", "preparation"),
        ("hard_high = 3.0", "", "treatment_ml sets no edge"),
        ("hard_high = 3.0", "hard_high = 3.0\nsoft_high = 4.0", "needs hard_low <= soft_low <= soft_high <= hard_high"),
        ("hard_high = 3.0", "hard_high = -3.0", "limits.0.hard_high"),
        ('kind = "treatment_ml"', 'kind = "treatment_l"', "limits.0.kind"),
        ("format = 1", "format = 2", "format"),
        ('version = "1.2"', 'version = "new"', "version"),
        ('id = "tiny"', 'id = "../tiny"', "id"),
        ("[shot]", "[shot", "not TOML"),
        ('title = "Tiny"', 'title = "Tiny"\ntitle = "Tiny"', "not TOML"),
        ('title = "Tiny"', f'title = "{"x" * 601}"', "title"),
    ],
)
def test_each_fault_is_named(old: str, new: str, says: str) -> None:
    told = faults(broken(old, new))
    assert any(says in line for line in told), told
    assert all(line.startswith("tiny.toml: ") for line in told)


def test_a_repeated_id_is_a_fault() -> None:
    line = '{ id = "pregnancy", ask = "Pregnant?", yes = "blocked", sources = ["s0-overview"] }'
    assert "screening has two entries with id 'pregnancy'" in faults(broken(line, f"{line}, {line}"))[0]
    limit = GOOD[GOOD.index("[[limits]]") :]
    assert "limits has two entries of kind treatment_ml" in faults(GOOD + limit)[0]


def test_a_file_may_bring_its_own_sources_but_not_redefine_ours() -> None:
    own = '\n[[bibliography]]\nkey = "{}"\ntitle = "A paper"\npublisher = "A journal"\ngrade = "B"\n'
    cites = broken('source = "mesoderm"', 'source = "ours"')
    grade = cites.replace('source = "ours", grade = "C"', 'source = "ours", grade = "B"')
    assert parse(grade + own.format("ours"), "x").sources[0].title == "A paper"
    assert "already a bundled source" in faults(GOOD + own.format("sfm"))[0]
    assert "stands there twice" in faults(GOOD + own.format("ours") + own.format("ours"))[0]


@req("MG-12")
def test_one_changed_byte_is_another_protocol() -> None:
    assert parse(GOOD, "x").sha256 != parse(GOOD + " ", "x").sha256


def test_what_is_too_large_too_deep_or_no_text_is_refused(tmp_path: Path) -> None:
    for text in (
        "#" * (MAX_BYTES + 1),
        "a = " + "[" * 13 + "]" * 13,
        "a = " + "{b = " * 5_000,
        "a" + ".a" * 50 + " = 1",
        "a" + ".a" * 60_000 + " = 1",
        "x = '\ud800'",
    ):
        assert len(faults(text)) == 1
    path = tmp_path / "big.toml"
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(InputError, match="has at most"):
        load(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        load(path)
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path / "absent.toml")
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path)


def test_a_thousand_faults_are_not_a_thousand_lines() -> None:
    told = faults(GOOD.replace("format = 1", "format = 1\n" + "\n".join(f"k{i} = 1" for i in range(1000))))
    assert len(told) == 41
    assert told[-1] == "tiny.toml: and 960 more"


PARSERS = [
    lambda text: parse(text, "f"),
    lambda text: parse_site(text, "f"),
    lambda text: parse_agents(text, "f"),
    lambda text: parse_answers(text, "f"),
    lambda text: parse_demonstration(text, "f"),
    Clearance.from_text,
]

TOML_KEYS = st.sampled_from(["format", "id", "shot", "agent", "limit", "values", "screening", "x", "course"])
VALUES = st.recursive(
    st.one_of(
        st.integers().map(str),
        st.floats().map(lambda x: str(x).replace("inf", "inf")),
        st.booleans().map(lambda x: str(x).lower()),
        st.text("abc.-*/", max_size=8).map(lambda x: f'"{x}"'),
        st.just("2026-01-05"),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(TOML_KEYS, inner, max_size=3).map(
            lambda items: "{" + ", ".join(f"{key} = {value}" for key, value in items.items()) + "}"
        ),
    ),
    max_leaves=6,
)
DOCUMENTS = st.dictionaries(TOML_KEYS, VALUES, max_size=6).map(
    lambda items: "\n".join(f"{key} = {value}" for key, value in items.items())
)


@given(st.one_of(st.text(max_size=60), DOCUMENTS), st.sampled_from(PARSERS))
def test_no_parser_falls_over(text: str, parser: object) -> None:
    assert callable(parser)
    try:
        parser(text)
    except MesogunError:
        return


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 3), st.text(max_size=3))
def test_a_damaged_file_is_a_protocol_or_a_named_fault(at: int, cut: int, put: str) -> None:
    text = GOOD[:at] + put + GOOD[at + cut :]
    try:
        protocol = parse(text, "f")
    except InputError as error:
        told = str(error)
    else:
        told = f"f: {protocol.sha256}"
        assert protocol.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert told.startswith("f: ")


@pytest.mark.soak
@given(st.sampled_from(protocols.names()), st.data())
def test_damaged_library_files(name: str, data: st.DataObject) -> None:
    text = protocols.read(name)
    at = data.draw(st.integers(0, len(text) - 1))
    told = "f: "
    try:
        parse(text[:at] + data.draw(st.text(max_size=4)) + text[at + data.draw(st.integers(0, 4)) :], "f")
    except InputError as error:
        told = str(error)
    assert told.startswith("f: ")
