"""Any bytes into the frame reader: it never raises, never grows, never lets damage through, and is soon in step."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesogun.wire import frame
from mesogun.wire.codes import FrameKind
from mesogun.wire.messages import TABLE
from mesogun.wire.schema import layout
from tests.trace import req
from tests.wire.mutate import accepted_mutants

frames = st.builds(
    frame.Frame,
    st.sampled_from(FrameKind),
    st.integers(0, 255),
    st.integers(0, 2**32 - 1),
    st.binary(max_size=frame.MAX_RAW - frame.OVERHEAD),
    st.none() | st.binary(min_size=8, max_size=8),
    st.integers(0, 7),
)


@given(frames)
def test_decode_is_the_inverse_of_encode(sent: frame.Frame) -> None:
    wire = frame.encode(sent)
    assert wire[0] == wire[-1] == 0
    assert 0 not in wire[1:-1]
    assert frame.FrameReader().feed(wire) == [sent]


@given(st.binary(max_size=253))
def test_stuffing_is_the_inverse_of_unstuffing(raw: bytes) -> None:
    stuffed = frame.cobs_encode(raw)
    assert 0 not in stuffed
    assert frame.cobs_decode(stuffed) == raw


@req("W-7")
@given(st.lists(st.binary(max_size=600), max_size=6), frames)
def test_any_bytes_then_a_frame(garbage: list[bytes], sent: frame.Frame) -> None:
    reader = frame.FrameReader()
    for piece in garbage:
        reader.feed(piece)
        assert len(reader._buffer) <= frame.MAX_STUFFED
    assert sent in reader.feed(frame.encode(sent))
    assert reader.feed(frame.encode(sent)) == [sent]


@given(st.lists(frames, max_size=5), st.lists(st.integers(1, 40), max_size=30))
def test_how_the_stream_is_cut_does_not_matter(sent: list[frame.Frame], cuts: list[int]) -> None:
    stream = b"".join(map(frame.encode, sent))
    reader = frame.FrameReader()
    found: list[frame.Frame | frame.Damage] = []
    at = 0
    for cut in cuts:
        found += reader.feed(stream[at : at + cut])
        at += cut
    found += reader.feed(stream[at:])
    assert found == sent


def test_a_frame_has_an_upper_size() -> None:
    with pytest.raises(ValueError, match="at most 253"):
        frame.encode(frame.Frame(FrameKind.REQ, 0, 0, bytes(236)))


@req("W-6")
def test_no_frame_to_the_gun_is_longer_than_64_bytes() -> None:
    for spec in TABLE:
        if spec.request is not None:
            payload = bytes(layout(spec.request).size)
            assert len(frame.encode(frame.Frame(FrameKind.REQ, spec.op, 1, payload, bytes(8)))) <= 64


@req("W-3")
def test_mutated_frames_are_never_accepted() -> None:
    assert accepted_mutants(20_000, random.Random(7)) == []


@pytest.mark.soak
@req("W-3")
def test_ten_million_mutated_frames() -> None:
    assert accepted_mutants(10_000_000, random.Random(2026)) == []
