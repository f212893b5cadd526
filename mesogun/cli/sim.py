"""``mesogun sim``: the simulated gun on a port of its own. A composition root: it may see ``sim``.

Not responsible for simulating anything.
"""

from __future__ import annotations

import signal
import threading

import click

from mesogun.errors import InputError


@click.group()
def sim() -> None:
    """The simulated gun on a port of its own."""


@sim.command()
@click.option("--pty", is_flag=True, help="Serve on a pseudo-terminal (POSIX).")
@click.option("--profile", default="standard", show_default=True, help="Which gun.")
@click.option("--seed", type=int, help="Repeat a run; random by default.")
@click.option("--pace", default="1", show_default=True, help="Speed of time: 1, 10, ... or max.")
@click.option("--hand/--no-hand", default=True, help="With a simulated hand that works through the magazine.")
@click.option("--nvm", help="File that keeps the gun's memory between runs.")
def serve(pty: bool, profile: str, seed: int | None, pace: str, hand: bool, nvm: str | None) -> None:
    """Serve a simulated gun until interrupted; the first line on standard output is its port."""
    if not pty:
        raise InputError("say where to serve: mesogun sim serve --pty")
    from urllib.parse import urlencode

    from sim.doors.serve import serve_pty

    stop = threading.Event()
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda *_: stop.set())
    options: dict[str, str] = {}
    if seed is not None:
        options["seed"] = str(seed)
    if not hand:
        options["hand"] = "none"
    if nvm is not None:
        options["nvm"] = nvm
    query = f"?{urlencode(options)}" if options else ""
    serve_pty(f"sim://{profile}{query}", pace=pace_of(pace), announce=click.echo, stop=stop)


def pace_of(text: str) -> float | None:
    """Simulated seconds per real second; ``None`` for as fast as it goes."""
    if text == "max":
        return None
    try:
        pace = float(text)
    except ValueError:
        pace = 0.0
    if not 0 < pace < 1e6:
        raise InputError(f"--pace {text}: say max, or a number above 0 such as 1 or 10")
    return pace
