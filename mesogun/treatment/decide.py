"""What to do next: a pure function of the recorded state, the gun's newest word and the operator's wish.

One action at a time; the runner carries it out, commits what came of it, and asks again. Not responsible for
I/O, for limits (the runner asks ``mesogun.limits`` before each load) or for time beyond what is handed in.
"""

from __future__ import annotations

from dataclasses import dataclass

from mesogun.plan import Plan
from mesogun.record import TreatmentState
from mesogun.treatment.front import Token, Wish
from mesogun.wire.codes import Flag, State
from mesogun.wire.messages import Status
from mesogun.wire.values import quick

PRIMED = int(Flag.PRIMED)


@quick
@dataclass(frozen=True, slots=True)
class Situation:
    """All that a decision may depend on.

    ``shot_no``: the last shot of this gun that the journal has. ``first``: the planned shot to go on with; what lies
    before it comes later. ``magazine_depth``: how many entries to keep loaded. ``reserve_nl``: how much less than it
    says the syringe may hold. ``granted``: the operator's word for arming still stands. ``may_load``: no limit has
    refused a load. ``may_finish``: the operator has said that nothing is to be given again. ``another_syringe``: one
    was put in that nobody has spoken for yet.
    """

    state: TreatmentState
    status: Status
    plan: Plan
    shot_no: int
    first: int
    token: Token | None
    wish: Wish
    magazine_depth: int
    dead_volume_nl: int
    max_volume_nl: int
    step_nl: int
    reserve_nl: int
    granted: bool
    may_load: bool
    may_finish: bool = False
    another_syringe: bool = False


@quick
@dataclass(frozen=True, slots=True)
class ReadLog:
    """Closed shots are waiting in the gun."""


@dataclass(frozen=True, slots=True)
class NoteDisarmed:
    """The gun is no longer armed although the record says so."""

    why: str


@dataclass(frozen=True, slots=True)
class FaultSeen:
    """The gun has latched a fault."""

    fault: int


@dataclass(frozen=True, slots=True)
class LoadPrime:
    """Load these volumes as PRIME entries."""

    volumes_nl: tuple[int, ...]


@quick
@dataclass(frozen=True, slots=True)
class LoadShots:
    """Load these planned shots."""

    shots: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AskToArm:
    """Arming needs the operator's explicit word."""


@dataclass(frozen=True, slots=True)
class ArmNow:
    """Arm what the magazine holds, with a painted token."""

    token: Token


@quick
@dataclass(frozen=True, slots=True)
class RenewLease:
    """Keep the lease with a painted token."""

    token: Token


@dataclass(frozen=True, slots=True)
class DisarmNow:
    """Disarm; entries stay."""


@dataclass(frozen=True, slots=True)
class EmptyMagazine:
    """UNLOAD: nothing that is loaded shall be fired."""


@dataclass(frozen=True, slots=True)
class SayHello:
    """The gun dropped entries by itself (fault, syringe change): only a HELLO settles what became of them (H5c)."""


@dataclass(frozen=True, slots=True)
class ChangeSyringe:
    """What is left in the syringe does not cover the next shot."""


@dataclass(frozen=True, slots=True)
class AskToFinish:
    """Every shot is on record; closing needs the operator's word, for a shot can still be ordered again."""


@dataclass(frozen=True, slots=True)
class Finish:
    """Close the treatment: ``complete`` or ``ended early``."""

    how: str


@dataclass(frozen=True, slots=True)
class Watch:
    """Nothing to do but look again soon."""


Action = (
    ReadLog
    | NoteDisarmed
    | FaultSeen
    | LoadPrime
    | LoadShots
    | AskToArm
    | ArmNow
    | RenewLease
    | DisarmNow
    | EmptyMagazine
    | SayHello
    | ChangeSyringe
    | AskToFinish
    | Finish
    | Watch
)


