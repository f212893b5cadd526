"""Makes a plan from an area and a request: lattice, volumes, order, syringes, joined together.

The parts do not know each other; this is the only place where they meet. Not responsible for any of their methods.
"""

from __future__ import annotations

from dataclasses import replace

from mesogun.area import Area
from mesogun.plan.build import assemble
from mesogun.plan.fitting import Fitter
from mesogun.plan.heads import Head, find, seating
from mesogun.plan.model import Plan, check_consistency
from mesogun.plan.reconcile import reconcile
from mesogun.plan.regions import regions
from mesogun.plan.relax import relaxed
from mesogun.plan.request import PlanRequest
from mesogun.plan.routes import walk


def make_plan(area: Area, request: PlanRequest, *, own_head: Head | None = None) -> Plan:
    """A plan for an area.

    Parameters
    ----------
    area : Area
        Zones and exclusion zones, mm.
    request : PlanRequest
        Numbers with their ranges.
    own_head : Head or None
        A head that is not bundled, by the id that ``request.head`` names.

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
    head = own_head if own_head is not None else find(request.head)
    lattice, spacings_um, said = seating(head, request)
    pieces = regions(area, request)
    numbers = reconcile(Fitter(pieces, lattice, request.angle_mdeg), request, spacings_um)
    layouts = numbers.fit.layouts
    if request.relax_edges:
        layouts = tuple(relaxed(piece.ground, layout) for piece, layout in zip(pieces, layouts, strict=True))
    walked = walk(pieces, layouts, head, request)
    plan = assemble(area, replace(numbers, said=(*said, *numbers.said)), walked, replace(request, lattice=lattice))
    check_consistency(plan)
    return plan
