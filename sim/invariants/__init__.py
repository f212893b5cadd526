"""What must hold at every event, comparing truth, the firmware's belief and the host's. Changes nothing."""

from sim.invariants.checks import NAMES, REST_US, Breach, HostBelief, Invariants

__all__ = ["NAMES", "REST_US", "Breach", "HostBelief", "Invariants"]
