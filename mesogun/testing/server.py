"""A simulated gun in real time on a loopback TCP port, in a thread of the test's process, for programs beside the test.

Not responsible for the protocol on that port (``sim.doors.tcp``).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mesogun.errors import InputError

if TYPE_CHECKING:
    from mesogun.testing.world import SimWorld

START_S = 10.0


@contextmanager
def serving(world: SimWorld) -> Iterator[str]:
    """Serve this world's gun for as long as the block lasts; gives the URL."""
    from sim.doors.tcp import serve_tcp

    stop, ready = threading.Event(), threading.Event()
    found: list[str] = []

    def announce(url: str) -> None:
        found.append(url)
        ready.set()

    server = threading.Thread(
        target=serve_tcp, kwargs={"world": world.world, "announce": announce, "stop": stop, "pace": 1.0}, daemon=True
    )
    server.start()
    try:
        if not ready.wait(START_S):
            raise InputError(f"the simulated gun's server did not start within {START_S:.0f} s")
        yield found[0]
    finally:
        stop.set()
        server.join(START_S)
