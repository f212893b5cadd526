"""On a real pseudo-terminal: a terminal that hangs gets no token, STOP is quick, and a crash leaves things sane."""

from __future__ import annotations

import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trace import req
from tests.tui.terminal import Terminal

CHILD = "tests.tui.terminal_child"


@pytest.fixture(params=[True, False], ids=["answers", "silent"])
def terminal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Terminal]:
    with Terminal([CHILD, str(tmp_path / "reports"), "treat"], tmp_path / "reports", answers=request.param) as found:
        yield found


@pytest.mark.needs("pty")
@req("H12", "G13")
def test_a_terminal_that_hangs_gets_no_token_and_stop_still_works(terminal: Terminal) -> None:
    """Counted in the runner's own rounds, not in seconds: 60 rounds go by without one token, and STOP gets through."""
    assert terminal.read_until(lambda told: told.count("token") >= 4), terminal.shown()
    assert "GIVEN" in terminal.shown()
    # From here on nothing is read. With answers the next frame already counts as unpainted; without them the kernel's
    # buffer has to fill first, and a burst of full repaints fills it quickly.
    if not terminal.answers:
        terminal.press("t" * 60)
    assert terminal.wait_until(lambda told: told.rpartition("token")[2].count("round") >= 60), (
        "a screen that nobody reads keeps the gun armed"
    )
    terminal.press("s")
    assert terminal.wait_until(lambda told: "stop" in told)


@pytest.mark.needs("pty")
def test_a_crash_of_the_screen_stops_the_gun_and_leaves_the_terminal_sane(tmp_path: Path) -> None:
    with Terminal([CHILD, str(tmp_path / "reports"), "crash"], tmp_path / "reports") as terminal:
        assert terminal.read_until(lambda told: "runner ended" in told), terminal.told()
        terminal.read_to_the_end()
        assert "stop" in terminal.told()
        assert terminal.process.wait(60) != 0
        now = termios.tcgetattr(terminal.child)
        assert now[3] & termios.ECHO
        assert now[3] & termios.ICANON
        assert b"\x1b[?1049l" in terminal.raw
        assert b"\x1b[?25h" in terminal.raw
        assert b"a fault in the screen" in terminal.raw
        assert b" locals " not in terminal.raw, "a report of the place, not of plan and subject"
