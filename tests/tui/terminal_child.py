"""Runs the live dashboard on a scripted treatment, in a process of its own: started by ``test_terminal``.

Arguments: a file for reports, and what the treatment does (``treat`` or ``crash``).
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from mesogun.errors import LinkLost
from mesogun.treatment import FrontEnd, Wish
from tests.tui import scenes
from tui import Look, run_live
from tui.app import Dashboard


def main() -> None:
    reports, what = Path(sys.argv[1]), sys.argv[2]
    stopped: list[float] = []

    def report(words: str) -> None:
        with reports.open("a") as file:
            file.write(f"{time.monotonic():.6f} {words}\n")

    def stop() -> None:
        stopped.append(time.monotonic())
        report("stop")

    def start(front: FrontEnd) -> None:
        done, pace = 0, threading.Event()
        while not stopped and front.wish() is not Wish.END:
            front.show(scenes.snapshot(done % 70, clock_us=1_000_000 + 1000 * done))
            token = front.token()
            if token is not None:
                report(f"token {token.gun_clock_us}")
            done += 1
            report("round")
            if what == "crash" and done == 40:
                setattr(Dashboard, "_draw", _broken)  # noqa: B010 -- the fault is put in from outside
            pace.wait(0.02)
        report("runner ended")
        if stopped:
            raise LinkLost("stopped by the operator")

    try:
        run_live(start, stop, plan=scenes.PLAN, title="test", limits=scenes.LIMITS, settings=Look(bell=False))
    except LinkLost:
        report("left after stop")


def _broken(*_: object) -> None:
    raise RuntimeError("a fault in the screen")


if __name__ == "__main__":
    main()
