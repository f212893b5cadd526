"""Servers on loopback TCP: the gun on one port, and a control door (JSON lines) on another. Never beyond loopback.

The control door takes data only, no code: ``{"do": "status" | "truth" | "faults" | "step" | "press" | ...}``. Not
deterministic while time runs with the real clock; ``pace 0`` lets time move only when the control door says so.

Not responsible for the gun (``sim.world``) or for moving bytes (``pump``).
"""

from __future__ import annotations

import json
import select
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mesogun.errors import InputError, MesogunError
from sim.doors.pump import WAIT_S, Pump
from sim.doors.serve import world_for
from sim.faults import Injector, from_json
from sim.world import World

LOOPBACK = "127.0.0.1"
MAX_LINE = 1 << 20


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
        Simulated seconds per real second; ``None`` as fast as it goes.
    announce
        Called with ``socket://127.0.0.1:PORT``, and a second time with ``control://127.0.0.1:PORT``.
    stop
        Set it, from any thread, to end the server.
    ready_file
        Written, whole, once the ports can be connected to: one address per line.
    world
        A world that exists already.

    Raises
    ------
    InputError
        If a port is taken already.
    """
    shown = world or world_for(url)
    with ExitStack() as stack:
        gun_door = stack.enter_context(_listening(port))
        addresses = [f"socket://{LOOPBACK}:{gun_door.getsockname()[1]}"]
        doors: list[Door] = []
        if control_port is not None:
            control = stack.enter_context(_listening(control_port))
            addresses.append(f"control://{LOOPBACK}:{control.getsockname()[1]}")
            doors.append(Door(control))
        if ready_file is not None:
            partial = ready_file.with_name(ready_file.name + ".part")
            partial.write_text("\n".join(addresses) + "\n", encoding="utf-8")
            partial.replace(ready_file)
        for address in addresses:
            announce(address)
        pipe = TcpPipe(gun_door)
        stack.callback(pipe.close)
        pump = Pump(shown, pipe, pace=pace)
        desk = Desk(shown)
        while not stop.is_set():
            pump.turn(WAIT_S)
            for door in doors:
                door.turn(desk.answer)


def _listening(port: int) -> socket.socket:
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((LOOPBACK, port))
    except OSError as error:
        door.close()
        raise InputError(
            f"port {port} on {LOOPBACK} cannot be had ({error.strerror}); use --port 0 for a free one"
        ) from None
    door.listen(4)
    door.settimeout(0)
    return door


class TcpPipe:
    """One client at a time; the next one takes over, as with a cable."""

    def __init__(self, door: socket.socket) -> None:
        self._door = door
        self._client: socket.socket | None = None

    def take(self, wait_s: float) -> bytes:
        """Bytes from the client, if there is one."""
        watched = [self._door] if self._client is None else [self._door, self._client]
        ready, _, _ = select.select(watched, [], [], wait_s)
        if self._door in ready:
            self.close()
            self._client, _ = self._door.accept()
            self._client.settimeout(0)
            self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        elif ready and self._client is not None:
            try:
                data = self._client.recv(4096)
            except OSError:
                data = b""
            if data:
                return data
            self.close()
        return b""

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


class Door:
    """A listening socket whose clients send JSON lines and get one JSON line each."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._clients: dict[socket.socket, bytearray] = {}

    def turn(self, answer: Callable[[str], str]) -> None:
        """Serve whatever is waiting."""
        ready, _, _ = select.select([self._listening, *self._clients], [], [], 0)
        for door in ready:
            if door is self._listening:
                client, _ = self._listening.accept()
                self._clients[client] = bytearray()
            else:
                self._serve(door, answer)

    def _serve(self, client: socket.socket, answer: Callable[[str], str]) -> None:
        try:
            data = client.recv(65_536)
        except OSError:
            data = b""
        buffer = self._clients[client]
        buffer += data
        if not data or len(buffer) > MAX_LINE:
            del self._clients[client]
            client.close()
            return
        while b"\n" in buffer:
            line, _, rest = bytes(buffer).partition(b"\n")
            buffer[:] = rest
            client.sendall(answer(line.decode("utf-8", "replace")).encode() + b"\n")


class Desk:
    """What the control door can do."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._injectors: list[Injector] = []

    def answer(self, line: str) -> str:
        """One JSON object in, one out; an error is an answer too."""
        try:
            asked = json.loads(line)
            if not isinstance(asked, dict) or asked.get("do") not in DESK:
                raise InputError(f"say what to do, one of: {', '.join(sorted(DESK))}")
            with self.world.lock:
                told = DESK[asked["do"]](self, asked)
        except (MesogunError, ValueError, TypeError, KeyError) as error:
            return json.dumps({"ok": False, "error": str(error)})
        return json.dumps({"ok": True, **told})

    def status(self, _: dict[str, Any]) -> dict[str, Any]:
        """Phase, time, seed, trace."""
        machine = self.world.gun.machine
        return {
            "seed": self.world.seed,
            "time_us": self.world.kernel.now_us,
            "phase": machine.phase.value,
            "fault": machine.fault.name,
            "magazine": len(machine.magazine),
            "trace": self.world.kernel.trace_hash(),
        }

    def truth(self, _: dict[str, Any]) -> dict[str, Any]:
        """What really happened."""
        truth = self.world.truth
        return {
            "dispensed_nl": truth.dispensed_nl,
            "delivered_nl": truth.delivered_nl,
            "wasted_nl": truth.wasted_nl,
            "shots": [asdict(shot) for shot in truth.per_shot],
        }

    def step(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Let virtual time pass at once."""
        self.world.kernel.run_for(int(asked["us"]))
        return {"time_us": self.world.kernel.now_us}

    def faults(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Add a fault plan, or only report; every fault says whether it fired."""
        if "plan" in asked:
            plan = from_json(json.dumps(asked["plan"]))
            if any(fault.name.startswith("host.") for fault in plan.faults):
                raise InputError("faults of the host are yours to make: the host is your own program")
            self._injectors.append(Injector(self.world, plan))
        reports = [report for injector in self._injectors for report in injector.reports()]
        return {"faults": [{"fault": report.fault.name, "fired_us": report.fired_us} for report in reports]}

    def hand(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Move the trigger, the nose, the syringe or the power switch by hand."""
        gun = self.world.gun
        moves: dict[str, Callable[[], None]] = {
            "press": gun.press,
            "release": gun.release,
            "touch": lambda: gun.touch(int(asked.get("force_mn", 3_000))),
            "lift": lambda: gun.touch(0),
            "syringe": gun.change_syringe,
            "power_off": gun.power_off,
            "power_on": gun.power_on,
        }
        if asked.get("move") not in moves:
            raise InputError(f"say which move, one of: {', '.join(sorted(moves))}")
        moves[asked["move"]]()
        return {}


DESK: dict[str, Callable[[Desk, dict[str, Any]], dict[str, Any]]] = {
    "status": Desk.status,
    "truth": Desk.truth,
    "step": Desk.step,
    "faults": Desk.faults,
    "hand": Desk.hand,
}
