"""``mesogun`` alone: the dashboard's start screen. A composition root: it may see ``tui``.

Not responsible for what the screen offers.
"""

from __future__ import annotations


def open_start() -> None:
    """Open the start screen."""
    from tui import run_start

    run_start()
