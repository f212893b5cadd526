"""The sheet that a subject takes home, for every protocol of the library."""

from __future__ import annotations

import re

import pytest

from mesogun.errors import InputError
from mesogun.protocol import bundled, bundled_names
from mesogun.report import aftercare_html
from tests.report import cases
from tests.report.pages import read


@pytest.mark.parametrize("name", bundled_names())
def test_sheet_carries_every_sentence_with_its_sources(name: str) -> None:
    protocol = bundled(name)
    raw = aftercare_html(protocol)
    page = read(raw)
    assert page.faults == []
    for rule in (*protocol.aftercare, *protocol.reactions):
        assert " ".join(rule.text.split()) in page.words
    listed = raw.decode().split('<ol class="sources">')[1].split("</ol>")[0].count("<li>")
    cited = {int(number) for group in re.findall(r"<sup>([\d, ]*)</sup>", raw.decode()) for number in group.split(", ")}
    assert cited == set(range(1, listed + 1))
    titles = {source.key: source.title for source in protocol.sources}
    assert all(" ".join(titles[key].split()) in page.words for rule in protocol.aftercare for key in rule.sources)


@pytest.mark.parametrize("name", ["face-mesolift", "fat-submental-deoxycholic"])
def test_sheet_names_no_subject_and_makes_no_claim(name: str) -> None:
    words = read(aftercare_html(bundled(name), treatment=cases.TREATMENT, state=cases.quiet().state)).words
    assert "s-0017" not in words
    assert "not a medical device" in words
    assert "SIMULATED" in words


def test_same_input_gives_the_same_bytes() -> None:
    assert aftercare_html(bundled("face-mesolift")) == aftercare_html(bundled("face-mesolift"))


def test_a_stated_time_stands_beside_its_rule() -> None:
    assert "No strenuous exercise for 48 hours. 1, 2 48 hours" in read(aftercare_html(bundled("face-mesolift"))).words


def test_demonstration_values_are_named() -> None:
    state = cases.Story(cases.a_plan(), simulated=False, demonstration=True).begin("clinical").state
    words = read(aftercare_html(bundled("face-mesolift"), state=state)).words
    assert "DEMONSTRATION VALUES" in words
    assert "SIMULATED" not in words


def test_a_protocol_without_aftercare_is_refused() -> None:
    bare = bundled("face-mesolift").model_copy(update={"aftercare": ()})
    with pytest.raises(InputError, match="face-mesolift has no aftercare section"):
        aftercare_html(bare)
