"""Events on disk: a durable, append-only, tamper-evident journal on SQLite or PostgreSQL.

Not responsible for what events mean (``mesogun.record``) nor for when to write them (``mesogun.treatment``).
"""

from mesogun.journal.opening import open_journal
from mesogun.journal.store import Journal
from mesogun.journal.values import Fenced, Head, JournalBusy, Row, TreatmentSummary, Verdict

__all__ = [
    "Fenced",
    "Head",
    "Journal",
    "JournalBusy",
    "Row",
    "TreatmentSummary",
    "Verdict",
    "open_journal",
]
