"""Frames, damaged the way lines damage them: flips, drops, inserts, splices, truncations."""

from __future__ import annotations

import random
from collections.abc import Callable

from mesogun.wire import frame
from mesogun.wire.codes import FrameKind

Mutation = Callable[[bytearray, bytes, random.Random], None]


def flip(data: bytearray, _: bytes, rng: random.Random) -> None:
    for _time in range(rng.randint(1, 8)):
        bit = rng.randrange(8 * len(data))
        data[bit >> 3] ^= 1 << (bit & 7)


def drop(data: bytearray, _: bytes, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    del data[at : at + rng.randint(1, 4)]


def insert(data: bytearray, _: bytes, rng: random.Random) -> None:
    at = rng.randrange(len(data) + 1)
    data[at:at] = rng.randbytes(rng.randint(1, 4))


def splice(data: bytearray, other: bytes, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    data[at:] = other[rng.randrange(len(other)) :]


def truncate(data: bytearray, _: bytes, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    if rng.random() < 0.5:
        del data[at:]
    else:
        del data[:at]


MUTATIONS: tuple[Mutation, ...] = (flip, drop, insert, splice, truncate)


def accepted_mutants(count: int, rng: random.Random) -> list[str]:
    """Mutants among ``count`` that were read as a frame which nobody sent."""
    accepted = []
    sent: list[frame.Frame] = []
    wires: list[bytes] = []
    known: set[frame.Frame] = set()
    for turn in range(count):
        if turn % 1000 == 0:
            sent = [
                frame.Frame(
                    rng.choice(list(FrameKind)),
                    rng.randrange(256),
                    rng.randrange(2**32),
                    bytes(rng.choice(b"\0\0\1\x55\xff") for _ in range(rng.randint(0, 76))),
                    rng.choice([None, rng.randbytes(8)]),
                )
                for _ in range(20)
            ]
            wires = [frame.encode(each) for each in sent]
            known = set(sent)
        wire = wires[turn % 20]
        data = bytearray(wire)
        for _ in range(rng.choice((1, 1, 2))):
            if data:
                rng.choice(MUTATIONS)(data, wires[(turn + 7) % 20], rng)
        for item in frame.FrameReader().feed(bytes(data) + b"\0"):
            if isinstance(item, frame.Frame) and item not in known:
                accepted.append(f"{wire.hex()} -> {data.hex()} read as {item}")
    return accepted
