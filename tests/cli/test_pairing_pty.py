"""A technician pairs a gun on a pseudo-terminal: button, code on the display, button, key."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import Command
from tests.trace import req

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not hasattr(os, "openpty"), reason="this system has no pseudo-terminals")
Server = subprocess.Popen[str]


@pytest.fixture
def served() -> Iterator[Server]:
    words = [sys.executable, "-m", "mesogun", "sim", "serve", "--pty", "--clinical", "--seed", "5"]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, text=True, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe) as server:
        try:
            yield server
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(30)


def press(server: Server) -> None:
    assert server.stdin is not None
    server.stdin.write("\n")
    server.stdin.flush()


@req("MG-32")
def test_a_gun_is_paired_and_then_spoken_to_under_its_own_key(served: Server, mesogun: Command) -> None:
    assert served.stdout is not None
    assert served.stderr is not None
    port = served.stdout.readline().strip()
    assert "presses the gun's pairing button" in served.stderr.readline()
    mesogun("operator", "add", "Tom", "--role", "technician")
    mesogun("operator", "use", "Tom")
    assert mesogun("gun", "pair", "--port", port).code != 0, "nobody has pressed its button"
    press(served)
    words = [sys.executable, "-m", "mesogun", "gun", "pair", "--port", port]
    with subprocess.Popen(
        words, text=True, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as pairing:
        shown = served.stderr.readline()
        assert shown.startswith("display: ")
        press(served)
        out, err = pairing.communicate(shown.removeprefix("display: "), timeout=60)
    assert pairing.returncode == 0, err
    assert "paired with gun" in out
    info = mesogun("gun", "info", "--port", port)
    assert info.code == 0, info.err
    assert "clinical" in info.out
