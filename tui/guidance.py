"""What to do about what is asked: a fault's cause and its remedy, the steps of a change of the syringe. Pure.

Not responsible for how a card looks (``pages``) or for what is asked (``mesogun.treatment.asking``).
"""

from __future__ import annotations

from mesogun.record import TreatmentState, overrun_bound_nl
from mesogun.record.alarm_conditions import CONDITIONS
from tui import figures
from tui.view import View


def fault(state: TreatmentState, view: View) -> tuple[str, ...]:
    """Cause and remedy of the fault that the gun holds; nothing for one that nobody has described."""
    heard = view.gun.fault if view.gun is not None else None
    name = "fault-" + (state.fault or heard or "").lower().replace("_", "-").replace(" ", "-")
    return next(((it.cause, it.action) for it in CONDITIONS if it.name == name), ())


def syringe(state: TreatmentState, view: View) -> tuple[str, ...]:
    """The steps of a change, then what the next syringe has to hold."""
    prime_nl = primed_nl(state)
    primed = f"{figures.given(prime_nl)} is primed" if prime_nl else "the needle is primed"
    return (
        "1  Gun off the skin; put the next syringe in.",
        "2  Say that it is in place, and which lot it is.",
        f"3  Arm it off the skin: {primed}.",
        *_to_hold(state, view, prime_nl),
    )


def primed_nl(state: TreatmentState) -> int:
    """What priming gives: the dead volume in whole steps of the gun, at least one; 0 before the gun has spoken."""
    found = state.gun
    if found is None or found.step_nl <= 0:
        return 0
    return -(-max(found.dead_volume_nl, found.step_nl) // found.step_nl) * found.step_nl


def needed_nl(state: TreatmentState, view: View, prime_nl: int) -> int:
    """What one syringe must hold to give all that is left: that, its priming, and all that the calibration cannot
    exclude (the runner keeps back what a whole syringe may have given too much, and each loaded shot's own bound).
    """
    found = state.gun
    if found is None:
        return view.remaining_nl + prime_nl
    shots = max(1, view.shots_total - view.shots_done)
    kept_nl = overrun_bound_nl(found.syringe_nl, found.overrun_nl, found.overrun_ppm)
    loaded_nl = (shots + 1) * found.overrun_nl + overrun_bound_nl(view.remaining_nl + prime_nl, 0, found.overrun_ppm)
    return view.remaining_nl + prime_nl + kept_nl + loaded_nl


def _to_hold(state: TreatmentState, view: View, prime_nl: int) -> tuple[str, ...]:
    if not view.remaining_nl:
        return ()
    need_nl = needed_nl(state, view, prime_nl)
    left = f"{figures.given(view.remaining_nl)} is left to give;"
    if need_nl <= view.syringe_nl:
        return (f"{left} {figures.at_most(need_nl)} in it will do.",)
    return (f"{left} a full one ({figures.given(view.syringe_nl)}) is not enough.",)
