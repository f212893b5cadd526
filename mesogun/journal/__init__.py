"""Events on disk: a durable, append-only, tamper-evident journal on SQLite or PostgreSQL.

Importing this package loads no database code; that comes with the first name that needs it. Not responsible for what
events mean (``mesogun.record``) nor for when to write them (``mesogun.treatment``).
"""

from importlib import import_module
from typing import TYPE_CHECKING

from mesogun.journal.values import (
    Checkpoint,
    Fenced,
    Filter,
    Generation,
    Head,
    JournalBusy,
    Row,
    RowSignature,
    TreatmentSummary,
    TreatmentTotal,
    Verdict,
)

if TYPE_CHECKING:
    from mesogun.journal.copying import backup, restore
    from mesogun.journal.export import write_csv, write_json_lines
    from mesogun.journal.opening import open_journal
    from mesogun.journal.store import Journal
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

_NEED_A_DATABASE = {
    "Journal": "store",
    "open_journal": "opening",
    **dict.fromkeys(("backup", "restore"), "copying"),
    **dict.fromkeys(("write_csv", "write_json_lines"), "export"),
    **dict.fromkeys(("check_continued", "journal_at", "known_heads", "remember", "verify_at"), "witness"),
}


def __getattr__(name: str) -> object:
    """The names above that need SQLAlchemy, imported when they are first asked for (PEP 562)."""
    if name not in _NEED_A_DATABASE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_NEED_A_DATABASE[name]}"), name)
