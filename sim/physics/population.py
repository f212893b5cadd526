"""A population of guns: what one profile looks like when fifty of them are built. Seeded.

Spreads are assumptions (grade C): relative standard deviations of what manufacture and wear leave open. Not
responsible for the profiles themselves.
"""

from __future__ import annotations

from sim.kernel import Stream
from sim.physics.profile import Profile

SPREADS = {
    "syringe.compliance_ul_per_bar": 0.15,
    "needle.bore_mm": 0.02,
    "screw.backlash_um": 0.25,
    "screw.stiffness_n_per_mm": 0.2,
    "syringe.play_nl": 0.2,
    "fluid.viscosity_mpa_s": 0.05,
    "tissue.stiffness_kpa_per_ul": 0.3,
    "tissue.pressure_kpa": 0.3,
}


def sample(profile: Profile, stream: Stream) -> Profile:
    """One gun of the population; its gain error stays within half of the bound that its calibration states."""
    half_ppm = profile["calibration.overrun_ppm"] / 2
    changes = {
        key.replace(".", "__"): profile[key] * (1.0 + stream.normal(0.0, sd, 2.0)) for key, sd in SPREADS.items()
    }
    changes["calibration__gain_error_ppm"] = stream.normal(0.0, half_ppm / 2, 2.0)
    return profile.changed(**changes)
