"""The one place that knows pyserial: opening exclusively, reading with a deadline, writing whole frames.

Not responsible for choosing a port by URL (``ports.py``) or for what the bytes mean.

Facts behind it (pyserial 3.5): without ``exclusive`` a second program can open the port; ``flush()`` may hang for
ever on a pty or USB CDC, so it is never called; ``reset_input_buffer`` can raise ``termios.error``; opening raises DTR,
which resets some boards, so the first bytes may be a boot message.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import threading
import time
from typing import Any

from mesogun.errors import InputError, LinkLost, MesogunError, NoDevice
from mesogun.link.transport import PORT_FAILURES, translated

WRITE_TIMEOUT_S = 0.2
BAUD = 115_200
_BUSY = frozenset({errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK})


def open_serial(url: str, baud: int = BAUD) -> SerialTransport:
    """Open a device name or a pyserial URL, exclusively, 8N1, with low latency where the system has it.

    Raises
    ------
    NoDevice
        If the port does not exist, is in use, or may not be opened by this user.
    InputError
        If the name or the speed means nothing to pyserial.
    """
    import serial

    try:
        port = serial.serial_for_url(
            url,
            do_not_open=True,
            baudrate=baud,
            timeout=0,
            write_timeout=WRITE_TIMEOUT_S,
            exclusive=None if "://" in url else True,
        )
        port.open()
    except PORT_FAILURES as error:
        raise _refusal(url, error) from error
    # Linux only; ValueError on a pty, NotImplementedError elsewhere: better latency is welcome, not needed.
    with contextlib.suppress(*PORT_FAILURES, NotImplementedError):
        port.set_low_latency_mode(True)
    return SerialTransport(port, url)


class SerialTransport:
    """A transport over an open pyserial port; one thread reads, any thread writes or closes."""

    def __init__(self, port: Any, name: str) -> None:
        self._port = port
        self._name = name
        self._closed = False
        self._reading = threading.Lock()
        self._closing = threading.Lock()
        self._fd = _descriptor(port)
        self._wake: tuple[int, int] | None = None
        if self._fd is not None:
            self._wake = os.pipe()
            self._poll = select.poll()
            for each in (self._fd, self._wake[0]):
                self._poll.register(each, select.POLLIN)

    def read(self, max_bytes: int, timeout_us: int) -> bytes:
        """What has arrived; empty when the time is up."""
        with self._reading:
            self._check_open()
            try:
                if self._fd is None:
                    data = self._read_portable(max_bytes, timeout_us)
                else:
                    data = self._read_descriptor(self._fd, max_bytes, timeout_us)
            except MesogunError:
                raise
            except PORT_FAILURES as error:
                raise self._lost("reading", error) from error
            if not data:
                self._check_open()
            return data

    def write(self, data: bytes) -> None:
        """Hand over all of ``data`` within the write timeout."""
        self._check_open()
        try:
            if self._fd is not None:
                data = data[self._written(self._fd, data) :]
            written = self._port.write(data) if data else 0
        except PORT_FAILURES as error:
            raise self._lost("writing", error) from error
        if written is not None and written != len(data):
            raise LinkLost(f"{self._name}: only {written} of {len(data)} bytes were taken; reconnect")

    def close(self) -> None:
        """Wake a read in another thread, wait for it, give the port back."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            if self._wake is not None:
                os.write(self._wake[1], b"x")
            else:
                with contextlib.suppress(*PORT_FAILURES):
                    self._port.cancel_read()
            with self._reading:
                with contextlib.suppress(*PORT_FAILURES):
                    self._port.close()
                if self._wake is not None:
                    for end in self._wake:
                        os.close(end)

    @staticmethod
    def _written(fd: int, data: bytes) -> int:
        """What the system takes at once, nearly always all; pyserial waits for the rest."""
        try:
            return os.write(fd, data)
        except BlockingIOError:
            return 0

    def _read_descriptor(self, fd: int, max_bytes: int, timeout_us: int) -> bytes:
        wait_ms = -(-max(0, timeout_us) // 1000)
        ready = self._poll.poll(wait_ms)
        if not ready or (ready[0][0] != fd and ready[-1][0] != fd):
            return b""
        try:
            data = os.read(fd, max_bytes)
        except BlockingIOError:
            return b""
        if not data:  # readable without data is how a vanished device looks on Linux
            raise LinkLost(f"{self._name}: the device is gone (unplugged or reset); plug it in and reconnect")
        return data

    def _read_portable(self, max_bytes: int, timeout_us: int) -> bytes:
        """For ports without a descriptor that can be waited on (Windows, rfc2217)."""
        end_ns = time.monotonic_ns() + max(0, timeout_us) * 1000
        self._port.timeout = min(0.05, max(0, timeout_us) / 1e6)
        while True:
            first: bytes = self._port.read(1)
            if first:
                more = min(max_bytes - 1, self._port.in_waiting)
                return first + (self._port.read(more) if more > 0 else b"")
            if self._closed or time.monotonic_ns() >= end_ns:
                return b""

    def _check_open(self) -> None:
        if self._closed:
            raise LinkLost(f"{self._name} was closed; open it again")

    def _lost(self, doing: str, error: BaseException) -> LinkLost:
        try:
            with translated(f"{doing} {self._name}"):
                raise error
        except LinkLost as lost:
            return lost


def _descriptor(port: Any) -> int | None:
    if os.name != "posix":
        return None
    try:
        return int(port.fileno())
    except PORT_FAILURES:  # io.UnsupportedOperation is an OSError
        return None


def _refusal(url: str, error: BaseException) -> MesogunError:
    number = getattr(error, "errno", None)
    text = str(error).strip()
    low = text.lower()
    if number == errno.ENOENT or "filenotfound" in low or "no such file" in low:
        return NoDevice(f"{url}: no such port; `mesogun gun list` shows the ports that are there")
    if number in _BUSY or "exclusively lock" in low:
        return NoDevice(f"{url}: in use by another program; close it there, then try again")
    if number in {errno.EACCES, errno.EPERM} or "permission" in low or "access is denied" in low:
        return NoDevice(
            f"{url}: this user may not open it, or another program holds it; on Linux join its group (dialout or "
            "uucp), on Windows close the other program (`mesogun gun doctor` looks)"
        )
    if number in {errno.ENXIO, errno.ENODEV, errno.EIO}:
        return NoDevice(f"{url}: the device behind this port is gone; plug it in again")
    if isinstance(error, ValueError) and not isinstance(error, OSError):
        return InputError(f"{url}: {text}; use a device name, sim://, socket://127.0.0.1:PORT or capture://FILE")
    return NoDevice(f"{url}: cannot be opened ({text or type(error).__name__})")
