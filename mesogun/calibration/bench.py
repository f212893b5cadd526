"""The technician's side of a calibration: what a terminal, a screen or a script has to answer, and what it is told.

Not responsible for any particular front end, nor for what is asked when (``procedure``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from mesogun.calibration.steps import Step
from mesogun.wire.messages import Status


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands; ``left_s`` is what is still to do by the estimate."""

    run: str
    step: int
    steps: int
    name: str
    left_s: int
    note: str = ""


class Bench(Protocol):
    """The technician's side of a run: a terminal, a screen, or a script that answers for a person."""

    def environment(self, step: Step) -> tuple[str, str, str, str]:
        """Water, air (°C), pressure (kPa), humidity (%), as decimal text."""
        ...

    def person(self, step: Step) -> bool:
        """Ask a person to do something; ``False`` if it was not done."""
        ...

    def confirm(self, what: str, text: str) -> bool:
        """Ask a person, until there is an answer; anything but a clear yes is ``False``.

        ``what``: ``arm`` (once for a run, and once when it is gone on with), ``syringe`` (arm again, with a full one in
        place), ``rearm`` (after the gun has disarmed by itself), ``fault`` (is its cause removed?) or ``contact`` (a
        shot saw skin). A script may answer the first two only.
        """
        ...

    def shown(self, status: Status) -> bool:
        """Show the gun's newest word; ``True`` only once it has left, written and flushed or painted (H12).

        A lease begins and is renewed with the clock of a word that was shown: whoever stops showing disarms the gun.
        """
        ...

    def told(self, line: str) -> None:
        """One line that a person should see now."""
        ...

    def progress(self, progress: Progress) -> None:
        """A step is about to begin, or something about it is to be known."""
        ...
