"""`sim_gun_server`, and `gun` with ``--mesogun-port``: guns in real time, in a server's thread or another process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.testing.scratch import PRIME, ROOT, project, run

SERVED = f"""{PRIME}
from mesogun.wire.codes import Fault
import subprocess, sys
from mesogun.gun import connect
from mesogun.identity import SIMULATED_KEY

def greet(url):
    return connect(url, keys=lambda _: SIMULATED_KEY)

def loaded(url):
    gun = greet(url)
    prime(gun)
    gun.clock.sleep_us(700_000)
    shots = gun.status().last_shot_no
    gun.close()
    return shots

@pytest.mark.mesogun(profile="nine-pin", seed=9)
def test_is_the_gun_that_was_asked_for(sim_gun_server):
    served, own = greet(sim_gun_server), greet("sim://nine-pin?seed=9")
    assert served.welcome.device_id == own.welcome.device_id
    assert served.caps.needles == own.caps.needles == 9
    served.close()

@pytest.mark.mesogun(faults=[{{"fault": "gun.too_hot", "at": {{"time_us": 0}}}}])
def test_its_faults_strike(sim_gun_server):
    gun = greet(sim_gun_server)
    gun.clock.sleep_us(50_000)
    assert gun.status().fault == Fault.TEMPERATURE
    gun.close()

def test_its_hand_fires(sim_gun_server):
    assert loaded(sim_gun_server) == 1

@pytest.mark.mesogun(hand=False)
def test_or_no_hand_does(sim_gun_server):
    assert loaded(sim_gun_server) == 0

def test_a_program_reaches_it(sim_gun_server):
    code = "import sys; from test_mine import greet; print(greet(sys.argv[1]).status().fault)"
    ran = subprocess.run([sys.executable, "-c", code, sim_gun_server], capture_output=True, text=True)
    assert ran.stdout.strip() == "0", ran.stderr
"""

BOTH = f"""{PRIME}
from mesogun.wire.codes import Fault
def test_for_both(gun):
    prime(gun)
    gun.clock.sleep_us(1_000_000)
    (record,) = gun.log(gun.status().last_shot_no)
    assert record.delivered_nl == 25_000
    with open("guns", "a") as file:
        print(f"{{gun.welcome.device_id}}", file=file)

@pytest.mark.mesogun_hardware
def test_hardware(gun):
    assert gun.status().fault == 0

def test_truth(gun, sim_world):
    assert sim_world.truth.dispensed_nl == 0

@pytest.mark.mesogun(faults=[{{"fault": "gun.too_hot", "at": {{"time_us": 0}}}}])
def test_hot(gun):
    gun.clock.sleep_us(50_000)
    assert gun.status().fault == Fault.TEMPERATURE
"""


@contextmanager
def served(*options: str) -> Iterator[str]:
    """A gun in a process of its own; gives its port."""
    command = [sys.executable, "-m", "mesogun", "sim", "serve", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def test_a_server_is_the_gun_that_the_marker_says(tmp_path: Path) -> None:
    code, said = run(project(tmp_path, SERVED))
    assert code == 0, said
    assert "5 passed" in said


@pytest.mark.parametrize("door", [("--tcp", "--port", "0"), pytest.param(("--pty",), marks=pytest.mark.needs("pty"))])
def test_one_file_for_a_simulated_and_a_real_gun(tmp_path: Path, door: tuple[str, ...]) -> None:
    folder = project(tmp_path, BOTH)
    code, said = run(folder)
    assert code == 0, said
    assert "3 passed, 1 skipped" in said
    with served(*door) as port:
        code, said = run(folder, "--mesogun-port", port)
    assert code == 0, said
    assert "2 passed, 2 skipped" in said
    assert "needs a simulated world beside `gun`" in said
    assert "puts faults into a simulated gun" in said
    simulated, real = (folder / "guns").read_text().split()
    assert simulated != real


def test_a_port_where_nobody_is_is_one_line(tmp_path: Path) -> None:
    code, said = run(project(tmp_path, BOTH), "--mesogun-port", str(tmp_path / "nothing"), "-k", "for_both")
    assert code == 1
    assert f"--mesogun-port {tmp_path / 'nothing'}: " in said
    assert "Traceback" not in said
