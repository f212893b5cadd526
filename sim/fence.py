"""The fence: inside a simulated run, the simulating thread may not touch wall clock, threads, sockets or global random.

Whatever a simulation looks up instead of being handed makes it unrepeatable; with the fence up it raises, with a hint.
Other threads of the process (a test runner's watchdog) are left alone. Not responsible for pacing doors, which
live on real time by design and are never fenced.
"""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

HINTS: dict[tuple[Any, str], str] = {
    (time, "time"): "ask the clock that came with the transport",
    (time, "time_ns"): "ask the clock that came with the transport",
    (time, "monotonic"): "ask the clock that came with the transport",
    (time, "monotonic_ns"): "ask the clock that came with the transport",
    (time, "perf_counter"): "ask the clock that came with the transport",
    (time, "sleep"): "let virtual time pass: clock.sleep_us",
    (random, "random"): "take a stream: streams.fork(label)",
    (random, "randrange"): "take a stream: streams.fork(label)",
    (random, "choice"): "take a stream: streams.fork(label)",
    (random, "shuffle"): "take a stream: streams.fork(label)",
    (socket, "socket"): "use the world's own line",
    (threading.Thread, "start"): "schedule an event: kernel.after",
}


class FenceError(RuntimeError):
    """Something in a simulated run reached for the real world."""


@contextmanager
def fenced() -> Iterator[None]:
    """Put the fence up around a block, for the calling thread only; fences may be nested."""
    owner = threading.get_ident()
    kept: list[tuple[Any, str, Any]] = []
    try:
        for (place, name), hint in HINTS.items():
            original = getattr(place, name)
            kept.append((place, name, original))
            setattr(place, name, _guarded(owner, f"{getattr(place, '__name__', place)}.{name}", hint, original))
        yield
    finally:
        for place, name, original in reversed(kept):
            setattr(place, name, original)


def _guarded(owner: int, what: str, hint: str, original: Callable[..., Any]) -> Callable[..., Any]:
    def guard(*values: Any, **named: Any) -> Any:
        if threading.get_ident() == owner:
            raise FenceError(f"{what} inside a simulated run makes it unrepeatable; {hint}")
        return original(*values, **named)

    return guard
