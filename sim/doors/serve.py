"""Servers: a simulated gun, and a balance beside it, on pseudo-terminals, for any program here, in real time.

The gun lives in the server: a program that dies and comes back finds it as it left it. Not deterministic.

Not responsible for the gun (``sim.world``) or for moving bytes (``pump``).
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime

from mesogun.errors import InputError
from sim.balance import address as balances
from sim.doors import address
from sim.doors.balance import BalancePump
from sim.doors.pump import WAIT_S, Pump
from sim.world import START, World


def world_for(url: str, *, today: bool = True) -> World:
    """The world that a server shows; its calendar is today's unless the address says otherwise.

    Without ``today`` it begins where every world does: manual time repeats a run on any day.
    """
    asked = address.parse(url)
    if today and asked.start == START and "start=" not in url:
        asked = replace(asked, start=datetime.now(UTC))
    return asked.build()


def serve_pty(
    url: str = "sim://standard",
    *,
    pace: float | None = 1.0,
    announce: Callable[[str], None],
    stop: threading.Event,
    world: World | None = None,
    balance: str | None = None,
    pressed: Callable[[], bool] | None = None,
    shows: Callable[[str], None] | None = None,
) -> None:
    """Serve a gun on a pseudo-terminal until ``stop`` is set, and a balance on a second one.

    Parameters
    ----------
    url
        Which gun, as in ``sim://PROFILE?seed=7``; its pace is ignored.
    pace
        Simulated seconds per real second; ``None`` is as fast as it goes.
    announce
        Called with the device name, as soon as it can be opened, and then with the balance's.
    stop
        Set it, from any thread, to end the server.
    world
        A world that exists already, instead of building one.
    balance
        Which balance to put beside the gun, as in ``simbalance://?noise_ug=20``; its world and pace are ignored.
    pressed
        Asked at every turn: whether somebody has pressed the pairing button since.
    shows
        Called with what the gun's display shows, whenever that changes.

    Raises
    ------
    InputError
        If this system has no pseudo-terminals, or the address is wrong.
    """
    if not hasattr(os, "openpty"):
        raise InputError("this system has no pseudo-terminals; use sim:// in process, or a TCP port")
    asked = None if balance is None else balances.parse(balance)
    shown = world or world_for(url)
    if asked is not None and asked.seed is None:
        asked = replace(asked, seed=shown.seed)
    with ExitStack() as stack:
        gun_pipe, name = _pty(stack)
        pump = Pump(shown, gun_pipe, pace=pace)
        announce(name)
        scale: BalancePump | None = None
        if asked is not None:
            balance_pipe, name = _pty(stack)
            scale = BalancePump(asked.made(shown), balance_pipe)
            announce(name)
        display = ""
        while not stop.is_set():
            pump.turn(WAIT_S)
            if pressed is not None and pressed():
                shown.gun.pairing.press()
            if shows is not None and shown.gun.panel.display != display:
                display = shown.gun.panel.display
                shows(display)
            if scale is not None:
                scale.turn()


def _pty(stack: ExitStack) -> tuple[PtyPipe, str]:
    """One pseudo-terminal: its master side as a pipe, and the name of the other side."""
    import tty

    master, slave = os.openpty()  # the slave stays open here, so that a program that leaves does not end the line
    stack.callback(os.close, master)
    stack.callback(os.close, slave)
    tty.setraw(master)
    tty.setraw(slave)
    os.set_blocking(master, False)
    return PtyPipe(master), os.ttyname(slave)


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
