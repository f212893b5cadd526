"""Why a gun cannot be reached, or is slow: one check after another, each with what would help.

Not responsible for repairing anything. ``System`` is what the checks see of the computer, so that tests can show them
one that is broken.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from mesogun.errors import MesogunError, NoDevice
from mesogun.gun.discover import Opener
from mesogun.gun.driver import Gun
from mesogun.link import Link, open_port, schemes
from mesogun.link.usb import PortInfo, list_ports
from mesogun.wire.codes import Fault, Flag, State
from mesogun.wire.host import KeySource
from mesogun.wire.messages import FINGERPRINT

ROUNDS = 20
GOOD_LATENCY_MS = 1
GOOD_ROUND_TRIP_US = 15_000
"""STATUS and its answer are 100 bytes, 8.7 ms at 115200 baud; a direct USB port adds about 1 ms."""
PARTS = ("protocols", "sim", "tui")
REINSTALL = "the installation is incomplete: install mesogun again (pip install --force-reinstall mesogun)"
UDEV_RULE = (
    'SUBSYSTEM=="tty", ATTRS{product}=="mesogun*", TAG+="uaccess", ENV{ID_MM_DEVICE_IGNORE}="1", '
    'ATTR{device/latency_timer}="1"'
)


class Result(Enum):
    """What a check came to."""

    OK = "ok"
    ADVICE = "advice"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what was found, and what would help where it is not well."""

    name: str
    result: Result
    found: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class System:
    """What the checks see of the computer."""

    platform: str = sys.platform
    root: Path = field(default_factory=lambda: Path("/"))
    ports: Callable[[], tuple[PortInfo, ...]] = list_ports
    may_use: Callable[[Path], bool] = lambda path: os.access(path, os.R_OK | os.W_OK)


def examine(
    url: str | None, keys: KeySource, *, system: System | None = None, opener: Opener = open_port
) -> tuple[Check, ...]:
    """All checks in order; those of the gun only if ``url`` names one."""
    computer = system or System()
    checks = [_software(), _files(), _handlers()]
    if url is None or "://" not in url:
        checks += [_ports(computer), *_rules(computer)]
    if url is not None:
        checks += _access(url, computer)
        checks += _latency(url, computer)
        checks += _conversation(url, keys, opener)
    return tuple(checks)


def _software() -> Check:
    names = []
    for name in ("mesogun", "pyserial"):
        try:
            names.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            return Check(
                "software", Result.FAILED, f"{name} is not installed", "pip install mesogun, in one environment"
            )
    python = ".".join(map(str, sys.version_info[:3]))
    return Check("software", Result.OK, f"{', '.join(names)}, Python {python}, message table {FINGERPRINT:08x}")


def _files() -> Check:
    """What is installed beside the code: the protocols, and the packages of the simulated gun and the dashboard."""
    missing = [name for name in PARTS if find_spec(name) is None]
    found = [] if "protocols" in missing else [each.name for each in files("protocols").iterdir()]
    protocols = sum(name.endswith(".toml") and not name.startswith("_") for name in found)
    if missing or not protocols:
        lost = ", ".join(missing) or "the treatment protocols"
        return Check("installed files", Result.FAILED, f"{lost} cannot be found", REINSTALL)
    return Check("installed files", Result.OK, f"{protocols} treatment protocols, {', '.join(PARTS[1:])}")


def _handlers() -> Check:
    known = schemes()
    listed = ", ".join(f"{name}://" for name in known)
    if "sim" in known:
        return Check("kinds of port", Result.OK, f"device names, {listed}")
    return Check(
        "kinds of port",
        Result.FAILED,
        f"device names, {listed}; sim:// is missing",
        REINSTALL,
    )


def _ports(system: System) -> Check:
    ports = system.ports()
    guns = [port.device for port in ports if port.says_gun]
    if guns:
        return Check("ports", Result.OK, f"{', '.join(guns)} of {len(ports)} say that they are guns")
    if ports:
        found = f"{len(ports)} port{'' if len(ports) == 1 else 's'}, none says that it is a gun"
        return Check(
            "ports", Result.ADVICE, found, "plug the gun in and switch it on; an adapter must be named with --port"
        )
    return Check("ports", Result.ADVICE, "no serial port", "plug the gun in and switch it on, or use sim://")


def _rules(system: System) -> Iterator[Check]:
    """Linux: without a rule the port belongs to a group, and ModemManager writes to every new modem-like port."""
    if not system.platform.startswith("linux"):
        return
    folders = [system.root / "etc/udev/rules.d", system.root / "usr/lib/udev/rules.d"]
    rules = [path for folder in folders if folder.is_dir() for path in sorted(folder.glob("*mesogun*.rules"))]
    if rules:
        yield Check("device rule", Result.OK, str(rules[0]))
    else:
        yield Check(
            "device rule",
            Result.ADVICE,
            "no udev rule for guns is installed",
            f"as root, write /etc/udev/rules.d/70-mesogun.rules with: {UDEV_RULE}",
        )
        if any((system.root / path).exists() for path in ("usr/sbin/ModemManager", "usr/bin/ModemManager")):
            yield Check(
                "ModemManager",
                Result.ADVICE,
                "is installed and writes to new ports for some seconds after plugging in",
                "install the device rule, or wait ten seconds after plugging in",
            )


