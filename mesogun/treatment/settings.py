"""How a treatment is paced. Not responsible for what a gun allows: it refuses what it cannot do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """How a treatment is paced; the defaults suit a hand at 2-3 shots a second.

    ``lease_ms`` is the host-side wish and must lie in the gun's range; ``lead`` 1 means that every shot is on the
    screen before the next can be fired (G13).
    """

    lease_ms: int = 2_000
    lead: int = 1
    magazine_depth: int = 6
    poll_ms: int = 50
    syringe_wait_ms: int = 600_000
