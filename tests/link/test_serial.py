"""pyserial behind the transport: a real pty, and fakes that fail the way macOS and Windows are documented to."""

from __future__ import annotations

import errno
import os
import pty
import threading
import tty
from collections.abc import Iterator
from typing import Any

import pytest
import serial

from mesogun.clock import RealClock
from mesogun.errors import InputError, LinkLost, MesogunError, NoDevice
from mesogun.identity import SIMULATED_KEY
from mesogun.link import Link, open_port
from mesogun.link import serialport as module
from mesogun.link.serialport import SerialTransport
from mesogun.wire.messages import FINGERPRINT, Disarm, GetStatus
from tests.gun.minimal_gun import MinimalGun
from tests.trace import req


class Pty:
    """A pseudo terminal with a minimal gun at its far end, in a thread."""

    def __init__(self) -> None:
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.name = os.ttyname(self.slave)
        self.gun = MinimalGun(SIMULATED_KEY, FINGERPRINT)
        self.deaf = False
        self.heard = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                data = os.read(self.master, 512)
            except OSError:
                return
            if self.deaf:
                self.heard.set()
                continue
            self.gun.now_us += 1_000
            answer = self.gun.feed(data)
            if answer:
                os.write(self.master, answer)


@pytest.fixture
def far_end() -> Iterator[Pty]:
    end = Pty()
    yield end
    # a reader blocked in os.read on the master wakes when the last slave is closed
    os.close(end.slave)
    end._thread.join(2)
    os.close(end.master)


def test_a_conversation_over_a_pty(far_end: Pty) -> None:
    transport, clock = open_port(far_end.name)
    assert isinstance(clock, RealClock)
    link = Link(transport, clock, lambda _: SIMULATED_KEY)
    assert link.hello().device_id == 0xC0FFEE
    for _ in range(20):
        assert link.request(GetStatus()).status.state == 1
    link.stop()
    assert link.confirm_stop().state == 1
    link.close()
    link.close()
    with pytest.raises(LinkLost, match="closed"):
        transport.read(1, 0)
    with pytest.raises(LinkLost, match="closed"):
        transport.write(b"x")


def test_a_port_is_ours_alone(far_end: Pty) -> None:
    transport, _ = open_port(far_end.name)
    with pytest.raises(NoDevice, match="in use"):
        open_port(far_end.name)
    transport.close()
    open_port(far_end.name)[0].close()


def test_closing_wakes_a_read_in_another_thread(far_end: Pty) -> None:
    transport, _ = open_port(far_end.name)
    failures: list[BaseException] = []
    reading = threading.Event()

    def read() -> None:
        reading.set()
        try:
            transport.read(1, 30_000_000)
        except LinkLost as error:
            failures.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    reading.wait(2)
    transport.close()
    thread.join(2)
    assert not thread.is_alive()
    assert [type(failure) for failure in failures] == [LinkLost]


@req("W-25", "H7")
def test_stop_from_another_thread_cancels_what_is_asked(far_end: Pty) -> None:
    transport, clock = open_port(far_end.name)
    link = Link(transport, clock, lambda _: SIMULATED_KEY)
    link.hello()
    far_end.deaf = True
    asked = threading.Thread(target=lambda: outcomes.append(_outcome(link)))
    outcomes: list[str] = []
    asked.start()
    assert far_end.heard.wait(5)
    link.stop()
    asked.join(5)
    assert outcomes == ["OutcomeUnknown"]
    far_end.deaf = False
    assert link.confirm_stop().state == 1
    link.close()


def _outcome(link: Link) -> str:
    try:
        link.request(Disarm())
    except MesogunError as error:
        return type(error).__name__
    return "answered"


def test_no_descriptor_is_left_behind(far_end: Pty) -> None:
    def count() -> int:
        return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0  # noqa: PTH112, PTH208

    open_port(far_end.name)[0].close()
    before = count()
    for _ in range(20):
        open_port(far_end.name)[0].close()
    assert count() == before


