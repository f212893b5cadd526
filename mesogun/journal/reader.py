"""Reading an open journal: rows, heads, states, verdicts; nothing here writes or delays who does.

Not responsible for appending (``mesogun.journal.store``).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

import sqlalchemy as sa

from mesogun.clock import Clock
from mesogun.errors import RecordError
from mesogun.journal import chain, checkpoints, generations, index, place, schema, signatures
from mesogun.journal.faults import explained
from mesogun.journal.reading import PAGE, doubted, page, row_of
from mesogun.journal.values import Checkpoint, Filter, Generation, Head, Row, RowSignature, TreatmentSummary, Verdict
from mesogun.journal.verify import Known, verify
from mesogun.record import History, TreatmentState

LAST = sa.select(schema.events.c.seq, schema.events.c.hash).where(
    schema.events.c.seq == sa.select(sa.func.max(schema.events.c.seq)).scalar_subquery()
)


class Reader:
    """The reading half of a journal; each look is a short read on a connection of its own."""

    def __init__(self, engine: sa.Engine, clock: Clock, where: str) -> None:
        self.where = where
        self._engine = engine
        self._clock = clock
        with self._reading() as connection:
            found = connection.execute(sa.select(schema.meta.c.key, schema.meta.c.value)).all()
            self.version = schema.version_of(connection)
        self.journal_id = {str(key): str(value) for key, value in found}.get("journal_id", "")
        place.check_version(where, self.version)

    def rows(self, treatment: str | None = None, after: int = 0, chosen: Filter | None = None) -> Iterator[Row]:
        """Rows with a ``seq`` above ``after``, oldest first; what is appended meanwhile follows.

        Of one treatment, or those that the filter ``chosen`` lets through. Reads page by page, so that a slow
        consumer holds no transaction open.
        """
        chosen = Filter(treatment=treatment) if chosen is None else chosen
        if chosen.subject is not None or chosen.gun is not None:
            self._needs(2)
        while True:
            with self._reading() as connection:
                found = connection.execute(page(chosen, after)).all()
            yield from map(row_of, found)
            if len(found) < PAGE:
                return
            after = found[-1].seq

    def state(self, treatment: str, upto: int | None = None) -> TreatmentState:
        """The state of a treatment, folded from its events, as of row ``upto`` or now: what a replay ends with."""
        with self._reading() as connection:
            return index.state_of(connection, treatment, upto)

    def history(self, *, treatment: str, gun: str) -> History:
        """What a runner must know before it speaks to a gun: of that gun everything, of the treatment everything.

        The gun's memory and the states of all treatments that ever used it are those that the whole journal would
        give, because a gun's events stand in treatments that found it; treatments of other guns are left out.
        """
        self._needs(2)
        with self._reading() as connection:
            return index.history_of(connection, treatment, gun)

    def follow(
        self,
        chosen: Filter | None = None,
        *,
        after: int = 0,
        poll_us: int = 100_000,
        stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[Row]:
        """Rows as they come, waiting on the journal's clock between looks, until ``stop`` says so.

        Each look is one short read that no writer waits for.
        """
        chosen = chosen or Filter()
        while not stop():
            for row in self.rows(after=after, chosen=chosen):
                after = row.seq
                yield row
            if stop():
                return
            self._clock.sleep_us(poll_us)

    def head(self) -> Head:
        """The last row; ``seq`` 0 and the genesis hash while the journal is empty."""
        with self._reading() as connection:
            return self._head(connection)

    def verify(
        self,
        *,
        keys: Collection[bytes] | None = None,
        heads: Iterable[Head] = (),
        people: Mapping[bytes, str] | None = None,
        deep: bool = False,
    ) -> Verdict:
        """Recompute the whole chain from the bytes as stored; see ``mesogun.journal.verify``."""
        with self.snapshot() as connection:
            known = Known(keys, tuple(heads), people)
            return verify(connection, self.journal_id, known, version=self.version, deep=deep)

    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """All checkpoints as stored; ``verify`` says which are good."""
        with self._reading() as connection:
            return tuple(checkpoints.read(connection))

    def signatures(self, seq: int | None = None) -> tuple[RowSignature, ...]:
        """Signatures of people as stored, all or those on one row; ``verify`` says which are good."""
        self._needs(3)
        with self._reading() as connection:
            return tuple(signatures.read(connection, seq))

    def treatments(self) -> tuple[TreatmentSummary, ...]:
        """Every treatment in the journal, in the order of their first event."""
        with self._reading() as connection:
            found = index.compute(connection) if self.version < 2 else index.listed(connection)
        return tuple(found)

    def doubted(self) -> frozenset[str]:
        """Treatments with a gap, a foreign record or a shot of unknown outcome in them, settled since or not."""
        with self._reading() as connection:
            return frozenset(connection.execute(doubted(connection.dialect.name)).scalars())

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[sa.Connection]:
        """A connection that sees one moment of the journal, for copying it whole."""
        with self._reading() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    def generation(self) -> Generation:
        """The present life of the journal."""
        self._needs(2)
        with self._reading() as connection:
            return generations.current(connection)

    def unread_guns(self) -> tuple[str, ...]:
        """Guns that must be read before anything is loaded, because the journal was restored from a backup (H9)."""
        self._needs(2)
        with self._reading() as connection:
            return tuple(sorted({gun for _, gun in generations.unread(connection)}))

    def unread(self) -> tuple[tuple[str, str], ...]:
        """Treatments open in the backup from which the journal was restored, each with a gun not read since (H9)."""
        if self.version < 2:
            return ()
        with self._reading() as connection:
            return generations.unread(connection)

    def _head(self, connection: sa.Connection) -> Head:
        last = connection.execute(LAST).one_or_none()
        if last is None:
            return Head(0, chain.genesis(self.journal_id).hex())
        return Head(last.seq, bytes(last.hash).hex())

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with explained(self.where), self._engine.connect() as connection:
            yield connection

    def _needs(self, version: int) -> None:
        if self.version < version:
            raise RecordError(
                f"{self.where}: written by an older mesogun (version {self.version}); open it once for writing, "
                "which brings it up to date, or work on a copy"
            )
