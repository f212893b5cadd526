"""The plug-in as a stranger meets it: a scratch project in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.testing.scratch import PRIME, ROOT, project, run

SHOT = f"""{PRIME}
def test_prime(gun, sim_world):
    prime(gun)
    sim_world.run_for(1.0)
    (record,) = gun.log(1)
    assert record.delivered_nl == 25_000
    assert sim_world.truth.per_shot[0].booked_nl == 25_000

@pytest.mark.mesogun(profile="soft", seed=11, faults='[{{"fault":"gun.self_test","at":{{"phase":1,"of":"stroke"}}}}]')
def test_marker(sim_gun, sim_world):
    prime(sim_gun)
    sim_world.run_for(1.0)
    assert sim_world.seed == 11
    assert sim_gun.status().fault == 6

@pytest.mark.mesogun_hardware
def test_hardware(gun):
    raise AssertionError("must be skipped")
"""

FAILS = f"""{PRIME}
LATE = [{{"fault": "gun.reset", "at": {{"time_us": 99999999999}}}}]

@pytest.mark.mesogun(seed=5, faults=LATE)
def test_call(sim_gun):
    assert sim_gun.status().fault == 1

@pytest.fixture
def broken(sim_world):
    raise RuntimeError("this fixture is broken")

@pytest.mark.mesogun(seed=6)
def test_setup(broken):
    pass

@pytest.mark.mesogun(seed=7)
def test_teardown(sim_gun, sim_world):
    sim_world.world.plant.account.left_needle += 500  # from nowhere: no test notices, an invariant does
    prime(sim_gun)
    sim_world.run_for(2.0)

@pytest.mark.mesogun(seed=8, faults=LATE)
def test_server(sim_gun_server):
    raise AssertionError(sim_gun_server)
"""

# what is written above a test, and what is said of it
REFUSED = {
    '@pytest.mark.mesogun("soft")': "mesogun('soft') does not say what it is; name it, such as mesogun(profile='soft')",
    "@pytest.mark.mesogun(sed=1)": "unknown sed; known: profile, seed, faults, hand, fence",
    '@pytest.mark.mesogun(seed="x")': "mesogun(seed='x') is not an integer from 0 to 2^63 - 1; give one",
    "@pytest.mark.mesogun(seed=-1)": "mesogun(seed=-1) is not an integer from 0",
    "@pytest.mark.mesogun(seed=True)": "mesogun(seed=True) is not an integer",
    "@pytest.mark.mesogun(seed=None)": "mesogun(seed=None) is not an integer",
    "@pytest.mark.mesogun(profile=3)": "mesogun(profile=3) is no name of a profile; give one, such as profile='soft'",
    '@pytest.mark.mesogun(profile="softt")': "mesogun(profile='softt'): ",
    '@pytest.mark.mesogun(faults="[1]")': "mesogun(faults=...): ",
    "@pytest.mark.mesogun(faults=7)": "mesogun(faults=7) is no fault plan; give JSON text or a list",
    '@pytest.mark.mesogun(hand="none")': "mesogun(hand='none') is neither True nor False; give hand=False",
    "@pytest.mark.mesogun(fence=0)": "mesogun(fence=0) is neither True nor False",
}


def test_gun_world_marker_and_hardware(tmp_path: Path) -> None:
    code, said = run(project(tmp_path, SHOT))
    assert code == 0, said
    assert "2 passed, 1 skipped" in said
    assert "needs a real gun: give --mesogun-port" in said


@pytest.mark.parametrize("options", [(), ("-n", "2"), ("--show-capture=no",)], ids=" ".join)
def test_every_failure_tells_seed_replay_line_and_faults(tmp_path: Path, options: tuple[str, ...]) -> None:
    code, said = run(project(tmp_path, FAILS), *options)
    assert code == 1
    assert "2 failed, 1 passed, 2 errors" in said
    for seed, name in ((5, "test_call"), (6, "test_setup"), (7, "test_teardown"), (8, "test_server")):
        assert said.count(f"seed {seed}, virtual time ") == 1, name
        assert said.count(f"replay: pytest test_mine.py::{name} --mesogun-seed {seed}\n") == 1, name
    assert said.count("fault gun.reset: never fired") == 2
    assert "breach 0." in said


def test_the_replay_line_shows_the_same_failure_again_from_where_it_was_run(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    project(tmp_path, "")
    (inner / "test_deep.py").write_text(FAILS)
    _, said = run(inner, "--rootdir", str(tmp_path), "-k", "test_teardown")
    (line,) = {line for line in said.splitlines() if line.startswith("replay: pytest ")}
    where, _, options = line.removeprefix("replay: pytest ").partition(" ")
    assert where == "test_deep.py::test_teardown"
    again = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", where, *options.split()], cwd=inner, capture_output=True, text=True,
        check=False, env={"PYTHONPATH": str(ROOT), "HOME": str(inner)},
    )  # fmt: skip
    trace = next(line for line in said.splitlines() if line.startswith("seed 7,"))
    assert trace in again.stdout


def test_what_a_marker_cannot_mean_is_refused_in_one_line(tmp_path: Path) -> None:
    tests = "".join(
        f"{marker}\ndef test_{fixture}_{number}({fixture}):\n    pass\n"
        for number, marker in enumerate(REFUSED)
        for fixture in ("sim_gun", "sim_gun_server")
    )
    code, said = run(project(tmp_path, f"import pytest\n{tests}"))
    assert code == 1
    assert f"{2 * len(REFUSED)} errors" in said
    assert "Traceback" not in said
    for number, words in enumerate(REFUSED.values()):
        for fixture in ("sim_gun", "sim_gun_server"):
            assert f"\ntest_mine.py::test_{fixture}_{number}: " in said
        assert said.count(words) >= 2, words


def test_a_seed_for_all_that_no_world_can_have_is_refused_at_once(tmp_path: Path) -> None:
    folder = project(tmp_path, "def test_x(sim_world):\n    pass\n")
    for seed in ("-1", str(2**63)):
        code, said = run(folder, "--mesogun-seed", seed)
        assert code == 4
        assert f"--mesogun-seed {seed} is not an integer from 0" in said


def test_markers_of_function_class_and_module_add_up(tmp_path: Path) -> None:
    text = """
