"""What happened and what it means: events, their canonical bytes, the ledger, the fold. Pure.

Not responsible for storing events (``mesogun.journal``) or for deciding what to do next (``mesogun.treatment``).
"""

from mesogun.record.codec import decode, encode
from mesogun.record.events import Event
from mesogun.record.folding import Folding, fold, fold_all
from mesogun.record.history import GunMemory, History, read_history
from mesogun.record.ledger import Ledger, loaded_high_nl, overrun_bound_nl, shot_interval
from mesogun.record.state import Block, Mark, StandingAlarm, TreatmentState

__all__ = [
    "Block",
    "Event",
    "Folding",
    "GunMemory",
    "History",
    "Ledger",
    "Mark",
    "StandingAlarm",
    "TreatmentState",
    "decode",
    "encode",
    "fold",
    "fold_all",
    "loaded_high_nl",
    "overrun_bound_nl",
    "read_history",
    "shot_interval",
]
