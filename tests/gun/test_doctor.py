"""The doctor finds what is wrong with a computer or a gun, and says what would help."""

from __future__ import annotations

from pathlib import Path

import pytest

from mesogun.gun import Check, Result, System, checks_text, examine
from mesogun.gun import doctor as module
from mesogun.identity import SIMULATED_KEY
from mesogun.link.usb import PortInfo
from sim.doors.port import attach
from sim.world import World

SIM = "sim://standard?seed=7&hand=none"


def found(checks: tuple[Check, ...]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def system(root: Path, *, product: str = "mesogun", may_use: bool = True, platform: str = "linux") -> System:
    ports = (PortInfo("/dev/ttyUSB0", product=product),) if product else ()
    return System(platform, root, lambda: ports, lambda _: may_use)


def test_a_simulated_gun_is_well() -> None:
    checks = examine(SIM, lambda _: SIMULATED_KEY)
    assert {check.result for check in checks} == {Result.OK}
    assert [check.name for check in checks] == [
        "software", "installed files", "kinds of port",
        "exclusive access", "HELLO", "key", "line", "fault", "calibration", "shot log",
    ]  # fmt: skip
    assert checks_text(checks).endswith("all is well")


def test_a_gun_without_a_key() -> None:
    check = found(examine(SIM, lambda _: None))["key"]
    assert check.result is Result.FAILED
    assert "gun pair" in check.remedy


def test_a_gun_with_another_key_or_none_at_all() -> None:
    check = found(examine(SIM, lambda _: b"x" * 32))["conversation"]
    assert check.result is Result.FAILED
    assert "pair it again" in check.found
    assert found(examine("nowhere://", lambda _: None))["port"].result is Result.FAILED


@pytest.mark.parametrize(
    ("product", "result", "says"),
    [
        ("mesogun", Result.OK, "/dev/ttyUSB0"),
        ("Arduino", Result.ADVICE, "none says"),
        ("", Result.ADVICE, "no serial port"),
    ],
)
def test_ports(product: str, result: Result, says: str, tmp_path: Path) -> None:
    check = found(examine(None, lambda _: None, system=system(tmp_path, product=product)))["ports"]
    assert (check.result, says in check.found) == (result, True)


def test_the_device_rule_and_modem_manager(tmp_path: Path) -> None:
    bare = found(examine(None, lambda _: None, system=system(tmp_path)))
    assert bare["device rule"].result is Result.ADVICE
    assert "ID_MM_DEVICE_IGNORE" in bare["device rule"].remedy
    assert "ModemManager" not in bare
    manager = tmp_path / "usr/sbin/ModemManager"
    manager.parent.mkdir(parents=True)
    manager.touch()
    assert "ModemManager" in found(examine(None, lambda _: None, system=system(tmp_path)))
    rule = tmp_path / "etc/udev/rules.d/70-mesogun.rules"
    rule.parent.mkdir(parents=True)
    rule.touch()
    ruled = found(examine(None, lambda _: None, system=system(tmp_path)))
    assert ruled["device rule"].result is Result.OK
    assert "ModemManager" not in ruled
    elsewhere = found(examine(None, lambda _: None, system=system(tmp_path, platform="darwin")))
    assert "device rule" not in elsewhere


def test_a_part_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PARTS", ("protocols", "sim", "no_such_part"))
    check = found(examine(None, lambda _: None))["installed files"]
    assert (check.result, "no_such_part" in check.found, "install mesogun again" in check.remedy) == (
        Result.FAILED, True, True,
    )  # fmt: skip


def test_a_gun_in_bench_mode(tmp_path: Path) -> None:
    world = World("standard", seed=7, hand=False)
    world.gun.set_bench(bench=True)
    check = found(examine("bench", lambda _: SIMULATED_KEY, system=system(tmp_path), opener=lambda _: attach(world)))
    assert check["bench mode"].result is Result.ADVICE
    assert "switch bench mode off" in check["bench mode"].remedy


def test_permission_and_latency(tmp_path: Path) -> None:
    url = "/dev/ttyUSB0"
    assert found(examine(url, lambda _: None, system=system(tmp_path)))["permission"].result is Result.FAILED
    device = tmp_path / "dev/ttyUSB0"
    device.parent.mkdir()
    device.touch()
    forbidden = found(examine(url, lambda _: None, system=system(tmp_path, may_use=False)))["permission"]
    assert forbidden.result is Result.FAILED
    assert "usermod -aG" in forbidden.remedy
    timer = tmp_path / "sys/bus/usb-serial/devices/ttyUSB0/latency_timer"
    timer.parent.mkdir(parents=True)
    for text, result in (("16\n", Result.ADVICE), ("1\n", Result.OK)):
        timer.write_text(text)
        checks = found(examine(url, lambda _: None, system=system(tmp_path)))
        assert checks["latency timer"].result is result
        assert checks["permission"].result is Result.OK
    assert checks["exclusive access"].result is Result.FAILED  # it is not really there


def test_an_incomplete_installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "schemes", lambda: ("capture", "socket"))
    check = found(examine(None, lambda _: None, system=system(tmp_path)))["kinds of port"]
    assert check.result is Result.FAILED
    text = checks_text((check,))
    assert "FAILED  kinds of port" in text
    assert "-> the installation is incomplete" in text
    assert text.endswith("1 failed, 0 could be better")
