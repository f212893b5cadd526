"""Faults as data: what breaks, where it is placed, whether it fired. Not responsible for who survives it."""

from sim.faults.catalogue import CATALOGUE, Effect
from sim.faults.inject import HostKilled, Injector, Report
from sim.faults.plan import At, Fault, FaultPlan, from_json, to_json

__all__ = [
    "CATALOGUE",
    "At",
    "Effect",
    "Fault",
    "FaultPlan",
    "HostKilled",
    "Injector",
    "Report",
    "from_json",
    "to_json",
]
