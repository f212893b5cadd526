"""A plan request from a treatment protocol and what the gun and the practitioner add to it.

Not responsible for filling in missing numbers (``mesogun.protocol.supply``): what is missing is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TypedDict, Unpack

from mesogun.errors import InputError, Refused
from mesogun.plan.model import PlannedAgent
from mesogun.plan.request import Lattice, Layer, Order, Pace, PlanRequest, Span
from mesogun.protocol import Protocol, Quantity
from mesogun.units import decimal_text, nl_from_ml, nl_from_ul, um_from_mm

Convert = Callable[[float], int]


_LAYERS: dict[str, Layer] = {"epidermal": "epidermis", "dermal": "dermis", "subcutaneous": "subcutis"}


class Overrides(TypedDict, total=False):
    """What may be given beside the protocol; see :class:`PlanRequest`."""

    order: Order
    points: int
    zone_totals_nl: tuple[tuple[str, int], ...]
    zone_spacings_um: tuple[tuple[str, int], ...]
    relax_edges: bool
    margin_um: int
    exclusion_margin_um: int
    dead_volume_nl: int
    prime_nl: int
    residual_nl: int
    start_um: tuple[int, int]
    end_um: tuple[int, int]
    operator_mdeg: int
    angle_mdeg: int
    pace: Pace


def request_from_protocol(
    protocol: Protocol,
    *,
    step_nl: int,
    syringe_nl: int,
    head: str | None = None,
    lattice: Lattice | None = None,
    depth_um: int | None = None,
    spacing_um: int | None = None,
    volume_nl: int | None = None,
    total_nl: int | None = None,
    **others: Unpack[Overrides],
) -> PlanRequest:
    """What the protocol asks for, as a plan request.

    ``depth_um``, ``spacing_um``, ``volume_nl`` and ``total_nl`` fix a number within the protocol's range.

    Raises
    ------
    InputError
        If the protocol demands a number that nobody has supplied.
    Refused
        If a fixed number lies outside the protocol's range.
    """
    shot = protocol.shot
    quantities = {"depth_mm": shot.depth_mm, "spacing_mm": shot.spacing_mm, "volume_ul": shot.volume_ul}
    missing = [name for name, quantity in quantities.items() if quantity.missing]
    if missing:
        names = ", ".join(f"shot.{name}" for name in missing)
        raise InputError(
            f"protocol {protocol.id}: {names} must be supplied by the practitioner; the protocol has no source for it"
        )
    agent = protocol.agent
    concentration = None if agent.concentration is None else decimal_text(Decimal(repr(agent.concentration)))
    return PlanRequest(
        depth=_span(shot.depth_mm, um_from_mm, depth_um, "depth", "um"),
        spacing=_span(shot.spacing_mm, um_from_mm, spacing_um, "spacing", "um"),
        volume=_span(shot.volume_ul, nl_from_ul, volume_nl, "volume per point", "nL"),
        total=_total(shot.total_ml, total_nl),
        step_nl=step_nl,
        syringe_nl=syringe_nl,
        head=protocol.head if head is None else head,
        lattice=protocol.lattice if lattice is None else lattice,
        layer=_LAYERS[protocol.target_layer],
        protocol_id=protocol.id,
        protocol_title=protocol.title,
        protocol_version=protocol.version,
        protocol_sha256=protocol.sha256,
        agent=PlannedAgent(agent.id, agent.name, concentration, agent.unit),
        **others,
    )


def _total(quantity: Quantity, chosen_nl: int | None) -> Span | None:
    if quantity.missing:
        return None if chosen_nl is None else Span.exactly(chosen_nl, "asked for")
    return _span(quantity, nl_from_ml, chosen_nl, "total", "nL")


def _span(quantity: Quantity, convert: Convert, chosen: int | None, what: str, unit: str) -> Span:
    bounds = quantity.bounds()
    if bounds is None:
        raise InputError(f"{what}: the protocol has no number; supply one")
    low, high = (convert(bound) for bound in bounds)
    source = f"protocol, {quantity.source}, grade {quantity.grade}"
    if chosen is None:
        preferred = None if quantity.value is None else convert(quantity.value)
        return Span(low, high, preferred, source)
    if not low <= chosen <= high:
        raise Refused(
            f"{what} of {chosen} {unit} is outside what the protocol allows ({low} to {high} {unit}, {source}); "
            "choose within it, or use another protocol"
        )
    return Span.exactly(chosen, f"asked for, within the {source}")
