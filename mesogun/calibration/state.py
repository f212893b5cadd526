"""Where a calibration run stands: a fold over its events in the journal, the same live, resumed and read years later.

Not responsible for what to do next (``procedure``) or for what the weighings mean (``results``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from mesogun.calibration.script import Script, parse
from mesogun.calibration.steps import Step, quick, steps_from
from mesogun.errors import RecordError
from mesogun.record import TreatmentState, fold
from mesogun.record import calibration_events as ce
from mesogun.record import events as ev
from mesogun.wire.codes import ShotFlag

KEY = "cal-"


@dataclass(frozen=True, slots=True)
class Measured:
    """One weighing that counts: readings before and after, and what the gun says about the shots in between."""

    step: int
    before: ce.Weighed
    after: ce.Weighed
    shots: tuple[ev.ShotRecorded, ...]
    ahead: tuple[ce.Weighed, ...] = ()
    behind: tuple[ce.Weighed, ...] = ()

    @property
    def duration_s(self) -> float:
        """Between the two readings."""
        return (self.after.at_ms - self.before.at_ms) / 1000.0

    @property
    def change_mg(self) -> float:
        """What the balance showed more after than before."""
        return float(self.after.mass_mg) - float(self.before.mass_mg)


@dataclass(frozen=True, slots=True)
class CalibrationState:
    """A run. ``books`` counts the gun's entries and shots by the rules of every other program."""

    started: ce.CalibrationStarted | None = None
    script: Script | None = None
    steps: tuple[Step, ...] = ()
    books: TreatmentState = field(default_factory=TreatmentState)
    gun: ev.GunFound | None = None
    balances: tuple[ce.BalanceFound, ...] = ()
    environments: tuple[ce.EnvironmentMeasured, ...] = ()
    done: tuple[ce.CalibrationStepDone, ...] = ()
    before: ce.Weighed | None = None
    after: ce.Weighed | None = None
    ahead: tuple[ce.Weighed, ...] = ()
    behind: tuple[ce.Weighed, ...] = ()
    shots: tuple[ev.ShotRecorded, ...] = ()
    measured: tuple[Measured, ...] = ()
    voided: tuple[ce.WeighingVoided, ...] = ()
    writing: ce.CalibrationWriting | None = None
    written: tuple[ce.CalibrationWritten, ...] = ()
    writes: tuple[ce.CalibrationWriting, ...] = ()
    gauge: tuple[ce.GaugeRead, ...] = ()
    contact: ev.ShotRecorded | None = None  # a shot that saw skin, until a technician has spoken for it
    resumed: int = 0
    streak: int = 0  # weighings voided one after the other
    ended: ce.CalibrationEnded | None = None
    certificates: tuple[ce.CertificateIssued, ...] = ()

    @property
    def current(self) -> Step | None:
        """The step that is under way or next; ``None`` when all are done."""
        at = len(self.done)
        return self.steps[at] if at < len(self.steps) else None

    @property
    def written_blocks(self) -> tuple[ce.CalibrationWriting, ...]:
        """Writes that came in force."""
        came = {item.calibration for item in self.written if item.found == "new"}
        return tuple(item for item in self.writes if item.calibration in came)


def fold_calibration(state: CalibrationState, event: ev.Event) -> CalibrationState:
    """The state after ``event``."""
    books = fold(state.books, event)
    if books is not state.books:
        state = replace(state, books=books)
    if isinstance(event, ev.ShotRecorded) and event.flags & ShotFlag.CONTACT_SEEN:
        state = replace(state, contact=event)
    match event:
        case ce.CalibrationStarted():
            return _started(state, event)
        case ev.GunFound():
            return replace(state, gun=event)
        case ce.BalanceFound():
            return _fresh(replace(state, balances=(*state.balances, event)))
        case ce.EnvironmentMeasured():
            return replace(state, environments=(*state.environments, event))
        case ce.Weighed():
            return _weighed(state, event)
        case ev.ShotRecorded() if event.shot_kind in {"TEST", "BENCH"}:
            return replace(state, shots=(*state.shots, event))
        case ce.WeighingVoided():
            return _fresh(replace(state, voided=(*state.voided, event), streak=state.streak + 1))
        case ce.CalibrationStepDone():
            return _done(state, event)
        case ce.CalibrationResumed():
            return _fresh(replace(state, resumed=state.resumed + 1, streak=0))
        case ce.ContactSettled():
            return replace(state, contact=None)
        case ce.CalibrationWriting():
            return replace(state, writing=event, writes=(*state.writes, event))
        case ce.CalibrationWritten():
            return replace(state, writing=None, written=(*state.written, event))
        case ce.GaugeRead():
            return replace(state, gauge=(*state.gauge, event))
        case ce.CalibrationEnded():
            return replace(state, ended=event)
        case ce.CertificateIssued():
            return replace(state, certificates=(*state.certificates, event))
        case _:
            return state


def fold_run(events: Iterable[ev.Event]) -> CalibrationState:
    """The state after all of ``events``."""
    state = CalibrationState()
    for event in events:
        state = fold_calibration(state, event)
    return state


def day_text(day: int) -> str:
    """A day since 1970-01-01 as ISO text."""
    return datetime.fromtimestamp(day * 86_400, UTC).date().isoformat()


def _started(state: CalibrationState, event: ce.CalibrationStarted) -> CalibrationState:
    if event.what == "depth":
        return replace(state, started=event)
    script = parse(event.script, "the script in the journal")
    if script.sha256 != event.script_sha256:
        raise RecordError("the script of a calibration in the journal does not have the hash that stands beside it")
    script = replace(script, series=quick(script.series)) if event.what == "check" else script
    return replace(state, started=event, script=script, steps=steps_from(event.steps))


def _weighed(state: CalibrationState, event: ce.Weighed) -> CalibrationState:
    match event.place:
        case "before":
            return replace(state, before=event, after=None, behind=(), shots=())
        case "after":
            return replace(state, after=event)
        case "drift before":
            return replace(state, ahead=(*state.ahead, event))
        case "drift after":
            return replace(state, behind=(*state.behind, event))
        case _:
            raise RecordError(f"a weighing at {event.place!r} is not known to this version of mesogun")


def _fresh(state: CalibrationState) -> CalibrationState:
    return replace(state, before=None, after=None, ahead=(), behind=(), shots=())


def _done(state: CalibrationState, event: ce.CalibrationStepDone) -> CalibrationState:
    state = replace(state, done=(*state.done, event), streak=0)
    if state.before is None or state.after is None:
        return _fresh(state)
    found = Measured(event.step, state.before, state.after, state.shots, state.ahead, state.behind)
    # What was weighed last is what the next step is compared with: one reading fewer, and no gap for evaporation.
    return replace(
        state, measured=(*state.measured, found), before=state.after, after=None, ahead=state.behind, behind=(),
        shots=(),
    )  # fmt: skip
