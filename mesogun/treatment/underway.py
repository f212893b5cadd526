"""A treatment under way: one gun, one journal, one operator, and what the loop knows of each.

What every step of the runner shares: meeting the gun, taking in its newest word, looking again, showing. Not
responsible for choosing the next step (``decide``) or for anything that is asked of people (``asking``).
"""

from __future__ import annotations

from dataclasses import replace

from mesogun.errors import LinkLost, MesogunError, RecordError, Refused, WireError
from mesogun.gun import Gun
from mesogun.gun.calibration import foreign
from mesogun.gun.found import reference
from mesogun.limits import ClearedPlan
from mesogun.plan import Plan
from mesogun.record import TreatmentState
from mesogun.record import events as ev
from mesogun.record.alarms import Facts, Limit, limit_words
from mesogun.treatment import reconcile as rec
from mesogun.treatment.alarmlog import AlarmLog
from mesogun.treatment.books import Books
from mesogun.treatment.checks import barred, day_number
from mesogun.treatment.decide import PRIMED
from mesogun.treatment.front import FrontEnd, Phase, Snapshot
from mesogun.treatment.magazine import US_PER_MS, Magazine
from mesogun.treatment.settings import Settings
from mesogun.treatment.syringe import SyringeChange
from mesogun.wire.codes import Flag, ShotKind, State
from mesogun.wire.messages import Status

STOP_PROOF_MS = 500
"""How long a run that STOP ended waits for the gun's answer before it says on record that there is none."""


