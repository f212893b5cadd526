"""pyserial URL handler: with ``serial.protocol_handler_packages.append("sim.doors")``, ``sim://...`` opens a gun.

For programs that speak pyserial and know nothing of mesogun. Timeouts are in the world's time: with pace ``max`` a
read that waits a second takes no real second. Not used by mesogun's own link.

Not responsible for the gun behind it (``sim.world``).
"""

from __future__ import annotations

from typing import Any

from serial import PortNotOpenError, SerialBase, SerialException

from mesogun.errors import MesogunError
from sim.doors.port import MAX_READ, SimTransport, open_port

FOREVER_US = 1_000_000


class Serial(SerialBase):  # type: ignore[misc, unused-ignore]
    """A pyserial port on a simulated gun; baud rate and framing are accepted and mean nothing."""

    _transport: SimTransport | None = None

    def open(self) -> None:
        """Open the address given as port."""
        if self.is_open:
            raise SerialException("the port is already open")
        try:
            self._transport, self._clock = open_port(str(self.port))
        except MesogunError as error:
            raise SerialException(str(error)) from error
        self._buffer = bytearray()
        self.is_open = True

    def close(self) -> None:
        """Let go of the port."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None
        self.is_open = False

    def from_url(self, url: str) -> str:
        """The address is the port."""
        return url

    @property
    def in_waiting(self) -> int:
        """Bytes that have arrived."""
        self._fetch(0)
        return len(self._buffer)

    def read(self, size: int = 1) -> bytes:
        """Up to ``size`` bytes; fewer when the timeout passes first."""
        self._fetch(0)
        timeout: Any = self.timeout
        end_us = None if timeout is None else self._clock.monotonic_us() + round(timeout * 1e6)
        while len(self._buffer) < size:
            left_us = FOREVER_US if end_us is None else end_us - self._clock.monotonic_us()
            if left_us <= 0:
                break
            self._fetch(left_us)
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def write(self, data: Any, /) -> int:
        """Put bytes on the wire."""
        try:
            self._held().write(bytes(data))
        except MesogunError as error:
            raise SerialException(str(error)) from error
        return len(data)

    def flush(self) -> None:
        """Bytes are on the wire as soon as they are written."""

    def reset_input_buffer(self) -> None:
        """Forget what has arrived."""
        self._fetch(0)
        self._buffer.clear()

    def reset_output_buffer(self) -> None:
        """Nothing ever waits to be sent."""

    def _held(self) -> SimTransport:
        if self._transport is None:
            raise PortNotOpenError
        return self._transport

    def _fetch(self, timeout_us: int) -> None:
        try:
            self._buffer += self._held().read(MAX_READ, timeout_us)
        except MesogunError as error:
            raise SerialException(str(error)) from error

    def _reconfigure_port(self) -> None:
        """Nothing to set."""

    def _update_break_state(self) -> None:
        """No break on this line."""

    def _update_rts_state(self) -> None:
        """No RTS."""

    def _update_dtr_state(self) -> None:
        """No DTR."""

    @property
    def cts(self) -> bool:
        """Always clear to send."""
        return True

    @property
    def dsr(self) -> bool:
        """Always ready."""
        return True

    @property
    def ri(self) -> bool:
        """Never rings."""
        return False

    @property
    def cd(self) -> bool:
        """Always there."""
        return True
