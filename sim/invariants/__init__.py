"""What must hold at every event, comparing truth, the firmware's belief and the host's. Changes nothing."""

from sim.invariants.checks import NAMES, Breach, HostBelief, Invariants

__all__ = ["NAMES", "Breach", "HostBelief", "Invariants"]
