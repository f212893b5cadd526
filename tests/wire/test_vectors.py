"""The golden vectors, which an independent tool made from the document, against the codec."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from mesogun.wire import auth, frame
from mesogun.wire.codes import FrameKind
from mesogun.wire.messages import BY_OP
from mesogun.wire.schema import leaves, pack, unpack
from tests.trace import req

FILE = Path(__file__).parent.parent / "golden" / "wire-vectors.txt"
LINES = [line for line in FILE.read_text(encoding="ascii").splitlines() if not line.startswith("#")]
KEY = auth.session_key(bytes(range(32)), host_nonce=1, gun_nonce=2, device_id=3, boot_id=4, session=5)


def vectors(kind: str) -> list[list[str]]:
    return [line.split(" | ")[1:] for line in LINES if line.startswith(kind + " |")]


def raw(text: str) -> bytes:
    return b"" if text == "-" else bytes.fromhex(text)


def number(text: str) -> str:
    return text[:40]


def test_there_are_enough() -> None:
    assert len(LINES) >= 150
    assert {line.split(" |")[0] for line in LINES} == {
        "crc", "cobs", "session", "message", "frame", "verify", "stream",
    }  # fmt: skip


@pytest.mark.parametrize(("data", "crc"), vectors("crc"), ids=number)
def test_crc(data: str, crc: str) -> None:
    assert zlib.crc32(raw(data)) == int(crc, 16)


@req("W-2")
@pytest.mark.parametrize(("plain", "stuffed"), vectors("cobs"), ids=number)
def test_cobs(plain: str, stuffed: str) -> None:
    assert frame.cobs_encode(raw(plain)).hex() == stuffed
    assert frame.cobs_decode(raw(stuffed)) == raw(plain)


@pytest.mark.parametrize(("pairing", "numbers", "key"), vectors("session"), ids=number)
def test_session_key(pairing: str, numbers: str, key: str) -> None:
    host, gun, device, boot, session = map(int, numbers.split())
    made = auth.session_key(
        raw(pairing), host_nonce=host, gun_nonce=gun, device_id=device, boot_id=boot, session=session
    )
    assert made.hex() == key


@req("W-15")
@pytest.mark.parametrize(("role", "name", "op", "values", "payload"), vectors("message"), ids=number)
def test_message(role: str, name: str, op: str, values: str, payload: str) -> None:
    spec = BY_OP[int(op, 16)]
    assert spec.op.name == name
    kind = spec.request if role == "req" else spec.reply
    assert kind is not None
    message: object = unpack(kind, raw(payload))
    found = []
    for leaf in leaves(kind):
        value: object = message
        for part in leaf.path:
            value = getattr(value, part)
        found.append("x" + value.hex() if isinstance(value, bytes) else str(value))
    assert found == ([] if values == "-" else values.split())
    assert pack(message) == raw(payload)


@req("W-1", "W-3")
@pytest.mark.parametrize(("head", "payload", "tag", "wire"), vectors("frame"), ids=number)
def test_frame(head: str, payload: str, tag: str, wire: str) -> None:
    major, kind, op, seq = head.split()
    expected = frame.Frame(
        FrameKind(int(kind)), int(op, 16), int(seq), raw(payload), raw(tag) if tag != "-" else None, int(major)
    )
    assert frame.encode(expected) == raw(wire)
    assert frame.FrameReader().feed(raw(wire)) == [expected]
    bytewise = frame.FrameReader()
    assert [item for byte in raw(wire) for item in bytewise.feed(bytes([byte]))] == [expected]
    tailed = frame.FrameReader()
    assert tailed.feed(raw(wire) + b"\x07half a frame") == [expected]
    if tag != "-":
        direction = auth.TO_GUN if kind == "0" else auth.TO_HOST
        assert auth.verified(KEY, direction, 5, expected)
        assert auth.sealed(KEY, direction, 5, expected._replace(tag=None)) == expected
        assert auth.sealed_bytes(KEY, direction, 5, expected._replace(tag=None)) == raw(wire)


@req("W-9", "G7")
@pytest.mark.parametrize(("direction", "session", "fits", "wire"), vectors("verify"), ids=number)
def test_verify(direction: str, session: str, fits: str, wire: str) -> None:
    (got,) = frame.FrameReader().feed(raw(wire))
    assert isinstance(got, frame.Frame)
    assert auth.verified(KEY, direction.encode(), int(session), got) == (fits == "yes")


@req("W-3", "W-4", "W-7")
@pytest.mark.parametrize(("data", "expected"), vectors("stream"), ids=number)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_stream(data: str, expected: str, size: int) -> None:
    reader = frame.FrameReader()
    stream = raw(data)
    items = [item for at in range(0, len(stream), size) for item in reader.feed(stream[at : at + size])]
    found = [f"{item.op:02x}:{item.seq}" for item in items if isinstance(item, frame.Frame)]
    assert found == ([] if expected == "-" else expected.split())
