"""What a link needs from a port: three methods, and one way in which anything can fail.

Not responsible for frames (``mesogun.wire``) or for which port it is (``ports.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from mesogun.errors import LinkLost, MesogunError


def _port_failures() -> tuple[type[Exception], ...]:
    # close() beside a read gives TypeError, AttributeError or ValueError on a file descriptor that is gone (pyserial
    # issue 713); serial.SerialException is an OSError.
    plain = (OSError, TypeError, ValueError, AttributeError)
    try:
        import termios
    except ImportError:  # Windows
        return plain
    return (*plain, termios.error)  # no OSError (pyserial issue 417)


PORT_FAILURES = _port_failures()


class Transport(Protocol):
    """Bytes in, bytes out. Every failure is one of ``mesogun.errors``."""

    def read(self, max_bytes: int, timeout_us: int) -> bytes:
        """What has arrived, at least one byte; empty when ``timeout_us`` passed without any."""
        ...

    def write(self, data: bytes) -> None:
        """Hand over all of ``data``, or raise ``LinkLost``."""
        ...

    def close(self) -> None:
        """Give the port back; a second time does nothing. A read in another thread ends with ``LinkLost``."""
        ...


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn every way in which a port can fail into ``LinkLost``; ``doing`` says what was tried."""
    try:
        yield
    except MesogunError:
        raise
    except PORT_FAILURES as error:
        raise lost(doing, error) from error


def lost(doing: str, error: BaseException) -> LinkLost:
    """The one sentence for a port that failed."""
    detail = str(error).strip() or type(error).__name__
    return LinkLost(
        f"{doing}: the port failed ({type(error).__name__}: {detail}); check cable and power, then reconnect"
    )
