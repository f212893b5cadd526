"""Gun and balance on two pseudo-terminals, two real serial ports open at once; kill -9 in the middle, and on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERIES = "replicates = 4\nas_left_replicates = 6\nblanks = 2\nstart_up = 0\n"
PACE = "60"


@pytest.fixture
def served() -> Iterator[tuple[str, str]]:
    words = [sys.executable, "-m", "mesogun", "sim", "serve", "--pty", "--balance", "--seed", "5", "--pace", PACE]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip(), server.stdout.readline().strip()
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(10)


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals here")
def test_killed_between_two_ports_and_carried_on(served: tuple[str, str], tmp_path: Path) -> None:
    gun, balance = served
    script = tmp_path / "script.toml"
    text = (ROOT / "examples" / "calibration.toml").read_text(encoding="utf-8")
    kept = [
        line
        for line in text.splitlines()
        if line.split("=")[0].strip() not in {"replicates", "as_left_replicates", "blanks", "start_up"}
    ]
    at = kept.index("[series]")
    script.write_text("\n".join([*kept[: at + 1], SERIES, *kept[at + 1 :]]), encoding="utf-8")
    environment = {
        **os.environ, "MESOGUN_STATE": str(tmp_path / "state"), "MESOGUN_HOME": str(tmp_path / "home"),
    }  # fmt: skip
    words = [sys.executable, "-m", "mesogun", "calibrate", "volume", "--port", gun, "--balance", balance, "--json"]

    with subprocess.Popen(
        [*words, "--script", str(script)], stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    ) as first:
        assert first.stdout is not None
        for line in first.stdout:
            progress = json.loads(line)["progress"]
            if progress["step"] >= 12:
                first.kill()
                break
    done = subprocess.run(
        [*words, "--resume", progress["run"]], capture_output=True, text=True, cwd=ROOT, env=environment, timeout=100
    )
    assert done.returncode in {0, 6}, done.stderr  # the limits of so few weighings may stay undecided
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["run"] == progress["run"]
    assert len(told["as_found"]) == len(told["as_left"]) == 3
    assert Path(told["page"]).exists()
    for mean in told["as_left"]:
        assert abs(mean["error_ul"]) < 0.15
    verified = subprocess.run(
        [sys.executable, "-m", "mesogun", "journal", "verify"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    assert verified.returncode == 0, verified.stderr
