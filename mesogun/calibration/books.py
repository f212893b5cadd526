"""The books of one calibration run: its rows in the journal, and how far the gun's log was read.

A calibration fires shots, so it keeps the same rules as a treatment: entry numbers are never used twice, an entry is on
disk before LOAD leaves, and the gun may forget only what the journal holds (H2, H3, H9). Not responsible for what
to do with a gun (``shooting``) or for what is measured (``state``).
"""

from __future__ import annotations

from collections.abc import Sequence

from mesogun.calibration.state import CalibrationState, fold_calibration, fold_run
from mesogun.errors import MustSettle, Refused
from mesogun.gun import Gun
from mesogun.gun.found import gun_found, reference, shot_recorded
from mesogun.journal import Journal
from mesogun.record import GunMemory, overrun_bound_nl
from mesogun.record import events as ev
from mesogun.wire.codes import ShotKind
from mesogun.wire.messages import ShotRecord, Welcome


class Books:
    """``state`` is the fold of what is committed; ``memory`` is how far the gun's log was read."""

    def __init__(self, journal: Journal, run: str) -> None:
        self._journal = journal
        self._epoch = 0
        self.run = run
        self.memory = GunMemory()
        self.state = CalibrationState()

    def take(self, station: str) -> None:
        """Become the one program that carries out this run (H11)."""
        self._epoch = self._journal.take(self.run, station)
        self.state = fold_run(row.event for row in self._journal.rows(self.run))

    def release(self) -> None:
        """Let go of the run."""
        self._journal.release(self.run)

    def commit(self, *events: ev.Event) -> None:
        """Put events on disk, then take them into the state; nothing counts before."""
        if events:
            self._journal.append(events, treatment=self.run, epoch=self._epoch)
            for event in events:
                self.state = fold_calibration(self.state, event)

    def meet(self, gun: Gun, welcome: Welcome) -> None:
        """After a HELLO: read the log from the journal's cursor, commit, settle what HELLO emptied, acknowledge (H9).

        Raises
        ------
        MustSettle
            If a treatment is open on the gun, or its log holds shots that belong to one.
        Refused
            If the gun counts less than the journal has read of it (H1), or its log has a gap.
        """
        if welcome.open_treatment:
            raise MustSettle(
                f"gun {reference(welcome.device_id)} is bound to treatment {reference(welcome.open_treatment)}: finish "
                f"or end that first (mesogun treat --resume {reference(welcome.open_treatment)}), then calibrate"
            )
        name = reference(welcome.device_id)
        known = self._journal.history(treatment=self.run, gun=name).guns.get((name, reference(welcome.nvm_id)))
        if known is None and welcome.acked_shot_no >= welcome.oldest_shot_no:
            self._refuse_own_past(gun, welcome)
        start_no = welcome.acked_shot_no if known is None else known.shot_no
        records = [record for record in gun.log(start_no + 1) if record.shot_no <= welcome.status.last_shot_no]
        found = gun_found(welcome, gun.caps, known, records[0] if records else None)
        start = known or GunMemory(found.acked_shot_no, found.baseline_total_nl, found.entry_hwm)
        if found.last_shot_no < start.shot_no or found.running_total_nl < start.running_total_nl:
            raise Refused(
                f"gun {name} counts {found.last_shot_no} shots, but the journal has read {start.shot_no} from this "
                "same memory: the gun has lost its memory; have it serviced (simulated: nvm=FILE keeps it)"
            )
        self.memory = start
        self.commit(found)
        self.book(records)
        if (self.memory.shot_no, self.memory.running_total_nl) != (found.last_shot_no, found.running_total_nl):
            raise Refused(
                f"gun {name}: its log does not hold every shot that it counts; what is missing is booked by its last "
                "treatment (mesogun treat --resume), then calibrate"
            )
        self.commit(
            *(
                ev.EntrySettled(entry.gun, entry.memory, entry.entry_no, "hello")
                for entry in self.state.books.open_entries.values()
            )
        )
        gun.ack(self.memory.shot_no)

    def _refuse_own_past(self, gun: Gun, welcome: Welcome) -> None:
        """A journal restored from before it met this gun: its treatments read it before the cursor passes them."""
        told = {record.treatment_ref for record in gun.log(welcome.oldest_shot_no)} - {0}
        for name in map(reference, sorted(told)):
            if any(isinstance(row.event, ev.TreatmentPlanned) for row in self._journal.rows(name)):
                raise MustSettle(
                    f"the gun's log holds shots of treatment {name}, which this journal has not read: connect it there "
                    f"first (mesogun treat --resume {name}), then calibrate"
                )

    def book(self, records: Sequence[ShotRecord]) -> None:
        """Commit closed records, in order; what belongs to a treatment or leaves a gap is refused."""
        made = []
        at = self.memory
        for record in records:
            if record.treatment_ref:
                raise MustSettle(
                    f"shot {record.shot_no} on the gun belongs to treatment {reference(record.treatment_ref)}, which "
                    "has not read it yet: connect it there first (mesogun treat --resume), then calibrate"
                )
            if record.shot_no != at.shot_no + 1 or record.running_total_nl - record.delivered_nl != at.running_total_nl:
                raise Refused(
                    f"the gun's log has a gap before shot {record.shot_no}: what is missing is booked by its last "
                    "treatment (mesogun treat --resume), then calibrate"
                )
            at = GunMemory(record.shot_no, record.running_total_nl, max(at.entry_no, record.entry_no))
            made.append(shot_recorded(self.gun, record))
        self.commit(*made)
        self.memory = at

    @property
    def gun(self) -> ev.GunFound:
        """The gun that was met."""
        if self.state.gun is None:
            raise Refused("no gun was met yet")
        return self.state.gun

    def loaded(self, kind: ShotKind, volume_nl: int, step: int, entry_hwm: int) -> ev.MagazineLoaded:
        """Commit one new entry and hand it out, to be loaded now (H2, H3)."""
        found = self.gun
        entry_no = max(self.memory.entry_no, entry_hwm, self._highest()) + 1
        high_nl = volume_nl + overrun_bound_nl(volume_nl, found.overrun_nl, found.overrun_ppm)
        entry = ev.MagazineLoaded(found.gun, found.memory, entry_no, step, kind.name, volume_nl, high_nl, 0)
        self.commit(entry)
        self.memory = GunMemory(self.memory.shot_no, self.memory.running_total_nl, entry_no)
        return entry

    def _highest(self) -> int:
        return max((entry.entry_no for entry in self.state.books.open_entries.values()), default=0)
