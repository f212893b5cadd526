"""What happened and what it means: events, their canonical bytes, the ledger, the fold. Pure.

Not responsible for storing events (``mesogun.journal``) or for deciding what to do next (``mesogun.treatment``).
"""

from mesogun.record.codec import decode, encode
from mesogun.record.events import Event
from mesogun.record.history import GunMemory, History, read_history
from mesogun.record.ledger import Ledger, loaded_high_nl, overrun_bound_nl, shot_interval
from mesogun.record.state import Block, Mark, TreatmentState, fold, fold_all

__all__ = [
    "Block",
    "Event",
    "GunMemory",
    "History",
    "Ledger",
    "Mark",
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
