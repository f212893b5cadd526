"""The cable: bytes take time, arrive in pieces, and can be tampered with by a fault plan. Knows no frames.

Not responsible for ports that a program opens (``sim.doors``).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import partial
from zlib import crc32

from sim.kernel import Kernel
from sim.physics.profile import Profile

BITS_PER_BYTE = 10  # 8N1


class Way(Enum):
    """Directions."""

    TO_GUN = "to_gun"
    TO_HOST = "to_host"

    __hash__ = object.__hash__  # members are singletons; Enum hashes their names, in Python, at every look-up


_LABEL = {way: way.value for way in Way}
Parcel = tuple[int, bytes]  # extra delay in us, bytes
Tamper = Callable[[Way, bytes], list[Parcel]]


class Line:
    """One cable between one gun and whoever holds the other end."""

    def __init__(self, kernel: Kernel, profile: Profile) -> None:
        self._kernel = kernel
        self._byte_us = BITS_PER_BYTE * 1e6 / profile["link.baud"]
        self._latency_us = profile.integer("link.latency_us")
        self._free_us = {Way.TO_GUN: 0, Way.TO_HOST: 0}
        self.plugged = True
        self.port = "sim0"  # by which the computer knows this end of the cable
        self.bytes_sent = {Way.TO_GUN: 0, Way.TO_HOST: 0}
        self.tamper: Tamper | None = None
        self.gun_end: Callable[[bytes], None] = lambda _: None
        self.host_end: Callable[[bytes], None] = lambda _: None

    def send(self, way: Way, data: bytes) -> None:
        """Put bytes on the wire; they arrive when the last bit has."""
        if not self.plugged or not data:
            return
        self.bytes_sent[way] += len(data)
        self._kernel.note(_LABEL[way], crc32(data))
        if self.tamper is None:
            self._carry(way, data, 0)
            return
        for extra_us, piece in self.tamper(way, data):
            if piece:
                self._carry(way, piece, extra_us)

    def left_us(self, way: Way, count: int) -> int:
        """When the last of so many more bytes will have left, if they are sent now."""
        return max(self._kernel.now_us, self._free_us[way]) + round(count * self._byte_us)

    def arrived_us(self, way: Way, count: int) -> int:
        """When the last of them will have arrived."""
        return self.left_us(way, count) + self._latency_us

    def rename(self) -> None:
        """Plugged in again, the port has another name, as /dev/ttyACM0 may come back as /dev/ttyACM1."""
        self.port = f"sim{int(self.port.removeprefix('sim')) + 1}"

    def inject(self, way: Way, data: bytes) -> None:
        """Bytes that nobody sent: noise, echoes, what was left in a buffer."""
        if self.plugged and data:
            self._kernel.after(self._latency_us, way.value, partial(self._arrive, way, data))

    def _carry(self, way: Way, data: bytes, extra_us: int) -> None:
        self._free_us[way] = end_us = self.left_us(way, len(data))
        self._kernel.at(end_us + self._latency_us + extra_us, _LABEL[way], partial(self._arrive, way, data))

    def _arrive(self, way: Way, data: bytes) -> None:
        if self.plugged:
            (self.gun_end if way is Way.TO_GUN else self.host_end)(data)
