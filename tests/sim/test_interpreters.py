"""Same seed, same trace hash: on every interpreter from 3.11 on that this machine has, and under any hash seed."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.sim.interpreters import candidates, interpreters

ROOT = Path(__file__).resolve().parents[2]
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
FENCE = """
import _thread, os, random, secrets, socket, subprocess, sys, threading, time, uuid
from sim.fence import FenceError, fenced

ways = (
    "time.time()", "time.monotonic()", "time.process_time()", "time.gmtime()", "time.sleep(0)", "random.random()",
    "random.randint(0, 9)", "secrets.token_hex(2)", "os.urandom(2)", "uuid.uuid1()", "uuid.uuid4()",
    "threading.Thread(target=print).start()", "_thread.start_new_thread(print, ())", "threading.Event().wait(0.01)",
    "socket.socket()", "os.fork()", "subprocess.run([sys.executable, '-V'])",
)
before = [vars(module).copy() for module in (time, random, os, threading, socket, subprocess, _thread)]
with fenced():
    for way in ways:
        try:
            eval(way)
        except FenceError as error:
            print(error)
assert before == [vars(module) for module in (time, random, os, threading, socket, subprocess, _thread)]
"""
TREATMENTS = "from sim.campaign.run import run_seed; print([run_seed(seed).trace for seed in {seeds}])"
FEW = TREATMENTS.format(seeds=(3, 5, 11))
TWENTY = TREATMENTS.format(seeds=range(20))
RUNNER = ("pytest", "pytest-timeout", "pytest-xdist", "hypothesis")


def said(interpreter: str | Path, code: str, *, hash_seed: str = "0", beside: bool = True) -> str:
    """What a script prints there, this tree on the path; "" if a package cannot be loaded.

    ``beside`` puts this environment's packages on the path too, of which others can load the pure ones.
    """
    path = [ROOT, Path(pytest.__file__).resolve().parents[1]] if beside else [ROOT]
    environment = {
        "PYTHONPATH": os.pathsep.join(map(str, path)),
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


def test_every_place_where_interpreters_are_kept_is_searched_and_no_version_is_the_last(tmp_path: Path) -> None:
    wanted = (
        "path/python3.11", "path/python3.99", ".pyenv/versions/3.15.0a1/bin/python3",
        "opt/python/cp316-cp316/bin/python3",
        ".local/share/uv/python/cpython-3.21.4-linux/bin/python3", "opt/python-3.12/bin/python3",
        ".asdf/installs/python/3.14.1/bin/python3", ".local/share/mise/installs/python/3.13.2/bin/python3",
    )  # fmt: skip
    others = ("path/python3.10", "path/python3.12-config", ".pyenv/versions/2.7.18/bin/python3", "opt/tool/bin/python3")
    for name in wanted + others:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = list(candidates({"PATH": f"/nowhere{os.pathsep}{tmp_path / 'path'}"}, tmp_path, tmp_path / "opt"))
    assert sorted(str(path.relative_to(tmp_path)) for path in found) == sorted(wanted)


@pytest.mark.parametrize("interpreter", interpreters())
def test_a_world_is_the_same_on_every_interpreter(interpreter: str) -> None:
    assert here(WORLDS).count("\n") == 3
    assert said(interpreter, WORLDS, hash_seed="77") == here(WORLDS)  # the wire and sim need no package at all


@pytest.mark.parametrize("interpreter", interpreters())
def test_the_fence_holds_on_every_interpreter(interpreter: str) -> None:
    assert here(FENCE).count("unrepeatable") == 17
    assert said(interpreter, FENCE, beside=False) == here(FENCE)


@pytest.mark.parametrize("interpreter", interpreters())
def test_a_whole_treatment_is_the_same_on_every_interpreter(interpreter: str) -> None:
    told = said(interpreter, FEW, hash_seed="1")
    if not told:
        pytest.skip("the host's packages are not installed for it; `make soak` installs them")
    assert told == here(FEW)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("interpreter", interpreters())
def test_twenty_treatments_are_the_same_with_packages_of_its_own(
    interpreter: str, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    subprocess.run([interpreter, "-m", "venv", tmp_path], check=True, capture_output=True)
    own = tmp_path / "bin" / "python"
    got = subprocess.run(
        [own, "-m", "pip", "install", "--disable-pip-version-check", "--prefer-binary", "-c", "constraints.txt",
         *wanted, *RUNNER],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if got.returncode != 0:
        reason = (got.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        if os.environ.get("MESOGUN_NO_SKIP"):
            pytest.fail(f"{interpreter}: its packages cannot be installed: {reason}")
        pytest.skip(f"{interpreter}: its packages cannot be installed: {reason}")
    told = said(own, TWENTY, hash_seed="5", beside=False)
    version = said(own, "import platform; print(platform.python_version())", beside=False).strip()
    figure(f"Python {version}: 20 treatments, hashes {'equal' if told == here(TWENTY) else 'differ'}")
    assert told == here(TWENTY)
    fence = subprocess.run(
        [own, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/sim/test_fence.py"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert fence.returncode == 0, fence.stdout
