"""A journal without a disk, for speed: same promises as ``mesogun.journal`` (all or nothing, epochs), and its failures.

Events go through the real codec. Not responsible for SQLite's own durability, which ``tests/journal`` shows with
real files; a campaign can run on the real one too (``sim.campaign.disk_journal``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from mesogun.errors import MustSettle, RecordError
from mesogun.journal import Fenced, Row
from mesogun.record import Event, Folding, History, TreatmentState, decode, encode, read_history
from mesogun.record import events as ev
from sim.invariants import HostBelief

GOING_ON = (ev.MagazineLoaded, ev.Armed, ev.TreatmentEnded)  # none of them before the gun was read up (H9)
READING = (ev.ShotRecorded, ev.ForeignRecorded, ev.GapFound)
EVIDENCE = (ev.ShotRecorded, ev.EntrySettled, ev.ForeignRecorded, ev.GapFound)


class MemoryJournal:
    """Rows in a list. ``on_append`` may raise before anything is written (disk full, killed in the middle)."""

    def __init__(self, treatment: str, limit_nl: int) -> None:
        self._rows: list[Row] = []
        self._epochs: dict[str, int] = {}
        self.treatment = treatment
        self.limit_nl = limit_nl
        self._folding = Folding()
        self._state: TreatmentState | None = None
        self._planned = False
        self.evidence = 0
        self.shot_no = 0  # how far the log of the gun is on record: what may be acknowledged
        self.full = False
        self._reached: dict[tuple[str, str], int] = {}  # how far the log of each gun's memory is on record
        self._unread: dict[str, tuple[str, int]] = {}  # guns to be read after a restore: memory, up to which shot
        self.restored = False  # brought back from a backup and not read up since: it says nothing of what was given
        self.on_append: Callable[[], None] | None = None
        self._belief: HostBelief | None = None

    def append(self, events: Sequence[Event], *, treatment: str, epoch: int | None) -> int:
        """Write all events, or none."""
        self.may_append()
        if epoch is not None and epoch != self._epochs.get(treatment, 0):
            raise Fenced(f"treatment {treatment} was taken over by another runner; this one stops")
        if self._unread and any(isinstance(event, ev.MagazineLoaded) for event in events):
            raise MustSettle(
                f"restored from a backup, and not read since: connect that gun first: {', '.join(self._unread)}"
            )
        self._keep(events, treatment, epoch)
        return len(self._rows)

    def may_append(self) -> None:
        """Die here, or find the disk full, when a fault says so."""
        if self.on_append is not None:
            self.on_append()
        if self.full:
            raise RecordError("the disk is full; free some space, then go on")

    def reopen(self) -> None:
        """A new host process finds what the last one left: there is nothing to do in memory."""

    def close(self) -> None:
        """There is nothing to let go."""

    def _keep(self, events: Sequence[Event], treatment: str, epoch: int | None) -> None:
        for event in events:
            body = encode(event)
            stored = decode(body)
            self._rows.append(Row(len(self._rows) + 1, "", treatment, epoch, stored, "", "", body))
            if treatment == self.treatment:
                self._folding.take(stored)
                self._planned = self._planned or isinstance(stored, ev.TreatmentPlanned)
                self._state = self._belief = None
            self.evidence += isinstance(stored, EVIDENCE)
            self.shot_no = max(self.shot_no, _reaches(stored))
            self._note_read(stored)
            if self.restored and treatment == self.treatment and isinstance(stored, GOING_ON):
                self.restored = False
                self._belief = None

    def _note_read(self, event: Event) -> None:
        """What reading a gun leaves behind; one that is read is waited for no more, as in ``mesogun.journal``."""
        if isinstance(event, ev.GunGivenUp):
            self._unread.pop(event.gun, None)
            return
        if not isinstance(event, (ev.GunFound, *READING)):
            return
        key = (event.gun, event.memory)
        memory, asked = self._unread.get(event.gun, ("", -1))
        if not isinstance(event, ev.GunFound):
            self._reached[key] = _reaches(event)
        elif event.baseline:
            self._reached[key] = event.acked_shot_no
        if isinstance(event, ev.GunFound) and event.memory == memory:
            asked = event.last_shot_no
            self._unread[event.gun] = (memory, asked)
        if event.memory == memory and 0 <= asked <= self._reached.get(key, 0):
            del self._unread[event.gun]

    def restore(self, rows: Sequence[Row]) -> None:
        """Begin again with these rows of a backup: every gun in them must be read before anything is loaded (H9)."""
        self._rows = []
        self._folding, self._state, self._belief, self.shot_no = Folding(), None, None, 0
        self._reached, self._unread = {}, {}
        for row in rows:
            self._keep([row.event], row.treatment, row.epoch)
        met = (row.event for row in rows if isinstance(row.event, ev.GunFound))
        self._unread = {event.gun: (event.memory, -1) for event in met}
        self.restored = True

    def roll_back(self, share: float) -> None:
        """Come back from a backup that held this share of the rows; at least what stood there before the treatment."""
        planned = 1 + max(at for at, row in enumerate(self._rows) if isinstance(row.event, ev.PlanCleared))
        self.restore(self._rows[: max(planned, int(share * len(self._rows)))])

    @property
    def state(self) -> TreatmentState:
        """The state of the treatment, from what is stored."""
        if self._state is None:
            self._state = self._folding.state
        return self._state

    def take(self, treatment: str, station: str) -> int:  # noqa: ARG002 - the journal's own signature
        """A new epoch; earlier runners are fenced."""
        self._epochs[treatment] = self._epochs.get(treatment, 0) + 1
        return self._epochs[treatment]

    def release(self, treatment: str | None = None) -> None:
        """There is no lock to let go."""

    def rows(self, treatment: str | None = None, after: int = 0) -> Iterator[Row]:
        """Rows in order."""
        yield from (row for row in self._rows[after:] if treatment is None or row.treatment == treatment)

    def history(self, *, treatment: str, gun: str) -> History:  # noqa: ARG002 - the journal's own signature
        """What all rows say of every gun and treatment."""
        return read_history((row.treatment, row.event) for row in self._rows)

    def belief(self) -> HostBelief | None:
        """What this journal says was given."""
        if self._belief is None and self._planned and not self.restored:
            ledger = self._folding.ledger
            self._belief = HostBelief(ledger.low_nl, ledger.high_nl, self.limit_nl, self.evidence)
        return self._belief


def _reaches(event: Event) -> int:
    """The last shot of the gun that an event tells of; 0 if it is about none."""
    if isinstance(event, (ev.ShotRecorded, ev.ForeignRecorded)):
        return event.shot_no
    return event.before_shot_no - 1 if isinstance(event, ev.GapFound) else 0
