"""The fence: inside a simulated run, the simulating thread may not touch wall clock, threads, sockets or global random.

Whatever a simulation looks up instead of being handed makes it unrepeatable; with the fence up it raises, with a hint.
It stands around every campaign treatment and sweep, and around the body of a test that uses ``sim_gun`` or
``sim_world``. Other threads of the process (a test runner's watchdog) are left alone, as are those who only watch
(``forbidden.WATCHERS``) and the loading of modules.

What it cannot see: ``datetime.now`` and ``utcnow`` (methods of a C type that reads the clock itself), a clock imported
by name before, a lock of another thread, a file or socket that was open before. For mesogun's own code a static check
in ``tests/sim/test_fence.py`` closes the first two.

Not responsible for what is out of bounds (``sim.forbidden``), nor for pacing doors and servers, which live on real time
by design and are never fenced.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from sim.forbidden import CARRIERS, WATCHERS, Place, places, places_of_numpy


class FenceError(RuntimeError):
    """Something in a simulated run reached for the real world."""


_get_ident = threading.get_ident
_change = threading.Lock()
_inside: dict[int, int] = {}  # thread -> modules that were being loaded when its fence went up
_guards: list[Guard] = []
_numpy: list[Guard] = []  # since something has loaded it
_fences = 0
_CARRIERS = CARRIERS | {__name__}


@contextmanager
def fenced(namespace: dict[str, Any] | None = None) -> Iterator[None]:
    """Put the fence up around a block, for the calling thread only; fences may be nested.

    Parameters
    ----------
    namespace
        Globals of a module whose names were bound before (``from time import monotonic``): guarded there too.
    """
    owner = _get_ident()
    outer = _inside.get(owner)
    _up()
    swapped = _swap(namespace) if namespace is not None else {}
    _inside[owner] = _loading(sys._getframe()) if outer is None else outer
    try:
        yield
    finally:
        if outer is None:
            del _inside[owner]
        for name, guard in swapped.items():
            if namespace is not None and namespace.get(name) is guard.stand_in:
                namespace[name] = guard.original
        _down()


@contextmanager
def gate() -> Iterator[None]:
    """A way through for what belongs to the real world by design, such as a journal on disk. Keep it short."""
    owner = _get_ident()
    held = _inside.pop(owner, None)
    try:
        yield
    finally:
        if held is not None:
            _inside[owner] = held


class Guard:
    """Stands where a function was. A class and not a function, so that a class body that takes it gets no method."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.original: Callable[..., Any] = getattr(place.holder, place.name)
        self._own = place.name in vars(place.holder)  # and not of a class behind it
        # a method of a class has to be bound, which only a function is
        self.stand_in: Any = _as_method(self) if isinstance(place.holder, type) else self

    def __call__(self, *values: Any, **named: Any) -> Any:
        """Refuse the simulating thread; serve everybody else."""
        if _get_ident() in _inside and (self.place.meant is None or self.place.meant(values, named)):
            _refuse(self.place.what, self.place.hint)
        return self.original(*values, **named)

    def put(self) -> None:
        """Stand there; whatever stands there now is what is called for others."""
        holder, name = self.place.holder, self.place.name
        now = getattr(holder, name)
        if now is not self.stand_in:
            self.original = now
            setattr(holder, name, self.stand_in)

    def take_away(self) -> None:
        """Give the place back, unless somebody else has taken it meanwhile."""
        holder, name = self.place.holder, self.place.name
        if getattr(holder, name) is self.stand_in:
            if self._own:
                setattr(holder, name, self.original)
            else:
                delattr(holder, name)


def _as_method(guard: Guard) -> Callable[..., Any]:
    def stand_in(*values: Any, **named: Any) -> Any:
        return guard(*values, **named)

    return stand_in


def _up() -> None:
    global _fences  # noqa: PLW0603 - one interpreter, one fence
    with _change:
        _fences += 1
        if _fences > 1:
            return
        if not _guards:
            _guards.extend(map(Guard, places()))
        if not _numpy:
            _numpy.extend(map(Guard, places_of_numpy(sys.modules.get("numpy.random"))))
        for guard in (*_guards, *_numpy):
            guard.put()


def _down() -> None:
    global _fences  # noqa: PLW0603 - one interpreter, one fence
    with _change:
        _fences -= 1
        if _fences == 0:
            for guard in (*_guards, *_numpy):
                guard.take_away()


def _swap(namespace: dict[str, Any]) -> dict[str, Guard]:
    by_original = {id(guard.original): guard for guard in (*_guards, *_numpy)}
    found = {name: by_original[id(value)] for name, value in namespace.items() if id(value) in by_original}
    for name, guard in found.items():
        namespace[name] = guard.stand_in
    return found


def _refuse(what: str, hint: str) -> None:
    frame = sys._getframe(1)
    if _loading(frame) > _inside[_get_ident()]:
        return  # a module is being loaded: what it looks at decides nothing in the world
    asking: FrameType | None = frame
    while asking is not None and (name := asking.f_globals.get("__name__", "")) in _CARRIERS:
        asking = asking.f_back
    if asking is None or name.partition(".")[0] not in WATCHERS:
        raise FenceError(f"{what} inside a simulated run makes it unrepeatable; {hint}")


def _loading(frame: FrameType | None) -> int:
    """How many modules are being loaded in this stack."""
    count = 0
    while frame is not None:
        count += frame.f_code.co_filename == "<frozen importlib._bootstrap>"
        frame = frame.f_back
    return count
