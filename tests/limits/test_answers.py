"""Answers written into a file and read back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mesogun.limits import Answer, Answers, answers_text, parse_answers

KEYS = st.from_regex(r"[a-z0-9][a-z0-9.-]{0,20}", fullmatch=True)
WORDS = st.text(st.characters(blacklist_categories=("C", "Z")), min_size=1, max_size=30)
GIVEN = st.builds(Answer, st.booleans(), st.just("") | WORDS, st.none() | st.integers(0, 400))


@given(
    st.dictionaries(KEYS, GIVEN, max_size=4),
    st.frozensets(KEYS, max_size=3),
    st.dictionaries(KEYS, WORDS, max_size=3),
    st.dictionaries(KEYS, st.just("") | WORDS, max_size=3),
)
def test_answers_survive_their_file(
    screening: dict[str, Answer], consent: frozenset[str], overrides: dict[str, str], steps: dict[str, str]
) -> None:
    said = Answers(screening, consent, "ff", "S-1", overrides, steps)
    found = parse_answers(answers_text(said), "answers")
    assert dict(found.screening) == screening
    assert (found.consent, found.confirmed_plan_hash, found.confirmed_subject) == (consent, "ff", "S-1")
    assert (dict(found.overrides), dict(found.steps)) == (overrides, steps)


def test_quotes_and_backslashes_survive_and_line_ends_become_spaces() -> None:
    said = Answers({"a": Answer(yes=True, clearance='letter "x" \\ 2026\nDr B')})
    found = parse_answers(answers_text(said), "answers")
    assert found.screening["a"].clearance == 'letter "x" \\ 2026 Dr B'
