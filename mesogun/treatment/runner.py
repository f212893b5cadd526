"""The runner: carries out a cleared plan with one gun, one journal and one operator's front end.

A short loop: look, decide, act, commit. It never says "fire"; it loads a bounded magazine, keeps a painted lease, and
pulls the log (rules H1-H16). Blocking code in one thread, every wait with a deadline. Not responsible for what is
allowed (``mesogun.limits``), what is next (``decide``), what a log means (``reconcile``) or what people are asked
(``asking``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mesogun.errors import GunRefused, LimitRefused, LinkLost, MustSettle, OutcomeUnknown, Refused, WireError
from mesogun.gun import Gun
from mesogun.limits import ClearedPlan
from mesogun.plan import Plan
from mesogun.record import TreatmentState, overrun_bound_nl
from mesogun.record import events as ev
from mesogun.treatment import decide as d
from mesogun.treatment.asking import ask_to_arm, ask_to_finish, change_syringe, see_fault
from mesogun.treatment.books import Books
from mesogun.treatment.front import FrontEnd, Phase, Token, Wish
from mesogun.treatment.magazine import OVERTAKEN, US_PER_MS, Wanted
from mesogun.treatment.obeying import obey
from mesogun.treatment.orders import Order, no_orders
from mesogun.treatment.settings import Settings
from mesogun.treatment.underway import Underway
from mesogun.wire.codes import Flag, ShotKind

if TYPE_CHECKING:
    from mesogun.journal import Journal


LEAD_HOLD = int(Flag.LEAD_HOLD)
_WHY_DISARMED = {Wish.RUN: "done with these entries", Wish.PAUSE: "paused", Wish.END: "the treatment is to end"}


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
        books = Books(journal, treatment)
        self._run = Underway(
            gun=gun,
            books=books,
            cleared=cleared,
            front=front,
            operator=operator,
            settings=settings if settings is not None else Settings(),
        )
        self._station = station
        self._orders = orders
        self._told_no = self._told_us = 0  # by the last RENEW: the shot that was painted, and when

    @property
    def state(self) -> TreatmentState:
        """What is on record."""
        return self._run.state

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
        run = self._run
        run.books.take(self._station, run.operator)
        try:
            run.resume_alarms()
            run.meet()
            while run.state.ended is None:
                self._step()
        except (LinkLost, OutcomeUnknown, WireError) as error:
            run.stop_gun()
            run.broken_off(error, ev.LinkBroken(str(error)))
            raise
        except Refused as error:
            run.stop_gun()
            run.broken_off(error)
            raise
        except KeyboardInterrupt as error:
            run.stop_gun()
            run.broken_off(error, ev.LinkBroken("interrupted by the operator"))
            raise
        except OSError as error:
            # Not the line (that is a LinkLost): the screen or the log that shows the treatment has failed.
            run.stop_gun()
            run.broken_off(error, ev.LinkBroken(f"nobody could be shown anything any more ({error})"))
            raise
        except BaseException:
            run.stop_gun()
            raise
        finally:
            run.books.release()
        return run.state

    def _step(self) -> None:
        run = self._run
        run.heed_stop()
        run.show()
        if run.magazine.refusal is not None and not run.state.open_entries:
            raise LimitRefused(run.magazine.refusal)
        run.paused = run.paused and run.front.wish() is Wish.PAUSE
        order = self._orders()
        if order is not None:
            run.finish_granted = False  # nothing more was to come when that was said
            obey(run, order)
            return
        self._act(d.decide(self._situation()))

    def _situation(self) -> d.Situation:
        run = self._run
        if run.status is None:
            raise LinkLost("the gun has not said anything yet")
        caps = run.gun.caps
        return d.Situation(
            state=run.state,
            status=run.status,
            plan=run.cleared.plan,
            shot_no=run.books.memory.shot_no,
            first=run.first,
            token=run.magazine.held(run.front.token(), run.status),
            wish=Wish.END if run.ending else run.front.wish(),
            magazine_depth=min(run.settings.magazine_depth, caps.magazine_size),
            dead_volume_nl=caps.dead_volume_nl,
            max_volume_nl=caps.max_volume_nl,
            step_nl=caps.step_nl,
            reserve_nl=overrun_bound_nl(
                caps.syringe_nl - run.status.syringe_left_nl, caps.overrun_nl, caps.overrun_ppm
            ),
            granted=run.granted is not None and run.granted is run.kind_loaded(),
            may_load=run.magazine.refusal is None,
            may_finish=run.finish_granted,
            another_syringe=run.syringe is not None and run.syringe.changed,
        )

    def _act(self, action: d.Action) -> None:
        run = self._run
        match action:
            case d.ReadLog():
                before = run.books.memory.shot_no
                run.seen(run.magazine.read_log(more_follow=run.hot))
                if run.books.memory.shot_no == before:
                    run.meet()  # a closed shot that the log does not serve: only a HELLO shows what is missing
            case d.LoadShots(shots):
                run.phase = Phase.TREATING
                plan = run.cleared.plan
                self._load(
                    ShotKind.TREAT,
                    [Wanted(plan.shots[index].volume_nl, plan.shots[index].depth_um, index) for index in shots],
                )
            case d.LoadPrime(volumes_nl):
                run.phase = Phase.PRIMING
                depth_um = run.gun.caps.min_depth_um
                self._load(ShotKind.PRIME, [Wanted(volume_nl, depth_um, 0) for volume_nl in volumes_nl])
            case d.AskToArm():
                ask_to_arm(run)
            case d.ArmNow(token):
                run.seen(
                    run.magazine.arm(
                        token,
                        lease_ms=run.settings.lease_ms,
                        lead=run.settings.lead,
                        poll_ms=run.settings.poll_ms,
                        operator=run.operator,
                    )
                )
            case d.RenewLease(token):
                self._keep_lease(token)
            case d.DisarmNow():
                self._disarm()
            case d.NoteDisarmed(why):
                run.granted = None
                run.books.commit([ev.Disarmed(why)])
            case d.FaultSeen(fault):
                see_fault(run, fault)
            case d.EmptyMagazine():
                run.unload()
            case d.SayHello():
                open_before = len(run.state.open_entries)
                run.meet()
                if len(run.state.open_entries) == open_before:
                    raise MustSettle(
                        f"{open_before} loaded shots are neither in the gun nor in its log: a practitioner settles"
                        " them (mesogun journal settle)"
                    )
            case d.ChangeSyringe():
                change_syringe(run)
            case d.AskToFinish():
                ask_to_finish(run)
            case d.Finish(how):
                self._finish(how)
            case d.Watch():
                if run.front.wish() is Wish.PAUSE:
                    self._pause()
                run.look_again()

    def _disarm(self) -> None:
        run = self._run
        wish = run.front.wish()
        if wish is not Wish.RUN:
            run.granted = None
        run.seen(run.gun.disarm())
        if wish is Wish.PAUSE:
            self._pause()
        run.books.commit([ev.Disarmed(_WHY_DISARMED[wish])])

    def _pause(self) -> None:
        """A pause ends the word for arming, also one that was given and not used yet."""
        run = self._run
        run.granted = None
        if not run.paused:
            run.paused = True
            run.books.commit([ev.Paused(run.operator)])
        run.phase = Phase.PAUSED

    def _load(self, kind: ShotKind, wanted: list[Wanted]) -> None:
        run = self._run
        status = run.magazine.load(kind, wanted, run.status.entry_hwm if run.status is not None else 0)
        if status is not None:
            run.seen(status)

    def _keep_lease(self, token: Token) -> None:
        """One poll with the gun armed: tell it what was painted, or ask for the next record; its answer tells as much.

        Every second poll renews the lease, and any at which the gun waits for the screen or the lease would not
        outlive a lost frame. Where a reply has brought the newest word in this poll, nothing more is asked.
        """
        run, status, now_us = self._run, self._run.status, self._run.gun.clock.monotonic_us()
        poll_ms = run.settings.poll_ms
        waits = status is not None and status.flags & LEAD_HOLD and token.shot_no > self._told_no
        lasts_ms = -1 if status is None else status.lease_left_ms - (now_us - run.read_at_us) // US_PER_MS
        late = 2 * (now_us - self._told_us) >= 3 * poll_ms * US_PER_MS
        if waits or late or lasts_ms < run.magazine.least_lease_ms(poll_ms):
            self._told_no, self._told_us = token.shot_no, now_us
            self._renew(token.gun_clock_us, token.shot_no)
        elif now_us - run.read_at_us >= poll_ms * US_PER_MS:
            run.seen(run.magazine.read_log(more_follow=True))
            return
        run.wait()

    def _renew(self, gun_clock_us: int, shot_no: int) -> None:
        run = self._run
        try:
            run.seen(run.gun.renew(gun_clock_us, shot_no, run.settings.lease_ms))
        except GunRefused as refusal:
            if refusal.reason not in OVERTAKEN:
                raise
            # The lease had ended before the token arrived: the gun is disarmed, and RENEW never arms (G13).
            run.seen(run.gun.status())

    def _finish(self, how: str) -> None:
        run = self._run
        run.magazine.acknowledge_rest()
        run.seen(run.gun.close_treatment(int(run.books.treatment, 16)))
        run.phase = Phase.ENDED
        run.books.commit([ev.TreatmentEnded(how, run.operator)])
        run.show()
