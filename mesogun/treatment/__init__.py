"""Carries out a cleared plan on a gun: decide, reconcile, run.

Importing this package loads neither gun nor journal: a screen needs the values below long before there is a runner. Not
responsible for the line (``mesogun.gun``), the disk (``mesogun.journal``) or the screen (``tui``, ``mesogun.cli``).
"""

from importlib import import_module
from typing import TYPE_CHECKING

from mesogun.treatment.front import FrontEnd, Phase, Snapshot, Token, Wish
from mesogun.treatment.orders import Acknowledge, GoTo, HandOver, NameSyringe, Note, Order, Reassign, Redo, Skip
from mesogun.treatment.settings import Settings

if TYPE_CHECKING:
    from mesogun.treatment.runner import Runner

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


def __getattr__(name: str) -> object:
    """``Runner``, imported when it is first asked for (PEP 562)."""
    if name != "Runner":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.runner").Runner
