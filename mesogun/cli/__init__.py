"""The ``mesogun`` command: a composition root. Loads nothing heavy until a command needs it.

Not responsible for any logic: each command reads options, calls a package, and prints. Data goes to stdout, messages
to stderr; the exit codes are those of ``mesogun.errors``.
"""

from __future__ import annotations


def main() -> None:
    """Run the command line and exit."""
    from mesogun.cli.root import run

    raise SystemExit(run())
