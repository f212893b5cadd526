from __future__ import annotations

import json
import subprocess
import sys

import pytest

import mesogun.journal


def test_importing_the_package_loads_no_database() -> None:
    script = "import json,sys,mesogun.journal as j\nj.Filter()\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"sqlalchemy", "sqlite3"} & set(json.loads(done.stdout))


@pytest.mark.parametrize("words", [("protocol", "list"), ("treat", "--help"), ("journal", "--help")])
def test_a_command_that_opens_no_journal_loads_no_database(words: tuple[str, ...]) -> None:
    script = (
        "import sys\nfrom mesogun.cli.root import run\n"
        "assert run(sys.argv[1:]) == 0\nprint('sqlalchemy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_names_that_need_a_database_are_what_they_are_called() -> None:
    for name in mesogun.journal.__all__:
        for _ in range(2):  # a module of the same name must not take the place of a function once it is loaded
            assert getattr(mesogun.journal, name).__name__ == name
