"""What the runner shows and what it asks: the seam between a treatment and a screen, a log or a test.

A front end paints snapshots and mints painted tokens *after* the picture has left (H12); it answers questions and
states what the operator wants. Not responsible for deciding anything about doses.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from mesogun.record import TreatmentState
from mesogun.wire.messages import Status
from mesogun.wire.values import quick


class Wish(StrEnum):
    """What the operator wants now."""

    RUN = "run"
    PAUSE = "pause"
    END = "end"


class Phase(StrEnum):
    """Where the treatment stands, for people."""

    CONNECTING = "connecting"
    PRIMING = "priming"
    TREATING = "treating"
    PAUSED = "paused"
    SYRINGE = "change the syringe"
    FAULT = "fault"
    ENDED = "ended"


@quick
@dataclass(frozen=True, slots=True)
class Token:
    """Proof that a screen showed the gun as of ``gun_clock_us`` with all shots up to ``shot_no`` (G13, H12)."""

    gun_clock_us: int
    shot_no: int


@quick
@dataclass(frozen=True, slots=True)
class Snapshot:
    """What there is to show: the recorded state and the gun's newest word, with the host time it was read."""

    treatment: str
    phase: Phase
    state: TreatmentState
    status: Status | None
    shot_no: int
    read_at_us: int

    def token(self) -> Token | None:
        """The token for whoever has painted this snapshot; ``None`` before the gun has spoken."""
        return None if self.status is None else Token(self.status.gun_clock_us, self.shot_no)


class FrontEnd(Protocol):
    """A screen, a log, or a test."""

    def show(self, snapshot: Snapshot) -> None:
        """Take the newest snapshot; must not block for long."""
        ...

    def token(self) -> Token | None:
        """The newest painted token that was not handed out before; ``None`` if nothing new was painted."""
        ...

    def wish(self) -> Wish:
        """What the operator wants now."""
        ...

    def confirm(self, what: str, text: str) -> bool | None:
        """Ask the operator, without blocking for long; ``None`` while there is no answer yet.

        ``what`` is ``arm``, ``rearm``, ``syringe``, ``lot``, ``fault`` or ``finish``; ``text`` is the question in
        words. To ``lot`` (is it the same lot as before?) a no promises an order that names another one. To ``finish``
        a no is no end: the question comes again while nothing is ordered.
        """
        ...
