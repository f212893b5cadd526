"""What a dashboard loads, and what it must not load before its first frame."""

from __future__ import annotations

import subprocess
import sys

HEAVY = (
    "scipy",
    "sqlalchemy",
    "matplotlib",
    "shapely",
    "cryptography",
    "numpy",
    "pydantic",
    "jinja2",
    "urllib.request",
)


def loaded_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(' '.join(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_package_itself_loads_no_textual() -> None:
    assert not {"textual", "rich"} & loaded_after("import tui")


def test_the_start_screen_loads_nothing_heavy_before_its_first_frame() -> None:
    assert not set(HEAVY) & loaded_after("import tui.start")


def test_the_dashboard_loads_nothing_heavy_before_its_first_frame() -> None:
    """The dose model (numpy, scipy) comes after the first frame, the database with whoever opens a journal."""
    assert not set(HEAVY) & loaded_after("import tui.live, tui.app, tui.watch")


def test_the_library_never_loads_a_screen() -> None:
    assert not {"textual", "rich", "tui"} & loaded_after("import mesogun.treatment, mesogun.record.alarms, mesogun.cli")
