"""What makes a hundred apps in one process cheap; nothing here changes what an app does.

Each app of Textual reads every style sheet anew. Here a sheet that was read with the same variables is not read again:
rules are never changed once they are read, only copied into styles.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet


@pytest.fixture(scope="session", autouse=True)
def style_sheets_are_read_once() -> Iterator[None]:
    read = Stylesheet._parse_rules
    known: dict[Any, list[RuleSet]] = {}

    def once(self: Stylesheet, css: str, *where: Any, **options: Any) -> list[RuleSet]:
        key = (css, where, tuple(sorted(options.items())), tuple(self._variables.items()))
        if key not in known:
            known[key] = read(self, css, *where, **options)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", once)
        yield


@pytest.fixture(scope="package", autouse=True)
def the_collector_comes_seldom() -> Iterator[None]:
    """A fifth of these tests was the collector's: what is imported stays, and what an app leaves can wait."""
    gc.collect()
    gc.freeze()
    before = gc.get_threshold()
    gc.set_threshold(before[0], before[1], 20 * before[2])
    yield
    gc.set_threshold(*before)
