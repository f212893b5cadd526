"""A terminal emulator around a child process, for tests and measurements."""

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
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

import pyte

LONG_S = 50.0
ROOT = Path(__file__).parents[2]
ASK = re.compile(rb"\x1b\[(\d+);(\d+)H\x1b\[6n")


class Terminal:
    """Reads what the child draws, and answers position reports; ``reports`` is the file that the child writes to."""

    def __init__(
        self,
        arguments: Sequence[str],
        reports: Path,
        *,
        answers: bool = True,
        size: tuple[int, int] = (80, 24),
        draw: bool = True,
    ) -> None:
        self.reports = reports
        self.answers = answers
        self.screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self.screen)
        self._draw = draw
        self._drawn = 0
        self.raw = bytearray()
        self.received = 0
        main, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(ROOT)}
        environment.pop("NO_COLOR", None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
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
                self.received += len(data)
                if self._draw:
                    self.raw += data
                if self.answers:
                    for row, column in ASK.findall(data):
                        os.write(self.main, b"\x1b[%s;%sR" % (row, column))
            if until is not None and until in self.told():
                return True
            if until is not None and self.process.poll() is not None and not ready:
                return until in self.told()
        return until is None

    def read_until(self, so: Callable[[str], bool]) -> bool:
        """Be a terminal until the reports are so; false if that takes unreasonably long."""
        end = time.monotonic() + LONG_S
        while time.monotonic() < end:
            self.read(0.05)
            if so(self.told()):
                return True
        return False

    def wait_until(self, so: Callable[[str], bool]) -> bool:
        """Read nothing until the reports are so."""
        end = time.monotonic() + LONG_S
        while time.monotonic() < end:
            if so(self.told()):
                return True
            select.select([], [], [], 0.01)
        return False

    def read_to_the_end(self) -> None:
        """Be a terminal until the child has ended, and read what it left."""
        end = time.monotonic() + LONG_S
        while self.process.poll() is None and time.monotonic() < end:
            self.read(0.05)
        self.read(0.2)

    def told(self) -> str:
        return self.reports.read_text() if self.reports.exists() else ""

    def count(self, word: str) -> int:
        return self.told().count(word)

    def press(self, key: str) -> float:
        os.write(self.main, key.encode())
        return time.monotonic()

    def shown(self) -> str:
        """The screen as text; drawn only when somebody looks, because emulating costs more than all else here."""
        self._stream.feed(bytes(self.raw[self._drawn :]))
        self._drawn = len(self.raw)
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
