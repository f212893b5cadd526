"""The far end of a pty, as its own process: ``python -m benchmarks.link.peer echo|gun|paced|stamp FD``.

``echo`` gives back what it gets. ``gun`` answers STATUS. ``paced`` is the minimal gun at 115200 baud that fills the
line with telemetry and prints, per STOP, when it was read (microseconds of the system's monotonic clock).
"""

from __future__ import annotations

import hmac
import os
import select
import sys
import time
import zlib

from mesogun.identity import SIMULATED_KEY
from mesogun.wire import frame
from mesogun.wire.codes import EventCode, FrameKind, Op
from mesogun.wire.messages import FINGERPRINT, Done, Event, Status
from mesogun.wire.schema import pack
from tests.gun.minimal_gun import MinimalGun

BYTES_PER_S = 11_520
HINT = frame.encode(frame.Frame(FrameKind.EVT, Op.EVENT, 1, pack(Event(EventCode.STATE_CHANGED, Status(*range(16))))))


def now_us() -> int:
    return time.monotonic_ns() // 1000


def echo(fd: int) -> None:
    while True:
        os.write(fd, os.read(fd, 512))


def gun(fd: int) -> None:
    """Greets as the minimal gun does, and answers STATUS as firmware would: CRC checked, fields in place, one tag."""
    device = MinimalGun(SIMULATED_KEY, FINGERPRINT)
    rest = pack(Done(0, 0, Status(0, *range(1, 16))))[10:]
    head = bytes([0x2C, Op.STATUS])
    while True:
        data = os.read(fd, 512)
        raw = frame.cobs_decode(data[1:-1]) or b""
        if raw[1:2] == head[1:] and zlib.crc32(raw[:-4]) == int.from_bytes(raw[-4:], "little") and device.key_now:
            body = head + raw[2:6] + b"\0\0" + now_us().to_bytes(8, "little") + rest
            covered = b"G" + device.session.to_bytes(4, "little") + body
            os.write(fd, frame.finish(body + hmac.digest(device.key_now, covered, "sha256")[:8]))
        elif answer := device.feed(data):
            os.write(fd, answer)


def stamp(fd: int) -> None:
    """Prints when something was read: what this machine takes without us."""
    while os.read(fd, 512):
        print(now_us(), flush=True)


class Watched(MinimalGun):
    """Prints when the first STOP of a session was read."""

    def stop(self, seq: int) -> bytes:
        if self.open_session:
            print(now_us(), flush=True)
        return super().stop(seq)


def paced(fd: int) -> None:
    """Answers go before telemetry; both leave at the line's pace, so the line is never idle."""
    device = Watched(SIMULATED_KEY, FINGERPRINT)
    start = sent_until = now_us()
    waiting = b""
    while True:
        wait_s = max(0, sent_until - now_us()) / 1e6
        if select.select([fd], [], [], wait_s)[0]:
            data = os.read(fd, 512)
            device.now_us = now_us() - start
            waiting += device.feed(data)
        if now_us() >= sent_until:
            piece, waiting = (waiting[:64], waiting[64:]) if waiting else (HINT, b"")
            os.write(fd, piece)
            sent_until = now_us() + len(piece) * 1_000_000 // BYTES_PER_S


if __name__ == "__main__":
    try:
        {"echo": echo, "gun": gun, "paced": paced, "stamp": stamp}[sys.argv[1]](int(sys.argv[2]))
    except OSError:
        raise SystemExit(0) from None
