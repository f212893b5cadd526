"""What a tired person or a hostile file does to tables, limits and answers: a value, or a fault that names the file."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import protocols
from mesogun.errors import InputError
from mesogun.limits import parse_agents, parse_answers, parse_demonstration, parse_site, simulated_answers
from mesogun.protocol import bundled

ANSWERS = """format = 1
confirm_plan = "ab"
confirm_subject = "s-0001"
consent = ["procedure", "risk"]
[screening]
pregnancy = "no"
nsaid = { answer = "yes", clearance = "letter, filed under 7" }
combined-laser = { answer = "yes", days = 30 }
[overrides]
"treatment_ml.soft_high" = "both cheeks"
[steps]
clean = "chlorhexidine 2 %"
"""
EXAMPLE = (Path(__file__).resolve().parents[2] / "examples" / "limits.toml").read_text(encoding="utf-8")
FILES: dict[str, tuple[Callable[[str, str], object], str]] = {
    "agents": (parse_agents, protocols.read("_agents")),
    "limits": (parse_site, EXAMPLE),
    "demonstration": (parse_demonstration, protocols.read("_demo-values")),
    "answers": (parse_answers, ANSWERS),
}
HOSTILE = [
    "inf", "nan", "-1", "1e400", "0x10", "'", '"', '"""', "\x00", "\u202e", "[[", "]]", "{", "=", "\n", "true",
    "1979-05-27", '"' + "a" * 5000 + '"', "[" * 200, "__class__", "${HOME}", "!!python/object:os.system",
]  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_the_undamaged_file_is_read(name: str) -> None:
    parser, text = FILES[name]
    assert parser(text, "f") == parser(text, "f")


@pytest.mark.parametrize("name", FILES)
@given(data=st.data())
def test_a_damaged_file_is_a_value_or_a_named_fault(name: str, data: st.DataObject) -> None:
    parser, text = FILES[name]
    at = data.draw(st.integers(0, len(text) - 1))
    put = data.draw(st.one_of(st.text(max_size=4), st.sampled_from(HOSTILE)))
    damaged = text[:at] + put + text[at + data.draw(st.integers(0, 6)) :]
    told = "f: "
    try:
        parser(damaged, "f")
    except InputError as error:
        told = str(error)
    else:
        assert tomllib.loads(damaged), "what is read is TOML"
    assert told.startswith("f: ")


@pytest.mark.parametrize("name", FILES)
def test_unknown_keys_and_deep_or_huge_files_are_faults(name: str) -> None:
    parser, text = FILES[name]
    began = time.process_time()
    for bad, says in (
        ("unheard_of = 1\n" + text, "unheard_of"),
        (text + "# " + "x" * 200_000, "at most 131072"),
        ("x = " + "[" * 3000 + "]" * 3000, "f: "),
    ):
        with pytest.raises(InputError, match=says):
            parser(bad, "f")
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('answer = "yes", days = 30', 'answer = "perhaps"'),
        ("days = 30", "days = -1"),
        ("days = 30", "days = 1e9"),
        ("days = 30", "days = true"),
        ('pregnancy = "no"', "pregnancy = false"),
        ('clean = "chlorhexidine 2 %"', "clean = 1"),
        ("format = 1", "format = 2"),
    ],
)
def test_half_an_answer_is_a_fault(old: str, new: str) -> None:
    assert old in ANSWERS
    with pytest.raises(InputError, match=r"^f: "):
        parse_answers(ANSWERS.replace(old, new), "f")


def test_answers_are_read_as_they_were_written() -> None:
    said = parse_answers(ANSWERS, "f")
    assert said.screening["combined-laser"].days == 30
    assert said.screening["nsaid"].noted() == "letter, filed under 7"
    assert said.screening["combined-laser"].noted() == "30 days apart"
    assert dict(said.steps) == {"clean": "chlorhexidine 2 %"}
    assert dict(said.overrides) == {"treatment_ml.soft_high": "both cheeks"}
    assert dict(simulated_answers(bundled("face-mesolift"), "h", "s-1").steps) == {}, "nothing is claimed to be done"
