"""Run the command in this process, with state and home below a test's own folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from mesogun.cli.root import run


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line that starts with the program's name."""
        lines = [line for line in self.err.splitlines() if line.startswith("mesogun: ")]
        assert len(lines) == 1, self.err
        return lines[0]


class Command:
    """The ``mesogun`` command as one user of one computer."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def __call__(self, *words: str) -> Done:
        self._capsys.readouterr()
        code = run(words)
        out, err = self._capsys.readouterr()
        return Done(code, out, err)
