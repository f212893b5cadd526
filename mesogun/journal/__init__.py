"""Events on disk: a durable, append-only, tamper-evident journal on SQLite or PostgreSQL.

Not responsible for what events mean (``mesogun.record``) nor for when to write them (``mesogun.treatment``).
"""

from mesogun.journal.backup import backup, restore
from mesogun.journal.export import write_csv, write_json_lines
from mesogun.journal.opening import open_journal
from mesogun.journal.reading import Filter
from mesogun.journal.store import Journal
from mesogun.journal.values import (
    Checkpoint,
    Fenced,
    Generation,
    Head,
    JournalBusy,
    Row,
    RowSignature,
    TreatmentSummary,
    TreatmentTotal,
    Verdict,
)
from mesogun.journal.witness import check_continued, journal_at, known_heads, remember, verify_at

__all__ = [
    "Checkpoint",
    "Fenced",
    "Filter",
    "Generation",
    "Head",
    "Journal",
    "JournalBusy",
    "Row",
    "RowSignature",
    "TreatmentSummary",
    "TreatmentTotal",
    "Verdict",
    "backup",
    "check_continued",
    "journal_at",
    "known_heads",
    "open_journal",
    "remember",
    "restore",
    "verify_at",
    "write_csv",
    "write_json_lines",
]
