from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import Command


@pytest.fixture
def mesogun(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("MESOGUN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("MESOGUN_HOME", str(tmp_path / "home"))
    for name in ("MESOGUN_PORT", "MESOGUN_JOURNAL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "state").mkdir()
    return Command(tmp_path, capsys)
