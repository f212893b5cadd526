from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mesogun.clock import ManualClock
from mesogun.journal import Journal, open_journal

# Debian keeps the programs of a PostgreSQL server out of the way; the tests that need one look here, too.
if shutil.which("initdb") is None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", ""), *map(str, found[-1:])])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.mesogun"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with open_journal(path, ManualClock()) as opened:
        yield opened
