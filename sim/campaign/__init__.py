"""Fault campaigns: whole treatments by the real runner in worlds that break; alone in ``sim`` it sees the host.

Not responsible for what breaks (``sim.faults``) or for what must hold (``sim.invariants``).
"""
