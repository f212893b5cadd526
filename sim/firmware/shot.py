"""One programmed shot, the shot under way, and who watches: plain values between the parts of the firmware.

Not responsible for what happens to them (``core``, ``stroke``, ``machine``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from mesogun.wire.values import quick
from sim.firmware.judge import Readings
from sim.firmware.shotlog import Closing, Intent
from sim.firmware.table import Phase


@quick
@dataclass(frozen=True, slots=True)
class Entry:
    """One programmed shot in the magazine."""

    entry_no: int
    treatment_ref: int
    point_index: int
    kind: int
    volume_nl: int
    depth_um: int


@dataclass(slots=True)
class Shot:
    """The shot under way."""

    intent: Intent
    stroke_nl: float = 0.0  # how far the screw goes for it, by the calibration in force
    planned_us: int = 0
    started_us: int = 0
    encoder_start: float = 0.0
    flags: int = 0
    whole: bool = False
    occluded: bool = False
    relieved: bool = False
    contact_mn: int = 0
    fault: int = 0
    disarm: bool = False
    doubtful: bool = False
    waited_us: int = 0
    motor_us: int = 0
    relief_start_nl: float = 0.0  # where the screw stood when it began to go back
    back_nl: float = 0.0  # how far it went back
    idle_nl: float = 0.0  # the part of it that let no pressure off
    seen: Readings = field(default_factory=Readings)


class Witness(Protocol):
    """Who watches the gun from outside, without the gun knowing: the truth ledger, the hand, invariants."""

    def phase_changed(self, before: Phase, after: Phase, /) -> None:
        """The gun is in another phase."""

    def intended(self, intent: Intent, /) -> None:
        """A shot is about to move the piston."""

    def closed(self, intent: Intent, closing: Closing, /) -> None:
        """A record is complete."""