class Fake:
    """A pyserial port without a descriptor, as on Windows, that fails as it is told."""

    def __init__(self, **failures: BaseException) -> None:
        self.failures = failures
        self.timeout = 0.0
        self.in_waiting = 2
        self.pending = b"abc"
        self.closed = False
        self.short = False

    def _maybe(self, what: str) -> None:
        if what in self.failures:
            raise self.failures[what]

    def read(self, size: int) -> bytes:
        self._maybe("read")
        data, self.pending = self.pending[:size], self.pending[size:]
        return data

    def write(self, data: bytes) -> int:
        self._maybe("write")
        return len(data) - self.short

    def cancel_read(self) -> None:
        self._maybe("cancel")

    def close(self) -> None:
        self._maybe("close")
        self.closed = True


def test_the_portable_way_of_reading() -> None:
    port = Fake()
    transport = SerialTransport(port, "COM5")
    assert transport.read(10, 1_000) == b"abc"
    assert transport.read(10, 1_000) == b""
    transport.write(b"1234")
    transport.close()
    assert port.closed


WINDOWS_GONE = serial.SerialException("ClearCommError failed (PermissionError(13, 'Access is denied.', None, 5))")
MACOS_GONE = OSError(errno.ENXIO, "Device not configured")


@pytest.mark.parametrize(
    "failure",
    [WINDOWS_GONE, MACOS_GONE, serial.SerialTimeoutException("Write timeout"), TypeError("NoneType"), ValueError("-1")],
)
def test_every_failure_of_a_port_is_link_lost(failure: Exception) -> None:
    transport = SerialTransport(Fake(read=failure, write=failure, cancel=failure, close=failure), "COM5")
    with pytest.raises(LinkLost):
        transport.read(10, 1_000)
    with pytest.raises(LinkLost):
        transport.write(b"1234")
    transport.close()


def test_termios_errors_are_link_lost() -> None:
    import termios

    transport = SerialTransport(Fake(read=termios.error(5, "Input/output error")), "/dev/ttyUSB0")
    with pytest.raises(LinkLost, match="/dev/ttyUSB0"):
        transport.read(10, 1_000)


def test_a_short_write_is_link_lost() -> None:
    port = Fake()
    port.short = True
    with pytest.raises(LinkLost, match="3 of 4 bytes"):
        SerialTransport(port, "COM5").write(b"1234")


@pytest.mark.parametrize(
    ("failure", "expected", "says"),
    [
        (serial.SerialException(errno.ENOENT, "could not open port"), NoDevice, "no such port"),
        (serial.SerialException("could not open port 'COM9': FileNotFoundError(2, ...)"), NoDevice, "no such port"),
        (serial.SerialException(errno.EACCES, "Permission denied"), NoDevice, "dialout"),
        (serial.SerialException("could not open port 'COM5': PermissionError(13, ...)"), NoDevice, "another program"),
        (serial.SerialException(errno.EBUSY, "Resource busy"), NoDevice, "in use"),
        (serial.SerialException(errno.EAGAIN, "Could not exclusively lock port"), NoDevice, "in use"),
        (serial.SerialException(errno.ENXIO, "Device not configured"), NoDevice, "gone"),
        (OSError(errno.EIO, "Input/output error"), NoDevice, "gone"),
        (ValueError("Not a valid baudrate"), InputError, "device name"),
        (serial.SerialException("something else"), NoDevice, "something else"),
    ],
)
def test_why_a_port_does_not_open(
    failure: Exception, expected: type[MesogunError], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Unopenable:
        def __init__(self, *_: Any, **__: Any) -> None: ...

        def open(self) -> None:
            raise failure

    monkeypatch.setattr(serial, "serial_for_url", Unopenable)
    with pytest.raises(expected, match=says):
        module.open_serial("COM5")


def test_a_vanished_device_is_link_lost() -> None:
    master, slave = pty.openpty()
    transport, _ = open_port(os.ttyname(slave))
    os.close(slave)
    assert transport.read(10, 1_000) == b""
    os.close(master)
    with pytest.raises(LinkLost):
        transport.read(10, 1_000_000)
    with pytest.raises(LinkLost):
        transport.write(b"1234")
    transport.close()
