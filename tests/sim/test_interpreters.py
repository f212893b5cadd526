"""Same seed, same trace hash: on every interpreter from 3.11 on that this machine has, and under any hash seed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OLDEST, NEWEST = 11, 15
WORLDS = """
from sim.faults import At, Fault, FaultPlan, Injector
from sim.invariants import Invariants
from tests.sim.host import started

for seed, profile in ((7, "standard"), (8, "soft"), (9, "nine-pin")):
    world, host = started(seed, profile)
    Injector(world, FaultPlan((
        Fault("link.delay", At("message", 5, op="STATUS"), {"by_us": 5_000.0}),
        Fault("fluid.cold", At("phase", 1, phase="stroke")),
        Fault("gun.trigger_bounce", At("phase", 3, phase="stroke")),
    )))
    invariants = Invariants(world)
    host.ready()
    host.load(18_000, 9_000, 27_000)
    host.arm()
    world.run_for(6.0)
    invariants.finish()
    assert invariants.breaches == [], invariants.breaches
    shots = [(shot.shot_no, round(shot.dispensed_nl * 1e3)) for shot in world.truth.per_shot]
    print(world.kernel.trace_hash(), world.kernel.events, shots)
"""
TREATMENTS = "from sim.campaign.run import run_seed; print([run_seed(seed).trace for seed in (3, 5, 11)])"


@cache
def interpreters() -> tuple[str, ...]:
    """Every CPython of a version that mesogun supports: on the search path, in pyenv, and this one."""
    named = [shutil.which(f"python3.{minor}") for minor in range(OLDEST, NEWEST)]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [*(Path(name) for name in named if name), *pyenv.glob("3.*/bin/python")]
    usable: dict[str, str] = {}
    for path in [Path(sys.executable), *found]:
        asked = subprocess.run(
            [path, "-c", "import sys; print(sys.version_info >= (3, 11), *sys.version_info[:3])"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if asked.returncode == 0 and asked.stdout.startswith("True"):
            usable.setdefault(asked.stdout.strip(), str(path))
    return tuple(usable.values())


def said(interpreter: str, code: str, hash_seed: str = "0") -> str:
    """What a script prints there, this tree and this environment's packages on the path; "" if one cannot be loaded."""
    site = Path(pytest.__file__).resolve().parents[1]
    environment = {
        "PYTHONPATH": f"{ROOT}{os.pathsep}{site}",
        "PYTHONHASHSEED": hash_seed,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    ran = subprocess.run(
        [interpreter, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT, env=environment
    )
    if "ImportError" in ran.stderr or "ModuleNotFoundError" in ran.stderr:
        return ""
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@cache
def here(code: str) -> str:
    return said(sys.executable, code)


@pytest.mark.parametrize("interpreter", interpreters())
def test_a_world_is_the_same_on_every_interpreter(interpreter: str) -> None:
    assert here(WORLDS).count("\n") == 3
    assert said(interpreter, WORLDS, hash_seed="77") == here(WORLDS)  # the wire and sim need no package at all


@pytest.mark.parametrize("interpreter", interpreters())
def test_a_whole_treatment_is_the_same_on_every_interpreter(interpreter: str) -> None:
    told = said(interpreter, TREATMENTS, hash_seed="1")
    if not told:
        pytest.skip(f"{interpreter} has no packages of its own for the host's side (pydantic, shapely)")
    assert told == here(TREATMENTS)
