"""The simulated balance: a vessel under a simulated gun, a weighing cell, two dialects, and what disturbs them.

Nothing here describes a commercial balance. Not responsible for ports (``sim.doors.balance``) or for the gun.
"""

from sim.balance.rig import Rig
from sim.balance.settings import Settings

__all__ = ["Rig", "Settings"]
