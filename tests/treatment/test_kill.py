"""The simplest cruelty: ``kill -9`` of ``mesogun treat`` at any moment, then ``treat --resume``, on a real pty."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from tests.trace import req

pytestmark = [pytest.mark.needs("pty"), pytest.mark.timeout(180)]

AREA = "x_mm,y_mm\n0,0\n32,0\n32,12\n0,12\n"


class Desk:
    """One folder with an area, a journal and a gun on a pty; every command is a process of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.area = folder / "area.csv"
        self.area.write_text(AREA, encoding="utf-8")
        self.environment = {
            **os.environ,
            "MESOGUN_STATE": str(folder / "state"),
            "MESOGUN_HOME": str(folder / "home"),
            "NO_COLOR": "1",
        }
        self.server = self.start("sim", "serve", "--pty", "--seed", "5", "--pace", "6", *options)
        self.port = self.line(self.server)

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-u", "-m", "mesogun", *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, env=self.environment,
        )  # fmt: skip

    def run(self, *words: str) -> tuple[int, str, str]:
        process = self.start(*words)
        out, err = process.communicate()
        return process.returncode, out, err

    def json(self, *words: str) -> Any:
        code, out, err = self.run(*words)
        assert code == 0, err
        return json.loads(out)

    def treat(self, *words: str) -> subprocess.Popen[str]:
        return self.start("treat", *words, "--port", self.port, "--yes", "--plain")

    def begin(self) -> subprocess.Popen[str]:
        return self.treat("face-hydration-ha", "--area", str(self.area), "--subject", "s-0001", "--demo-values")

    @staticmethod
    def line(process: subprocess.Popen[str]) -> str:
        stream: IO[str] | None = process.stdout
        assert stream is not None
        return stream.readline().strip()

    def close(self) -> None:
        self.server.kill()
        self.server.communicate()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(tmp_path)
    yield opened
    opened.close()


def killed_after(process: subprocess.Popen[str], lines: int) -> bool:
    """Kill -9 after so many lines of output; whether it was still running."""
    for _ in range(lines):
        if not Desk.line(process):
            break
    running = process.poll() is None
    process.kill()
    process.communicate()
    return running


@req("H3", "H5", "H9", "G3", "G6")
@pytest.mark.parametrize(
    "lines",
    [(4, 1), *(pytest.param(lines, marks=pytest.mark.soak) for lines in [(1, 2), (2,), (3,), (5, 2, 3), (6,), (7, 1)])],
)
def test_a_killed_treatment_is_resumed_and_the_ledger_is_the_guns_own_total(desk: Desk, lines: tuple[int, ...]) -> None:
    process = desk.begin()
    for count in lines:
        if not killed_after(process, count):
            break
        process = desk.treat("--resume")
    out, err = process.communicate()
    if process.returncode == 2:
        # Killed before anything was cleared, or after everything was done: there is nothing to resume.
        assert "name the treatment to resume" in err, err
        if desk.json("journal", "list", "--json") == []:
            out, err = desk.begin().communicate()
            assert "dispensed" in out, err
    else:
        assert process.returncode == 0, err

    _, shown, _ = desk.run("journal", "show", "--json")
    events = [json.loads(line) for line in shown.splitlines()]
    shots = [event for event in events if event["kind"] == "ShotRecorded"]
    gun = desk.json("gun", "info", "--port", desk.port, "--json")
    assert sum(shot["delivered_nl"] for shot in shots) == gun["welcome"]["status"]["running_total_nl"]
    given = Counter(shot["shot_index"] for shot in shots if shot["shot_kind"] == "TREAT")
    planned = next(event for event in events if event["kind"] == "TreatmentPlanned")
    assert given == Counter(range(planned["shots"])), "every planned shot once, none twice"
    numbers = [event["entry_no"] for event in events if event["kind"] == "MagazineLoaded"]
    assert len(numbers) == len(set(numbers)), "an entry number is never used again"
    assert desk.json("journal", "verify", "--json")["ok"]


def test_a_second_runner_is_refused_while_the_first_one_runs(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "--no-hand")  # nobody pulls the trigger: the first runner waits
    first = desk.begin()
    for _ in range(3):
        Desk.line(first)
    code, _, err = desk.run("treat", "--resume", "--port", desk.port, "--yes", "--plain")
    first.kill()
    first.communicate()
    desk.close()
    assert code in {3, 7}, err
    assert "Traceback" not in err


def test_a_treatment_that_was_killed_can_be_ended_instead(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "--no-hand")
    first = desk.begin()
    killed_after(first, 4)
    out, err = desk.treat("--resume", "--end").communicate()
    state = desk.json("journal", "list", "--json")
    gun = desk.json("gun", "info", "--port", desk.port, "--json")
    desk.close()
    assert "dispensed" in out, err
    assert state[0]["ended"] == "ended early"
    assert gun["welcome"]["open_treatment"] == 0, "the gun is free"
