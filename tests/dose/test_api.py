"""The public names: all there, none shadowed by a module, and cheap until used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import mesogun.dose


def test_every_public_name_can_be_had_and_no_module_hides_one() -> None:
    assert sorted(mesogun.dose._MODULES) == sorted(mesogun.dose.__all__)
    modules = {path.stem for path in Path(mesogun.dose.__file__).parent.glob("*.py")}
    assert not modules & set(mesogun.dose.__all__)
    for name in mesogun.dose.__all__:
        assert getattr(mesogun.dose, name) is not None
        assert name in dir(mesogun.dose)


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        mesogun.dose.nonsense  # noqa: B018


@pytest.mark.parametrize(
    ("use", "absent"),
    [
        ("from mesogun.dose import DELIVERED_FRACTION", "scipy"),
        ("from mesogun.dose.skin import check_depth; check_depth(0.6, 'forehead')", "scipy"),
        ("import mesogun.dose.drawing, mesogun.dose.inverse", "matplotlib"),
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_used(use: str, absent: str) -> None:
    code = f"{use}; import sys; sys.exit({absent!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
