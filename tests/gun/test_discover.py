"""Finding guns: who is asked, who is never written to, and what each answer is called."""

from __future__ import annotations

import pytest

from mesogun.clock import Clock, ManualClock
from mesogun.errors import NoDevice
from mesogun.gun import Verdict, find_guns, info_text, list_text
from mesogun.gun import key_source as make_key_source
from mesogun.gun.driver import connect
from mesogun.identity import BENCH_KEY, SIMULATED_KEY
from mesogun.link import Transport
from mesogun.link.usb import PortInfo
from mesogun.wire.codes import GunKind
from mesogun.wire.messages import FINGERPRINT, Welcome
from tests.gun.cable import Cable
from tests.gun.minimal_gun import MinimalGun
from tests.trace import req


class Desk:
    """A computer with some ports; every byte written is kept."""

    def __init__(self) -> None:
        self.cables: dict[str, Cable] = {}
        self.listed: tuple[PortInfo, ...] = ()

    def plug(self, port: PortInfo, gun: MinimalGun | None) -> None:
        self.listed += (port,)
        if gun is not None:
            self.cables[port.device] = Cable(gun, ManualClock())

    def opener(self, url: str) -> tuple[Transport, Clock]:
        if url not in self.cables:
            raise NoDevice(f"{url}: in use by another program")
        return self.cables[url], self.cables[url].clock


def gun(kind: GunKind = GunKind.SIMULATED, key: bytes = SIMULATED_KEY, fingerprint: int = FINGERPRINT) -> MinimalGun:
    return MinimalGun(key, fingerprint, kind=kind, device_id=0xC0FFEE if kind is GunKind.SIMULATED else PAIRED)


PAIRED = 0xBEEF


class Book:
    """A key book with one clinical gun; a published key in it is a mistake."""

    def __init__(self, key: bytes | None) -> None:
        self.key = key

    def gun_keys(self, device_id: int) -> tuple[bytes, ...]:
        return (self.key,) if self.key is not None and device_id == PAIRED else ()


def test_every_kind_of_answer_has_a_name() -> None:
    desk = Desk()
    silent = gun()
    desk.plug(PortInfo("a", product="mesogun one"), gun())
    desk.plug(PortInfo("b", product="Mesogun"), gun(GunKind.CLINICAL, b"another key" + bytes(21)))
    desk.plug(PortInfo("c", product="mesogun"), None)
    desk.plug(PortInfo("d", product="mesogun"), silent)
    desk.plug(PortInfo("e", product="mesogun"), gun(fingerprint=5))
    desk.plug(PortInfo("f", product="Arduino Uno", vid=0x2341, pid=0x43), gun())
    desk.cables["d"].to_gun = lambda _: []
    found = find_guns(make_key_source(Book(b"the key here" + bytes(20))), ports=lambda: desk.listed, opener=desk.opener)
    assert [each.verdict for each in found] == [
        Verdict.GUN,
        Verdict.WRONG_KEY,
        Verdict.UNAVAILABLE,
        Verdict.SILENT,
        Verdict.UNPAIRED,
        Verdict.NOT_ASKED,
    ]
    text = list_text(found)
    assert "USB 2341:0043 Arduino Uno" in text
    assert "minimal, serial M-1" in text
    assert all(cable.closed for name, cable in desk.cables.items() if name != "f")


def test_an_unknown_device_is_never_written_to_unless_named() -> None:
    desk = Desk()
    desk.plug(PortInfo("x", product="Arduino Uno"), gun())
    key_source = make_key_source(Book(None))
    find_guns(key_source, ports=lambda: desk.listed, opener=desk.opener)
    assert desk.cables["x"].written == []
    (found,) = find_guns(key_source, ports=lambda: desk.listed, opener=desk.opener, named=["x"])
    assert found.verdict is Verdict.GUN
    assert find_guns(key_source, ports=tuple, opener=desk.opener) == ()
    assert "sim://" in list_text(())


@req("W-14", "G7")
@pytest.mark.parametrize(
    ("kind", "stored", "expected"),
    [
        (GunKind.SIMULATED, None, SIMULATED_KEY),
        (GunKind.BENCH, None, BENCH_KEY),
        (GunKind.CLINICAL, b"k" * 32, b"k" * 32),
        (GunKind.CLINICAL, None, None),
        (GunKind.CLINICAL, SIMULATED_KEY, None),
        (GunKind.CLINICAL, BENCH_KEY, None),
    ],
)
def test_published_keys_open_no_clinical_session(kind: GunKind, stored: bytes | None, expected: bytes | None) -> None:
    device = gun(kind, b"any key" + bytes(25))
    clock = ManualClock()
    seen: list[Welcome] = []

    def look(welcome: Welcome) -> bytes | None:
        seen.append(welcome)
        return None

    connect((Cable(device, clock), clock), keys=look)
    offered = make_key_source(Book(stored))(seen[0])
    assert (offered[0] if isinstance(offered, tuple) else offered) == expected


def test_a_gun_in_a_dozen_lines() -> None:
    clock = ManualClock()
    with connect((Cable(gun(), clock), clock), keys=lambda _: SIMULATED_KEY) as found:
        text = info_text(found)
    for part in (
        "in short",
        "ready; a treatment begins with priming",
        "minimal, serial M-1, simulated",
        "device 0000000000c0ffee",
        "3 mL left of 3 mL, not primed",
        "1 µL to 300 µL in steps of 0.1 µL",
        "0.5 mm to 6 mm",
        "due 2079-07-08",
        "within 0.5 µL + 1 %",
        "fault: none",
    ):
        assert part in text
