"""A port whose other end is a script: what is written is remembered, what is to come comes when it was asked for."""

from __future__ import annotations

from collections import deque

from mesogun.calibration.balance import DIALECTS, Balance
from mesogun.clock import ManualClock
from mesogun.errors import LinkLost

GREETING = {
    "mtsics": {b"@\r\n": b'I4 A "1234567"\r\n', b"I2\r\n": b'I2 A "MODEL 205 g"\r\n', b"I3\r\n": b'I3 A "2.10"\r\n'},
    "sbi": {
        b"\x1bx2_\r\n": b"1234567       \r\n",
        b"\x1bx1_\r\n": b"MSE1203S      \r\n",
        b"\x1bx3_\r\n": b"00-39-21\r\n",
    },
}


class ScriptedPort:
    """``answers`` gives the bytes to come for the bytes written; each read takes one piece and costs ``step_us``."""

    def __init__(
        self, clock: ManualClock, answers: dict[bytes, bytes], *, piece: int = 4_096, step_us: int = 0
    ) -> None:
        self._clock = clock
        self.answers = answers
        self.once: dict[bytes, deque[bytes]] = {}
        self.written: list[bytes] = []
        self.coming = bytearray()
        self.piece = piece
        self.step_us = step_us
        self.closed = False

    def read(self, max_bytes: int, timeout_us: int) -> bytes:
        if self.closed:
            raise LinkLost("closed")
        if not self.coming:
            self._clock.advance_us(max(0, timeout_us))
            return b""
        data = bytes(self.coming[: min(self.piece, max_bytes)])
        del self.coming[: len(data)]
        self._clock.advance_us(self.step_us)
        return data

    def write(self, data: bytes) -> None:
        self.written.append(data)
        queue = self.once.get(data)
        self.coming += queue.popleft() if queue else self.answers.get(data, b"")

    def close(self) -> None:
        self.closed = True


def scripted(dialect: str = "mtsics", *, deadline_ms: int = 10_000, piece: int = 4_096) -> tuple[Balance, ScriptedPort]:
    """A balance that was greeted; ``answers`` can then be set."""
    clock = ManualClock()
    port = ScriptedPort(clock, dict(GREETING[dialect]), piece=piece)
    balance = Balance(port, clock, DIALECTS[dialect](), dialect=dialect, deadline_ms=deadline_ms)
    balance.greet()
    return balance, port
