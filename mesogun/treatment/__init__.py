"""Carries out a cleared plan on a gun: decide, reconcile, run.

Not responsible for the line (``mesogun.gun``), the disk (``mesogun.journal``) or the screen (``tui``, ``mesogun.cli``).
"""

from mesogun.treatment.front import FrontEnd, Phase, Snapshot, Token, Wish
from mesogun.treatment.orders import Acknowledge, GoTo, HandOver, NameSyringe, Note, Order, Reassign, Redo, Skip
from mesogun.treatment.runner import Runner
from mesogun.treatment.settings import Settings

__all__ = [
    "Acknowledge",
    "FrontEnd",
    "GoTo",
    "HandOver",
    "NameSyringe",
    "Note",
    "Order",
    "Phase",
    "Reassign",
    "Redo",
    "Runner",
    "Settings",
    "Skip",
    "Snapshot",
    "Token",
    "Wish",
]
