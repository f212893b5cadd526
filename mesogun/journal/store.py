"""The journal: append in one durable transaction, take a treatment, read rows.

Not responsible for opening (``mesogun.journal.opening``) nor for what events mean (``mesogun.record``).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import sqlalchemy as sa

from mesogun.clock import Clock, timestamp
from mesogun.errors import RecordError
from mesogun.journal import chain, place, schema
from mesogun.journal.faults import explain, explained, failed_for_good
from mesogun.journal.runlock import FileLock, RunnerLock, ServerLock
from mesogun.journal.values import Fenced, Head, Row, TreatmentSummary, Verdict
from mesogun.journal.verify import verify
from mesogun.record import Event, decode, encode

_PAGE = 500
# One number for all of one database: every append of every station queues at it, so that the chain has one end.
_APPEND_LOCK = 0x4D45534F_41505044

_LAST = sa.select(schema.events.c.seq, schema.events.c.hash).order_by(schema.events.c.seq.desc()).limit(1)
_EPOCH = sa.select(sa.func.max(schema.epochs.c.epoch)).where(schema.epochs.c.treatment == sa.bindparam("treatment"))
_INSERT = schema.events.insert()


@dataclass(slots=True)
class _Batch:
    """What one caller wants written; filled in by whoever commits it."""

    events: list[tuple[str, bytes]]
    treatment: str
    epoch: int | None
    at: str
    done: bool = False
    last_seq: int = 0
    error: RecordError | None = field(default=None)


class Journal:
    """An open journal; made by ``open_journal``.

    Appends of several threads that wait for the same disk share one transaction and one sync (group commit). Reading
    uses connections of its own and never delays a commit.
    """

    def __init__(self, engine: sa.Engine, clock: Clock, *, where: str, path: Path | None, read_only: bool) -> None:
        self.where = where
        self.path = path
        self.read_only = read_only
        self._engine = engine
        self._clock = clock
        self._locks: dict[str, RunnerLock] = {}
        self._waiting: list[_Batch] = []
        self._waiting_lock = threading.Lock()
        self._commit_lock = threading.Lock()
        self._failed: RecordError | None = None
        self._closed = False
        self.writer = engine.connect().execution_options(writing=not read_only)
        try:
            found = self.writer.execute(sa.select(schema.meta.c.key, schema.meta.c.value)).all()
            self.writer.rollback()
        except BaseException:
            self.writer.close()
            raise
        values = {str(key): str(value) for key, value in found}
        place.check_version(where, int(values.get("version", "0")))
        self.journal_id = values.get("journal_id", "")

    def append(self, events: Sequence[Event], *, treatment: str, epoch: int | None) -> int:
        """Write events in one durable transaction, all or nothing; returns the last ``seq``.

        With an ``epoch`` the treatment's current one is checked in the same transaction.

        Raises
        ------
        Fenced
            When the epoch is not the current one: another runner took over.
        JournalBusy
            When another program held the journal too long; nothing was written.
        RecordError
            When the journal cannot be written. After a disk error nothing more is accepted until it is reopened.
        """
        self._check_writable()
        if not events:
            raise ValueError("append needs at least one event")
        batch = _Batch(
            [(type(event).__name__, encode(event)) for event in events],
            treatment,
            epoch,
            timestamp(self._clock.utc()),
        )
        with self._waiting_lock:
            self._waiting.append(batch)
        with self._commit_lock:
            if not batch.done:  # else the thread that held the lock before us wrote it along with its own
                with self._waiting_lock:
                    group, self._waiting = self._waiting, []
                self._commit(group)
        if batch.error is not None:
            raise batch.error
        return batch.last_seq

    def take(self, treatment: str, station: str) -> int:
        """Become the one runner of a treatment; returns its new epoch, which fences every earlier runner.

        Raises ``JournalBusy`` when a living runner holds the treatment.
        """
        self._check_writable()
        if treatment not in self._locks:
            self._locks[treatment] = self._lock(treatment)
        try:
            with self._commit_lock, explained(self.where), self.writer.begin():
                self._queue_up()
                epoch = (self.writer.execute(_EPOCH, {"treatment": treatment}).scalar_one() or 0) + 1
                row = {
                    "treatment": treatment,
                    "epoch": epoch,
                    "station": station,
                    "at": timestamp(self._clock.utc()),
                }
                self.writer.execute(schema.epochs.insert(), row)
        except BaseException:
            self.release(treatment)
            raise
        return int(epoch)

    def release(self, treatment: str | None = None) -> None:
        """Let go of a treatment, or of all; the epoch stays."""
        for name in list(self._locks) if treatment is None else [treatment]:
            lock = self._locks.pop(name, None)
            if lock is not None:
                lock.release()

    def rows(self, treatment: str | None = None, after: int = 0) -> Iterator[Row]:
        """Rows with a ``seq`` above ``after``, oldest first; what is appended meanwhile follows.

        Reads page by page, so that a slow consumer holds no transaction open.
        """
        while True:
            table = schema.events
            query = sa.select(table).where(table.c.seq > after).order_by(table.c.seq).limit(_PAGE)
            if treatment is not None:
                query = query.where(table.c.treatment == treatment)
            with explained(self.where), self._engine.connect() as connection:
                page = connection.execute(query).all()
            yield from map(_row, page)
            if len(page) < _PAGE:
                return
            after = page[-1].seq

    def head(self) -> Head:
        """The last row; ``seq`` 0 and the genesis hash while the journal is empty."""
        with explained(self.where), self._engine.connect() as connection:
            return self._head(connection)

    def verify(self) -> Verdict:
        """Recompute the whole chain from the bytes as stored."""
        with explained(self.where), self._engine.connect() as connection:
            return verify(connection, self.journal_id)

    def treatments(self) -> tuple[TreatmentSummary, ...]:
        """Every treatment in the journal, in the order of their first event."""
        table = schema.events
        first, last = sa.func.min(table.c.seq).label("first"), sa.func.max(table.c.seq).label("last")
        spans = sa.select(table.c.treatment, first, last).group_by(table.c.treatment).subquery()
        begin, end = table.alias(), table.alias()
        query = (
            sa.select(spans, begin.c.at.label("first_at"), end.c.at.label("last_at"))
            .join(begin, begin.c.seq == spans.c.first)
            .join(end, end.c.seq == spans.c.last)
            .order_by(spans.c.first)
        )
        named = sa.select(table).where(table.c.kind.in_(["TreatmentPlanned", "GunFound"])).order_by(table.c.seq)
        with explained(self.where), self._engine.connect() as connection:
            found = connection.execute(query).all()
            subjects: dict[str, str] = {}
            guns: dict[str, str] = {}
            for row in connection.execute(named):
                event = decode(bytes(row.body))
                subjects[row.treatment] = getattr(event, "subject", subjects.get(row.treatment, ""))
                guns[row.treatment] = getattr(event, "gun", guns.get(row.treatment, ""))
        return tuple(
            TreatmentSummary(
                row.treatment,
                row.first,
                row.last,
                row.first_at,
                row.last_at,
                subjects.get(row.treatment, ""),
                guns.get(row.treatment, ""),
            )
            for row in found
        )

    def close(self) -> None:
        """Let go of everything; harmless when done twice."""
        if not self._closed:
            self._closed = True
            self.release()
            self.writer.close()
            self._engine.dispose()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _commit(self, group: list[_Batch]) -> None:
        """Write every batch of ``group`` in one transaction; a fenced batch is left out and told so."""
        if self._failed is not None:
            for batch in group:
                batch.error, batch.done = self._failed, True
            return
        try:
            with self.writer.begin():
                self._queue_up()
                head = self._head(self.writer)
                seq, last_hash = head.seq, bytes.fromhex(head.hash)
                rows: list[dict[str, Any]] = []
                for batch in group:
                    batch.error = self._fenced(batch)
                    if batch.error is None:
                        for kind, body in batch.events:
                            seq += 1
                            row = (seq, batch.at, batch.treatment, batch.epoch, kind, body, last_hash)
                            last_hash = chain.row_hash(*row)
                            names = ("seq", "at", "treatment", "epoch", "kind", "body", "prev_hash")
                            rows.append(dict(zip(names, row, strict=True)) | {"hash": last_hash})
                    batch.last_seq = seq
                if rows:
                    self.writer.execute(_INSERT, rows)
        except sa.exc.SQLAlchemyError as error:
            told = explain(self.where, error)
            if failed_for_good(error):
                self._failed = RecordError(
                    f"{self.where}: a write failed before, and what reached the disk is unknown; reopen the journal"
                )
            for batch in group:
                batch.error = told
        finally:
            for batch in group:
                batch.done = True

    def _fenced(self, batch: _Batch) -> Fenced | None:
        if batch.epoch is None:
            return None
        current = self.writer.execute(_EPOCH, {"treatment": batch.treatment}).scalar_one()
        if current == batch.epoch:
            return None
        return Fenced(
            f"{self.where}: treatment {batch.treatment} was taken over (epoch {current}, this runner has "
            f"{batch.epoch}); nothing was written, this runner must stop"
        )

    def _queue_up(self) -> None:
        if self._engine.dialect.name == "postgresql":  # SQLite's BEGIN IMMEDIATE is that queue already
            self.writer.execute(sa.select(sa.func.pg_advisory_xact_lock(_APPEND_LOCK)))

    def _head(self, connection: sa.Connection) -> Head:
        last = connection.execute(_LAST).one_or_none()
        if last is None:
            return Head(0, chain.genesis(self.journal_id).hex())
        return Head(last.seq, bytes(last.hash).hex())

    def _lock(self, treatment: str) -> RunnerLock:
        if self.path is not None:
            return FileLock(self.path, treatment)
        with explained(self.where):
            return ServerLock(self._engine, self.where, self.journal_id, treatment)

    def _check_writable(self) -> None:
        if self._closed:
            raise RecordError(f"{self.where}: this journal was closed")
        if self.read_only:
            raise RecordError(f"{self.where}: opened for reading only")
        if self._failed is not None:
            raise self._failed


def _row(row: Any) -> Row:
    return Row(
        row.seq,
        row.at,
        row.treatment,
        row.epoch,
        decode(bytes(row.body)),
        bytes(row.prev_hash).hex(),
        bytes(row.hash).hex(),
    )
