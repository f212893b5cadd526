"""A gun for the length of a command: a short thread switch interval, and what passes in a file if that was asked for.

Not responsible for ports (``mesogun.link``) or for what a capture holds (``mesogun.link.capture``).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from mesogun.clock import Clock
from mesogun.gun import Gun, connect
from mesogun.link import Transport, open_port
from mesogun.wire.host import KeySource

SWITCH_S = 0.0005
"""How long a thread that computes may keep the interpreter from the one that writes STOP; Python's own is 5 ms."""

CAPTURE = click.option(
    "--capture",
    type=click.Path(path_type=Path),
    help="Write all that passes between here and the gun to this new file.",
)


@contextmanager
def held(port: str, keys: KeySource, capture: Path | None = None) -> Iterator[Gun]:
    """The gun at ``port``, greeted; given back at the end."""
    with prompt(), connect(opener(capture)(port), keys=keys) as gun:
        yield gun


@contextmanager
def prompt() -> Iterator[None]:
    """Threads take turns often enough for STOP; only while a gun is held, and as it was before afterwards."""
    before_s = sys.getswitchinterval()
    sys.setswitchinterval(min(before_s, SWITCH_S))
    try:
        yield
    finally:
        sys.setswitchinterval(before_s)


def opener(capture: Path | None) -> Callable[[str], tuple[Transport, Clock]]:
    """Opens ports; the first goes to the capture file, the second to the same name with ``.2`` behind it, and so on."""
    opened = 0

    def open_it(url: str) -> tuple[Transport, Clock]:
        nonlocal opened
        found = open_port(url)
        if capture is None:
            return found
        from mesogun.link.capture import capturing

        opened += 1
        return capturing(found, capture if opened == 1 else capture.with_name(f"{capture.name}.{opened}"))

    return open_it
