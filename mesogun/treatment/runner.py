"""The runner: carries out a cleared plan with one gun, one journal and one operator's front end.

A short loop: look, decide, act, commit. It never says "fire"; it loads a bounded magazine, keeps a painted lease, and
pulls the log (rules H1-H16). Blocking code in one thread, every wait with a deadline. Not responsible for what is
allowed (``mesogun.limits``), what is next (``decide``) or what a log means (``reconcile``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mesogun.errors import GunRefused, LimitRefused, LinkLost, OutcomeUnknown, Refused, WireError
from mesogun.gun import Gun
from mesogun.journal import Journal
from mesogun.limits import ClearedPlan, check_pause
from mesogun.plan import Plan
from mesogun.record import TreatmentState, overrun_bound_nl
from mesogun.record import events as ev
from mesogun.treatment import decide as d
from mesogun.treatment import reconcile as rec
from mesogun.treatment.books import Books
from mesogun.treatment.front import FrontEnd, Phase, Snapshot, Token, Wish
from mesogun.treatment.magazine import US_PER_MS, Magazine, Wanted
from mesogun.treatment.orders import GoTo, HandOver, Note, Order, Reassign, Redo, Skip, no_orders
from mesogun.wire.codes import Fault, ShotKind
from mesogun.wire.messages import Status


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
        self._cleared = cleared
        self._front = front
        self._operator = operator
        self._station = station
        self._settings = settings if settings is not None else Settings()
        self._orders = orders
        self._books = Books(journal, treatment)
        self._magazine = Magazine(gun, self._books, cleared)
        self._first = 0
        self._granted = False
        self._asked_before = False
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
        except BaseException:
            self._stop_gun()
            raise
        finally:
            self._books.release()
        return self.state

    def _meet(self) -> None:
        """HELLO, then read from the journal's cursor, commit, settle, acknowledge (H9)."""
        welcome = self._gun.hello()
        history = self._books.history(welcome)
        known = history.guns.get((rec.reference(welcome.device_id), rec.reference(welcome.nvm_id)))
        start_no = welcome.acked_shot_no if known is None else known.shot_no
        records = [record for record in self._gun.log(start_no + 1) if record.shot_no <= welcome.status.last_shot_no]
        found = self._books.meet(welcome, self._gun.caps, records, history)
        self._seen(self._magazine.acknowledge())
        rec.must_not_treat(self.state, found, self._books.treatment, history)
        if found.open_treatment != self._books.treatment:
            self._seen(self._gun.open_treatment(int(self._books.treatment, 16)))
        self._granted = False

    def _step(self) -> None:
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
            token=self._paced(self._front.token()),
            wish=Wish.END if self._ending else self._front.wish(),
            magazine_depth=min(self._settings.magazine_depth, caps.magazine_size),
            dead_volume_nl=caps.dead_volume_nl,
            max_volume_nl=caps.max_volume_nl,
            step_nl=caps.step_nl,
            reserve_nl=overrun_bound_nl(
                caps.syringe_nl - self._status.syringe_left_nl, caps.overrun_nl, caps.overrun_ppm
            ),
            granted=self._granted,
            may_load=self._magazine.refusal is None,
        )

    def _paced(self, token: Token | None) -> Token | None:
        """A token that holds the gun while the shortest time between two shots has not passed.

        With a lead of 1 the gun fires only when its last shot was painted; a token that names the shot before keeps
        the lease and holds the trigger.
        """
        shots = self.state.shots
        if token is None or self._status is None or not shots or self.state.gun is None:
            return token
        last = shots[-1]
        if last.shot_no != token.shot_no or last.boot_id != self.state.gun.boot_id:
            return token
        since_ms = (self._status.gun_clock_us - last.start_us) // US_PER_MS
        if check_pause(self._cleared, since_last_shot_ms=since_ms):
            return Token(token.gun_clock_us, token.shot_no - 1)
        return token

    def _act(self, action: d.Action) -> None:
        match action:
            case d.ReadLog():
                self._seen(self._magazine.read_log())
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
                self._seen(self._gun.disarm())
                self._books.commit(
                    [ev.Disarmed("paused" if self._front.wish() is Wish.PAUSE else "done with these entries")]
                )
            case d.NoteDisarmed(why):
                self._granted = self._granted and why == "the magazine is empty"
                self._books.commit([ev.Disarmed(why)])
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

    def _load(self, kind: ShotKind, wanted: list[Wanted]) -> None:
        status = self._magazine.load(kind, wanted, self._status.entry_hwm if self._status is not None else 0)
        if status is not None:
            self._seen(status)

    def _obey(self, order: Order) -> None:
        """Carry out one order; one that cannot be is refused in the record, as a note, and changes nothing."""
        match order:
            case Skip(index, why):
                self._take_back(index)
                if index in self.state.outcomes:
                    self._note(f"shot {index + 1} was not skipped: it had been fired")
                else:
                    self._books.commit([ev.PointSkipped(index, self._operator, why)])
            case GoTo(index):
                self._take_back(*self.state.open_shots())
                self._first = index
            case Redo(index, why):
                fired = [shot for shot in self.state.shots if shot.shot_kind == "TREAT" and shot.shot_index == index]
                if not fired or index in self.state.open_shots():
                    self._note(f"shot {index + 1} cannot be redone: it has no record yet")
                else:
                    self._books.commit([ev.RedoOrdered(index, fired[-1].shot_no, self._operator, why)])
            case Reassign(index, x_um, y_um, why):
                if index in self.state.outcomes:
                    self._books.commit([ev.PointReassigned(index, x_um, y_um, self._operator, why)])
                else:
                    self._note(f"shot {index + 1} was not given, so it cannot have gone elsewhere")
            case Note(text):
                self._note(text)
            case HandOver(to_operator):
                self._books.commit([ev.HandedOver(self._operator, to_operator)])
                self._operator = to_operator

    def _take_back(self, *indices: int) -> None:
        """Unload if any of these shots is in the magazine; arming again then needs the operator's word (H6)."""
        if self.state.open_shots().intersection(indices):
            self._granted = False
            self._unload()
            self._books.commit([ev.Disarmed("the magazine was taken back")])

    def _note(self, text: str) -> None:
        self._books.commit([ev.NoteAdded(text, self._operator)])

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
            self._books.commit([ev.FaultRaised(name)])
            self._show()
        if self._front.wish() is Wish.END:
            raise Refused(
                f"the gun reports {name}, so its treatment cannot be closed on it now: remove the cause, then"
                f" mesogun treat --resume {self._books.treatment} and end it there"
            )
        answer = self._front.confirm("fault", f"The gun reports {name}. Is the cause removed?")
        if answer is None:
            self._wait()
            self._seen(self._gun.status())
        elif answer:
            self._seen(self._gun.clear_fault(fault))
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
                self._books.commit([ev.SyringeInserted("", "", left_nl, self._operator)])
                return
            self._wait()
        raise Refused(
            f"the syringe holds {before_nl} nL, which does not cover the next shot, and no other was inserted in time:"
            f" insert one, then mesogun treat --resume {self._books.treatment}"
        )

    def _finish(self, how: str) -> None:
        self._seen(self._gun.close_treatment(int(self._books.treatment, 16)))
        self._phase = Phase.ENDED
        self._books.commit([ev.TreatmentEnded(how, self._operator)])
        self._show()

    def _seen(self, status: Status) -> None:
        self._status = status
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
