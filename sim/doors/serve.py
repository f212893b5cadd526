"""Servers: a simulated gun on a pseudo-terminal, for any program on this computer, in real time.

The gun lives in the server: a program that dies and comes back finds it as it left it. Not deterministic.

Not responsible for the gun (``sim.world``) or for moving bytes (``pump``).
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from mesogun.errors import InputError
from sim.doors import address
from sim.doors.pump import Pump
from sim.world import START, World


def world_for(url: str) -> World:
    """The world that a server shows; its calendar is today's unless the address says otherwise."""
    asked = address.parse(url)
    if asked.start == START and "start=" not in url:
        asked = replace(asked, start=datetime.now(UTC))
    return asked.build()


def serve_pty(
    url: str = "sim://standard",
    *,
    pace: float | None = 1.0,
    announce: Callable[[str], None],
    stop: threading.Event,
    world: World | None = None,
) -> None:
    """Serve a gun on a pseudo-terminal until ``stop`` is set.

    Parameters
    ----------
    url
        Which gun, as in ``sim://PROFILE?seed=7``; its pace is ignored.
    pace
        Simulated seconds per real second; ``None`` is as fast as it goes.
    announce
        Called once with the device name, as soon as it can be opened.
    stop
        Set it, from any thread, to end the server.
    world
        A world that exists already, instead of building one.

    Raises
    ------
    InputError
        If this system has no pseudo-terminals, or the address is wrong.
    """
    if not hasattr(os, "openpty"):
        raise InputError("this system has no pseudo-terminals; use sim:// in process, or a TCP port")
    import tty

    shown = world or world_for(url)
    master, slave = os.openpty()  # the slave stays open here, so that a program that leaves does not end the line
    try:
        tty.setraw(master)
        tty.setraw(slave)
        os.set_blocking(master, False)
        announce(os.ttyname(slave))
        Pump(shown, PtyPipe(master), pace=pace).run(stop)
    finally:
        os.close(slave)
        os.close(master)


class PtyPipe:
    """The master side of a pseudo-terminal."""

    def __init__(self, master: int) -> None:
        self._master = master

    def take(self, wait_s: float) -> bytes:
        """Bytes from the program."""
        ready, _, _ = select.select([self._master], [], [], wait_s)
        if not ready:
            return b""
        try:
            return os.read(self._master, 4096)
        except OSError:  # nobody has the other side open
            return b""

    def give(self, data: bytes) -> None:
        """Bytes to the program; when it does not read, they are lost."""
        try:
            os.write(self._master, data)
        except OSError:
            return
