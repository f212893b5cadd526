"""Bad input gets one clear line, the right exit code, and leaves nothing half-written."""

from __future__ import annotations

import fcntl
import os
import tty
from pathlib import Path

import pytest

from tests.cli.command import Command

CROSSED = "x_mm,y_mm\n0,0\n40,40\n40,0\n0,40\n"
TINY = "x_mm,y_mm\n0,0\n11,0\n11,11\n0,11\n"
SPECK = "x_mm,y_mm\n0,0\n0.5,0\n0.5,0.5\n0,0.5\n"
TREAT = ("--subject", "s-0001", "--yes", "--demo-values", "--plain")


def written(folder: Path) -> list[str]:
    state = folder / "state"
    return sorted(path.name for path in state.rglob("*") if path.is_file()) if state.exists() else []


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("plan", "face-of-mars", "--area", "cheek"), 2, "face-of-mars"),
        (("plan", "{broken}", "--area", "cheek"), 2, "broken.toml"),
        (("plan", "face-mesolift", "--area", "{crossed}"), 2, "crosses"),
        (("plan", "face-mesolift", "--area", "nowhere.csv"), 2, "nowhere.csv"),
        (("plan", "face-acne", "--area", "cheek"), 2, "shot.volume_ul"),
        (("protocol", "show", "face-of-mars"), 2, "face-of-mars"),
        (("protocol", "check", "{broken}"), 2, "broken.toml"),
        (("treat", "face-mesolift", "--area", "cheek", *TREAT), 2, "--port"),
        (("treat", "face-mesolift", "--area", "cheek", "--port", "/dev/ttyNONE9", *TREAT), 3, "/dev/ttyNONE9"),
        (("treat", "face-mesolift", "--port", "sim://standard", *TREAT), 2, "--area"),
        (("treat", "face-mesolift", "--area", "{speck}", "--port", "sim://standard", *TREAT), 2, "check the units"),
        (("treat", "face-mesolift", "--area", "{tiny}", "--port", "sim://standard", *TREAT), 5, "way"),
        (("treat", "face-of-mars", "--area", "cheek", "--port", "sim://standard", *TREAT), 2, "face-of-mars"),
        (("treat", "--resume", "--port", "sim://standard", "--yes"), 2, "none"),
        (("treat", "--resume", "--port", "sim://standard", "--yes", "--sign"), 2, "--sign"),
        (("gun", "info", "--port", "sim://no-such-gun"), 2, "no-such-gun"),
        (("gun", "info", "--port", "gopher://x"), 2, "gopher"),
        (("gun", "info", "--port", "socket://10.0.0.1:99"), 2, "network"),
        (("journal", "verify", "--journal", "{broken}"), 7, "broken.toml"),
        (("journal", "list"), 2, "no journal"),
        (("sim", "serve"), 2, "--pty"),
        (("sim", "serve", "--pty", "--pace", "quick"), 2, "--pace"),
        (("sim", "serve", "--pty", "--pace", "nan"), 2, "--pace"),
        (("sim", "serve", "--pty", "--nvm", "/nonexist/x"), 2, "/nonexist/x"),
        (("gun", "info", "--port", "sim://standard?nvm=/nonexist/x"), 2, "/nonexist/x"),
        (("gun", "info", "--port", "sim://standard?nvm=/"), 2, "folder"),
        (("gun", "info", "--port", "sim://standard?pace=0.0001"), 2, "pace"),
        (("gun", "info"), 2, "--port"),
        (("gun", "pair"), 2, "--port"),
        (("gun", "release", "--why", "lost"), 2, "--port"),
        (("plan", "face-mesolift", "--area", "cheek", "--syringe-ml", "nan"), 2, "--syringe-ml"),
        (("plan", "face-mesolift", "--area", "cheek", "--syringe-ml", "inf"), 2, "--syringe-ml"),
        (("plan", "face-mesolift", "--area", "cheek", "--depth-mm", "nan"), 2, "--depth-mm"),
        (("plan", "face-mesolift", "--area", "cheek", "--out", ""), 2, "--out"),
        (("plan", "face-mesolift", "--area", "cheek", "--out", "/"), 2, "folder"),
        (("plan", "face-mesolift", "--area", "cheek", "--plot", ""), 2, "--plot"),
        (("journal", "settle", "0123456789abcdef", "--shot", "1", "--given-ul", "nan", "--why", "x"), 2, "--given-ul"),
        (("operator", "use", "nobody"), 2, "operator"),
        (("operator", "retire", "nobody"), 2, "operator"),
        (("demo", "--out", ""), 2, "--out"),
        (("demo", "--seed", "-1"), 2, "--seed"),
        (("demo", "--pace", "1&seed=3"), 2, "--pace"),
        (("demo", "--protocol", "face-of-mars"), 2, "face-of-mars"),
    ],
)  # fmt: skip
def test_one_line_and_the_right_code(words: tuple[str, ...], code: int, says: str, mesogun: Command) -> None:
    tmp_path = mesogun.folder
    files = {"broken.toml": 'format = 1\nid = "x', "crossed.csv": CROSSED, "tiny.csv": TINY, "speck.csv": SPECK}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    named = {name.split(".")[0]: str(tmp_path / name) for name in files}
    done = mesogun(*(word.format(**named) for word in words))
    assert done.code == code, done.err
    assert says in done.complaint
    assert done.out == ""
    assert [name for name in written(tmp_path) if name.startswith(("report", "plan"))] == []


@pytest.mark.needs("pty")
def test_a_port_where_nobody_answers(mesogun: Command) -> None:
    master, slave = os.openpty()
    tty.setraw(master)
    tty.setraw(slave)
    try:
        done = mesogun("gun", "info", "--port", os.ttyname(slave))
    finally:
        os.close(master)
        os.close(slave)
    assert done.code == 3, done.err
    assert "answer" in done.complaint


@pytest.mark.needs("pty")
def test_a_port_that_somebody_else_has_open(mesogun: Command) -> None:
    master, slave = os.openpty()
    fcntl.flock(slave, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        done = mesogun("gun", "info", "--port", os.ttyname(slave))
    finally:
        os.close(master)
        os.close(slave)
    assert done.code == 3, done.err
    assert "open" in done.complaint or "use" in done.complaint


def test_a_treatment_without_a_person_needs_answers(mesogun: Command) -> None:
    words = ("treat", "face-mesolift", "--area", "cheek", "--port", "sim://standard", "--subject", "s-0001")
    done = mesogun(*words, "--demo-values", "--plain")
    assert done.code == 5, done.err
    assert "operator add" in done.complaint
