"""The writing half of a journal: append in one durable transaction, take a treatment, sign, migrate.

Not responsible for opening (``mesogun.journal.opening``) nor for what events mean (``mesogun.record``).
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import sqlalchemy as sa

from mesogun.clock import Clock, timestamp
from mesogun.errors import InputError, MesogunError, MustSettle, RecordError
from mesogun.journal import chain, checkpoints, generations, index, schema, signatures
from mesogun.journal.engine import check_durable
from mesogun.journal.faults import explain, explained, failed_for_good
from mesogun.journal.prepared import Prepared
from mesogun.journal.reader import LAST, Reader
from mesogun.journal.runlock import FileLock, RunnerLock, ServerLock, identity
from mesogun.journal.values import Fenced, Generation, Head, RowSignature, TreatmentTotal
from mesogun.record import Event, encode
from mesogun.record.events import MagazineLoaded

# Rows between two checkpoints that nobody asked for: what a rewrite without the key could still touch.
CHECKPOINT_EVERY = 256
# One number for all of one database: every append of every station queues at it, so that the chain has one end.
_APPEND_LOCK = 0x4D45534F_41505044

_EPOCH = sa.select(sa.func.max(schema.epochs.c.epoch)).where(schema.epochs.c.treatment == sa.bindparam("treatment"))
_INSERT = schema.events.insert()


@dataclass(slots=True)
class _Batch:
    """What one caller wants written; filled in by whoever commits it."""

    events: Sequence[Event]
    encoded: list[tuple[str, bytes]]
    treatment: str
    epoch: int | None
    at: str
    done: bool = False
    last_seq: int = 0
    error: MesogunError | None = field(default=None)


class Journal(Reader):
    """An open journal; made by ``open_journal``.

    Appends of several threads that wait for the same disk share one transaction and one sync (group commit). Reading
    uses connections of its own and never delays a commit.
    """

    def __init__(
        self,
        engine: sa.Engine,
        clock: Clock,
        *,
        where: str,
        path: Path | None,
        read_only: bool,
        signer: checkpoints.Signs | None = None,
    ) -> None:
        super().__init__(engine, clock, where)
        self.path = path
        self.read_only = read_only
        self._locks: dict[str, RunnerLock] = {}
        self._waiting: list[_Batch] = []
        self._waiting_lock = threading.Lock()
        self._commit_lock = threading.Lock()
        self._failed: RecordError | None = None
        self._closed = False
        self._file = None if path is None else identity(path)
        self._signer = signer
        self._known: set[str] = set()
        self._last, self._epoch, self._insert = (
            Prepared(statement, engine.dialect) for statement in (LAST, _EPOCH, _INSERT)
        )
        driver: Any = engine.dialect.loaded_dbapi
        self._errors: tuple[type[Exception], ...] = (sa.exc.SQLAlchemyError, driver.Error)
        self.writer = engine.connect().execution_options(writing=not read_only)
        try:
            self._begin()
        except BaseException:
            self.writer.close()
            raise

    def append(self, events: Sequence[Event], *, treatment: str, epoch: int | None) -> int:
        """Write events in one durable transaction, all or nothing; returns the last ``seq``.

        With an ``epoch`` the treatment's current one is checked in the same transaction.

        Raises
        ------
        MustSettle
            When the journal was restored from a backup, a magazine is to be loaded, and a gun with an open
            treatment has not been read yet (H9).
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
            events,
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

    def checkpoint(self, signer: checkpoints.Signs | None = None) -> int | None:
        """Sign the chain as it is now; returns the checkpoint's number, None when nothing is new since the last.

        Without ``signer`` the one that the journal was opened with signs.
        """
        self._check_writable()
        signer = signer or self._signer
        if signer is None:
            raise InputError(f"{self.where}: a checkpoint needs a signing key, and none is at hand")
        with self._commit_lock, explained(self.where), self.writer.begin():
            self._queue_up()
            head = self._head(self.writer)
            if checkpoints.last(self.writer)[1] >= head.seq:
                return None
            return checkpoints.write(self.writer, signer, self.journal_id, head, timestamp(self._clock.utc()))

    def sign(self, seq: int, signer: checkpoints.Signs, *, operator: str, meaning: str) -> RowSignature:
        """Put a person's signature on a row: the approval, the override, the end of a treatment.

        ``operator`` is the reference of the person whose unlocked key ``signer`` is; ``meaning`` is what the signature
        says, in words. Raises ``InputError`` when there is no such row.
        """
        self._check_writable()
        with self._commit_lock, explained(self.where), self.writer.begin():
            self._queue_up()
            query = sa.select(schema.events.c.hash).where(schema.events.c.seq == seq)
            row_hash = self.writer.execute(query).scalar_one_or_none()
            if row_hash is None:
                raise InputError(f"{self.where}: there is no row {seq} to sign")
            at = timestamp(self._clock.utc())
            draft = RowSignature(0, at, seq, bytes(row_hash).hex(), operator, meaning, signer.public_key, b"")
            return signatures.write(self.writer, signer, self.journal_id, draft)

    def totals(self, subject: str) -> tuple[TreatmentTotal, ...]:
        """What each treatment gave a subject, as the ledger's interval, in the order of treatments.

        Totals of treatments that ended are folded once and kept; the events stay the authority.
        """
        self._needs(2)
        with self._reading() as connection:
            found, fresh = index.totals(connection, subject)
        ended = {total.treatment for total in found if total.ended}
        fresh = {name: seq for name, seq in fresh.items() if name in ended}
        if fresh and not self.read_only and self._failed is None:
            with self._commit_lock, explained(self.where), self.writer.begin():
                index.remember(self.writer, found, fresh)
        return tuple(found)

    def rebuild(self) -> None:
        """Make the list of treatments anew from the events."""
        self._check_writable()
        with self._commit_lock, explained(self.where), self.writer.begin():
            index.rebuild(self.writer)
            self._known.clear()

    def begin_generation(self, why: str) -> Generation:
        """Start a new life of the journal, as a restore does: guns with an open treatment must be read first."""
        self._check_writable()
        with self._commit_lock, explained(self.where), self.writer.begin():
            self._queue_up()
            seq = self._head(self.writer).seq
            schema.begin_generation(self.writer, timestamp(self._clock.utc()), seq, why)
        self._restored = True
        return self.generation()

    def close(self) -> None:
        """Sign what is not signed yet, and let go of everything; harmless when done twice."""
        if self._closed:
            return
        try:
            if self._signer is not None and self._failed is None and not self.read_only:
                # What cannot be signed now is signed next time, and `verify` says how far signatures reach: no
                # reason to hide with an error why the journal is being closed.
                with contextlib.suppress(RecordError):
                    self.checkpoint()
        finally:
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

    def _begin(self) -> None:
        if self.path is not None and not self.read_only:
            check_durable(self.writer, self.where)
        if self.version < schema.VERSION and not self.read_only:
            self._migrate()
        self._restored = self.version >= 2 and self.generation().restored
        if self._signer is not None and not self.read_only and not self.checkpoints():
            # The first one signs the empty journal, so that a signed journal never lacks a checkpoint.
            self.checkpoint()

    def _migrate(self) -> None:
        with self.writer.begin():
            self._queue_up()
            if schema.version_of(self.writer) < 2:
                schema.add_version_2(self.writer, timestamp(self._clock.utc()))
                index.rebuild(self.writer)
            if schema.version_of(self.writer) < 3:
                schema.add_version_3(self.writer)
            schema.stamp(self.writer)
        if self.path is not None:
            # Into the file itself, where the next program looks for the version before it opens anything.
            # Past SQLAlchemy, because it cannot run inside a transaction.
            driver: Any = self.writer.connection.driver_connection
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.version = schema.VERSION

    def _commit(self, group: list[_Batch]) -> None:
        """Write every batch of ``group`` in one transaction; a refused batch is left out and told so."""
        if self.path is not None and self._failed is None and identity(self.path) != self._file:
            # The open file would go on taking rows, and nobody would find them.
            self._failed = RecordError(
                f"{self.where}: the file was moved, removed or replaced while it was open; nothing more is recorded, "
                "put it back and open it again"
            )
        if self._failed is not None:
            for batch in group:
                batch.error, batch.done = self._failed, True
            return
        try:
            if self.writer.in_transaction():
                self.writer.rollback()  # left over from an interrupt
            with self.writer.begin():
                self._queue_up()
                entered = self._write(group)
            self._known |= entered
        except self._errors as error:
            told = explain(self.where, error)
            if failed_for_good(error):
                self._failed = RecordError(
                    f"{self.where}: a write failed before, and what reached the disk is unknown; reopen the journal"
                )
            for batch in group:
                batch.error = told
        except BaseException:
            # Interrupted, and perhaps after the disk had it: whoever waits for this commit must not take it for done.
            for batch in group:
                batch.error = RecordError(
                    f"{self.where}: interrupted while writing; what was written is in the journal"
                )
            raise
        finally:
            for batch in group:
                batch.done = True

    def _write(self, group: list[_Batch]) -> set[str]:
        driver: Any = self.writer.connection.driver_connection
        cursor = driver.cursor()
        last = self._last.one(cursor, {})
        before, last_hash = (0, chain.genesis(self.journal_id)) if last is None else (last[0], bytes(last[1]))
        seq = before
        rows: list[dict[str, object]] = []
        appended: list[index.Appended] = []
        for batch in group:
            batch.error = self._fenced(cursor, batch) or self._unread(batch)
            if batch.error is not None:
                continue
            appended.append(index.Appended(batch.treatment, seq + 1, batch.at, batch.events))
            for kind, body in batch.encoded:
                seq += 1
                row = {
                    "seq": seq,
                    "at": batch.at,
                    "treatment": batch.treatment,
                    "epoch": batch.epoch,
                    "kind": kind,
                    "body": body,
                    "prev_hash": last_hash,
                }
                last_hash = chain.row_hash(seq, batch.at, batch.treatment, batch.epoch, kind, body, last_hash)
                row["hash"] = last_hash
                rows.append(row)
            batch.last_seq = seq
        if not rows:
            return set()
        self._insert.many(cursor, rows)
        entered = index.enter(self.writer, appended, self._known)
        if self._signer is not None and seq // CHECKPOINT_EVERY > before // CHECKPOINT_EVERY:
            new_head = Head(seq, last_hash.hex())
            checkpoints.write(self.writer, self._signer, self.journal_id, new_head, group[-1].at)
        return entered

    def _unread(self, batch: _Batch) -> MustSettle | None:
        if not self._restored or not any(isinstance(event, MagazineLoaded) for event in batch.events):
            return None
        unread = generations.unread(self.writer)
        if not unread:
            self._restored = False  # read for good: it cannot become unread again in this life of the journal
            return None
        told = ", ".join(f"gun {gun} with treatment {name}" for name, gun in unread)
        return MustSettle(
            f"{self.where}: restored from a backup, and not read since: {told}. Connect it and resume that treatment "
            "first; if it will never be read again, a practitioner settles it (mesogun journal settle)"
        )

    def _fenced(self, cursor: Any, batch: _Batch) -> Fenced | None:
        if batch.epoch is None:
            return None
        (current,) = self._epoch.one(cursor, {"treatment": batch.treatment})
        if current == batch.epoch:
            return None
        return Fenced(
            f"{self.where}: treatment {batch.treatment} was taken over (epoch {current}, this runner has "
            f"{batch.epoch}); nothing was written, this runner must stop"
        )

    def _queue_up(self) -> None:
        if self._engine.dialect.name == "postgresql":  # SQLite's BEGIN IMMEDIATE is that queue already
            self.writer.execute(sa.select(sa.func.pg_advisory_xact_lock(_APPEND_LOCK)))

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
