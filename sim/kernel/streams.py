"""Random streams forked by label: a new draw in one part does not disturb another.

Only ``random()`` of the Mersenne twister is used, the one method whose sequence Python promises to keep.

Not responsible for what is drawn from them.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Stream:
    """One reproducible source of numbers."""

    __slots__ = ("_random", "_spare")

    def __init__(self, key: bytes) -> None:
        self._random = random.Random(int.from_bytes(key, "little")).random  # noqa: S311 - simulation, no secret
        self._spare: float | None = None

    def unit(self) -> float:
        """Uniform in [0, 1)."""
        return self._random()

    def uniform(self, low: float, high: float) -> float:
        """Uniform in [low, high)."""
        return low + (high - low) * self._random()

    def normal(self, mean: float, sd: float, limit: float = 3.0) -> float:
        """Normal by Box and Muller, drawn again beyond ``limit`` standard deviations."""
        while True:
            spare, self._spare = self._spare, None
            if spare is None:
                radius = math.sqrt(-2.0 * math.log(1.0 - self._random()))
                angle = math.tau * self._random()
                spare, self._spare = radius * math.cos(angle), radius * math.sin(angle)
            if abs(spare) <= limit:
                return mean + sd * spare

    def integer(self, below: int) -> int:
        """Uniform in 0 .. below - 1."""
        return int(self._random() * below)

    def bits(self, count: int) -> int:
        """A random integer of ``count`` bits (in pieces of 16)."""
        value = 0
        for _ in range(0, count, 16):
            value = value << 16 | int(self._random() * 65536)
        return value & ((1 << count) - 1)

    def choice(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[int(self._random() * len(items))]

    def chance(self, probability: float) -> bool:
        """True with that probability."""
        return self._random() < probability


class Streams:
    """All streams of one seed; ``fork`` with the same label gives the same stream again, from its start."""

    __slots__ = ("_seed", "seed")

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._seed = seed.to_bytes(16, "little", signed=True)

    def fork(self, label: str) -> Stream:
        """The stream of that label."""
        return Stream(hashlib.blake2b(label.encode(), key=self._seed, digest_size=32).digest())
