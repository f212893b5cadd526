"""Approval of a protocol by a named practitioner: bound to the file's hash, so one changed byte voids it.

Not responsible for recording or signing it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from mesogun.identity.roles import Action, Role, may
from mesogun.limits.violation import Violation
from mesogun.protocol import Protocol


@dataclass(frozen=True, slots=True)
class Approval:
    """A practitioner takes responsibility for a protocol file; ``withdrawn`` ends it."""

    protocol_sha256: str
    by: str
    role: Role
    on: date
    reason: str
    withdrawn: bool = False


def check_approval(protocol: Protocol, gun_kind: str, approvals: Iterable[Approval], today: date) -> list[Violation]:
    """Nothing on a simulated gun; elsewhere the newest approval of exactly these bytes must stand."""
    if gun_kind == "simulated":
        return []
    fitting = [a for a in approvals if a.protocol_sha256 == protocol.sha256]
    newest = max(fitting, key=lambda a: (a.on, a.withdrawn), default=None)
    if newest is None:
        text = (
            f"{protocol.id} ({protocol.sha256[:12]}) is a template; a practitioner must approve it for a {gun_kind} gun"
            f" (mesogun protocol approve)"
        )
    elif newest.withdrawn:
        text = f"the approval of {protocol.id} was withdrawn on {newest.on.isoformat()}"
    elif not may(newest.role, Action.APPROVE_PROTOCOL):
        text = f"{protocol.id} was approved by a {newest.role.value}; only a practitioner can"
    elif newest.on > today:
        text = f"the approval of {protocol.id} is dated {newest.on.isoformat()}, after today"
    elif not newest.by.strip() or not newest.reason.strip():
        text = f"the approval of {protocol.id} names no practitioner or no reason"
    else:
        return []
    return [Violation("protocol.approval", None, None, "", "protocol approvals", hard=True, message=text)]
