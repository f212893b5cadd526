"""Writes wire-vectors.txt from the text of docs/wire.md. It imports nothing of mesogun, and nothing but the standard
library: ``python tests/golden/wire_vectors.py > tests/golden/wire-vectors.txt``.

Layouts below were typed from the document's tables: H u16, I u32, Q u64, B u8, s text or bytes.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
import sys
import zlib
from collections.abc import Iterator

V = "BB" + "QBHHIIIIIHQHIIHH"
RECORD = "IIQIBBHIIHQIQHIHQ"
REQUESTS = {
    "HELLO": (0x00, "QI"), "CAPS": (0x01, ""), "STATUS": (0x02, ""), "STOP": (0x03, ""), "DISARM": (0x04, ""),
    "LOAD": (0x10, "IQIBIH"), "UNLOAD": (0x11, ""), "ARM": (0x12, "QIIHIQIHB"), "RENEW": (0x13, "QIH"),
    "LOG": (0x14, "I"), "ACK": (0x15, "I"), "CLEAR_FAULT": (0x16, "H"), "OPEN": (0x17, "Q"), "CLOSE": (0x18, "Q"),
    "CAL_BEGIN": (0x19, "QHI"), "CAL_CHUNK": (0x1A, "H32s"), "CAL_COMMIT": (0x1B, "Q"), "CAL_READ": (0x1C, "H"),
    "PAIR_BEGIN": (0x20, "32s"), "PAIR_CONFIRM": (0x21, "32s"),
}  # fmt: skip
REPLIES = {
    "HELLO": (0x00, V + "QBQIIQQIQIHQQQI"), "CAPS": (0x01, V + "16s16sIHIIIIHHHHHBIIHHIIQII"), "STATUS": (0x02, V),
    "STOP": (0x03, V), "DISARM": (0x04, V), "ERROR": (0x05, V + "BB"), "LOAD": (0x10, V), "UNLOAD": (0x11, V + "IIH"),
    "ARM": (0x12, V), "RENEW": (0x13, V), "LOG": (0x14, V + RECORD), "ACK": (0x15, V), "CLEAR_FAULT": (0x16, V),
    "OPEN": (0x17, V), "CLOSE": (0x18, V), "CAL_BEGIN": (0x19, V), "CAL_CHUNK": (0x1A, V), "CAL_COMMIT": (0x1B, V),
    "CAL_READ": (0x1C, V + "QHI32s"), "PAIR_BEGIN": (0x20, V + "32s"), "PAIR_CONFIRM": (0x21, V),
    "EVENT": (0x30, "B" + V[2:]),
}  # fmt: skip
TAGGED = {0x04, 0x10, 0x11, 0x12, 0x13, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x1B}
WIDTH = {"B": 8, "H": 16, "I": 32, "Q": 64}
KEY = bytes(range(32))


def stuff(raw: bytes) -> bytes:
    """COBS, one block: walk the bytes, remember where the last code byte stands."""
    out, code_at = bytearray(b"\x01"), 0
    for byte in raw:
        if byte:
            out.append(byte)
            out[code_at] += 1
        else:
            code_at = len(out)
            out.append(1)
    return b"\x00" + bytes(out) + b"\x00"


def raw_frame(head: int, op: int, seq: int, payload: bytes, tag: bytes) -> bytes:
    body = struct.pack("<BBI", head, op, seq) + payload + tag
    return body + struct.pack("<I", zlib.crc32(body))


def sealed(
    head: int, op: int, seq: int, payload: bytes, key: bytes, direction: bytes, session: int
) -> tuple[bytes, bytes]:
    covered = direction + struct.pack("<I", session) + struct.pack("<BBI", head, op, seq) + payload
    tag = hmac.new(key, covered, hashlib.sha256).digest()[:8]
    return tag, raw_frame(head, op, seq, payload, tag)


def session_key(pairing: bytes, host: int, gun: int, device: int, boot: int, session: int) -> bytes:
    return hmac.new(
        pairing, b"MG1 session" + struct.pack("<QQQII", host, gun, device, boot, session), "sha256"
    ).digest()


def fields(layout: str) -> Iterator[str]:
    count = ""
    for letter in layout:
        if letter.isdigit():
            count += letter
        else:
            yield count + letter
            count = ""


def values(layout: str, how: str) -> list[int | bytes]:
    """``zero``, ``top`` (the largest of each width), ``walk`` (1, 2, 3, ...; no zero bytes in texts), ``one`` bits."""
    found: list[int | bytes] = []
    for at, field in enumerate(fields(layout), 1):
        if field.endswith("s"):
            size = int(field[:-1])
            fill = {"zero": 0, "top": 255}.get(how)
            found.append(bytes(size) if fill == 0 else bytes([fill or (at * 7) % 255 + 1] * size))
        else:
            width = WIDTH[field]
            found.append({"zero": 0, "top": 2**width - 1, "walk": at, "one": 1 << (at * 5 % width)}[how])
    return found


def shown(found: list[int | bytes]) -> str:
    return " ".join(str(value) if isinstance(value, int) else "x" + value.hex() for value in found) or "-"


def line(kind: str, *parts: str) -> str:
    return kind + " | " + " | ".join(parts)


def lines() -> Iterator[str]:
    yield "# Golden vectors of MG1. Made by tests/golden/wire_vectors.py from docs/wire.md; not by the code they test."
    yield "# crc | bytes | CRC-32"
    for data in (b"", b"\0", b"123456789", bytes(range(256)), b"\xff" * 32, b"mesogun"):
        yield line("crc", data.hex() or "-", f"{zlib.crc32(data):08x}")
    yield "# cobs | raw | between the delimiters"
    for raw in (b"", b"\0", b"\0\0", b"\1", b"\1\0", b"\0\1", b"\x11\0\0\x22", bytes(30), b"\xff" * 253, bytes(253),
                bytes(range(1, 254)), bytes(range(253)), b"\x7e\x7d\0" * 20, b"a" * 252 + b"\0"):  # fmt: skip
        yield line("cobs", raw.hex() or "-", stuff(raw)[1:-1].hex())
    yield "# session | pairing key | host nonce, gun nonce, device_id, boot_id, session | session key"
    top = 2**64 - 1
    for numbers in ((1, 2, 3, 4, 5), (0, 0, 0, 0, 0), (top, top, top, 2**32 - 1, 2**32 - 1), (1, 2, 3, 4, 6),
                    (1, 2, 3, 5, 5), (2, 1, 3, 4, 5)):  # fmt: skip
        for pairing in (KEY, b"mesogun simulated key, published"):
            yield line("session", pairing.hex(), " ".join(map(str, numbers)), session_key(pairing, *numbers).hex())
    yield "# message | req or rsp | operation | op | field values in order (xHEX: text or bytes) | payload"
    for role, table in (("req", REQUESTS), ("rsp", REPLIES)):
        for name, (op, layout) in table.items():
            for how in ("zero", "top", "walk", "one") if layout else ("zero",):
                found = values(layout, how)
                payload = struct.pack("<" + layout, *found)
                yield line("message", role, name, f"{op:02x}", shown(found), payload.hex() or "-")
    key = session_key(KEY, 1, 2, 3, 4, 5)
    yield "# frame | major kind op seq | payload | tag or - | on the line; tags under the first session key, session 5"
    for role, table in (("req", REQUESTS), ("rsp", REPLIES)):
        for name, (op, layout) in table.items():
            kind = 3 if (role, name) == ("req", "STOP") else 2 if name == "EVENT" else 0 if role == "req" else 1
            payload = struct.pack("<" + layout, *values(layout, "walk"))
            seq = 0 if name in {"HELLO", "STOP"} else op + 1
            tagged = role == "rsp" or op in TAGGED
            head = 1 << 5 | kind << 3 | tagged << 2
            direction = b"H" if role == "req" else b"G"
            tag, raw = (
                sealed(head, op, seq, payload, key, direction, 5)
                if tagged
                else (b"", raw_frame(head, op, seq, payload, bytes(8)))
            )
            yield line("frame", f"1 {kind} {op:02x} {seq}", payload.hex() or "-", tag.hex() or "-", stuff(raw).hex())
    for major, kind, op, seq in (
        (0, 0, 0, 0),
        (2, 0, 0, 0),
        (7, 3, 3, 2**32 - 1),
        (1, 0, 0xFF, 2**32 - 1),
        (3, 1, 5, 7),
    ):
        raw = raw_frame(major << 5 | kind << 3, op, seq, b"\0\xff", bytes(8))
        yield line("frame", f"{major} {kind} {op:02x} {seq}", "00ff", "-", stuff(raw).hex())
    yield "# verify | direction | session | yes or no | on the line; under the first session key"
    arm = struct.pack("<QIIHIQIHB", 81, 7, 9, 3, 60_000, 123_456_789, 6, 1_000, 1)
    tag, raw = sealed(0x24, 0x12, 40, arm, key, b"H", 5)
    wrong = raw_frame(0x24, 0x12, 40, arm, bytes([tag[0] ^ 1]) + tag[1:])
    for way, session, fits, data in (
        ("H", 5, "yes", raw), ("G", 5, "no", raw), ("H", 6, "no", raw), ("H", 5, "no", wrong),
        ("H", 5, "no", raw_frame(0x24, 0x12, 41, arm, tag)), ("H", 5, "no", raw_frame(0x20, 0x12, 40, arm, bytes(8))),
        ("H", 5, "no", raw_frame(0x24, 0x13, 40, arm, tag)), ("H", 5, "no", raw_frame(0x44, 0x12, 40, arm, tag)),
        ("H", 5, "no", raw_frame(0x24, 0x12, 40, arm[:-1] + b"\2", tag)),
    ):  # fmt: skip
        yield line("verify", way, str(session), fits, stuff(data).hex())
    yield "# stream | bytes | op:seq of the whole frames in it, in order; everything else is damage"
    stop, status = stuff(raw_frame(0x38, 3, 0, b"", bytes(8))), stuff(raw_frame(0x20, 2, 9, b"", bytes(8)))
    good = {"03:0": stop, "02:9": status}
    flipped = bytes([*stop[:5], stop[5] ^ 4, *stop[6:]])
    head_bits = stuff(raw_frame(0x39, 3, 0, b"", bytes(8)))
    untagged = stuff(raw_frame(0x38, 3, 0, b"", b"\1" + bytes(7)))
    short = stuff(struct.pack("<I", zlib.crc32(b"")))
    long_run = b"\0" + b"\xfe" + b"\x55" * 253 + b"\0"
    for data, expected in (
        (b"", ""), (bytes(9), ""), (stop, "03:0"), (stop + stop, "03:0 03:0"), (stop[:-1] + status[1:], ""),
        (stop + status[1:], "03:0 02:9"),
        (stop[:-1] + status, "03:0 02:9"), (b"\x99" + stop, "03:0"), (b"\xff" * 400 + stop, "03:0"),
        (flipped + status, "02:9"),
        (stop[:9] + status, "02:9"), (stop[:-1], ""), (head_bits + status, "02:9"), (untagged + status, "02:9"),
        (short + status, "02:9"), (long_run + stop, "03:0"), (b"\0\x05\x01\0" + stop, "03:0"), (stop[1:], "03:0"),
        (status[:7] + b"\0" + status[7:], ""), (b"ok\r\nT:21.5\r\n" + stop, "03:0"),
        (b"\0\xff" + b"\1" * 254 + b"\0" + stop, "03:0"),
        (stop + b"\1\0", "03:0"), (good["02:9"] + b"\0\0\0" + stop, "02:9 03:0"),
    ):  # fmt: skip
        yield line("stream", data.hex() or "-", expected or "-")


if __name__ == "__main__":
    sys.stdout.write("\n".join(lines()) + "\n")
