"""What a journal hands out and what it raises.

Not responsible for reading or writing anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mesogun.errors import RecordError
from mesogun.record import Event


class Fenced(RecordError):
    """Another runner has taken the treatment: this one must stop, send STOP and not say HELLO again (H11)."""


class JournalBusy(RecordError):
    """Another program holds the journal or the treatment; nothing was written."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Rows to read; what is None or empty does not narrow. ``since`` is included, ``until`` is not.

    Subject and gun select whole treatments: those of the subject, those that used the gun.
    """

    treatment: str | None = None
    subject: str | None = None
    gun: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    kinds: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One event as stored.

    ``at`` is ISO 8601 in UTC, ``epoch`` that of the runner or None, the hashes 64 hexadecimal digits; ``body`` is
    the event's bytes as they were hashed, which a later version may encode with more fields.
    """

    seq: int
    at: str
    treatment: str
    epoch: int | None
    event: Event
    prev_hash: str
    hash: str
    body: bytes = b""


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
    """One line about a treatment; texts are empty while no event has said them, ``ended`` while it is open."""

    treatment: str
    first_seq: int
    first_at: str
    subject: str = ""
    agent: str = ""
    guns: tuple[str, ...] = ()
    ended: str = ""


@dataclass(frozen=True, slots=True)
class TreatmentTotal:
    """What a treatment gave its subject, as the ledger's interval in nanolitres."""

    treatment: str
    first_at: str
    agent: str
    ended: str
    low_nl: int
    high_nl: int


@dataclass(frozen=True, slots=True)
class Generation:
    """One life of the journal: ``made``, or restored from a backup whose last row was ``seq``."""

    number: int
    id: str
    at: str
    seq: int
    why: str

    @property
    def restored(self) -> bool:
        """Whether this life began with a backup, so that guns may know more than the journal."""
        return self.number > 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signature over the chain up to row ``seq``."""

    number: int
    at: str
    seq: int
    hash: str
    public_key: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class RowSignature:
    """A person's signature on row ``seq``: ``operator`` is the reference, ``meaning`` what signing it says."""

    number: int
    at: str
    seq: int
    hash: str
    operator: str
    meaning: str
    public_key: bytes
    signature: bytes
