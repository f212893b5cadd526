"""Which Pythons this machine has: every CPython that mesogun supports, wherever such things are usually kept.

Open-ended: whatever version comes next is found by its name. Not responsible for running anything but the question of
which version it is.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

OLDEST = (3, 11)
NAMED = re.compile(r"python3\.(\d+)")
VERSION = re.compile(r"3\.(\d+)|cp3(\d+)")
QUESTION = "import sys; print(sys.implementation.name, *sys.version_info[:3])"


def candidates(environment: Mapping[str, str], home: Path, opt: Path = Path("/opt")) -> Iterator[Path]:
    """Everything that may be such a Python: on the search path, in pyenv, uv, asdf, mise, and in /opt."""
    for folder in environment.get("PATH", "").split(os.pathsep):
        yield from sorted(path for path in Path(folder or ".").glob("python3.*") if _fits(NAMED.fullmatch(path.name)))
    data = Path(environment.get("XDG_DATA_HOME", home / ".local" / "share"))
    for versions in (
        Path(environment.get("PYENV_ROOT", home / ".pyenv")) / "versions",
        Path(environment.get("UV_PYTHON_INSTALL_DIR", data / "uv" / "python")),
        home / ".asdf" / "installs" / "python",
        data / "mise" / "installs" / "python",
        opt / "python",
        opt,
    ):
        for path in sorted(versions.glob("*/bin/python3")):
            if _fits(VERSION.search(path.parents[1].name)):
                yield path


def _fits(found: re.Match[str] | None) -> bool:
    return found is not None and (3, int(next(filter(None, found.groups())))) >= OLDEST


@cache
def interpreters() -> tuple[str, ...]:
    """One of each version, this one first."""
    usable: dict[tuple[str, ...], str] = {}
    for path in [Path(sys.executable), *candidates(os.environ, Path.home())]:
        try:
            asked = subprocess.run([path, "-c", QUESTION], capture_output=True, text=True, check=False)
        except OSError:
            continue
        name, *version = asked.stdout.split() or [""]
        if asked.returncode == 0 and name == "cpython" and tuple(map(int, version)) >= OLDEST:
            usable.setdefault(tuple(version), str(path))
    return tuple(usable.values())
