from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mesogun.clock import ManualClock
from mesogun.journal import Journal, open_journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.mesogun"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with open_journal(path, ManualClock()) as opened:
        yield opened
