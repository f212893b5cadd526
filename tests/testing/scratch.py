"""Scratch projects for the plug-in: a folder with one test file, run by pytest in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PRIME = """
import pytest
from mesogun.wire.messages import Arm, Load

def prime(gun):
    status = gun.load(Load(1, 0, 0, 2, 25_000, 0))
    gun.arm(Arm(0, 1, 1, 1, 25_000, status.gun_clock_us, status.last_shot_no, 1_000, 1))
"""


def run(
    folder: Path,
    *options: str,
    python: str | Path = sys.executable,
    flags: tuple[str, ...] = (),
    path: Path | None = ROOT,
) -> tuple[int, str]:
    """Exit code and everything that pytest said; ``path`` is where mesogun comes from, if it is not installed."""
    ran = subprocess.run(
        [str(python), *flags, "-m", "pytest", "-q", "-rs", *options, str(folder)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder)} | ({"PYTHONPATH": str(path)} if path else {}),
    )
    return ran.returncode, ran.stdout + ran.stderr


def project(folder: Path, text: str) -> Path:
    (folder / "test_mine.py").write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")
    return folder
