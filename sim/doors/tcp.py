"""Servers on loopback TCP: the gun on one port, and a control door (JSON lines) on another. Never beyond loopback.

Not deterministic while time runs with the real clock; ``pace 0`` lets time move only when the control door says so, and
is. No client can end the server.

Not responsible for the gun (``sim.world``), for moving bytes (``pump``) or for what can be asked (``control``).
"""

from __future__ import annotations

import os
import select
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

from mesogun.errors import InputError
from sim.doors.control import Desk, Door
from sim.doors.pump import WAIT_S, Pump
from sim.doors.serve import world_for
from sim.world import World

LOOPBACK = "127.0.0.1"
PORTS = range(65_536)


def serve_tcp(
    url: str = "sim://standard",
    *,
    port: int = 0,
    control_port: int | None = None,
    pace: float | None = 1.0,
    announce: Callable[[str], None],
    stop: threading.Event,
    ready_file: Path | None = None,
    world: World | None = None,
) -> None:
    """Serve a gun on ``127.0.0.1`` until ``stop`` is set.

    Parameters
    ----------
    url
        Which gun; its pace is ignored.
    port
        0 takes a free one.
    control_port
        ``None`` for no control door, 0 for a free port.
    pace
        Simulated seconds per real second; ``None`` as fast as it goes; 0 stands still but for the control door's step.
    announce
        Called with ``socket://127.0.0.1:PORT``, and a second time with ``control://127.0.0.1:PORT``.
    stop
        Set it, from any thread, to end the server.
    ready_file
        Written, whole, once the ports can be connected to: one address per line. It goes when the server ends.
    world
        A world that exists already.

    Raises
    ------
    InputError
        If a port is taken already or cannot be one, or time could never pass.
    """
    if pace == 0 and control_port is None:
        raise InputError("pace 0 is manual time: it needs a control door (--control 0), whose step lets time pass")
    shown = world or world_for(url, today=pace != 0)
    with ExitStack() as stack:
        gun_door = stack.enter_context(_listening(port, "--port"))
        addresses = [f"socket://{LOOPBACK}:{gun_door.getsockname()[1]}"]
        doors: list[Door] = []
        if control_port is not None:
            control = stack.enter_context(_listening(control_port, "--control"))
            addresses.append(f"control://{LOOPBACK}:{control.getsockname()[1]}")
            doors.append(Door(control))
            stack.callback(doors[0].close)
        pipe = TcpPipe(gun_door)
        stack.callback(pipe.close)
        pump = Pump(shown, pipe, pace=pace)
        desk = Desk(pump)
        if ready_file is not None:
            text = "\n".join(addresses) + "\n"
            _write(ready_file, text)
            stack.callback(partial(_remove, ready_file, text))
        for address in addresses:
            announce(address)
        while not stop.is_set():
            select.select([*pipe.sockets(), *(each for door in doors for each in door.sockets())], [], [], WAIT_S)
            pump.turn(0.0)
            for door in doors:
                door.turn(desk.answer)


def _write(ready_file: Path, text: str) -> None:
    """Whole or not at all: whoever waits for the file never reads half of it."""
    partial_file = ready_file.with_name(f"{ready_file.name}.{os.getpid()}.part")
    try:
        partial_file.write_text(text, encoding="utf-8")
        partial_file.replace(ready_file)
    except OSError as error:
        with suppress(OSError):
            partial_file.unlink()
        raise InputError(f"ready file {ready_file}: cannot be written ({error.strerror})") from error


def _remove(ready_file: Path, text: str) -> None:
    """Nobody answers there any more. A file that another server has written since is its own."""
    with suppress(OSError):
        if ready_file.read_text(encoding="utf-8") == text:
            ready_file.unlink()


def _listening(port: int, option: str) -> socket.socket:
    if port not in PORTS:
        raise InputError(f"{option} {port} is no TCP port: use 0 for a free one, or 1 to {PORTS[-1]}")
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((LOOPBACK, port))
    except OSError as error:
        door.close()
        raise InputError(
            f"port {port} on {LOOPBACK} cannot be had ({error.strerror}); use {option} 0 for a free one"
        ) from None
    door.listen(4)
    door.settimeout(0)
    return door


class TcpPipe:
    """One client at a time; the next one takes over, as with a cable."""

    def __init__(self, door: socket.socket) -> None:
        self._door = door
        self._client: socket.socket | None = None

    def sockets(self) -> list[socket.socket]:
        """What to wait for."""
        return [self._door] if self._client is None else [self._door, self._client]

    def take(self, wait_s: float) -> bytes:
        """Bytes from the client, if there is one: the old one's last, then the next one's."""
        ready, _, _ = select.select(self.sockets(), [], [], wait_s)
        data = self._received() if self._client in ready else b""
        if not data and self._door in ready and self._accepted():
            data = self._received()
        return data

    def give(self, data: bytes) -> None:
        """Bytes to the client; without one they are lost."""
        if self._client is not None:
            try:
                self._client.sendall(data)
            except OSError:
                self.close()

    def close(self) -> None:
        """Let the client go."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _accepted(self) -> bool:
        try:
            client, _ = self._door.accept()
        except OSError:  # it has gone before it was let in
            return False
        self.close()
        self._client = client
        client.settimeout(0)
        with suppress(OSError):  # some systems refuse it on a connection that is gone already
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return True

    def _received(self) -> bytes:
        if self._client is None:
            return b""
        try:
            data = self._client.recv(4096)
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            self.close()
        return data
