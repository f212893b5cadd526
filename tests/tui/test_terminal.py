"""On a real pseudo-terminal: a terminal that hangs gets no token, STOP is quick, and a crash leaves things sane."""

from __future__ import annotations

import termios
import time
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
    assert terminal.read(20, "token"), terminal.shown()
    terminal.read(0.5)
    assert "GIVEN" in terminal.shown()
    assert terminal.count("token") > 3
    # From here on nothing is read: with answers the next frame already counts as unpainted, without them the
    # kernel's buffer has to fill first. A silent terminal gets a burst of full repaints to fill it quickly.
    if not terminal.answers:
        terminal.press("t" * 40)
        time.sleep(1.0)
    else:
        time.sleep(0.3)
    before = terminal.count("token")
    time.sleep(0.7)
    assert terminal.count("token") == before, "a screen that nobody reads keeps the gun armed"
    pressed = terminal.press("s")
    while "stop" not in terminal.told() and time.monotonic() - pressed < 5:
        time.sleep(0.002)
    stopped = next(float(line.split()[0]) for line in terminal.told().splitlines() if line.endswith("stop"))
    assert stopped - pressed < 0.2


@pytest.mark.needs("pty")
def test_a_crash_of_the_screen_stops_the_gun_and_leaves_the_terminal_sane(tmp_path: Path) -> None:
    with Terminal([CHILD, str(tmp_path / "reports"), "crash"], tmp_path / "reports") as terminal:
        assert terminal.read(20, "runner ended"), terminal.told()
        terminal.read(1.0)
        assert "stop" in terminal.told()
        assert terminal.process.wait(10) != 0
        now = termios.tcgetattr(terminal.child)
        assert now[3] & termios.ECHO
        assert now[3] & termios.ICANON
        assert b"\x1b[?1049l" in terminal.raw
        assert b"\x1b[?25h" in terminal.raw
        assert "a fault in the screen" in terminal.shown()
