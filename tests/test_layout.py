"""What no person should have to remember about the house: names, imports, what a wheel holds, file sizes."""

from __future__ import annotations

import ast
import importlib
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("mesogun", "protocols", "sim", "tui")
HEAVY = ("numpy", "scipy", "shapely", "textual", "serial", "sqlalchemy", "matplotlib", "pydantic", "cryptography")
BLIND = ("wire", "link", "gun", "record", "treatment", "journal")


def loaded_by(*command: str) -> set[str]:
    script = (
        "import json,runpy,sys\n"
        "sys.argv=['mesogun',*sys.argv[1:]]\n"
        "try:\n runpy.run_module('mesogun',run_name='__main__')\n"
        "except SystemExit:\n pass\n"
        "print('\\n'+json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *command], capture_output=True, text=True, cwd=ROOT, check=True
    )
    modules: list[str] = json.loads(done.stdout.splitlines()[-1])
    return set(modules)


def test_importing_mesogun_loads_nothing_heavy() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import mesogun,sys,json;print(json.dumps(sorted(sys.modules)))"],
        capture_output=True, text=True, cwd=ROOT, check=True,
    )  # fmt: skip
    assert not set(HEAVY) & set(json.loads(done.stdout))


@pytest.mark.parametrize("command", [("--help",), ("--version",)])
def test_help_loads_nothing_heavy(command: tuple[str, ...]) -> None:
    assert not set(HEAVY) & loaded_by(*command)


def test_every_command_of_the_table_exists_and_helps() -> None:
    from click.testing import CliRunner

    from mesogun.cli.root import COMMANDS, cli

    for name, (module, attribute, text) in COMMANDS.items():
        assert hasattr(importlib.import_module(module), attribute), name
        assert len(text) <= 80, f"{name}: the line of help is too long for a terminal"
        result = CliRunner().invoke(cli, [name, "--help"])
        assert result.exit_code == 0, result.output


@pytest.mark.parametrize("package", PACKAGES)
def test_public_names_exist(package: str) -> None:
    for init in sorted((ROOT / package).rglob("__init__.py")):
        module = importlib.import_module(".".join(init.relative_to(ROOT).parent.parts))
        for name in getattr(module, "__all__", []):
            assert hasattr(module, name), f"{module.__name__}.__all__ names {name}"


def python_files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def test_every_module_says_what_it_is_not_responsible_for() -> None:
    silent = []
    for path in python_files(*PACKAGES):
        doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        trivial = len(path.read_text(encoding="utf-8").splitlines()) <= 12
        if doc is None or not (trivial or re.search(r"\b[Nn]ot\s+responsible\b", " ".join(doc.split()))):
            silent.append(str(path.relative_to(ROOT)))
    assert silent == []


def test_no_branch_on_being_simulated() -> None:
    """What a gun *is* is data; wire, link, gun, record, treatment and journal never branch on it."""
    pattern = re.compile(r"\bif\b[^\n]*simulat", re.IGNORECASE)
    allowed = {"mesogun/gun/keys.py"}  # which published key a gun may be offered
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in python_files(*(f"mesogun/{name}" for name in BLIND))
        for line in path.read_text(encoding="utf-8").splitlines()
        if pattern.search(line) and path.relative_to(ROOT).as_posix() not in allowed
    ]
    assert found == []


def test_no_test_sleeps_or_reads_the_wall_clock() -> None:
    pattern = re.compile(r"\btime\.sleep\(|\bdatetime\.now\(|\btime\.time\(")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in python_files("tests")
        # these name what must not be done
        if path.name not in {"test_layout.py", "test_fence.py", "test_interpreters.py"}
        for line in path.read_text(encoding="utf-8").splitlines()
        if pattern.search(line)
    ]
    assert found == []


def test_every_test_folder_is_a_package() -> None:
    missing = [
        str(folder.relative_to(ROOT))
        for folder in {path.parent for path in python_files("tests")}
        if not (folder / "__init__.py").exists()
    ]
    assert missing == []


@pytest.mark.timeout(180)
def test_the_wheel_installs_exactly_our_packages(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == set(PACKAGES)
    assert "mesogun/py.typed" in names
    assert any(name.startswith("protocols/") and name.endswith(".toml") for name in names)
