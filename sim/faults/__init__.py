"""Faults as data: what breaks, where it is placed, whether it fired. Not responsible for who survives it."""

from sim.faults.catalogue import CATALOGUE, Effect
from sim.faults.inject import HostKilled, Injector
from sim.faults.plan import At, Fault, FaultPlan, from_json, to_json
from sim.faults.report import Came, Later, Nothing, Report

__all__ = [
    "CATALOGUE",
    "At",
    "Came",
    "Effect",
    "Fault",
    "FaultPlan",
    "HostKilled",
    "Injector",
    "Later",
    "Nothing",
    "Report",
    "from_json",
    "to_json",
]
