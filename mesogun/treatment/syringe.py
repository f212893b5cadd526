"""A change of the syringe: what the runner waits for, and what may be in the new one.

Not responsible for asking or committing (the runner) or for priming (``decide``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mesogun.errors import LimitRefused
from mesogun.limits import Lot, check_lot, expiry
from mesogun.record import events as ev
from mesogun.units import ul_text


@dataclass(slots=True)
class SyringeChange:
    """A syringe that is to be changed, or was.

    ``changed``: the gun has seen another one. ``placed``: the operator says that it is in place. ``other_lot``: it
    is not of the lot before, the operator says, and its own is still to be named.
    """

    deadline_us: int
    left_nl: int
    changed: bool = False
    placed: bool = False
    other_lot: bool = False

    @property
    def missing(self) -> str:
        """What nobody has done in time."""
        if not self.changed:
            return f"the syringe holds {ul_text(self.left_nl)}, which does not cover the next shot: insert another one"
        if not self.placed:
            return "nobody has said that the new syringe is in place: see to it"
        return "nobody has named the lot of the new syringe: have it at hand"


def named(lot: str, expires: str, agent_id: str, operator: str, now: datetime) -> ev.SyringeNamed:
    """The event that names the syringe in the gun.

    Raises
    ------
    InputError
        For a lot or an expiry that is none.
    LimitRefused
        If this lot may not be given.
    """
    item = Lot(agent_id, lot.strip(), expiry(expires))
    violations = check_lot(item, agent_id, now)
    if violations:
        raise LimitRefused("; ".join(violation.message for violation in violations))
    return ev.SyringeNamed(item.code, item.expires_on.isoformat(), operator)
