"""The control door: JSON lines on a second loopback port. It takes data only, no code, and a client cannot end it.

Each line is one object, ``{"do": "status" | "truth" | "faults" | "step" | "hand"}``, and gets one object back; what is
wrong with it is an answer too. Not responsible for the gun (``sim.world``), its port (``tcp``) or time (``pump``).
"""

from __future__ import annotations

import json
import select
import socket
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, NoReturn

from mesogun.errors import InputError, MesogunError
from sim.doors.pump import Pump
from sim.faults import Injector, from_json

MAX_LINE = 1 << 20
MAX_UNREAD = 1 << 24  # answers that a client leaves lying, before it is let go
MAX_STEP_US = 86_400_000_000  # a simulated day: a longer step would keep the server from everybody else
MAX_FORCE_MN = 60_000
MAX_DEPTH_UM = 30_000


class Door:
    """A listening socket whose clients send JSON lines and get one JSON line each."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._clients: dict[socket.socket, Client] = {}

    def sockets(self) -> list[socket.socket]:
        """What to wait for."""
        return [self._listening, *self._clients]

    def turn(self, answer: Callable[[str], str]) -> None:
        """Serve whatever is waiting; a client that breaks off is gone, and no more than that."""
        ready, _, _ = select.select(self.sockets(), [], [], 0)
        for door in ready:
            if door is self._listening:
                self._accept()
            elif not self._clients[door].read(answer):
                self._leave(door)
        for door in [door for door, client in self._clients.items() if not client.write()]:
            self._leave(door)

    def close(self) -> None:
        """Let all clients go."""
        for door in list(self._clients):
            self._leave(door)

    def _accept(self) -> None:
        try:
            door, _ = self._listening.accept()
            door.settimeout(0)
        except OSError:  # it has gone before it was let in
            return
        self._clients[door] = Client(door)

    def _leave(self, door: socket.socket) -> None:
        del self._clients[door]
        door.close()


class Client:
    """One program at the control door: what it has sent, and what it has not yet read."""

    def __init__(self, door: socket.socket) -> None:
        self._door = door
        self._sent = bytearray()
        self._unread = bytearray()

    def read(self, answer: Callable[[str], str]) -> bool:
        """Take in what came and answer every whole line; whether it is still there."""
        try:
            data = self._door.recv(65_536)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self._sent += data
        if not data or len(self._sent) > MAX_LINE:
            return False
        *lines, rest = bytes(self._sent).split(b"\n")
        self._sent[:] = rest
        for line in lines:
            self._unread += answer(line.decode("utf-8", "replace")).encode() + b"\n"
        return True

    def write(self) -> bool:
        """Send what it will take now; whether it is still there, and reads."""
        while self._unread:
            try:
                del self._unread[: self._door.send(self._unread)]
            except BlockingIOError:
                return len(self._unread) <= MAX_UNREAD
            except OSError:
                return False
        return True


class Desk:
    """What the control door can do."""

    def __init__(self, pump: Pump) -> None:
        self.world = pump.world
        self._pump = pump
        self._injectors: list[Injector] = []

    def answer(self, line: str) -> str:
        """One JSON object in, one out; an error is an answer too.

        What programs sent to the gun before the line is taken in first, and what the gun says is handed out before
        the answer: so with pace 0 the order of everything is the order in which it was sent.
        """
        self._pump.take_in()
        try:
            asked = json.loads(line, parse_constant=_no_number)
            what = asked.get("do") if isinstance(asked, dict) else None
            if not isinstance(what, str) or what not in DESK:
                raise InputError(f"say what to do, one of: {', '.join(sorted(DESK))}")
            with self.world.lock:
                told = DESK[what](self, asked)
        except RecursionError:
            return _refusal("this JSON is nested too deeply")
        except json.JSONDecodeError as error:
            return _refusal(f"not JSON: {error}")
        except (MesogunError, ValueError, TypeError, KeyError, OverflowError) as error:
            return _refusal(str(error))
        finally:
            self._pump.settle()
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
        self._pump.step(_whole(asked, "us", MAX_STEP_US, "a simulated day"))
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
        """Move the trigger, the nose, the syringe, the battery, the depth stop or the power switch by hand."""
        gun = self.world.gun
        force_mn = _whole({"force_mn": 3_000} | asked, "force_mn", MAX_FORCE_MN, "60 N")
        depth_um = _whole({"depth_um": 0} | asked, "depth_um", MAX_DEPTH_UM, "30 mm")
        moves: dict[str, Callable[[], None]] = {
            "press": gun.press,
            "release": gun.release,
            "touch": lambda: gun.touch(force_mn),
            "lift": lambda: gun.touch(0),
            "syringe": gun.change_syringe,
            "battery": gun.charge,
            "stop": lambda: gun.set_stop(depth_um),
            "power_off": gun.power_off,
            "power_on": gun.power_on,
        }
        move = asked.get("move")
        if not isinstance(move, str) or move not in moves:
            raise InputError(f"say which move, one of: {', '.join(sorted(moves))}")
        moves[move]()
        return {}


def _refusal(why: str) -> str:
    return json.dumps({"ok": False, "error": why})


def _no_number(text: str) -> NoReturn:
    raise InputError(f"{text} is no number of JSON")


def _whole(asked: dict[str, Any], key: str, most: int, told: str) -> int:
    """A whole number from 0 to a bound; never rounded, never cut off."""
    value = asked.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise InputError(f"{key} must be a whole number from 0 to {most} ({told}), not {str(value)[:40]}")
    return value


DESK: dict[str, Callable[[Desk, dict[str, Any]], dict[str, Any]]] = {
    "status": Desk.status,
    "truth": Desk.truth,
    "step": Desk.step,
    "faults": Desk.faults,
    "hand": Desk.hand,
}
