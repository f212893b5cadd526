"""The books of one running treatment: what is on record, how far the gun's log was read, and every commit.

Not responsible for talking to the gun or for deciding anything: it turns what was read into events (``reconcile``),
commits them under this runner's epoch, and folds them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from mesogun import __version__
from mesogun.errors import Refused
from mesogun.gun.found import gun_found, reference
from mesogun.record import Folding, GunMemory, History, TreatmentState, fold_all
from mesogun.record import events as ev
from mesogun.treatment import reconcile as rec
from mesogun.wire.messages import Caps, ShotRecord, Welcome

if TYPE_CHECKING:
    from mesogun.journal import Journal


class Books:
    """``state`` is the fold of what is committed; ``memory`` is how far the gun's log was read."""

    def __init__(self, journal: Journal, treatment: str) -> None:
        self._journal = journal
        self._epoch = 0
        self._own: dict[str, TreatmentState] = {}  # treatments of this journal that a gun new to it tells of
        self.treatment = treatment
        self.memory = GunMemory()
        self._folding = Folding()
        self.state = TreatmentState()

    def take(self, station: str, operator: str) -> None:
        """Become the one runner of this treatment (H11)."""
        self._epoch = self._journal.take(self.treatment, station)
        try:
            self._folding = Folding(fold_all(row.event for row in self._journal.rows(self.treatment)))
            self.commit([ev.RunnerStarted(self._epoch, station, operator, __version__)])
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Let go of the treatment; the epoch stays raised."""
        self._journal.release(self.treatment)

    @property
    def found(self) -> ev.GunFound:
        """The gun that was met."""
        if self.state.gun is None:
            raise Refused("no gun was met yet")
        return self.state.gun

    def commit(self, events: Sequence[ev.Event]) -> None:
        """Put events on disk, then take them into the state; nothing counts before."""
        if not events:
            return
        self._journal.append(events, treatment=self.treatment, epoch=self._epoch)
        for event in events:
            self._folding.take(event)
            if isinstance(event, ev.MagazineLoaded):
                self.memory = GunMemory(self.memory.shot_no, self.memory.running_total_nl, event.entry_no)
        self.state = self._folding.state

    def history(self, welcome: Welcome, log: Callable[[int], Iterable[ShotRecord]]) -> History:
        """What the whole journal knows of this gun and of the treatments that used it.

        A gun met for the first time may hold acknowledged records of this journal's own treatments: then it was
        restored from a backup, and reads them from the first that the gun still has (H9).
        """
        name, memory = reference(welcome.device_id), reference(welcome.nvm_id)
        known = self._journal.history(treatment=self.treatment, gun=name)
        self._own = {}
        if (name, memory) in known.guns or welcome.acked_shot_no < welcome.oldest_shot_no:
            return known
        told = dict.fromkeys(reference(record.treatment_ref) for record in log(welcome.oldest_shot_no))
        states = {
            ref: fold_all(row.event for row in self._journal.rows(ref)) for ref in told if ref != rec.NO_TREATMENT
        }
        self._own = {ref: state for ref, state in states.items() if state.planned is not None}
        return rec.with_own_past(known, welcome, self._own)

    def meet(self, welcome: Welcome, caps: Caps, records: Sequence[ShotRecord], history: History) -> ev.GunFound:
        """After HELLO: commit what was found and what was read, book gaps, settle what the log proves unfired (H9)."""
        known = history.guns.get((reference(welcome.device_id), reference(welcome.nvm_id)))
        found = gun_found(welcome, caps, known, records[0] if records else None)
        self.memory = rec.cursor(found, known)
        self.commit([found])
        for name in self._own:
            if name != self.treatment:
                self._elsewhere(name, [found])  # it has used this gun: whoever looks next finds what is read now
        oldest = reference(records[0].treatment_ref) if records else rec.NO_TREATMENT
        if oldest in self._own and found.oldest_shot_no > 1:  # it may have given more than the gun still tells of
            self._append(oldest, [rec.forgotten(found, self._own[oldest])])
        whole = self.book(records, history)
        status = welcome.status
        gap = rec.missing_at_the_end(found, self.memory, status.last_shot_no, status.running_total_nl)
        if gap is not None:
            for name in rec.gap_holders(found, records, self.treatment, history.treatments):
                self._append(name, [gap])
        if gap is not None or not whole:
            return found
        self.commit(rec.settled_by_hello(self.state, found))
        for name, other in history.treatments.items():
            if name != self.treatment:
                self._elsewhere(name, rec.settled_by_hello(other, found))
        return found

    def book(self, records: Sequence[ShotRecord], history: History | None = None) -> bool:
        """Commit closed records of the log, each to the treatment that it belongs to; whether the log was whole.

        Commits follow the log's own order, so that whatever cuts in, a prefix of the log is on disk and the cursor
        never passes a record that is not.
        """
        treatments = history.treatments if history is not None else {self.treatment: self.state}
        dated = rec.recorded(self.found, self.memory, records, self.treatment, treatments)
        for treatment, run in groupby(dated, key=lambda item: item.treatment):
            self._append(treatment, [item.event for item in run])
        if records:
            last = records[-1]
            entry_no = max(self.memory.entry_no, *(record.entry_no for record in records))
            self.memory = GunMemory(last.shot_no, last.running_total_nl, entry_no)
        return not any(isinstance(item.event, ev.GapFound) for item in dated)

    def _append(self, treatment: str, events: Sequence[ev.Event]) -> None:
        if treatment == self.treatment:
            self.commit(events)
        else:
            self._elsewhere(treatment, events)

    def _elsewhere(self, treatment: str, events: Sequence[ev.Event]) -> None:
        if events:
            self._journal.append(events, treatment=treatment, epoch=None)
