"""The fence around the body of a simulated test, as a stranger meets it."""

from __future__ import annotations

from pathlib import Path

from tests.testing.scratch import project, run

BODIES = """
import logging, random, time
from datetime import datetime
from time import monotonic

import pytest
from hypothesis import HealthCheck, given, settings, strategies
from sim.fence import FenceError

@pytest.fixture
def stopwatch():
    start = time.monotonic()
    yield lambda: None
    assert time.monotonic() >= start

def test_refused(sim_gun, stopwatch):
    for touch in (time.time, monotonic, lambda: time.sleep(1), lambda: random.gauss(0, 1)):
        with pytest.raises(FenceError):
            touch()

@pytest.mark.parametrize("seed", [1, 2])
def test_refused_with_sim_world(sim_world, seed):
    with pytest.raises(FenceError):
        random.seed(seed)

def test_gun_is_fenced_too(gun):
    with pytest.raises(FenceError):
        time.monotonic()

def test_watchers(sim_gun, caplog, tmp_path, capsys):
    logging.getLogger("mine").warning("now")
    (tmp_path / "note").write_text("x")
    assert "now" in caplog.text

@settings(max_examples=5, suppress_health_check=list(HealthCheck))
@given(strategies.integers())
def test_property(sim_gun, number):
    assert sim_gun.status().fault == 0

def test_time_of_ones_own(sim_gun, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 5.0)
    assert time.time() == 5.0

@pytest.mark.mesogun(fence=False)
def test_without(sim_gun):
    assert time.time() > 6.0

def test_unused():
    assert monotonic() > 0
    assert time.time() > 6.0

def test_real_time(sim_gun_server):
    assert time.time() > 6.0
    time.sleep(0.001)
"""


def test_the_body_of_a_simulated_test_is_fenced_and_nothing_else(tmp_path: Path) -> None:
    for options in ((), ("-n", "1")):
        code, said = run(project(tmp_path, BODIES), *options)
        assert code == 0, said
        assert "10 passed" in said


def test_a_trespass_tells_the_way_out(tmp_path: Path) -> None:
    text = "import time\n\ndef test_mine(sim_gun):\n    time.sleep(0.1)\n"
    code, said = run(project(tmp_path, text))
    assert code == 1
    assert "let virtual time pass: gun.clock.sleep_us" in said
    assert "@pytest.mark.mesogun(fence=False)" in said
