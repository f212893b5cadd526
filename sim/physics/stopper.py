"""The stopper's friction, and the give of the drive that pushes it: break-loose, jump, glide.

The drive (screw, rod, rubber) is a spring between the screw and the stopper, and friction holds its far end. How far
the screw is ahead of the stopper is counted in nL at the piston, A F / k for a force F. A stroke first loads the
spring until the stopper breaks loose; then it jumps by what gliding needs less, and glides (Stribeck's curve)::

    F(v)    = Fglide + (Ffresh - Fglide) exp(-(v / vs)^2)             gliding
    F(rest) = Ffresh + (Fbreak - Ffresh) (1 - exp(-rest / T))         at rest; rubber creeps into the wall

What the pressure does to the drive is in the measured compliance already; this is what friction does to it. It holds
back what it gives later: only the first stroke behind a fresh syringe or a way back loses by it. Not responsible for
the screw's play (``plant``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.physics.profile import Profile


@dataclass(frozen=True, slots=True)
class Stopper:
    """Friction of one syringe in one drive, every force as nL of the drive's give."""

    glide: float
    fresh: float
    aged: float
    ageing_s: float
    stribeck_nl_s: float

    @classmethod
    def of(cls, profile: Profile) -> Stopper:
        """The stopper of a profile."""
        give = profile.give_nl_per_n
        return cls(
            give * profile["stopper.glide_n"],
            give * profile["stopper.fresh_n"],
            give * profile["stopper.break_loose_n"],
            profile["stopper.ageing_s"],
            profile["stopper.stribeck_mm_s"] * profile.bore_area_mm2 * 1e3,
        )

    def gliding_nl(self, flow: float) -> float:
        """How far the screw is ahead while the stopper glides at a flow, nL/s."""
        share = flow / self.stribeck_nl_s
        return self.glide + (self.fresh - self.glide) * math.exp(-share * share)

    def grip_nl(self, rest_s: float) -> float:
        """How far the screw must be ahead for the stopper to break loose after a rest."""
        return self.fresh + (self.aged - self.fresh) * -math.expm1(-rest_s / self.ageing_s)
