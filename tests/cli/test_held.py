"""A gun held by a command: threads take turns quickly meanwhile, and the line can be written down and had again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mesogun.cli.held import SWITCH_S, held, opener
from mesogun.errors import InputError, NoDevice
from mesogun.gun import info_text, key_source
from mesogun.gun.discover import find_guns
from mesogun.identity import Home
from mesogun.link.replay import read_capture
from tests.cli.command import Command
from tests.trace import req


def test_the_switch_interval_is_short_only_while_a_gun_is_held(tmp_path: Path) -> None:
    keys = key_source(Home(tmp_path / "home"))
    before_s = sys.getswitchinterval()
    with held("sim://standard?seed=1", keys):
        assert sys.getswitchinterval() == pytest.approx(SWITCH_S)
    assert sys.getswitchinterval() == before_s
    with pytest.raises(NoDevice), held(str(tmp_path / "no-such-port"), keys):
        pass
    assert sys.getswitchinterval() == before_s


def test_importing_the_commands_leaves_it_alone() -> None:
    code = "import sys, mesogun.cli.gun, mesogun.cli.treat, mesogun.cli.held; print(sys.getswitchinterval())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) == pytest.approx(0.005)


@req("W-13")
def test_a_captured_gun_info_is_had_again_from_the_file(mesogun: Command, tmp_path: Path) -> None:
    path = tmp_path / "line.capture"
    done = mesogun("gun", "info", "--port", "sim://standard?seed=1", "--capture", str(path))
    assert done.code == 0, done.err
    again = mesogun("gun", "info", "--port", f"capture://{path}")
    assert again.out == done.out
    once_more = mesogun("gun", "info", "--port", "sim://standard?seed=1", "--capture", str(path))
    assert once_more.code == 2
    assert "name a new file" in once_more.err


def test_each_port_of_a_list_has_a_file_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "line.capture"
    named = ["sim://standard?seed=1", "sim://standard?seed=2"]
    found = find_guns(key_source(Home(tmp_path / "home")), named=named, ports=tuple, opener=opener(path))
    assert len(found) == 2
    assert sorted(each.name for each in tmp_path.glob("line*")) == ["line.capture", "line.capture.2"]
    assert read_capture(path).passages != read_capture(tmp_path / "line.capture.2").passages


def test_a_captured_port_behaves_as_the_port(tmp_path: Path) -> None:
    keys = key_source(Home(tmp_path / "home"))
    with held("sim://standard?seed=1", keys) as gun:
        plain = info_text(gun)
    with held("sim://standard?seed=1", keys, tmp_path / "a.capture") as gun:
        assert info_text(gun) == plain
    with pytest.raises(InputError, match="cannot be written"), held("sim://standard", keys, tmp_path / "no" / "a"):
        pass
