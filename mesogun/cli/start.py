"""``mesogun`` alone: the dashboard's start screen. A composition root: it may see ``tui``.

Not responsible for what the screen offers: it hands back the command that was chosen, and that command is run.
"""

from __future__ import annotations

from mesogun.cli import places


def chosen_command() -> tuple[str, ...] | None:
    """Open the start screen; the arguments of the command that was chosen, or ``None``."""
    from tui import look, run_start

    state, journal = places.state_folder(), places.journal_url(None)
    return run_start(state=state, journal=journal, limits=places.limits_file(), settings=look(places.look_file()))
