"""Where the tip of a needle really ends: the nose presses the skin in, so true depth is not set depth.

Linear in the contact force, per profile; an assumption of the order of Rini et al. 2019
(doi 10.1177/1932296819836987), where 4 mm needles went deeper the harder they were pressed. Not responsible for the
force (``sim.hand``).
"""

from __future__ import annotations

from sim.physics.profile import Profile


def indentation_um(profile: Profile, force_mn: float) -> float:
    """How far the nose presses the skin in."""
    return profile["tissue.indentation_um_per_n"] * force_mn / 1e3


def true_depth_um(profile: Profile, set_um: float, force_mn: float) -> float:
    """Depth of the tip below where the skin was before it was touched."""
    return set_um + indentation_um(profile, force_mn)