def decide(now: Situation) -> Action:
    """The next action."""
    state, status = now.state, now.status
    hot = status.state in (State.ARMED, State.FIRING)
    if status.closed_shot_no > now.shot_no:
        return ReadLog()
    if status.state == State.FAULT:
        return FaultSeen(status.fault)
    if state.armed and not hot:
        return NoteDisarmed(_why_disarmed(now))
    if now.wish is not Wish.RUN:
        return _hold(now, hot)
    if hot:
        return _while_hot(now)
    if state.complete:
        return Finish("complete") if now.may_finish else AskToFinish()
    if state.open_entries and status.magazine < len(state.open_entries):
        return SayHello()
    if now.another_syringe:
        return ChangeSyringe()
    if not status.flags & PRIMED:
        return _prime(now)
    wanted = _wanted(now)
    if wanted:
        return LoadShots(wanted)
    if not state.open_entries:
        return ChangeSyringe()
    return _arm(now)


def _arm(now: Situation) -> Action:
    if not now.granted:
        return AskToArm()
    return Watch() if now.token is None else ArmNow(now.token)


def _hold(now: Situation, hot: bool) -> Action:
    if hot:
        return DisarmNow()
    if now.wish is Wish.PAUSE:
        return Watch()
    if now.state.open_entries:
        return EmptyMagazine()
    return Finish("complete" if now.state.complete else "ended early")


def _while_hot(now: Situation) -> Action:
    kind = _kind_loaded(now.state)
    if kind != "PRIME" and now.status.state == State.ARMED and not _last_was_prime(now.state):
        wanted = _wanted(now)
        if wanted:
            return LoadShots(wanted)
    if kind is None:
        return DisarmNow()
    return RenewLease(now.token) if now.token is not None else Watch()


def _prime(now: Situation) -> Action:
    if now.state.open_entries:
        if _kind_loaded(now.state) == "TREAT":
            return EmptyMagazine()
        return _arm(now)
    first = next(now.state.loadable_from(0), None)
    first_nl = 0 if first is None else now.plan.shots[first].volume_nl
    volumes = prime_volumes(now.dead_volume_nl, now.max_volume_nl, now.step_nl)
    if now.status.syringe_left_nl - now.reserve_nl < sum(volumes) + first_nl:
        return ChangeSyringe()
    return LoadPrime(volumes)


def prime_volumes(dead_volume_nl: int, max_volume_nl: int, step_nl: int) -> tuple[int, ...]:
    """Volumes, each possible for the gun, that together fill the dead volume and not a step more than needed."""
    steps = -(-max(dead_volume_nl, step_nl) // step_nl)
    most = max_volume_nl // step_nl
    volumes = [most * step_nl] * (steps // most)
    if steps % most:
        volumes.append(steps % most * step_nl)
    return tuple(volumes)


def _wanted(now: Situation) -> tuple[int, ...]:
    """Planned shots to load now: as many as the magazine shall hold and the syringe covers."""
    room = now.magazine_depth - len(now.state.open_entries)
    if room <= 0 or not now.may_load:
        return ()
    left_nl = (
        now.status.syringe_left_nl - now.reserve_nl - sum(entry.high_nl for entry in now.state.open_entries.values())
    )
    chosen: list[int] = []
    for index in now.state.loadable_from(now.first):
        left_nl -= now.plan.shots[index].volume_nl
        if left_nl < 0 or len(chosen) == room:
            break
        chosen.append(index)
    return tuple(chosen)


def _kind_loaded(state: TreatmentState) -> str | None:
    return next((entry.shot_kind for entry in state.open_entries.values()), None)


def _last_was_prime(state: TreatmentState) -> bool:
    return not state.open_entries and bool(state.shots) and state.shots[-1].shot_kind == "PRIME"


def _why_disarmed(now: Situation) -> str:
    if now.status.magazine == 0:
        return "the magazine is empty"
    return "the lease ran out" if now.status.lease_left_ms == 0 else "the gun disarmed"
