"""A captured conversation as a port: the host must say again exactly what it said, and hears what it heard.

The clock is the capture's. Not responsible for writing captures (``capture.py``).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mesogun.clock import Clock, ManualClock
from mesogun.errors import InputError, LinkLost, NoDevice, WireError
from mesogun.link.capture import FROM_GUN, HEADER, TO_GUN
from mesogun.link.transport import Transport
from mesogun.wire import frame
from mesogun.wire.codes import Op
from mesogun.wire.messages import Hello
from mesogun.wire.schema import unpack


@dataclass(frozen=True, slots=True)
class Passage:
    """One line of a capture."""

    at_us: int
    to_gun: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class Capture:
    """A whole capture: when it was begun, under which message table, and what passed."""

    begun: datetime
    fingerprint: int
    passages: tuple[Passage, ...]


def read_capture(path: Path) -> Capture:
    """Read a capture file.

    Raises
    ------
    NoDevice
        If there is no such file.
    InputError
        If it is no capture; the message names the line.
    """
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError as error:
        raise NoDevice(f"{path}: the capture cannot be read ({error.strerror})") from error
    except UnicodeDecodeError:
        raise InputError(f"{path}: no capture of mesogun (not a text file)") from None
    if not lines or not lines[0].startswith(HEADER + " "):
        raise InputError(f"{path}, line 1: no capture of mesogun; it should begin with {HEADER!r}")
    try:
        header = dict(part.split("=", 1) for part in lines[0].removeprefix(HEADER).split())
        begun = datetime.fromisoformat(header["begun"]).astimezone(UTC)
        fingerprint = int(header["fingerprint"], 16)
    except (KeyError, ValueError):
        raise InputError(f"{path}, line 1: the header lacks fingerprint or begun; the file was altered") from None
    return Capture(begun, fingerprint, tuple(_passage(path, at, line) for at, line in enumerate(lines[1:], 2)))


def _passage(path: Path, number: int, line: str) -> Passage:
    try:
        at_us, direction, data = line.split(" ")
        if direction not in (TO_GUN, FROM_GUN):
            raise ValueError(direction)
        return Passage(int(at_us), direction == TO_GUN, bytes.fromhex(data))
    except ValueError:
        raise InputError(f"{path}, line {number}: not 'microseconds {TO_GUN} or {FROM_GUN} hex'") from None


def open_replay(path: Path) -> tuple[Transport, Clock]:
    """The capture at ``path`` as a port, with its own time."""
    capture = read_capture(path)
    clock = ManualClock(capture.begun)
    return ReplayTransport(capture, clock), clock


class ReplayTransport:
    """Gives back what was heard, as long as what is said is what was said."""

    def __init__(self, capture: Capture, clock: ManualClock) -> None:
        self._clock = clock
        self._ahead = deque(capture.passages)
        self._nonces = deque(_nonces(capture))
        self._said = b""

    def host_nonce(self) -> int:
        """The nonces of the captured HELLOs, in order, so that the same bytes are said again."""
        if not self._nonces:
            raise LinkLost("the capture holds no further HELLO")
        return self._nonces.popleft()

    def read(self, max_bytes: int, timeout_us: int) -> bytes:
        """The next bytes that were heard, if their time comes before the timeout."""
        if not self._ahead:
            raise LinkLost("the capture ends here")
        first = self._ahead[0]
        wait_us = max(0, first.at_us - self._clock.monotonic_us())
        if first.to_gun or wait_us > timeout_us:
            self._clock.advance_us(max(1, timeout_us))
            return b""
        self._clock.advance_us(wait_us)
        self._ahead.popleft()
        data, rest = first.data[:max_bytes], first.data[max_bytes:]
        if rest:
            self._ahead.appendleft(Passage(first.at_us, to_gun=False, data=rest))
        return data

    def write(self, data: bytes) -> None:
        """Compare with what was said then."""
        self._said += data
        while self._said:
            said = next((passage for passage in self._ahead if passage.to_gun), None)
            if said is None:
                raise WireError(f"the capture ends before this was said: {self._said.hex()}")
            if len(self._said) < len(said.data):
                return
            if not self._said.startswith(said.data):
                raise WireError(f"replay differs: said {self._said.hex()}, in the capture {said.data.hex()}")
            self._ahead.remove(said)
            self._said = self._said[len(said.data) :]

    def close(self) -> None:
        """Forget the rest."""
        self._ahead.clear()


def _nonces(capture: Capture) -> list[int]:
    reader = frame.FrameReader()
    said = b"".join(passage.data for passage in capture.passages if passage.to_gun)
    found: list[int] = []
    last: int | None = None
    for item in reader.feed(said):
        if isinstance(item, frame.Frame) and item.op == Op.HELLO:
            nonce = unpack(Hello, item.payload).host_nonce
            if nonce != last:  # a resend says the same nonce again
                found.append(nonce)
            last = nonce
    return found
