from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mesogun.identity import Home, signing

AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture(autouse=True)
def cheap_passphrases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stretching is meant to be slow; one test pays the price."""
    monkeypatch.setattr(signing, "_SCRYPT_N", 2**4)
