"""What comes out of a path that was under pressure and is opened: closed form, for comparison with the textbook value.

Post-occlusion bolus = threshold x compliance (IEC 60601-2-24 calls it the unintended bolus).

Not responsible for running a scenario (``runs``).
"""

from __future__ import annotations

from sim.physics.fluid import Path, advance
from sim.physics.profile import Profile


def release(profile: Profile, pressure_kpa: float) -> float:
    """Volume in nL that leaves into air when the pressure is let go through the needles: twenty time constants."""
    resistance = profile.needle_kpa_s_per_nl() / profile["needle.count"]
    path = Path(resistance, profile.compliance_nl_per_kpa)
    _, left, _ = advance(path, pressure_kpa, 0.0, 0.0, 20 * profile.tau_s)
    return left
