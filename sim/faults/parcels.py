"""Faults of the cable that turn one parcel of bytes into others. Not responsible for which parcel (``inject``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sim.line import Parcel, Way

if TYPE_CHECKING:
    from sim.faults.inject import Injector
    from sim.faults.plan import Fault

Bytes = Callable[["Injector", "Fault", Way, bytes], list[Parcel]]


def flip(injector: Injector, fault: Fault, _: Way, data: bytes) -> list[Parcel]:
    """Flip some bits anywhere in the parcel, each of them once."""
    broken = bytearray(data)
    flipped: set[int] = set()
    while len(flipped) < min(int(fault.number("bits")), len(broken) * 8):
        bit = injector.stream.integer(len(broken) * 8)
        if bit not in flipped:
            flipped.add(bit)
            broken[bit // 8] ^= 1 << bit % 8
    return [(0, bytes(broken))]


def insert(injector: Injector, fault: Fault, _: Way, data: bytes) -> list[Parcel]:
    """Put random bytes somewhere into the parcel."""
    at = injector.stream.integer(len(data) + 1)
    return [(0, data[:at] + injector.noise(int(fault.number("bytes"))) + data[at:])]


def truncate(injector: Injector, _: Fault, __: Way, data: bytes) -> list[Parcel]:
    """Lose the rest of the parcel."""
    return [(0, data[: injector.stream.integer(len(data))])]


def split(injector: Injector, _: Fault, __: Way, data: bytes) -> list[Parcel]:
    """Two pieces with a pause between them."""
    at = injector.stream.integer(len(data) + 1)
    return [(0, data[:at]), (2_000, data[at:])]


def echo(injector: Injector, _: Fault, way: Way, data: bytes) -> list[Parcel]:
    """The bytes come back to whoever sent them, too."""
    other = Way.TO_HOST if way is Way.TO_GUN else Way.TO_GUN
    injector.world.line.inject(other, data)
    return [(0, data)]


BYTES: dict[str, Bytes] = {
    "link.drop": lambda *_: [],
    "link.duplicate": lambda _i, _f, _w, data: [(0, data), (0, data)],
    "link.flip": flip,
    "link.insert": insert,
    "link.truncate": truncate,
    "link.delay": lambda _i, fault, _w, data: [(int(fault.number("by_us")), data)],
    "link.split": split,
    "link.hold_back": lambda injector, _f, way, data: injector.hold_back(way, data),
    "link.echo": echo,
}
