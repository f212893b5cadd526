"""What a treatment asks of people: to arm, to remove a fault's cause, to change a syringe, to end.

Each is one look: ask without blocking, look at the gun again while there is no answer. Nothing here arms, and no
answer is assumed. Not responsible for how a question looks (the front ends).
"""

from __future__ import annotations

from mesogun.errors import Refused
from mesogun.record import events as ev
from mesogun.treatment.front import Phase, Wish
from mesogun.treatment.magazine import US_PER_MS
from mesogun.treatment.obeying import obey
from mesogun.treatment.orders import NameSyringe
from mesogun.treatment.syringe import SyringeChange
from mesogun.treatment.underway import Underway
from mesogun.wire.codes import Fault, ShotKind

FAULTS_AT_MOST = 3
FAULT_WINDOW_US = 600_000_000
"""The same stop and restart three times in ten minutes locks the operator out (MG-26)."""


def ask_to_arm(run: Underway) -> None:
    """Ask once for each kind of magazine; the word ends with it, and with every break."""
    kind = run.kind_loaded()
    held = len(run.state.open_entries)
    shots = f"{held} shot{'' if held == 1 else 's'}"
    if kind is ShotKind.PRIME:
        question = f"Arm for priming? {shots} into the air, no skin contact."
    else:
        question = f"Arm to treat? The magazine holds {shots} and is kept filled."
    answer = run.front.confirm("rearm" if kind in run.asked else "arm", question)
    if answer is None:
        run.look_again()
    elif answer and kind is not None:
        run.granted = kind
        run.asked.add(kind)
    else:
        run.ending = True


def ask_to_finish(run: Underway) -> None:
    """Every shot is on record: ask before closing, for one of them may still be ordered again."""
    run.granted = None  # a shot that is ordered again from here on needs a new word for arming
    shots = len(run.cleared.plan.shots)
    question = f"All {shots} shots are on record. End the treatment?"
    if run.front.confirm("finish", question):
        run.finish_granted = True
    else:
        run.look_again()


def see_fault(run: Underway, fault: int) -> None:
    """Record a latched fault, and clear it when the operator has removed its cause; not for ever (MG-26)."""
    name = Fault(fault).name
    run.phase = Phase.FAULT
    run.granted = None
    if run.state.fault != name:
        run.books.commit([ev.FaultRaised(name)])
        run.show()
    if run.front.wish() is Wish.END:
        raise Refused(
            f"the gun reports {name}, so its treatment cannot be closed on it now: remove the cause, then"
            f" mesogun treat --resume {run.books.treatment} and end it there"
        )
    now_us = run.gun.clock.monotonic_us()
    recent = [at for at in run.cleared_faults_us if now_us - at < FAULT_WINDOW_US]
    if len(recent) >= FAULTS_AT_MOST:
        raise Refused(
            f"the gun reports {name} for the fourth time within ten minutes: clearing it again is no remedy;"
            f" have the gun looked at, then mesogun treat --resume {run.books.treatment}"
        )
    answer = run.front.confirm("fault", f"The gun reports {name}. Is the cause removed?")
    if answer is None:
        run.look_again()
    elif answer:
        run.seen(run.gun.clear_fault(fault))
        run.cleared_faults_us = [*recent, now_us]
        run.books.commit([ev.FaultCleared(name, run.operator)])
        run.meet()
    else:
        raise Refused(
            f"the gun reports {name} and holds until an operator has removed the cause:"
            f" then mesogun treat --resume {run.books.treatment}"
        )


def change_syringe(run: Underway) -> None:
    """One look at a syringe that is to be changed: until another is seen, said to be in place, and named."""
    now_us = run.gun.clock.monotonic_us()
    change = run.syringe
    if change is None:
        left_nl = run.status.syringe_left_nl if run.status is not None else 0
        change = run.syringe = SyringeChange(now_us + run.settings.syringe_wait_ms * US_PER_MS, left_nl)
    run.phase = Phase.SYRINGE
    run.granted = None
    if change.changed and _in_place(run, change):
        run.syringe = None
    elif now_us < change.deadline_us:
        run.look_again()
    else:
        raise Refused(f"{change.missing}: do so, then mesogun treat --resume {run.books.treatment}")


def _in_place(run: Underway, change: SyringeChange) -> bool:
    """Whether the operator has spoken for the syringe; its lot too, where one was named or refused before."""
    change.placed = change.placed or bool(run.front.confirm("syringe", "Is the new syringe in place?"))
    if not change.placed or (run.state.syringe is not None and run.state.syringe.lot):
        return change.placed
    if run.state.lot is None or run.state.syringe is None:
        return not change.other_lot
    if not change.other_lot:
        lot, expires = run.state.lot
        same = run.front.confirm("lot", f"Is it lot {lot} again, expiry {expires}?")
        if same:
            obey(run, NameSyringe(lot, expires))  # refused where it has expired meanwhile
        change.other_lot = same is not None and not run.state.syringe.lot
    return False  # the next look finds it named, or still waits for its name
