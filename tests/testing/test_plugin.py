"""The plug-in as a stranger meets it: a scratch project in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

THREE_LINES = """
def test_gun(sim_gun):
    assert sim_gun.status().fault == 0
"""

SHOT = """
import pytest
from mesogun.wire.messages import Arm, Load

def prime(gun):
    status = gun.load(Load(1, 0, 0, 2, 25_000, 0))
    gun.arm(Arm(0, 1, 1, 1, 25_000, status.gun_clock_us, status.last_shot_no, 1_000, 1))

def test_prime(gun, sim_world):
    prime(gun)
    sim_world.run_for(1.0)
    (record,) = gun.log(1)
    assert record.delivered_nl == 25_000
    assert sim_world.truth.per_shot[0].booked_nl == 25_000

@pytest.mark.mesogun(profile="soft", seed=11, faults='[{"fault":"gun.self_test","at":{"phase":1,"of":"stroke"}}]')
def test_marker(sim_gun, sim_world):
    prime(sim_gun)
    sim_world.run_for(1.0)
    assert sim_world.seed == 11
    assert sim_gun.status().fault == 6

@pytest.mark.mesogun_hardware
def test_hardware(gun):
    raise AssertionError("must be skipped")
"""

FAILS = """
import pytest

@pytest.mark.mesogun(seed=5)
def test_fails(sim_gun, sim_world):
    sim_world.faults('[{"fault":"gun.reset","at":{"time_us":99999999999}}]')
    assert sim_gun.status().fault == 1
"""


def run(folder: Path, *options: str, python: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *python, "-m", "pytest", "-q", "-rs", *options, str(folder)]
    return subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(folder)},
    )


def project(tmp_path: Path, text: str) -> Path:
    (tmp_path / "test_mine.py").write_text(text)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")
    return tmp_path


def test_three_lines_are_a_green_ci(tmp_path: Path) -> None:
    assert f"{THREE_LINES.strip()}" in (ROOT / "docs" / "ci.md").read_text()
    ran = run(project(tmp_path, THREE_LINES))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout


def test_gun_world_marker_and_hardware(tmp_path: Path) -> None:
    ran = run(project(tmp_path, SHOT))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "2 passed, 1 skipped" in ran.stdout
    assert "needs a real gun: give --mesogun-port" in ran.stdout


def test_a_failure_prints_seed_replay_line_and_faults(tmp_path: Path) -> None:
    ran = run(project(tmp_path, FAILS))
    assert ran.returncode == 1
    assert "seed 5" in ran.stdout
    assert "--mesogun-seed 5" in ran.stdout
    assert "fault gun.reset: never fired" in ran.stdout


def test_seeds_depend_on_the_test_and_not_on_the_worker(tmp_path: Path) -> None:
    text = "def test_seed(sim_world):\n    raise AssertionError(f'seed is {sim_world.seed}')\n"
    found = {
        line
        for options in ((), ("-n", "2"))
        for line in run(project(tmp_path, text), *options).stdout.splitlines()
        if line.startswith("E ") and "seed is" in line
    }
    assert len(found) == 1


def test_a_strangers_own_sim_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "sim").mkdir()
    (tmp_path / "sim" / "__init__.py").write_text("")
    (tmp_path / "conftest.py").write_text("import sys\nsys.path.insert(0, '.')\n")
    ran = run(project(tmp_path, THREE_LINES))
    assert ran.returncode == 1
    assert f"needs its own package 'sim', but 'import sim' finds {tmp_path / 'sim'}" in ran.stdout
    assert "rename that one" in ran.stdout
    harmless = project(tmp_path, "def test_nothing():\n    import sim\n    assert not hasattr(sim, 'world')\n")
    assert run(harmless).returncode == 0


def test_the_advice_about_a_strangers_sim_works(tmp_path: Path) -> None:
    (tmp_path / "sim").mkdir()
    (tmp_path / "sim" / "__init__.py").write_text("")
    mine = project(tmp_path, THREE_LINES)
    told = run(mine, "--import-mode=importlib")  # not enough: python -m puts this folder in front
    assert told.returncode == 1
    assert "`python -P -m pytest --import-mode=importlib`" in told.stdout
    ran = run(mine, "--import-mode=importlib", python=("-P",))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("sim", "scenario", "startup"),
        ("sim", "serve", "--pty"),
        ("gun", "info", "--port", "sim://standard"),
        ("demo",),
    ],
)
def test_the_command_line_names_a_strangers_sim_in_one_line(words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "sim").mkdir()
    (tmp_path / "sim" / "__init__.py").write_text("")
    env = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "mesogun", *words]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=env, timeout=60)
    assert ran.returncode == 2, ran.stderr
    assert f"finds {tmp_path / 'sim'}: rename that one" in ran.stderr
    assert "`python -P -m mesogun`" in ran.stderr
    assert ran.stderr.count("\n") == 1
    helped = [sys.executable, "-P", "-m", "mesogun", "sim", "scenario", "stiction"]
    assert "scenario" not in words or subprocess.run(helped, cwd=tmp_path, capture_output=True, env=env).returncode == 0


def test_nothing_heavy_is_loaded_when_unused() -> None:
    code = (
        "import sys, mesogun.testing.plugin; "
        "print([m for m in ('numpy','sim','textual','sqlalchemy','serial','matplotlib') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_an_unknown_marker_argument_is_refused(tmp_path: Path) -> None:
    text = "import pytest\n@pytest.mark.mesogun(sed=1)\ndef test_x(sim_world):\n    pass\n"
    ran = run(project(tmp_path, text))
    assert ran.returncode != 0
    assert "unknown sed" in ran.stdout


def test_every_fixture_is_described(tmp_path: Path) -> None:
    told = run(project(tmp_path, ""), "--fixtures").stdout
    for name in ("sim_gun", "sim_world", "gun", "sim_gun_server"):
        assert f"\n{name} -- " in told