class Underway:
    """The state of one run that is not on record: everything here dies with the process, and nothing is lost by that.

    ``granted`` is the kind of magazine that the operator's word for arming holds for; ``asked`` the kinds that a word
    was given for before. ``stops`` counts the STOPs that had been pressed when the run began.
    """

    def __init__(
        self,
        *,
        gun: Gun,
        books: Books,
        cleared: ClearedPlan[Plan],
        front: FrontEnd,
        operator: str,
        settings: Settings,
    ) -> None:
        self.gun = gun
        self.books = books
        self.magazine = Magazine(gun, books, cleared)
        self.cleared = cleared
        self.front = front
        self.operator = operator
        self.settings = settings
        self.stops = gun.stops
        self.phase = Phase.CONNECTING
        self.status: Status | None = None
        self.read_at_us = 0
        self.first = 0
        self.granted: ShotKind | None = None
        self.asked: set[ShotKind] = set()
        self.ending = False
        self.paused = False
        self.finish_granted = False
        self.syringe: SyringeChange | None = None
        self.cleared_faults_us: list[int] = []
        self._alarms = AlarmLog()
        self._today: int | None = None
        self._due: int | None = None
        self._limits = tuple(Limit(limit_words(cap.rule), cap.cap_nl, cap.hard) for cap in cleared.clearance.caps)

    @property
    def state(self) -> TreatmentState:
        """What is on record."""
        return self.books.state

    @property
    def hot(self) -> bool:
        """Whether the gun was armed by its newest word."""
        return self.status is not None and self.status.state in (State.ARMED, State.FIRING)

    def meet(self) -> None:
        """HELLO, then read from the journal's cursor, commit, settle, acknowledge (H9).

        A latched fault is cleared by the operator first; the gun is bound to the treatment after that.
        """
        self.heed_stop()
        earlier = self.gun.link.welcome
        welcome = self.gun.hello()
        self.heed_stop()
        if welcome.status.flags & Flag.BENCH:
            raise Refused(
                "the gun is in bench mode, under a key that everybody knows: nothing that it says is booked. Switch"
                f" bench mode off at the gun, then mesogun treat --resume {self.books.treatment}"
            )
        if self.state.gun is None and earlier is not None:
            welcome = replace(welcome, dropped=max(welcome.dropped, earlier.dropped))
        history = self.books.history(welcome, self.gun.log)
        known = history.guns.get((reference(welcome.device_id), reference(welcome.nvm_id)))
        start_no = welcome.acked_shot_no if known is None else known.shot_no
        records = [record for record in self.gun.log(start_no + 1) if record.shot_no <= welcome.status.last_shot_no]
        found = self.books.meet(welcome, self.gun.caps, records, history)
        self.seen(self.magazine.acknowledge())
        rec.must_not_treat(self.state, found, self.books.treatment, history)
        self._check(found)
        self.granted = None
        if self.state.lot is not None and self.state.syringe is not None and not self.state.syringe.lot:
            self._await_syringe(welcome.status)  # changed before a break, and nobody has named its lot yet
        if found.open_treatment != self.books.treatment and welcome.status.state != State.FAULT:
            self.seen(self.gun.open_treatment(int(self.books.treatment, 16)))

    def _check(self, found: ev.GunFound) -> None:
        """What was given is on record by now, whatever the gun is like; a gun that fails a check gets no more."""
        today = self.gun.clock.utc().date()
        self._today, self._due = day_number(today), self.gun.caps.calibration_due_day
        why = barred(
            self.gun.welcome,
            self.gun.caps,
            today=today,
            cleared_for=self.cleared.clearance.gun_kind,
            kind=found.gun_kind,
        ) + foreign(self.gun)
        if why:
            self.books.commit([ev.GunBarred(found.gun, "; ".join(why))])
            raise Refused(f"gun {found.gun} must not treat now: {'; '.join(why)}")

    def heed_stop(self) -> None:
        """STOP is never forgotten by a HELLO: whoever pressed it ends this run."""
        if self.gun.stops != self.stops:
            raise LinkLost("STOP was pressed")

    def unload(self) -> None:
        """Empty the magazine; what UNLOAD does not account for is settled by a HELLO (H5)."""
        self.seen(self.magazine.unload())
        if self.state.open_entries:
            self.meet()

    def seen(self, status: Status) -> None:
        """Take in the gun's newest word; another syringe, asked for or not, ends every word for arming."""
        before, self.status = self.status, status
        self.read_at_us = self.gun.heard_us
        if self._another_syringe(before, status):
            self.granted = None
            self.books.commit([ev.SyringeInserted("", "", status.syringe_left_nl, self.operator)])
            self._await_syringe(status)
        self.books.commit(self.alarmed())

    def _another_syringe(self, before: Status | None, status: Status) -> bool:
        """Whether the gun holds more than before, or has forgotten its priming, as at a change of the syringe (W-30).

        Between two runs a restart clears it too: nobody can tell, so it is asked about wherever a lot was named.
        """
        primed = status.flags & PRIMED
        if before is not None:
            return status.syringe_left_nl > before.syringe_left_nl or (not primed and bool(before.flags & PRIMED))
        return not primed and self.state.lot is not None and bool(self.state.shots)

    def _await_syringe(self, status: Status) -> SyringeChange:
        deadline_us = self.read_at_us + self.settings.syringe_wait_ms * US_PER_MS
        self.syringe = SyringeChange(deadline_us, status.syringe_left_nl, changed=True)
        return self.syringe

    def refuse_syringe(self) -> None:
        """What is in the gun may not be given, by its label: nothing is armed until another lot is named."""
        self.granted = None
        if self.status is None:
            return
        if self.status.state in (State.ARMED, State.FIRING):
            self.seen(self.gun.disarm())
            self.books.commit([ev.Disarmed("the lot in the gun may not be given")])
        if self.state.syringe is None or self.state.syringe.lot:
            self.books.commit([ev.SyringeInserted("", "", self.status.syringe_left_nl, self.operator)])
        change = self.syringe if self.syringe is not None else self._await_syringe(self.status)
        change.changed = change.other_lot = True

    def resume_alarms(self) -> None:
        """Alarms that an earlier run left standing go on from there: they end, or are seen, in this one."""
        self._alarms.resume(self.state.alarms, self.gun.clock.monotonic_us())

    def acknowledge_alarms(self) -> None:
        """The operator has seen what is shown."""
        self.books.commit(self._alarms.acknowledge(self.operator))

    def alarmed(self, error: Exception | None = None) -> list[ev.Event]:
        """What became of the alarms; with ``error``, because of what ends this run."""
        stopped = error is not None and self.gun.stops != self.stops  # until then the run has not heeded it
        proved = stopped and disarmed(self.gun.link.stop_status)
        if error is None and self._alarms.nothing_new(self.state, self.status, stopped, self._today, self._due):
            return []
        facts = Facts(
            self.state,
            self.status,
            limits=self._limits,
            stopped=stopped,
            stop_proved=proved,
            stop_unanswered=stopped and not proved,
            failure=None if error is None else str(error),
            failure_kind=type(error).__name__ if error is not None else "",
            was_armed=self.state.armed,
            today_day=self._today,
            calibration_due_day=self._due,
        )
        return self._alarms.look(facts, self.read_at_us)

    def broken_off(self, error: BaseException, *events: ev.Event) -> None:
        """Put on record what ended this run; a record that fails now must not hide it."""
        try:
            alarms = self.alarmed(error) if isinstance(error, MesogunError) else []
            self.books.commit([*events, *alarms])
        except RecordError as failure:
            error.add_note(f"and that could not be recorded: {failure}")

    def _snapshot(self) -> Snapshot:
        return Snapshot(
            self.books.treatment, self.phase, self.state, self.status, self.books.memory.shot_no, self.read_at_us
        )

    def show(self) -> None:
        """The newest snapshot to the front end."""
        self.front.show(self._snapshot())

    def wait(self) -> None:
        """One poll's time."""
        self.gun.clock.sleep_us(self.settings.poll_ms * US_PER_MS)

    def look_again(self) -> None:
        """Wait a poll, then take in the gun's newest word."""
        self.wait()
        self.seen(self.gun.status())

    def stop_gun(self) -> None:
        """STOP is harmless; a broken line must not hide what broke it.

        Where somebody had pressed it, the gun's answer is waited for, so that the record says no more than is known.
        """
        pressed = self.gun.stops != self.stops
        self.stops += 1  # this one is the run's own: nobody pressed it
        try:
            self.gun.stop()
            if pressed:
                self.gun.confirm_stop(deadline_ms=STOP_PROOF_MS)
        except (LinkLost, WireError):
            return

    def kind_loaded(self) -> ShotKind | None:
        """What the magazine holds, by the record."""
        return next((ShotKind[entry.shot_kind] for entry in self.state.open_entries.values()), None)


def disarmed(status: Status | None) -> bool:
    """Whether the gun's answer to STOP proves what STOP is for: no lease, no stroke, nothing in the magazine."""
    return status is not None and status.state not in (State.ARMED, State.FIRING) and status.magazine == 0
