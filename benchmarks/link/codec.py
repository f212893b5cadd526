"""Encoding and decoding whole frames, from message to bytes and back: `python -m benchmarks.link.codec`.

The fastest of many short runs, because other programs share the machine. Checking or making a tag stands beside it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from benchmarks.link.report import line
from mesogun.wire import auth, frame
from mesogun.wire.codes import FrameKind, Op
from mesogun.wire.messages import Arm, Done, GetStatus, Load, LogEntry, ShotRecord, Status
from mesogun.wire.schema import pack, unpack

KEY = bytes(range(32))
NO_TAG = bytes(8)
STATUS = Status(
    3_123_456_789, 2, 0b1001_0010, 0, 171, 171, 4_171, 4_180, 4_172, 8, 3_412_650, 1_423, 612_340, 101_325, 2_140, 3_912
)
RECORD = ShotRecord(
    171, 4_171, 0x5A17_0031_77C2_90E4, 170, 1, 1, 0, 19_850, 19_790, 1_500, 3_412_650, 12, 3_123_001_337, 141, 187_450,
    2_140, 0x1681_A0A9_0042_1177,
)  # fmt: skip
CASES: tuple[tuple[str, Op, Any], ...] = (
    ("STATUS, to the gun", Op.STATUS, GetStatus()),
    ("LOAD, to the gun", Op.LOAD, Load(4_180, 0x5A17_0031_77C2_90E4, 179, 1, 19_850, 1_500)),
    ("ARM, to the gun", Op.ARM, Arm(0x5A17_0031_77C2_90E4, 4_172, 4_180, 9, 178_650, 3_123_456_789, 171, 1_500, 8)),
    ("STATUS, from the gun", Op.STATUS, Done(0, 0, STATUS)),
    ("LOG, from the gun", Op.LOG, LogEntry(0, 0, STATUS, RECORD)),
)


def fastest_us(work: Callable[[], object], each: int = 200, runs: int = 200) -> float:
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter_ns()
        for _ in range(each):
            work()
        best = min(best, (time.perf_counter_ns() - start) / each)
    return best / 1000


def main() -> None:
    for name, op, message in CASES:
        kind = FrameKind.RSP if "from" in name else FrameKind.REQ
        reader = frame.FrameReader()
        what = type(message)

        plain = frame.Frame(kind, op, 171, pack(message), bytes(8))
        wire = auth.sealed_bytes(KEY, auth.TO_GUN, 5, plain)

        def encode(kind: FrameKind = kind, op: Op = op, message: Any = message) -> bytes:
            return frame.encode(frame.Frame(kind, op, 171, pack(message), NO_TAG))

        def decode(wire: bytes = wire, reader: frame.FrameReader = reader, what: type = what) -> object:
            got = reader.feed(wire)[0]
            return unpack(what, got.payload) if isinstance(got, frame.Frame) else None

        if decode() != message:
            raise SystemExit("the message did not survive")
        size = f"{name}, {len(wire)} bytes"
        for way, work in (("encode", encode), ("decode", decode)):
            took = fastest_us(work)
            line(f"{way} {size}", took, "us", "<= 10 us", good=took <= 10)
        line("  its tag", fastest_us(lambda plain=plain: auth.verified(KEY, auth.TO_GUN, 5, plain)), "us")  # type: ignore[misc]


if __name__ == "__main__":
    main()
