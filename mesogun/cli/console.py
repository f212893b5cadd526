"""Who answers a treatment's questions where there is no dashboard: a person at a terminal, a file, or ``--yes``.

Not responsible for what is shown (``mesogun.cli.fronts``) or for what an answer does (``mesogun.treatment``).
"""

from __future__ import annotations

import sys
from collections import deque

import click

from mesogun.treatment import NameSyringe, Order


class Console:
    """Answers questions, and orders what an answer makes necessary.

    ``yes`` stands in for a person, on a simulated gun only; ``armed_by_file`` says that an answers file has confirmed
    the plan. ``syringe`` names the lot of the syringe that is in the gun, which says that it is in place, once.
    """

    def __init__(self, *, yes: bool, armed_by_file: bool, syringe: NameSyringe | None = None) -> None:
        self._yes = yes
        self._armed_by_file = armed_by_file
        self._in_place = syringe is not None
        self._orders: deque[Order] = deque([] if syringe is None else [syringe])

    def order(self) -> Order | None:
        """The next order, once."""
        return self._orders.popleft() if self._orders else None

    def answer(self, what: str, text: str) -> bool:
        """Yes or no; without a person only what needs none is a yes."""
        if what == "finish":
            return True  # nothing can be ordered here once all is given
        if self._yes or (self._armed_by_file and what == "arm"):
            return True
        if what == "syringe" and self._in_place:
            self._in_place = False
            return True
        if not sys.stdin.isatty():
            return False
        said = click.confirm(text, err=True)
        if what == "lot" and not said:
            lot = click.prompt("Lot on the vial", err=True)
            self._orders.append(NameSyringe(lot, click.prompt("Expiry (YYYY-MM-DD, YYYY-MM or YYMMDD)", err=True)))
        return said