import pytest
pytestmark = pytest.mark.mesogun(profile="nine-pin", seed=1)

@pytest.mark.mesogun(hand=False)
class TestOne:
    @pytest.mark.mesogun(seed=2)
    def test_all(self, sim_world):
        world = sim_world.world
        assert (world.profile.name, world.seed, world.hand.active) == ("nine-pin", 2, False)
"""
    code, said = run(project(tmp_path, text))
    assert code == 0, said


def test_seeds_depend_on_the_test_and_not_on_the_worker(tmp_path: Path) -> None:
    text = "def test_seed(sim_world):\n    raise AssertionError(f'seed is {sim_world.seed}')\n"
    found = {
        line
        for options in ((), ("-n", "2"))
        for line in run(project(tmp_path, text), *options)[1].splitlines()
        if line.startswith("E ") and "seed is" in line
    }
    assert len(found) == 1


def test_a_strangers_own_sim_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "sim").mkdir()
    (tmp_path / "sim" / "__init__.py").write_text("")
    (tmp_path / "conftest.py").write_text("import sys\nsys.path.insert(0, '.')\n")
    code, said = run(project(tmp_path, "def test_gun(sim_gun):\n    pass\n"))
    assert code == 1
    assert f"needs its own package 'sim', but 'import sim' finds {tmp_path / 'sim'}" in said
    assert "rename that one" in said
    assert "Traceback" not in said
    harmless = project(tmp_path, "def test_nothing():\n    import sim\n    assert not hasattr(sim, 'world')\n")
    assert run(harmless)[0] == 0


def test_the_advice_about_a_strangers_sim_works(tmp_path: Path) -> None:
    (tmp_path / "sim").mkdir()
    (tmp_path / "sim" / "__init__.py").write_text("")
    mine = project(tmp_path, "def test_gun(sim_gun):\n    pass\n")
    code, said = run(mine, "--import-mode=importlib")  # not enough: python -m puts this folder in front
    assert code == 1
    assert "`python -P -m pytest --import-mode=importlib`" in said
    code, said = run(mine, "--import-mode=importlib", flags=("-P",))
    assert code == 0, said
    assert "1 passed" in said


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


def test_every_fixture_is_described(tmp_path: Path) -> None:
    told = run(project(tmp_path, ""), "--fixtures")[1]
    for name in ("sim_gun", "sim_world", "gun", "sim_gun_server"):
        assert f"\n{name} -- " in told
