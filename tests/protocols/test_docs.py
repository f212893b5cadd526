"""What ``docs/protocols.md`` shows works as shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from mesogun.limits import parse_answers
from mesogun.limits.combine import EDGES
from mesogun.protocol import Kind, parse

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "protocols.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)


def test_the_protocol_and_the_answers_shown_are_valid() -> None:
    protocol_text, answers_text = EXAMPLES
    protocol = parse(protocol_text, "docs/protocols.md")
    assert protocol.demanded == ("shot.volume_ul",)
    answers = parse_answers(answers_text, "docs/protocols.md")
    assert answers.screening["nsaid"].clearance
    assert answers.overrides


def test_every_kind_and_edge_of_limit_is_explained() -> None:
    for name in (*get_args(Kind), *EDGES):
        assert f"`{name}`" in TEXT, name


def test_every_file_that_the_text_names_exists() -> None:
    named = re.findall(r"`((?:protocols|examples|docs|tests)/[\w./-]+)`", TEXT)
    assert named
    assert all((ROOT / name).exists() for name in named)
