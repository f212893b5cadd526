"""Outputs that are full, closed, or read no further; and what a command must not load before it needs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIST = "protocol list --json"


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line in which ``mesogun`` is the command; the exit code is mesogun's own."""
    names = {"MESOGUN_STATE": str(folder / "state"), "MESOGUN_HOME": str(folder / "home"), "NO_COLOR": "1"}
    return subprocess.run(
        ["bash", "-c", f'set -o pipefail; mesogun() {{ "{sys.executable}" -m mesogun "$@"; }}; {line}'],
        capture_output=True, text=True, cwd=ROOT, env={**os.environ, **names},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f"mesogun {LIST} >/dev/full", "No space left"),
        ("mesogun --help >/dev/full", "No space left"),
        (f"mesogun {LIST} | true", "has gone"),
        (f"mesogun {LIST} >&-", "closed"),
    ],
)
def test_an_output_that_takes_nothing_is_one_line_and_a_failure(line: str, why: str, tmp_path: Path) -> None:
    if "/dev/full" in line and not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    done = shell(line, tmp_path)
    assert done.returncode == 1
    (told,) = done.stderr.splitlines()
    assert told.startswith("mesogun: standard output could not be written")
    assert why in told


@pytest.mark.parametrize("closed", ["<&- 2>&-", "2>/dev/full"])
def test_no_standard_error_changes_no_exit_code(closed: str, tmp_path: Path) -> None:
    done = shell(f"mesogun plan --no-such-option {closed}", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")
    assert shell(f"mesogun treat {closed}", tmp_path).returncode == 2


def test_a_demonstration_that_nobody_watches_and_an_export_that_nothing_takes(tmp_path: Path) -> None:
    demo = f"mesogun demo --protocol face-hydration-ha --json --out {tmp_path}/a <&- 2>&-"
    done = shell(f"{demo} && mesogun journal export --journal {tmp_path}/a/journal.db >/dev/full", tmp_path)
    assert done.stdout.startswith("{"), done.stderr
    assert done.returncode == 1
    assert done.stderr.startswith("mesogun: standard output could not be written")


@pytest.mark.parametrize("module", ["treat", "journal", "gun"])
def test_carrying_out_a_plan_needs_no_dose_model_and_no_plotting(module: str) -> None:
    code = (
        f"import sys, mesogun.cli.{module}; print([m for m in ('scipy', 'matplotlib', 'shapely') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
