"""The runner: carries out a cleared plan with one gun, one journal and one operator's front end.

A short loop: look, decide, act, commit. It never says "fire"; it loads a bounded magazine, keeps a painted lease, and
pulls the log (rules H1-H16). Blocking code in one thread, every wait with a deadline. Not responsible for what is
allowed (``mesogun.limits``), what is next (``decide``) or what a log means (``reconcile``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mesogun import __version__
from mesogun.errors import GunRefused, LimitRefused, LinkLost, OutcomeUnknown, Refused, WireError
from mesogun.gun import Gun
from mesogun.journal import Journal
from mesogun.limits import ClearedPlan, check_load
from mesogun.plan import Plan
from mesogun.record import GunMemory, History, TreatmentState, fold, loaded_high_nl, overrun_bound_nl, read_history
from mesogun.record import events as ev
from mesogun.treatment import decide as d
from mesogun.treatment import reconcile as rec
from mesogun.treatment.front import FrontEnd, Phase, Snapshot, Token, Wish
from mesogun.treatment.orders import GoTo, HandOver, Note, Order, Reassign, Redo, Skip, no_orders
from mesogun.wire.codes import Fault, Reason, ShotKind
from mesogun.wire.messages import Arm, Load, ShotRecord, Status

US_PER_MS = 1_000


@dataclass(frozen=True, slots=True)
class Settings:
    """How a treatment is paced; the defaults suit a hand at 2-3 shots a second.

    ``lease_ms`` is the host-side wish and must lie in the gun's range; ``lead`` 1 means that every shot is on the
    screen before the next can be fired (G13).
    """

    lease_ms: int = 2_000
    lead: int = 1
    magazine_depth: int = 6
    poll_ms: int = 50
    syringe_wait_ms: int = 600_000


class Runner:
    """One treatment on one gun. Build it, then ``run()`` once."""

    def __init__(
        self,
        *,
        gun: Gun,
        journal: Journal,
        cleared: ClearedPlan[Plan],
        treatment: str,
        front: FrontEnd,
        operator: str,
        station: str,
        settings: Settings | None = None,
        orders: Callable[[], Order | None] = no_orders,
    ) -> None:
        self._gun = gun
        self._journal = journal
        self._cleared = cleared
        self._treatment = treatment
        self._front = front
        self._operator = operator
        self._station = station
        self._settings = settings if settings is not None else Settings()
        self._orders = orders
        self._first = 0
        self._epoch = 0
        self._granted = False
        self._asked_before = False
        self._ending = False
        self._refusal: str | None = None
        self._phase = Phase.CONNECTING
        self._status: Status | None = None
        self._read_at_us = 0
        self._memory = GunMemory()
        self.state = TreatmentState()

    def run(self) -> TreatmentState:
        """Carry the treatment to its end, or to the first thing that only people can settle.

        Returns
        -------
        TreatmentState
            The state as recorded; ``ended`` says how it ended.

        Raises
        ------
        LinkLost, OutcomeUnknown, WireError
            The conversation broke; everything loaded stays counted until the gun's log is read again.
        Refused
            A limit, an interlock or something to settle; nothing more was loaded.
        RecordError
            The journal could not be written or belongs to another runner now; the gun was stopped first.
        """
        self._epoch = self._journal.take(self._treatment, self._station)
        try:
            self._commit([ev.RunnerStarted(self._epoch, self._station, self._operator, __version__)])
            self._meet()
            while self.state.ended is None:
                self._step()
        except (LinkLost, OutcomeUnknown, WireError) as error:
            self._stop_gun()
            self._commit([ev.LinkBroken(str(error))])
            raise
        except KeyboardInterrupt:
            self._stop_gun()
            self._commit([ev.LinkBroken("interrupted by the operator")])
            raise
        except BaseException:
            self._stop_gun()
            raise
        finally:
            self._journal.release()
        return self.state

    # -- meeting the gun -------------------------------------------------------------------------------------------

    def _meet(self) -> None:
        """HELLO, then read from the journal's cursor, commit, settle, acknowledge (H9)."""
        history = self._history()
        welcome = self._gun.hello()
        caps = self._gun.caps
        key = (rec.reference(welcome.device_id), rec.reference(welcome.nvm_id))
        known = history.guns.get(key)
        start_no = welcome.acked_shot_no if known is None else known.shot_no
        records = [record for record in self._gun.log(start_no + 1) if record.shot_no <= welcome.status.last_shot_no]
        found = rec.gun_found(welcome, caps, known, records[0] if records else None)
        self._memory = rec.cursor(found, known)
        self._seen(welcome.status)
        self._commit([found])
        self._book(found, records, history)
        gap = rec.missing_at_the_end(found, self._memory, welcome.status.last_shot_no, welcome.status.running_total_nl)
        if gap is not None:
            self._commit([gap])
        else:
            self._settle_by_hello(found, history)
        self._acknowledge()
        rec.must_not_treat(self.state, found, self._treatment, history)
        if found.open_treatment != self._treatment:
            self._seen(self._gun.open_treatment(int(self._treatment, 16)))
        self._granted = False

    def _settle_by_hello(self, found: ev.GunFound, history: History) -> None:
        self._commit(rec.settled_by_hello(self.state, found))
        for name, other in history.treatments.items():
            if name != self._treatment and other.open_entries:
                settled = rec.settled_by_hello(other, found)
                if settled:
                    self._journal.append(settled, treatment=name, epoch=None)

    def _history(self) -> History:
        history = read_history((row.treatment, row.event) for row in self._journal.rows())
        self.state = history.treatments.get(self._treatment, TreatmentState())
        return history

    # -- the loop --------------------------------------------------------------------------------------------------

    def _step(self) -> None:
        self._show()
        if self._refusal is not None and not self.state.open_entries:
            raise LimitRefused(self._refusal)
        order = self._orders()
        if order is not None:
            self._obey(order)
            return
        self._act(d.decide(self._situation()))

    def _situation(self) -> d.Situation:
        if self._status is None:
            raise LinkLost("the gun has not said anything yet")
        caps = self._gun.caps
        return d.Situation(
            state=self.state,
            status=self._status,
            plan=self._cleared.plan,
            shot_no=self._memory.shot_no,
            first=self._first,
            token=self._front.token(),
            wish=Wish.END if self._ending else self._front.wish(),
            magazine_depth=min(self._settings.magazine_depth, caps.magazine_size),
            dead_volume_nl=caps.dead_volume_nl,
            max_volume_nl=caps.max_volume_nl,
            step_nl=caps.step_nl,
            reserve_nl=overrun_bound_nl(
                caps.syringe_nl - self._status.syringe_left_nl, caps.overrun_nl, caps.overrun_ppm
            ),
            granted=self._granted,
            may_load=self._refusal is None,
        )

    def _act(self, action: d.Action) -> None:
        match action:
            case d.ReadLog():
                self._read_log()
            case d.LoadShots(shots):
                self._phase = Phase.TREATING
                plan = self._cleared.plan
                wanted = [(plan.shots[index].volume_nl, plan.shots[index].depth_um, index) for index in shots]
                self._load(ShotKind.TREAT, wanted)
            case d.LoadPrime(volumes_nl):
                self._phase = Phase.PRIMING
                self._load(ShotKind.PRIME, [(volume_nl, self._gun.caps.min_depth_um, 0) for volume_nl in volumes_nl])
            case d.AskToArm():
                self._ask_to_arm()
            case d.ArmNow(token):
                self._arm(token)
            case d.RenewLease(token):
                self._renew(token.gun_clock_us, token.shot_no)
                self._wait()
            case d.DisarmNow():
                self._seen(self._gun.disarm())
                self._commit([ev.Disarmed("paused" if self._front.wish() is Wish.PAUSE else "done with these entries")])
            case d.NoteDisarmed(why):
                self._granted = self._granted and why == "the magazine is empty"
                self._commit([ev.Disarmed(why)])
            case d.FaultSeen(fault):
                self._fault(fault)
            case d.EmptyMagazine():
                self._unload()
            case d.SayHello():
                self._meet()
            case d.ChangeSyringe():
                self._change_syringe()
            case d.Finish(how):
                self._finish(how)
            case d.Watch():
                self._phase = Phase.PAUSED if self._front.wish() is Wish.PAUSE else self._phase
                self._wait()
                self._seen(self._gun.status())

    def _load(self, kind: ShotKind, wanted: Sequence[tuple[int, int, int]]) -> None:
        """Commit, then LOAD: ``high`` grows before the bytes leave (H2), checked against every limit first."""
        found = self.state.gun
        if found is None:
            raise Refused("no gun was met yet")
        hwm = self._status.entry_hwm if self._status is not None else 0
        entry_no = max(self._memory.entry_no, hwm)
        high_nl = self.state.ledger.high_nl
        points = self._points_served()
        entries: list[ev.MagazineLoaded] = []
        for volume_nl, depth_um, index in wanted:
            reserve_nl = loaded_high_nl(volume_nl, found.overrun_nl, found.overrun_ppm)
            if kind is ShotKind.TREAT:
                served = self._cleared.plan.shots[index].points
                largest_nl = max(self._cleared.plan.points[point].volume_nl for point in served)
                violations = check_load(
                    self._cleared,
                    high_nl_after=high_nl + reserve_nl,
                    largest_point_nl=largest_nl,
                    points_after=points + len(served),
                )
                if violations:
                    self._refusal = "; ".join(violation.message for violation in violations)
                    break
                high_nl += reserve_nl
                points += len(served)
            entry_no += 1
            entries.append(
                ev.MagazineLoaded(found.gun, found.memory, entry_no, index, kind.name, volume_nl, reserve_nl, depth_um)
            )
        self._commit(entries)
        for entry in entries:
            self._send(entry, kind)

    def _points_served(self) -> int:
        """Points that were or may have been served, redone ones counted again."""
        shots = self._cleared.plan.shots
        fired = sum(count * len(shots[index].points) for index, count in self.state.fired.items())
        return fired + sum(len(shots[index].points) for index in self.state.open_shots())

    def _send(self, entry: ev.MagazineLoaded, kind: ShotKind) -> None:
        load = Load(entry.entry_no, int(self._treatment, 16), entry.shot_index, kind, entry.volume_nl, entry.depth_um)
        try:
            self._seen(self._gun.load(load))
        except GunRefused:
            self._commit([ev.EntrySettled(entry.gun, entry.memory, entry.entry_no, "refused")])
            raise

    def _obey(self, order: Order) -> None:
        """Carry out one order; one that cannot be is refused in the record, as a note, and changes nothing."""
        match order:
            case Skip(index, why):
                self._take_back(index)
                if index in self.state.outcomes:
                    self._note(f"shot {index + 1} was not skipped: it had been fired")
                else:
                    self._commit([ev.PointSkipped(index, self._operator, why)])
            case GoTo(index):
                self._take_back(*self.state.open_shots())
                self._first = index
            case Redo(index, why):
                fired = [shot for shot in self.state.shots if shot.shot_kind == "TREAT" and shot.shot_index == index]
                if not fired or index in self.state.open_shots():
                    self._note(f"shot {index + 1} cannot be redone: it has no record yet")
                else:
                    self._commit([ev.RedoOrdered(index, fired[-1].shot_no, self._operator, why)])
            case Reassign(index, x_um, y_um, why):
                if index in self.state.outcomes:
                    self._commit([ev.PointReassigned(index, x_um, y_um, self._operator, why)])
                else:
                    self._note(f"shot {index + 1} was not given, so it cannot have gone elsewhere")
            case Note(text):
                self._note(text)
            case HandOver(to_operator):
                self._commit([ev.HandedOver(self._operator, to_operator)])
                self._operator = to_operator

    def _take_back(self, *indices: int) -> None:
        """Unload if any of these shots is in the magazine; arming again then needs the operator's word (H6)."""
        if self.state.open_shots().intersection(indices):
            self._granted = False
            self._unload()
            self._commit([ev.Disarmed("the magazine was taken back")])

    def _note(self, text: str) -> None:
        self._commit([ev.NoteAdded(text, self._operator)])

    def _ask_to_arm(self) -> None:
        what = "rearm" if self._asked_before else "arm"
        held = len(self.state.open_entries)
        answer = self._front.confirm(what, f"Arm the gun? Its magazine holds {held} shots.")
        if answer is None:
            self._wait()
            self._seen(self._gun.status())
        elif answer:
            self._granted = True
            self._asked_before = True
        else:
            self._ending = True

    def _arm(self, token: Token) -> None:
        entries = sorted(self.state.open_entries.values(), key=lambda entry: entry.entry_no)
        needed_ms = 4 * self._gun.link.rto_us // US_PER_MS + self._settings.poll_ms
        if self._settings.lease_ms < needed_ms:
            raise Refused(
                f"a lease of {self._settings.lease_ms} ms is too short for this line, where one lost frame costs up to"
                f" {needed_ms} ms: use a faster port, or a longer lease if the gun allows it"
            )
        arm = Arm(
            treatment_ref=int(self._treatment, 16),
            first_entry_no=entries[0].entry_no,
            last_entry_no=entries[-1].entry_no,
            count=len(entries),
            total_nl=sum(entry.volume_nl for entry in entries),
            painted_clock_us=token.gun_clock_us,
            painted_shot_no=token.shot_no,
            lease_ms=self._settings.lease_ms,
            lead=self._settings.lead,
        )
        try:
            self._seen(self._gun.arm(arm))
        except GunRefused as refusal:
            if refusal.reason != Reason.STALE_TOKEN:
                raise
            # The picture was too old by the time the request arrived; paint again and ask again.
            self._seen(self._gun.status())
            return
        self._commit(
            [
                ev.Armed(
                    arm.first_entry_no,
                    arm.last_entry_no,
                    arm.count,
                    arm.total_nl,
                    arm.lease_ms,
                    arm.lead,
                    self._operator,
                )
            ]
        )

    def _renew(self, gun_clock_us: int, shot_no: int) -> None:
        try:
            self._seen(self._gun.renew(gun_clock_us, shot_no, self._settings.lease_ms))
        except GunRefused:
            # The lease had ended before the token arrived: the gun is disarmed, and RENEW never arms (G13).
            self._seen(self._gun.status())

    def _fault(self, fault: int) -> None:
        name = Fault(fault).name
        self._phase = Phase.FAULT
        self._granted = False
        if self.state.fault != name:
            self._commit([ev.FaultRaised(name)])
            self._show()
        if self._front.wish() is Wish.END:
            raise Refused(
                f"the gun reports {name}, so its treatment cannot be closed on it now: remove the cause, then"
                f" mesogun treat --resume {self._treatment} and end it there"
            )
        answer = self._front.confirm("fault", f"The gun reports {name}. Is the cause removed?")
        if answer is None:
            self._wait()
            self._seen(self._gun.status())
        elif answer:
            self._seen(self._gun.clear_fault(fault))
            self._commit([ev.FaultCleared(name, self._operator)])
            self._meet()
        else:
            raise Refused(
                f"the gun reports {name} and holds until an operator has removed the cause:"
                f" then mesogun treat --resume {self._treatment}"
            )

    def _unload(self) -> None:
        """UNLOAD, then the log, then settle what was removed (H5b, H6)."""
        unloaded = self._gun.unload()
        self._seen(unloaded.status)
        self._read_log()
        if unloaded.removed_count == 0:
            if self.state.open_entries:
                self._meet()
            return
        removed = [
            entry
            for entry in self.state.open_entries.values()
            if unloaded.removed_first <= entry.entry_no <= unloaded.removed_last
        ]
        self._commit([ev.EntrySettled(entry.gun, entry.memory, entry.entry_no, "unloaded") for entry in removed])

    def _change_syringe(self) -> None:
        self._phase = Phase.SYRINGE
        self._granted = False
        self._show()
        before_nl = self._status.syringe_left_nl if self._status is not None else 0
        deadline_us = self._gun.clock.monotonic_us() + self._settings.syringe_wait_ms * US_PER_MS
        while self._gun.clock.monotonic_us() < deadline_us:
            self._seen(self._gun.status())
            self._show()
            if self._front.wish() is Wish.END:
                self._ending = True
                return
            changed = self._status is not None and self._status.syringe_left_nl > before_nl
            if changed and self._front.confirm("syringe", "Is the new syringe in place?"):
                left_nl = self._status.syringe_left_nl if self._status is not None else 0
                self._commit([ev.SyringeInserted("", "", left_nl, self._operator)])
                return
            self._wait()
        raise Refused(
            f"the syringe holds {before_nl} nL, which does not cover the next shot, and no other was inserted in time:"
            f" insert one, then mesogun treat --resume {self._treatment}"
        )

    def _finish(self, how: str) -> None:
        self._seen(self._gun.close_treatment(int(self._treatment, 16)))
        self._phase = Phase.ENDED
        self._commit([ev.TreatmentEnded(how, self._operator)])
        self._show()

    # -- the log ---------------------------------------------------------------------------------------------------

    def _read_log(self) -> None:
        """Pull closed records, commit, and only then acknowledge (G12)."""
        found = self.state.gun
        if found is None:
            raise Refused("no gun was met yet")
        records = list(self._gun.log(self._memory.shot_no + 1))
        self._book(found, records, None)
        self._acknowledge()

    def _book(self, found: ev.GunFound, records: Sequence[ShotRecord], history: History | None) -> None:
        treatments = history.treatments if history is not None else {self._treatment: self.state}
        dated = rec.recorded(found, self._memory, records, self._treatment, treatments)
        self._commit([item.event for item in dated if item.treatment == self._treatment])
        for item in dated:
            if item.treatment != self._treatment:
                self._journal.append([item.event], treatment=item.treatment, epoch=None)
        if records:
            last = records[-1]
            entry_no = max(self._memory.entry_no, *(record.entry_no for record in records))
            self._memory = GunMemory(last.shot_no, last.running_total_nl, entry_no)

    def _acknowledge(self) -> None:
        self._seen(self._gun.ack(self._memory.shot_no))

    # -- small things ----------------------------------------------------------------------------------------------

    def _commit(self, events: Sequence[ev.Event]) -> None:
        if not events:
            return
        self._journal.append(events, treatment=self._treatment, epoch=self._epoch)
        for event in events:
            self.state = fold(self.state, event)
            if isinstance(event, ev.MagazineLoaded):
                self._memory = GunMemory(self._memory.shot_no, self._memory.running_total_nl, event.entry_no)

    def _seen(self, status: Status) -> None:
        self._status = status
        self._read_at_us = self._gun.clock.monotonic_us()

    def _snapshot(self) -> Snapshot:
        return Snapshot(self._treatment, self._phase, self.state, self._status, self._memory.shot_no, self._read_at_us)

    def _show(self) -> None:
        self._front.show(self._snapshot())

    def _wait(self) -> None:
        self._gun.clock.sleep_us(self._settings.poll_ms * US_PER_MS)

    def _stop_gun(self) -> None:
        """STOP is harmless and needs nothing back; a broken line must not hide what broke it."""
        stop: Callable[[], object] = self._gun.stop
        try:
            stop()
        except (LinkLost, WireError):
            return
