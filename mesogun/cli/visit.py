"""A treatment that may be run, and its running: begun now, or taken up again from the journal.

The same path for a demonstration, a pty and a real port. Not responsible for whether it may begin
(``mesogun.visit``, whose names stand here too), for options or for printing results.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import TYPE_CHECKING

from mesogun.errors import InputError, RecordError
from mesogun.gun import Gun
from mesogun.identity import Operator
from mesogun.limits import restore
from mesogun.plan import Plan
from mesogun.record import TreatmentState
from mesogun.treatment import FrontEnd, Order, Runner, Settings
from mesogun.treatment.orders import no_orders
from mesogun.visit import Begun, begin, find_protocol, new_treatment, screening_events, subject_history

if TYPE_CHECKING:
    from mesogun.journal import Journal

__all__ = [
    "Begun",
    "begin",
    "find_protocol",
    "new_treatment",
    "recall",
    "run",
    "screening_events",
    "station_name",
    "subject_history",
]


def station_name() -> str:
    """A name for this computer in the record."""
    return platform.node() or "station"


def recall(journal: Journal, treatment: str | None) -> Begun:
    """The treatment to resume: the one named, else the only one that has not ended.

    Raises
    ------
    InputError
        If there is none, or more than one to choose from.
    """
    states = {item.treatment: journal.state(item.treatment) for item in journal.treatments() if not item.ended}
    open_ones = [name for name, state in states.items() if state.clearance is not None and state.ended is None]
    name = treatment
    if name is None:
        if len(open_ones) != 1:
            told = ", ".join(open_ones) if open_ones else "none"
            raise InputError(f"name the treatment to resume; not ended in this journal: {told}")
        name = open_ones[0]
    state = states.get(name) or journal.state(name)
    if state.planned is None:
        raise InputError(f"this journal holds no treatment {name}; mesogun journal list names them")
    if state.clearance is None:
        raise InputError(f"treatment {name} was never cleared, so there is nothing to resume")
    if state.ended is not None:
        raise InputError(f"treatment {name} has ended ({state.ended}); plan a new one")
    plan = Plan.from_bytes(state.planned.plan.encode("utf-8"))
    if plan.plan_hash != state.planned.plan_hash:
        raise RecordError(f"treatment {name}: the recorded plan does not have its recorded hash")
    return Begun(name, restore(plan, state.clearance))


def run(
    *,
    gun: Gun,
    journal: Journal,
    begun: Begun,
    front: FrontEnd,
    operator: Operator,
    station: str | None = None,
    settings: Settings | None = None,
    orders: Callable[[], Order | None] = no_orders,
) -> TreatmentState:
    """Run it to its end."""
    runner = Runner(
        gun=gun,
        journal=journal,
        cleared=begun.cleared,
        treatment=begun.treatment,
        front=front,
        operator=operator.reference,
        station=station or station_name(),
        settings=settings,
        orders=orders,
    )
    return runner.run()
