"""What a journal hands out and what it raises.

Not responsible for reading or writing anything.
"""

from __future__ import annotations

from dataclasses import dataclass

from mesogun.errors import RecordError
from mesogun.record import Event


class Fenced(RecordError):
    """Another runner has taken the treatment: this one must stop, send STOP and not say HELLO again (H11)."""


class JournalBusy(RecordError):
    """Another program holds the journal or the treatment; nothing was written."""


@dataclass(frozen=True, slots=True)
class Row:
    """One event as stored.

    ``at`` is ISO 8601 in UTC, ``epoch`` that of the runner or None, the hashes 64 hexadecimal digits.
    """

    seq: int
    at: str
    treatment: str
    epoch: int | None
    event: Event
    prev_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The last row: what is printed on reports so that a cut or rewritten journal shows."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What ``verify`` found.

    ``first_bad`` is the first row that cannot be trusted (None when ``ok``), ``reason`` one line about it.
    ``signed_to`` is the last row that a good checkpoint covers: rows after it are chained but not signed yet.
    """

    ok: bool
    events: int
    head: Head
    first_bad: int | None = None
    reason: str = ""
    signed_to: int = 0


@dataclass(frozen=True, slots=True)
class TreatmentSummary:
    """One line about a treatment; ``subject`` and ``gun`` are empty while no event has named them."""

    treatment: str
    first_seq: int
    last_seq: int
    first_at: str
    last_at: str
    subject: str = ""
    gun: str = ""
