"""Shared by all tests: hypothesis profiles, the soak switch, and no silent skip in CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no reason to fail: examples are counted, time is not.
CALM = (HealthCheck.too_slow,)
settings.register_profile(
    "fast", deadline=None, max_examples=60, derandomize=True, database=None, suppress_health_check=CALM
)
settings.register_profile(
    "ci", deadline=None, max_examples=60, derandomize=True, database=None, print_blob=True, suppress_health_check=CALM
)
settings.register_profile("soak", deadline=None, max_examples=5_000, print_blob=True, suppress_health_check=CALM)
settings.load_profile(os.environ.get("MESOGUN_HYPOTHESIS", "fast"))


def _has_postgresql() -> bool:
    return any(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or shutil.which("initdb") is not None


COMPONENTS: dict[str, Callable[[], bool]] = {
    "tmux": lambda: shutil.which("tmux") is not None,
    "postgresql": _has_postgresql,
    "pty": lambda: os.name == "posix",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run the large counts too (make soak)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    soak = pytest.mark.skip(reason="large counts run in `make soak`")
    if not config.getoption("--soak"):
        for item in items:
            if item.get_closest_marker("soak"):
                item.add_marker(soak)


FIGURE = "figure"


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Keep a figure that a run came to; the end of the run shows them all, from every process."""
    return lambda words: record_property(FIGURE, words)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    told = [
        str(value)
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, value in report.user_properties
        if name == FIGURE
    ]
    if told:
        terminalreporter.section("figures")
        for words in told:
            terminalreporter.line(words)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        component = marker.args[0]
        if not COMPONENTS[component]():
            if os.environ.get("MESOGUN_NO_SKIP"):
                pytest.fail(f"{component} is missing, and this run forbids skipping (MESOGUN_NO_SKIP)")
            pytest.skip(f"{component} is not installed")
