"""Makes a plan from an area and a request: lattice, volumes, order, syringes, joined together.

The parts do not know each other; this is the only place where they meet. Not responsible for any of their methods.
"""

from __future__ import annotations

from mesogun.area import Area
from mesogun.plan.build import assemble
from mesogun.plan.fitting import Fitter
from mesogun.plan.heads import find
from mesogun.plan.model import Plan, check_consistency
from mesogun.plan.reconcile import reconcile
from mesogun.plan.regions import regions
from mesogun.plan.request import PlanRequest
from mesogun.plan.routes import walk


def make_plan(area: Area, request: PlanRequest) -> Plan:
    """A plan for an area.

    Parameters
    ----------
    area : Area
        Zones and exclusion zones, mm.
    request : PlanRequest
        Numbers with their ranges.

    Returns
    -------
    Plan
        The same input gives the same bytes, whatever the number of threads or the linear algebra underneath.

    Raises
    ------
    InputError
        If a zone, head or name does not exist.
    Refused
        If the numbers contradict each other; the message lists the ways out, with numbers.
    """
    head = find(request.head)
    pieces = regions(area, request)
    numbers = reconcile(Fitter(pieces, request.lattice, request.angle_mdeg), request)
    walked = walk(pieces, numbers.fit.layouts, head, request)
    plan = assemble(area, numbers, walked, request)
    check_consistency(plan)
    return plan
