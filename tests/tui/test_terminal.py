"""On a real pseudo-terminal: a terminal that hangs gets no token, STOP is quick, and a crash leaves things sane."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import pyte
import pytest

from tests.trace import req

ROOT = Path(__file__).parents[2]
ASK = re.compile(rb"\x1b\[(\d+);(\d+)H\x1b\[6n")


class Terminal:
    """A terminal emulator around a child process: reads, draws with pyte, and answers position reports."""

    def __init__(self, reports: Path, what: str, *, answers: bool = True) -> None:
        self.reports = reports
        self.answers = answers
        self.screen = pyte.Screen(80, 24)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        main, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.before = termios.tcgetattr(child)
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(ROOT)}
        environment.pop("NO_COLOR", None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.tui.terminal_child", str(reports), what],
            stdin=child, stdout=child, stderr=child, cwd=ROOT, env=environment, start_new_session=True,
        )  # fmt: skip
        self.main, self.child = main, child

    def read(self, seconds: float, until: str | None = None) -> bool:
        """Be a terminal for so long, or until a report holds ``until``."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            ready, _, _ = select.select([self.main], [], [], 0.01)
            if ready:
                data = os.read(self.main, 65_536)
                self.raw += data
                self._stream.feed(data)
                if self.answers:
                    for row, column in ASK.findall(data):
                        os.write(self.main, b"\x1b[%s;%sR" % (row, column))
            if until is not None and until in self.told():
                return True
        return until is None

    def told(self) -> str:
        return self.reports.read_text() if self.reports.exists() else ""

    def tokens(self) -> int:
        return self.told().count("token")

    def press(self, key: str) -> float:
        os.write(self.main, key.encode())
        return time.monotonic()

    def shown(self) -> str:
        return "\n".join(self.screen.display)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.main)
        os.close(self.child)


@pytest.fixture(params=[True, False], ids=["answers", "silent"])
def terminal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Terminal]:
    with Terminal(tmp_path / "reports", "treat", answers=request.param) as found:
        yield found


@pytest.mark.needs("pty")
@req("H12", "G13")
def test_a_terminal_that_hangs_gets_no_token_and_stop_still_works(terminal: Terminal) -> None:
    assert terminal.read(20, "token"), terminal.shown()
    terminal.read(0.5)
    assert "GIVEN" in terminal.shown()
    assert terminal.tokens() > 3
    # From here on nothing is read: with answers the next frame already counts as unpainted, without them the
    # kernel's buffer has to fill first. A silent terminal gets a burst of full repaints to fill it quickly.
    if not terminal.answers:
        terminal.press("t" * 40)
        time.sleep(1.0)
    else:
        time.sleep(0.3)
    before = terminal.tokens()
    time.sleep(0.7)
    assert terminal.tokens() == before, "a screen that nobody reads keeps the gun armed"
    pressed = terminal.press("s")
    while "stop" not in terminal.told() and time.monotonic() - pressed < 5:
        time.sleep(0.002)
    stopped = next(float(line.split()[0]) for line in terminal.told().splitlines() if line.endswith("stop"))
    assert stopped - pressed < 0.2


@pytest.mark.needs("pty")
def test_a_crash_of_the_screen_stops_the_gun_and_leaves_the_terminal_sane(tmp_path: Path) -> None:
    with Terminal(tmp_path / "reports", "crash") as terminal:
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
