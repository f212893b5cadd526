"""The technician's side of a calibration: what a terminal, a screen or a script has to answer, and what it is told.

Not responsible for any particular front end, nor for what is asked when (``procedure``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from mesogun.calibration.steps import Step


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
    """The technician's side of a run: a terminal, or a script that answers for a person."""

    def environment(self, step: Step) -> tuple[str, str, str, str]:
        """Water, air (°C), pressure (kPa), humidity (%), as decimal text."""
        ...

    def person(self, step: Step) -> bool:
        """Ask a person to do something; ``False`` if it was not done."""
        ...

    def told(self, line: str) -> None:
        """One line that a person should see now."""
        ...

    def progress(self, progress: Progress) -> None:
        """A step is about to begin, or something about it is to be known."""
        ...
