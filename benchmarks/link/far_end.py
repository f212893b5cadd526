"""A pty with another process at its far end."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO


@dataclass(frozen=True, slots=True)
class FarEnd:
    """The device to open, and what the other process prints."""

    device: str
    printed: IO[str]


@contextmanager
def far_end(kind: str) -> Iterator[FarEnd]:
    master, slave = pty.openpty()
    tty.setraw(slave)
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.link.peer", kind, str(master)],
        pass_fds=[master],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        os.close(master)
        if process.stdout is None:
            raise SystemExit("the far end has no output")
        try:
            yield FarEnd(os.ttyname(slave), process.stdout)
        finally:
            process.terminate()
            os.close(slave)
