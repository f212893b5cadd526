"""What a simulated run may not touch, each with what to use instead; and who may touch it all the same.

Each is a function that is looked up by name: while a fence is up, a guard stands in its place. Where there is a
choice, the place is one that every way in ends at (``socket.socket.__init__``, the generator behind ``randint``), so
that it does not matter how a name was imported. Audit events would see as much, but the interpreter raises one for
every attribute of a frozen value too: with a hook, the whole stack needed 6 % more instructions.

Not responsible for putting anything up or down (``sim.fence``).
"""

from __future__ import annotations

import _thread
import os
import random
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

CLOCK = "ask the clock that came with the transport: gun.clock.monotonic_us(), gun.clock.utc()"
PASS = "let virtual time pass: gun.clock.sleep_us, sim_world.run_for"  # noqa: S105 - a hint, no secret
STREAM = "take a stream of the seed: streams.fork(label)"
EVENT = "schedule an event of the world: kernel.after"
LINE = "use the world's own line (sim.doors), or a server in real time (sim_gun_server)"
PROGRAM = "start programs before or behind the run, or beside a server in real time (sim_gun_server)"

_CLOCKS = (
    "time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time",
    "process_time_ns", "thread_time", "thread_time_ns", "clock_gettime", "clock_gettime_ns",
)  # fmt: skip
_NOW_WITHOUT = {"localtime": 0, "gmtime": 0, "ctime": 0, "asctime": 0, "strftime": 1}  # the argument that says when

_THREADS: tuple[tuple[Any, str], ...] = (
    (threading, "_start_new_thread"),
    (threading, "_start_joinable_thread"),
    (_thread, "start_new_thread"),
    (_thread, "start_joinable_thread"),
)
_SOCKETS = {
    "__init__": "making a socket",
    "connect": "connecting a socket",
    "connect_ex": "connecting a socket",
    "bind": "binding a socket",
    "sendto": "sending on a socket",
}
_NUMPY_BESIDE = ("seed", "sample", "ranf")
_PROGRAMS = ("system", "fork", "exec", "spawn", "posix_spawn", "startfile")

WATCHERS = frozenset(
    {"_pytest", "coverage", "execnet", "hypothesis", "logging", "pluggy", "pytest", "pytest_timeout", "xdist"}
)
"""Packages that may look at the real world inside a run: they record or drive a test, and decide nothing in its world.
"""

CARRIERS = frozenset({"random", "secrets", "socket", "subprocess", "threading", "uuid"})
"""Modules that only carry out what their caller asked for: the caller is judged."""


@dataclass(frozen=True, slots=True)
class Place:
    """One function: where it is looked up, what to use instead, and which calls of it are meant."""

    holder: Any
    name: str
    what: str
    hint: str
    meant: Callable[[tuple[Any, ...], dict[str, Any]], bool] | None = None  # all calls, when there is none


def places() -> list[Place]:
    """Every function of the standard library to guard."""
    found = [Place(time, name, f"time.{name}", CLOCK) for name in _CLOCKS if hasattr(time, name)]
    found += [Place(time, name, f"time.{name}", CLOCK, _lacks(at)) for name, at in _NOW_WITHOUT.items()]
    found.append(Place(time, "sleep", "time.sleep", PASS))
    found += [
        Place(random, name, f"random.{name}", STREAM)
        for name in random.__all__
        if getattr(getattr(random, name), "__self__", None) is _SHARED
    ]
    found += [Place(_SHARED, name, f"random.{name}", STREAM) for name in ("random", "getrandbits")]
    found.append(Place(random, "_urandom", "random.SystemRandom or secrets", STREAM))
    found += [Place(os, name, f"os.{name}", STREAM) for name in ("urandom", "getrandom") if hasattr(os, name)]
    found.append(Place(uuid, "uuid1", "uuid.uuid1", STREAM))
    found += [
        Place(holder, name, "starting a thread", EVENT)
        for holder, name in _THREADS
        if hasattr(holder, name)  # another one from Python 3.13 on
    ]
    found.append(Place(threading.Condition, "wait", "waiting for another thread", EVENT))
    found += [Place(socket.socket, name, what, LINE) for name, what in _SOCKETS.items()]
    found += [Place(socket, name, "looking up an address", LINE) for name in ("getaddrinfo", "gethostbyname")]
    found.append(Place(subprocess.Popen, "__init__", "starting a program", PROGRAM))
    found += [Place(os, name, f"os.{name}", PROGRAM) for name in dir(os) if name.startswith(_PROGRAMS)]
    return found


_SHARED = random._inst


def places_of_numpy(numpy_random: Any) -> list[Place]:
    """The old functions of ``numpy.random``, which share one generator; none while nothing has loaded it whole."""
    shared = getattr(getattr(numpy_random, "mtrand", None), "_rand", None)
    if shared is None:
        return []
    names = [name for name in dir(numpy_random) if getattr(getattr(numpy_random, name), "__self__", None) is shared]
    found = [Place(numpy_random, name, f"numpy.random.{name}", STREAM) for name in (*names, *_NUMPY_BESIDE)]
    found.append(Place(numpy_random, "default_rng", "numpy.random.default_rng without a seed", STREAM, _lacks(0)))
    return found


def _lacks(at: int) -> Callable[[tuple[Any, ...], dict[str, Any]], bool]:
    """Whether a call leaves out its argument number ``at``, or says ``None``."""

    def lacks(values: tuple[Any, ...], named: dict[str, Any]) -> bool:
        given = values[at] if len(values) > at else next(iter(named.values()), None)
        return given is None

    return lacks
