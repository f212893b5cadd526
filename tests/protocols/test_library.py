"""The bundled protocols: complete, sourced, alike where they must be, and each of them can be shown end to end."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import protocols
from mesogun.limits import bundled_agents, bundled_demonstration, limits_for, parse_demonstration
from mesogun.protocol import Protocol, bundled, bundled_bibliography, bundled_names, load
from mesogun.protocol.citation import citations

LIBRARY = {name: bundled(name) for name in bundled_names()}
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", bundled_names())
def test_a_file_is_named_after_its_protocol_and_loads_from_disk(name: str) -> None:
    protocol = LIBRARY[name]
    assert protocol.id == name
    assert load(Path(protocols.__file__).parent / f"{name}.toml") == protocol


def test_there_is_no_such_text() -> None:
    with pytest.raises(KeyError):
        protocols.read("../pyproject")
    assert all(not name.startswith("_") for name in protocols.names())


@pytest.mark.parametrize("name", bundled_names())
def test_every_number_has_a_source_of_grade_a_to_c_and_every_gap_a_reason(name: str) -> None:
    protocol = LIBRARY[name]
    known = {source.key: source for source in bundled_bibliography()}
    for where, key, grade in citations(protocol):
        assert key in known, where
        assert grade in {"A", "B", "C", ""}, where
    for where, quantity in protocol.quantities():
        assert quantity.missing is bool(quantity.demand), where
    assert not protocol.bibliography


@pytest.mark.parametrize("name", bundled_names())
def test_what_all_share_is_the_same_in_all(name: str) -> None:
    """Each file stands alone, so that its hash covers everything; what is common must not drift apart."""
    reference, protocol = LIBRARY["face-hydration-ha"], LIBRARY[name]
    assert set(reference.screening) <= set(protocol.screening)
    assert set(reference.consent) <= set(protocol.consent)
    assert set(reference.preparation) <= set(protocol.preparation)
    assert set(reference.aftercare) <= set(protocol.aftercare)
    assert set(reference.reactions) <= set(protocol.reactions)


@pytest.mark.parametrize("name", bundled_names())
def test_nothing_is_promised(name: str) -> None:
    protocol = LIBRARY[name]
    texts = [protocol.title, protocol.summary, *(rule.text for rule in protocol.aftercare)]
    promise = re.compile(r"no downtime|effective|painless|guarantee|proven|safe\b|cure", re.IGNORECASE)
    assert promise.search("No downtime")
    assert not [text for text in texts if promise.search(text)]


@pytest.mark.parametrize("name", bundled_names())
def test_the_demonstration_fills_every_gap_and_every_limit(name: str) -> None:
    demonstration = bundled_demonstration()
    protocol = demonstration.fill(LIBRARY[name])
    limits = limits_for(protocol, site=demonstration.site())
    if not protocol.metered:
        assert name not in demonstration.values
        assert "cannot meter a dose" in protocol.refusal
        return
    assert protocol.demanded == ()
    assert protocol.refusal == ""
    assert limits.unset() == ()
    assert limits.agent is not None
    assert limits.agent.blocked is None


def test_the_demonstration_values_are_the_same_bytes_in_both_places() -> None:
    example = (ROOT / "examples" / "demo-values.toml").read_text(encoding="utf-8")
    assert example == protocols.read("_demo-values")
    assert parse_demonstration(example, "x") == bundled_demonstration()
    assert set(bundled_demonstration().values) <= set(bundled_names())


@pytest.mark.parametrize("source", bundled_bibliography(), ids=lambda source: source.key)
def test_every_source_can_be_looked_up_and_is_used(source: object) -> None:
    from mesogun.protocol import Source, techniques

    assert isinstance(source, Source)
    cited = {s.key for protocol in LIBRARY.values() for s in protocol.sources}
    cited |= {key for agent in bundled_agents() for key in agent.sources}
    for technique in techniques():
        for quantity in (technique.depth_mm, technique.spacing_mm, technique.volume_ul):
            cited |= {quantity.source, *quantity.also} if quantity is not None else set()
    assert source.key in cited
    assert source.title
    assert source.publisher
    general = re.match(r"s\d-", source.key)
    assert general or source.doi or source.url or source.year, "a reader could not find it"


def grades(protocol: Protocol) -> set[str]:
    return {grade for _, _, grade in citations(protocol) if grade}


def test_the_labelled_protocol_stands_on_its_label_alone() -> None:
    label = LIBRARY["fat-submental-deoxycholic"]
    assert label.shot.volume_ul.value == 200
    assert label.shot.spacing_mm.value == 10
    assert label.agent.concentration == 10
    assert {quantity.source for key, quantity in label.quantities() if key.startswith("shot.") and quantity.source} == {
        "label-deoxycholic-acid"
    }
    assert "A" in grades(label)
