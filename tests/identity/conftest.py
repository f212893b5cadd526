from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mesogun.identity import Home

AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")
