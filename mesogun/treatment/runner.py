"""The runner: carries out a cleared plan with one gun, one journal and one operator's front end.

A short loop: look, decide, act, commit. It never says "fire"; it loads a bounded magazine, keeps a painted lease, and
pulls the log (rules H1-H16). Blocking code in one thread, every wait with a deadline. Not responsible for what is
allowed (``mesogun.limits``), what is next (``decide``) or what a log means (``reconcile``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mesogun.errors import GunRefused, LimitRefused, LinkLost, MustSettle, OutcomeUnknown, Refused, WireError
from mesogun.gun import Gun
from mesogun.journal import Journal
from mesogun.limits import ClearedPlan
from mesogun.plan import Plan
from mesogun.record import TreatmentState, overrun_bound_nl
from mesogun.record import events as ev
from mesogun.treatment import decide as d
from mesogun.treatment import reconcile as rec
from mesogun.treatment.books import Books
from mesogun.treatment.front import FrontEnd, Phase, Snapshot, Wish
from mesogun.treatment.magazine import OVERTAKEN, US_PER_MS, Magazine, Wanted
from mesogun.treatment.orders import GoTo, HandOver, Note, Order, Reassign, Redo, Skip, impossible, no_orders
from mesogun.treatment.settings import Settings
from mesogun.units import ul_text
from mesogun.wire.codes import Fault, Flag, ShotKind, State
from mesogun.wire.messages import Status

FAULTS_AT_MOST = 3
FAULT_WINDOW_US = 600_000_000
"""The same stop and restart three times in ten minutes locks the operator out (MG-26)."""


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
        self._cleared = cleared
        self._front = front
        self._operator = operator
        self._station = station
        self._settings = settings if settings is not None else Settings()
        self._orders = orders
        self._books = Books(journal, treatment)
        self._magazine = Magazine(gun, self._books, cleared)
        self._first = 0
        self._granted: ShotKind | None = None
        self._asked: set[ShotKind] = set()
        self._stops = gun.stops
        self._cleared_faults_us: list[int] = []
        self._ending = False
        self._phase = Phase.CONNECTING
        self._status: Status | None = None
        self._read_at_us = 0

    @property
    def state(self) -> TreatmentState:
        """What is on record."""
        return self._books.state

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
        self._books.take(self._station, self._operator)
        try:
            self._meet()
            while self.state.ended is None:
                self._step()
        except (LinkLost, OutcomeUnknown, WireError) as error:
            self._stop_gun()
            self._books.commit([ev.LinkBroken(str(error))])
            raise
        except KeyboardInterrupt:
            self._stop_gun()
            self._books.commit([ev.LinkBroken("interrupted by the operator")])
            raise
        except OSError as error:
            # Not the line (that is a LinkLost): the screen or the log that shows the treatment has failed.
            self._stop_gun()
            self._books.commit([ev.LinkBroken(f"nobody could be shown anything any more ({error})")])
            raise
        except BaseException:
            self._stop_gun()
            raise
        finally:
            self._books.release()
        return self.state

    def _meet(self) -> None:
        """HELLO, then read from the journal's cursor, commit, settle, acknowledge (H9).

        A latched fault is cleared by the operator first; the gun is bound to the treatment after that.
        """
        self._heed_stop()
        earlier = self._gun.link.welcome
        welcome = self._gun.hello()
        self._heed_stop()
        if welcome.status.flags & Flag.BENCH:
            raise Refused(
                "the gun is in bench mode, under a key that everybody knows: nothing that it says is booked. Switch bench"
                f" mode off at the gun, then mesogun treat --resume {self._books.treatment}"
            )
        if self.state.gun is None and earlier is not None:
            welcome = replace(welcome, dropped=max(welcome.dropped, earlier.dropped))
        history = self._books.history(welcome)
        known = history.guns.get((rec.reference(welcome.device_id), rec.reference(welcome.nvm_id)))
        start_no = welcome.acked_shot_no if known is None else known.shot_no
        records = [record for record in self._gun.log(start_no + 1) if record.shot_no <= welcome.status.last_shot_no]
        found = self._books.meet(welcome, self._gun.caps, records, history)
        self._seen(self._magazine.acknowledge())
        rec.must_not_treat(self.state, found, self._books.treatment, history)
        self._granted = None
        if found.open_treatment != self._books.treatment and welcome.status.state != State.FAULT:
            self._seen(self._gun.open_treatment(int(self._books.treatment, 16)))

    def _heed_stop(self) -> None:
        """STOP is never forgotten by a HELLO: whoever pressed it ends this run."""
        if self._gun.stops != self._stops:
            raise LinkLost("STOP was pressed")

    def _step(self) -> None:
        self._heed_stop()
        self._show()
        if self._magazine.refusal is not None and not self.state.open_entries:
            raise LimitRefused(self._magazine.refusal)
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
            shot_no=self._books.memory.shot_no,
            first=self._first,
            token=self._magazine.held(self._front.token(), self._status),
            wish=Wish.END if self._ending else self._front.wish(),
            magazine_depth=min(self._settings.magazine_depth, caps.magazine_size),
            dead_volume_nl=caps.dead_volume_nl,
            max_volume_nl=caps.max_volume_nl,
            step_nl=caps.step_nl,
            reserve_nl=overrun_bound_nl(
                caps.syringe_nl - self._status.syringe_left_nl, caps.overrun_nl, caps.overrun_ppm
            ),
            granted=self._granted is not None and self._granted is self._kind_loaded(),
            may_load=self._magazine.refusal is None,
        )

    def _act(self, action: d.Action) -> None:
        match action:
            case d.ReadLog():
                before = self._books.memory.shot_no
                self._seen(self._magazine.read_log())
                if self._books.memory.shot_no == before:
                    self._meet()  # a closed shot that the log does not serve: only a HELLO shows what is missing
            case d.LoadShots(shots):
                self._phase = Phase.TREATING
                plan = self._cleared.plan
                self._load(
                    ShotKind.TREAT,
                    [Wanted(plan.shots[index].volume_nl, plan.shots[index].depth_um, index) for index in shots],
                )
            case d.LoadPrime(volumes_nl):
                self._phase = Phase.PRIMING
                depth_um = self._gun.caps.min_depth_um
                self._load(ShotKind.PRIME, [Wanted(volume_nl, depth_um, 0) for volume_nl in volumes_nl])
            case d.AskToArm():
                self._ask_to_arm()
            case d.ArmNow(token):
                self._seen(
                    self._magazine.arm(
                        token,
                        lease_ms=self._settings.lease_ms,
                        lead=self._settings.lead,
                        poll_ms=self._settings.poll_ms,
                        operator=self._operator,
                    )
                )
            case d.RenewLease(token):
                self._renew(token.gun_clock_us, token.shot_no)
                self._wait()
            case d.DisarmNow():
                self._disarm()
            case d.NoteDisarmed(why):
                self._granted = None
                self._books.commit([ev.Disarmed(why)])
            case d.FaultSeen(fault):
                self._fault(fault)
            case d.EmptyMagazine():
                self._unload()
            case d.SayHello():
                open_before = len(self.state.open_entries)
                self._meet()
                if len(self.state.open_entries) == open_before:
                    raise MustSettle(
                        f"{open_before} loaded shots are neither in the gun nor in its log: a practitioner settles"
                        " them (mesogun journal settle)"
                    )
            case d.ChangeSyringe():
                self._change_syringe()
            case d.Finish(how):
                self._finish(how)
            case d.Watch():
                self._phase = Phase.PAUSED if self._front.wish() is Wish.PAUSE else self._phase
                self._wait()
                self._seen(self._gun.status())

    def _disarm(self) -> None:
        paused = self._front.wish() is not Wish.RUN
        if paused:
            self._granted = None
        self._seen(self._gun.disarm())
        self._books.commit([ev.Disarmed("paused" if paused else "done with these entries")])

    def _kind_loaded(self) -> ShotKind | None:
        return next((ShotKind[entry.shot_kind] for entry in self.state.open_entries.values()), None)

    def _load(self, kind: ShotKind, wanted: list[Wanted]) -> None:
        status = self._magazine.load(kind, wanted, self._status.entry_hwm if self._status is not None else 0)
        if status is not None:
            self._seen(status)

    def _obey(self, order: Order) -> None:
        """Carry out one order; one that cannot be is refused in the record, as a note, and changes nothing."""
        fault = impossible(order, self.state, len(self._cleared.plan.shots))
        if fault is not None:
            self._note(fault)
            return
        match order:
            case Skip(index, why):
                fired = self.state.fired.get(index, 0)
                self._take_back(index)
                if self.state.fired.get(index, 0) != fired:
                    self._note(f"shot {index + 1} was not skipped: it had been fired")
                else:
                    self._books.commit([ev.PointSkipped(index, self._operator, why)])
            case GoTo(index):
                self._take_back(*self.state.open_shots())
                self._first = index
            case Redo(index, why):
                records = [shot.shot_no for shot in self.state.shots if shot.shot_index == index]
                of_shot_no = records[-1] if records else 0
                self._books.commit([ev.RedoOrdered(index, of_shot_no, self._operator, why)])
            case Reassign(index, x_um, y_um, why):
                self._books.commit([ev.PointReassigned(index, x_um, y_um, self._operator, why)])
            case Note(text):
                self._note(text)
            case HandOver(to_operator):
                self._books.commit([ev.HandedOver(self._operator, to_operator)])
                self._operator = to_operator
                self._granted = None  # the new operator arms in their own name

    def _take_back(self, *indices: int) -> None:
        """Unload if any of these shots is in the magazine; arming again then needs the operator's word (H6)."""
        if self.state.open_shots().intersection(indices):
            self._granted = None
            self._unload()
            self._books.commit([ev.Disarmed("the magazine was taken back")])

    def _note(self, text: str) -> None:
        self._books.commit([ev.NoteAdded(text, self._operator)])

    def _ask_to_arm(self) -> None:
        """Ask once for each kind of magazine; the word ends with it, and with every break."""
        kind = self._kind_loaded()
        held = len(self.state.open_entries)
        shots = f"{held} shot{'' if held == 1 else 's'}"
        if kind is ShotKind.PRIME:
            question = f"Arm for priming? {shots} into the air, no skin contact."
        else:
            question = f"Arm to treat? The magazine holds {shots} and is kept filled."
        answer = self._front.confirm("rearm" if kind in self._asked else "arm", question)
        if answer is None:
            self._wait()
            self._seen(self._gun.status())
        elif answer and kind is not None:
            self._granted = kind
            self._asked.add(kind)
        else:
            self._ending = True

    def _renew(self, gun_clock_us: int, shot_no: int) -> None:
        try:
            self._seen(self._gun.renew(gun_clock_us, shot_no, self._settings.lease_ms))
        except GunRefused as refusal:
            if refusal.reason not in OVERTAKEN:
                raise
            # The lease had ended before the token arrived: the gun is disarmed, and RENEW never arms (G13).
            self._seen(self._gun.status())

    def _fault(self, fault: int) -> None:
        name = Fault(fault).name
        self._phase = Phase.FAULT
        self._granted = None
        if self.state.fault != name:
            self._books.commit([ev.FaultRaised(name)])
            self._show()
        if self._front.wish() is Wish.END:
            raise Refused(
                f"the gun reports {name}, so its treatment cannot be closed on it now: remove the cause, then"
                f" mesogun treat --resume {self._books.treatment} and end it there"
            )
        now_us = self._gun.clock.monotonic_us()
        recent = [at for at in self._cleared_faults_us if now_us - at < FAULT_WINDOW_US]
        if len(recent) >= FAULTS_AT_MOST:
            raise Refused(
                f"the gun reports {name} for the fourth time within ten minutes: clearing it again is no remedy;"
                f" have the gun looked at, then mesogun treat --resume {self._books.treatment}"
            )
        answer = self._front.confirm("fault", f"The gun reports {name}. Is the cause removed?")
        if answer is None:
            self._wait()
            self._seen(self._gun.status())
        elif answer:
            self._seen(self._gun.clear_fault(fault))
            self._cleared_faults_us = [*recent, now_us]
            self._books.commit([ev.FaultCleared(name, self._operator)])
            self._meet()
        else:
            raise Refused(
                f"the gun reports {name} and holds until an operator has removed the cause:"
                f" then mesogun treat --resume {self._books.treatment}"
            )

    def _unload(self) -> None:
        """Empty the magazine; what UNLOAD does not account for is settled by a HELLO (H5)."""
        self._seen(self._magazine.unload())
        if self.state.open_entries:
            self._meet()

    def _change_syringe(self) -> None:
        self._phase = Phase.SYRINGE
        self._granted = None
        before_nl = self._status.syringe_left_nl if self._status is not None else 0
        deadline_us = self._gun.clock.monotonic_us() + self._settings.syringe_wait_ms * US_PER_MS
        changed = False
        while self._gun.clock.monotonic_us() < deadline_us:
            self._heed_stop()
            status = self._gun.status()
            changed = changed or status.syringe_left_nl > before_nl
            self._seen(status)
            self._show()
            if self._front.wish() is Wish.END:
                self._ending = True
                return
            if changed and self._front.confirm("syringe", "Is the new syringe in place?"):
                return
            self._wait()
        raise Refused(
            f"the syringe holds {ul_text(before_nl)}, which does not cover the next shot, and no other was inserted in"
            f" time: insert one, then mesogun treat --resume {self._books.treatment}"
        )

    def _finish(self, how: str) -> None:
        self._seen(self._gun.close_treatment(int(self._books.treatment, 16)))
        self._phase = Phase.ENDED
        self._books.commit([ev.TreatmentEnded(how, self._operator)])
        self._show()

    def _seen(self, status: Status) -> None:
        """Take in the gun's newest word; another syringe, asked for or not, ends every word for arming."""
        before, self._status = self._status, status
        if before is not None and status.syringe_left_nl > before.syringe_left_nl:
            self._granted = None
            self._books.commit([ev.SyringeInserted("", "", status.syringe_left_nl, self._operator)])
        self._read_at_us = self._gun.clock.monotonic_us()

    def _snapshot(self) -> Snapshot:
        return Snapshot(
            self._books.treatment, self._phase, self.state, self._status, self._books.memory.shot_no, self._read_at_us
        )

    def _show(self) -> None:
        self._front.show(self._snapshot())

    def _wait(self) -> None:
        self._gun.clock.sleep_us(self._settings.poll_ms * US_PER_MS)

    def _stop_gun(self) -> None:
        """STOP is harmless and needs nothing back; a broken line must not hide what broke it."""
        try:
            self._gun.stop()
        except (LinkLost, WireError):
            return
