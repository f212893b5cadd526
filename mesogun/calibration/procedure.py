"""What to do next in a calibration run, and whether a weighing can be what it claims to be. Pure.

``decide(state)`` gives one action; the runner carries it out and commits what came of it. The gates against gross
errors are coarse on purpose: they find grams typed for milligrams, a vessel taken away, a knock; never a bad gun,
whose shots count as they are. They are choices of this project, stated on every certificate.

Not responsible for carrying anything out (``runner``) or for outliers among good weighings (``results``).
"""

from __future__ import annotations

from dataclasses import dataclass

from mesogun.calibration.state import CalibrationState
from mesogun.calibration.steps import Do, Step
from mesogun.calibration.zfactor import Environment, z_ul_per_mg
from mesogun.record import calibration_events as ce

GROSS = 0.5  # a weighing further than this share from its setting is a gross error, not a result
BLANK_SHARE = 0.25  # a blank that changes by more than this share of the smallest setting was disturbed
MOST_VOIDS = 3

GATES = (
    f"A weighing is void, and done again, when it differs from its setting by more than {100 * GROSS:g} %, when a "
    f"blank changes by more than {100 * BLANK_SHARE:g} % of the smallest setting, when the balance was unstable, "
    f"restarted or out of range, when a shot did not end as commanded, and when the run stopped in between. After "
    f"{MOST_VOIDS} in a row the run stops. Every void weighing stays on record."
)


@dataclass(frozen=True, slots=True)
class AskEnvironment:
    """Conditions are to be read."""

    step: Step


@dataclass(frozen=True, slots=True)
class AskPerson:
    """A person has to do something and say so."""

    step: Step


@dataclass(frozen=True, slots=True)
class PrimeNeedle:
    """Prime into waste until the gun says that it is primed."""

    step: Step


@dataclass(frozen=True, slots=True)
class ChangeSyringe:
    """A full syringe is to be mounted."""

    step: Step


@dataclass(frozen=True, slots=True)
class RunDown:
    """Only the weighed shots that follow are to be left in the syringe."""

    step: Step


@dataclass(frozen=True, slots=True)
class Weigh:
    """Weigh: ``before`` or ``after``, or one reading of a drift."""

    step: Step
    place: str


@dataclass(frozen=True, slots=True)
class FireShots:
    """So many shots of the step's volume are still to be fired into the vessel."""

    step: Step
    shots: int


@dataclass(frozen=True, slots=True)
class Void:
    """What was weighed in this step cannot be used."""

    step: Step
    why: str


@dataclass(frozen=True, slots=True)
class Complete:
    """The step has everything it needs."""

    step: Step


@dataclass(frozen=True, slots=True)
class Adjust:
    """Find the correction and put it into the gun."""

    step: Step


@dataclass(frozen=True, slots=True)
class Confirm:
    """Judge what was weighed with the correction in force."""

    step: Step


@dataclass(frozen=True, slots=True)
class Finish:
    """Nothing is left to do."""


Action = (
    AskEnvironment | AskPerson | PrimeNeedle | ChangeSyringe | RunDown | Weigh | FireShots | Void | Complete
    | Adjust | Confirm | Finish
)  # fmt: skip


def decide(state: CalibrationState) -> Action:
    """The next thing to do."""
    step = state.current
    if step is None or state.ended is not None:
        return Finish()
    match step.do:
        case Do.ENVIRONMENT:
            seen = any(item.step == step.number for item in state.environments)
            return Complete(step) if seen else AskEnvironment(step)
        case Do.PRIME:
            return PrimeNeedle(step)
        case Do.SYRINGE:
            return ChangeSyringe(step)
        case Do.RUN_DOWN:
            return RunDown(step)
        case Do.DECIDE:
            return Adjust(step)
        case Do.CONFIRM:
            return Confirm(step)
        case Do.SHOOT | Do.BLANK:
            return _weighing(state, step)
        case _:
            return AskPerson(step)


def _weighing(state: CalibrationState, step: Step) -> Action:
    wanted = _drift_readings(state)
    if state.before is None:
        return Weigh(step, "before")
    if len(state.ahead) < wanted:
        return Weigh(step, "drift before")
    if len(state.shots) < step.shots:
        return FireShots(step, step.shots - len(state.shots))
    if len(state.shots) > step.shots:
        return Void(step, f"{len(state.shots)} shots fell, {step.shots} were asked for")
    odd = [shot for shot in state.shots if shot.outcome != "DONE" or shot.commanded_nl != step.set_nl]
    if odd:
        return Void(step, f"shot {odd[0].shot_no} ended as {odd[0].outcome}, flags {odd[0].flags}")
    if state.after is None:
        return Weigh(step, "after")
    if len(state.behind) < wanted:
        return Weigh(step, "drift after")
    why = implausible(state, step, state.before, state.after)
    return Complete(step) if why is None else Void(step, why)


def _drift_readings(state: CalibrationState) -> int:
    if state.script is None or state.script.series.evaporation != "regression":
        return 0
    return state.script.series.stream


def implausible(state: CalibrationState, step: Step, before: ce.Weighed, after: ce.Weighed) -> str | None:
    """Why a change of the balance cannot be this step's, with what would help; ``None`` if it can."""
    change_mg = float(after.mass_mg) - float(before.mass_mg)
    z = _z(state)
    if step.do is Do.BLANK:
        smallest_mg = min((other.set_nl for other in state.steps if other.set_nl), default=0) / 1000.0 / z
        if abs(change_mg) <= BLANK_SHARE * smallest_mg:
            return None
        return (
            f"the balance changed by {change_mg:.3f} mg without a shot: vessel moved, draught, a drop that fell, or "
            "another unit; close the shield and weigh again"
        )
    expected_mg = step.set_nl * step.shots / 1000.0 / z
    share = change_mg / expected_mg
    if abs(share - 1.0) <= GROSS:
        return None
    if abs(share * 1000.0 - 1.0) <= GROSS or abs(share / 1000.0 - 1.0) <= GROSS:
        unit = "grams where milligrams are wanted" if share < 1.0 else "milligrams where grams are wanted"
        return f"{change_mg:g} mg for a shot of {expected_mg:.3f} mg is a factor of a thousand: {unit}; weigh again"
    if change_mg < -2.0 * expected_mg:
        return (
            f"{-change_mg:.3f} mg vanished from the pan: the vessel was removed or exchanged; put it back, weigh again"
        )
    if share < 0.0:
        return (
            f"a shot of {expected_mg:.3f} mg made the pan lighter by {-change_mg:.3f} mg: a negative mass is no result"
        )
    if share < 1.0:
        return (
            f"only {change_mg:.3f} mg of {expected_mg:.3f} mg arrived: the shot missed the vessel, a drop still hangs, "
            "or the needle is blocked"
        )
    return f"{change_mg:.3f} mg arrived of {expected_mg:.3f} mg: the reading jumped, something fell on the pan"


def _z(state: CalibrationState) -> float:
    if not state.environments:
        return 1.0
    seen = state.environments[-1]
    return z_ul_per_mg(
        Environment(float(seen.water_c), float(seen.air_c), float(seen.pressure_kpa), float(seen.humidity_pct))
    )
