"""Whether there is a terminal to draw on. Not responsible for drawing."""

from __future__ import annotations

import sys

from mesogun.errors import InputError


def must_be_terminal() -> None:
    """Refuse to draw where nobody can look or type (``InputError``)."""
    streams = (sys.__stdin__, sys.__stderr__)
    if not all(stream is not None and stream.isatty() for stream in streams):
        raise InputError(
            "dashboard: standard input and standard error must be a terminal, and one of them is not;"
            " use --plain or --json, or leave the redirection away"
        )
