"""What must hold of a gun before anything is loaded into it (MG-01): identity, firmware, calibration, clock. Pure.

Whatever fails keeps the gun from being armed, and is recorded. Not responsible for faults that the gun itself latches,
for what its log means (``reconcile``) or for whether the plan fits it.
"""

from __future__ import annotations

from datetime import date, timedelta

from mesogun.wire.codes import State
from mesogun.wire.messages import Caps, Welcome

_EPOCH = date(1970, 1, 1)


def day_number(day: date) -> int:
    """Days since 1970-01-01, as a gun states the days of its calibration."""
    return (day - _EPOCH).days


def barred(welcome: Welcome, caps: Caps, *, today: date, cleared_for: str, kind: str) -> tuple[str, ...]:
    """Why this gun must not treat now; empty when nothing stands in the way.

    Parameters
    ----------
    welcome, caps : Welcome, Caps
        What the gun has just said of itself.
    today : date
        The computer's date.
    cleared_for : str
        The kind of gun that the plan was cleared for.
    kind : str
        The kind of this gun.
    """
    found = []
    if not welcome.device_id or not welcome.nvm_id:
        found.append("it does not say who it is: have it serviced")
    if kind != cleared_for:
        found.append(f"the plan was cleared for a {cleared_for} gun, this one is {kind}: connect a {cleared_for} gun")
    if welcome.status.state == State.LOCKED:
        found.append("both copies of its memory are damaged, so it is locked and can only be read: have it serviced")
    if not caps.firmware:
        found.append("it does not state its firmware: have it serviced")
    if not caps.calibration_id:
        found.append("it holds no calibration: calibrate it (mesogun calibrate volume)")
    if caps.status.gun_clock_us < welcome.status.gun_clock_us and caps.status.state != State.FAULT:
        found.append("its clock went back while it was connected: have it serviced")
    now = day_number(today)
    if now < caps.calibrated_day:
        calibrated = _EPOCH + timedelta(days=caps.calibrated_day)
        found.append(
            f"it was calibrated on {calibrated.isoformat()}, which for this computer is still to come: set its clock"
        )
    elif now >= caps.calibration_due_day:
        due = _EPOCH + timedelta(days=caps.calibration_due_day)
        found.append(f"its calibration was due on {due.isoformat()}: calibrate it (mesogun calibrate volume)")
    return tuple(found)
