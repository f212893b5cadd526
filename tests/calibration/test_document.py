"""Every example on the page runs and gives what the page says; every module is on it."""

from __future__ import annotations

import doctest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "calibration.md"


def test_the_examples_of_the_page_are_true() -> None:
    outcome = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert outcome.attempted > 10
    assert outcome.failed == 0


def test_every_module_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for module in (ROOT / "mesogun" / "calibration").glob("[a-z]*.py"):
        assert f"`{module.name}`" in text