def _access(url: str, system: System) -> Iterator[Check]:
    if "://" in url or not url.startswith("/"):
        return
    path = system.root / url.lstrip("/")
    if not path.exists():
        yield Check(
            "permission", Result.FAILED, f"{url} is not there", "plug the gun in; `mesogun gun list` shows what is"
        )
    elif system.may_use(path):
        yield Check("permission", Result.OK, f"{url} may be read and written")
    else:
        group = _group(path)
        yield Check(
            "permission",
            Result.FAILED,
            f"{url} belongs to group {group}, and this user is not in it",
            f"sudo usermod -aG {group} $USER, then log in again; or install the device rule",
        )


def _latency(url: str, system: System) -> Iterator[Check]:
    """FTDI chips hold short answers back for 16 ms unless told otherwise (FTDI AN232B-04)."""
    name = url.rpartition("/")[2]
    path = system.root / "sys/bus/usb-serial/devices" / name / "latency_timer"
    if not path.is_file():
        return
    latency_ms = int(path.read_text(encoding="ascii").strip())
    if latency_ms <= GOOD_LATENCY_MS:
        yield Check("latency timer", Result.OK, f"{latency_ms} ms")
    else:
        yield Check(
            "latency timer",
            Result.ADVICE,
            f"{latency_ms} ms: every answer waits that long in the adapter",
            f"as root: echo 1 > {path}",
        )


def _conversation(url: str, keys: KeySource, opener: Opener) -> Iterator[Check]:
    try:
        transport, clock = opener(url)
    except NoDevice as error:
        yield Check("exclusive access", Result.FAILED, str(error), "close the other program, or plug the gun in")
        return
    except MesogunError as error:
        yield Check("port", Result.FAILED, str(error))
        return
    yield Check("exclusive access", Result.OK, "the port is ours alone")
    with Gun(Link(transport, clock, keys)) as gun:
        try:
            welcome = gun.hello()
            started = "once" if welcome.boot_id == 1 else f"{welcome.boot_id} times"
            yield Check("HELLO", Result.OK, f"gun {welcome.device_id:016x} answers; it was started {started}")
            if gun.read_only_reason is None:
                yield Check("key", Result.OK, "this station and the gun hold the same key")
            else:
                yield Check("key", Result.FAILED, gun.read_only_reason, "pair it (`mesogun gun pair`), or update")
            for _ in range(ROUNDS):
                gun.status()
            yield _speed(gun)
            yield from _health(gun)
        except MesogunError as error:
            yield Check("conversation", Result.FAILED, str(error))


def _speed(gun: Gun) -> Check:
    stats = gun.stats
    worst_us = stats.worst_rtt_us or 0
    found = (
        f"round trip {(stats.srtt_us or 0) / 1000:.1f} ms, worst {worst_us / 1000:.1f} ms, {stats.resends} resends, "
        f"{stats.damaged_frames} damaged frames in {stats.requests} requests"
    )
    if stats.resends or stats.damaged_frames:
        return Check("line", Result.ADVICE, found, "try another cable or USB socket, away from motors and chargers")
    if (stats.srtt_us or 0) > GOOD_ROUND_TRIP_US:
        return Check("line", Result.ADVICE, found, "slower than a direct USB port; see the latency timer, avoid hubs")
    return Check("line", Result.OK, found)


def _health(gun: Gun) -> Iterator[Check]:
    status, caps = gun.status(), gun.caps
    if status.state == State.LOCKED:
        yield Check("memory", Result.FAILED, "the gun has locked itself: its memory is damaged", "it needs service")
    elif status.fault:
        name = Fault(status.fault).name.lower() if status.fault in set(Fault) else str(status.fault)
        yield Check("fault", Result.FAILED, f"{name} is latched", "look at the gun, then clear the fault")
    else:
        yield Check("fault", Result.OK, "none")
    if status.flags & Flag.BENCH:
        yield Check("bench mode", Result.ADVICE, "the gun treats nobody", "switch bench mode off at the gun")
    if status.flags & Flag.LOW_BATTERY:
        yield Check("battery", Result.ADVICE, f"{status.battery_mv} mV, low", "charge it before a treatment")
    today = (gun.clock.utc().date() - date(1970, 1, 1)).days
    left_days = caps.calibration_due_day - today
    if left_days < 0:
        yield Check("calibration", Result.FAILED, f"expired {-left_days} days ago", "mesogun calibrate volume")
    else:
        yield Check("calibration", Result.OK, f"{caps.calibration_id:016x}, good for {left_days} days")
    waiting = status.closed_shot_no - gun.welcome.acked_shot_no
    if waiting:
        yield Check(
            "shot log",
            Result.ADVICE,
            f"{waiting} of {caps.log_slots} records are not acknowledged by any journal",
            "resume the treatment they belong to (`mesogun treat --resume`)",
        )
    else:
        yield Check("shot log", Result.OK, f"all acknowledged, {caps.log_slots} slots")


def _group(path: Path) -> str:
    try:
        return path.group()
    except (KeyError, OSError):
        return "of the port"
