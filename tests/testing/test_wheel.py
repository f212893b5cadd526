"""The example of docs/ci.md, word for word, against an installed wheel, where nothing of this tree can be seen."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.testing.scratch import ROOT, project, run

DOCUMENT = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")


def block(language: str, number: int = 0) -> str:
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)
    return found[number]


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with mesogun's wheel, and beside it only what mesogun depends on."""
    folder = tmp_path_factory.mktemp("wheel")

    def do(*command: str) -> None:
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr

    do(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder))
    do(sys.executable, "-m", "venv", "--without-pip", str(folder / "env"))
    (python,) = (folder / "env").glob("*/python")
    (wheel,) = folder.glob("*.whl")
    do(sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index", str(wheel))
    (packages,) = (folder / "env").glob("lib/*/site-packages")
    for package in Path(pytest.__file__).resolve().parents[1].iterdir():
        if "mesogun" not in package.name and package.suffix != ".pth" and not (packages / package.name).exists():
            (packages / package.name).symlink_to(package)  # all but the editable install of this tree
    return python


def test_the_example_of_the_document_is_green_with_an_installed_wheel(stranger: Path, tmp_path: Path) -> None:
    assert block("sh").strip() == "pip install mesogun pytest"
    assert len(block("python").strip().splitlines()) == 2
    assert block("sh", 1).strip() == "pytest"
    where = "import mesogun, sim, sys; print(mesogun.__file__, sim.__file__, *sys.path)"
    asked = subprocess.run(
        [stranger, "-c", where], cwd=tmp_path, capture_output=True, text=True, check=True, env={"PATH": "/usr/bin:/bin"}
    )
    assert str(stranger.parents[1]) in asked.stdout
    assert str(ROOT) not in asked.stdout
    code, said = run(project(tmp_path, block("python")), python=stranger, path=None)
    assert code == 0, said
    assert "1 passed" in said


def test_an_installed_plug_in_has_its_fixtures_ports_and_refusals(stranger: Path, tmp_path: Path) -> None:
    text = """
import pytest
from mesogun.gun import connect
from mesogun.identity import SIMULATED_KEY

@pytest.mark.mesogun(profile="soft", seed=3)
def test_server(sim_gun_server):
    served = connect(sim_gun_server, keys=lambda _: SIMULATED_KEY)
    assert served.welcome.device_id == connect("sim://soft?seed=3", keys=lambda _: SIMULATED_KEY).welcome.device_id
    served.close()

@pytest.mark.mesogun("soft")
def test_refused(gun):
    pass
"""
    code, said = run(project(tmp_path, text), python=stranger, path=None)
    assert code == 1
    assert "1 passed, 1 error" in said
    assert "mesogun(profile='soft')" in said
