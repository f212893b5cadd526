"""All traffic of a link in one text file. Keys are never on the wire, so they are never in it.

One line per write or read: microseconds of the link's clock since the file was begun, ``>`` to the gun or ``<`` from
it, the bytes in hex. Not responsible for reading it back (``replay.py``).
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TextIO

from mesogun.clock import Clock, timestamp
from mesogun.errors import InputError
from mesogun.link.transport import Transport
from mesogun.wire.messages import FINGERPRINT

HEADER = "mesogun capture 1"
TO_GUN = ">"
FROM_GUN = "<"


def capturing(opened: tuple[Transport, Clock], path: Path) -> tuple[Transport, Clock]:
    """The same port, with everything that passes written to a new file at ``path``.

    Raises
    ------
    InputError
        If the file exists or cannot be written.
    """
    transport, clock = opened
    try:
        file = path.open("x", encoding="ascii", buffering=1)  # whole lines, also when the program is killed
    except OSError as error:
        transport.close()
        raise InputError(f"{path}: the capture cannot be written ({error.strerror}); name a new file") from error
    file.write(f"{HEADER} fingerprint={FINGERPRINT:08x} begun={timestamp(clock.utc())}\n")
    return CapturingTransport(transport, clock, file), clock


class CapturingTransport:
    """A transport that writes down what passes; a disk that is full ends the capture, never the conversation."""

    def __init__(self, inner: Transport, clock: Clock, file: TextIO) -> None:
        self._inner = inner
        self._clock = clock
        self._file = file
        self._begun_us = clock.monotonic_us()

    def read(self, max_bytes: int, timeout_us: int) -> bytes:
        """As the port; what came is written down."""
        data = self._inner.read(max_bytes, timeout_us)
        if data:
            self._note(FROM_GUN, data)
        return data

    def write(self, data: bytes) -> None:
        """As the port; written down first, because the port may fail half-way."""
        self._note(TO_GUN, data)
        self._inner.write(data)

    def close(self) -> None:
        """Close port and file."""
        self._inner.close()
        self._end()

    def _note(self, direction: str, data: bytes) -> None:
        if not self._file.closed:
            at_us = self._clock.monotonic_us() - self._begun_us
            try:
                self._file.write(f"{at_us} {direction} {data.hex()}\n")
            except OSError:
                self._end()

    def _end(self) -> None:
        with suppress(OSError):
            self._file.close()
