"""Whether a plan is what it says it is: this protocol, this agent, these ranges, and a sum that adds up.

Not responsible for amounts against limits (``rules``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Protocol as Shape

from mesogun.limits.asked import PointShape
from mesogun.limits.combine import Limits, exact
from mesogun.limits.rules import number, slip
from mesogun.limits.subject import Subject
from mesogun.limits.violation import Violation
from mesogun.protocol import Protocol, Quantity


class AgentShape(Shape):
    """The agent as a plan carries it; the concentration is a decimal text."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def concentration(self) -> str | None: ...  # noqa: D102
    @property
    def unit(self) -> str | None: ...  # noqa: D102


class PathShape(Shape):
    """What the path of a plan takes."""

    @property
    def seconds(self) -> int: ...  # noqa: D102


class PlanShape(Shape):
    """A plan, as far as limits look at it (``mesogun.plan.Plan`` is one)."""

    @property
    def plan_hash(self) -> str: ...  # noqa: D102
    @property
    def points(self) -> Sequence[PointShape]: ...  # noqa: D102
    @property
    def total_nl(self) -> int: ...  # noqa: D102
    @property
    def step_nl(self) -> int: ...  # noqa: D102
    @property
    def spacing_um(self) -> int: ...  # noqa: D102
    @property
    def protocol_id(self) -> str: ...  # noqa: D102
    @property
    def protocol_sha256(self) -> str: ...  # noqa: D102
    @property
    def area_name(self) -> str: ...  # noqa: D102
    @property
    def agent(self) -> AgentShape: ...  # noqa: D102
    @property
    def path(self) -> PathShape: ...  # noqa: D102


def check_identity(plan: PlanShape, protocol: Protocol, limits: Limits, subject: Subject) -> Iterator[Violation]:
    """Plan, protocol, limits and subject belong together, and the plan's numbers add up."""
    if (plan.protocol_id, plan.protocol_sha256) != (protocol.id, protocol.sha256):
        yield _hard(
            "plan.protocol",
            f"made from {plan.protocol_id} {plan.protocol_sha256[:12]}, not from {protocol.id} "
            f"{protocol.sha256[:12]}; plan again",
        )
    if (limits.protocol_sha256, limits.agent_id) != (protocol.sha256, protocol.agent.id):
        yield _hard("plan.limits", f"the limits were combined for another protocol or agent than {protocol.id}")
    if limits.subject_ref != subject.ref and (limits.subject_ref is not None or subject.bounds):
        yield _hard("plan.limits", f"the limits were combined for another subject than {subject.ref}")
    agent, meant = plan.agent, protocol.agent
    if (agent.id, agent.unit) != (meant.id, meant.unit) or not _same(agent.concentration, meant.concentration):
        has = _agent(agent.id, agent.concentration, agent.unit)
        wants = _agent(meant.id, meant.concentration, meant.unit)
        yield _hard("plan.agent", f"the plan has {has}, the protocol {wants}; plan again with the right one")
    volumes = [point.volume_nl for point in plan.points]
    if not volumes:
        yield _hard("plan.points", "the plan has no point")
    elif min(volumes) <= 0:
        yield _hard("plan.points", f"a point of {min(volumes)} nl; every point must give something")
    if sum(volumes) != plan.total_nl:
        yield _hard("plan.total", f"the points add up to {sum(volumes)} nl, the plan says {plan.total_nl} nl")


def check_protocol(protocol: Protocol, gun_kind: str) -> Iterator[Violation]:
    """The protocol can be carried out by a gun at all, and its numbers may be used on this kind of gun."""
    if not protocol.metered:
        yield _hard("protocol.metered", protocol.refusal)
    for key in protocol.demanded:
        yield _hard("protocol.demanded", f"{key} has no source in {protocol.id}; the practitioner must supply it")
    grades = {key: quantity.grade for key, quantity in protocol.quantities()}
    grades["agent.concentration"] = protocol.agent.grade
    demo = sorted(key for key, grade in grades.items() if grade == "demo")
    if demo and gun_kind != "simulated":
        yield _hard("protocol.demonstration", f"demonstration values on a {gun_kind} gun: {', '.join(demo)}")


def check_ranges(plan: PlanShape, protocol: Protocol) -> Iterator[Violation]:
    """The plan against what the protocol calls usual: leaving it needs a reason, not a new protocol.

    Rounding to the gun's step and to whole micrometres is no departure.
    """
    shot, step = protocol.shot, plan.step_nl
    if not plan.points:
        return
    depths = [point.depth_um for point in plan.points]
    volumes = [point.volume_nl for point in plan.points]
    yield from _range("depth_mm", shot.depth_mm, (min(depths), max(depths)), 1000, rounding=1, unit="mm")
    yield from _range("spacing_mm", shot.spacing_mm, (plan.spacing_um, plan.spacing_um), 1000, rounding=1, unit="mm")
    yield from _range("volume_ul", shot.volume_ul, (min(volumes), max(volumes)), 1000, rounding=step, unit="uL")
    yield from _range("total_ml", shot.total_ml, (plan.total_nl, plan.total_nl), 1_000_000, rounding=step, unit="mL")


def _range(
    name: str, quantity: Quantity, span: tuple[int, int], scale: int, *, rounding: int, unit: str
) -> Iterator[Violation]:
    least, most = span
    bounds = quantity.bounds()
    if bounds is None:
        return
    low, high = exact(bounds[0]) * scale, exact(bounds[1]) * scale
    for asked, broken in ((least, least < low - rounding), (most, most > high + rounding)):
        if not broken:
            continue
        limit = bounds[0] if asked < low else bounds[1]
        text = f"{number(Fraction(asked, scale))} {unit} asked, the protocol has {bounds[0]:g}"
        text += f" to {bounds[1]:g} {unit}" if bounds[0] != bounds[1] else f" {unit}"
        text += f" ({quantity.source}, grade {quantity.grade})"
        if slip(Fraction(asked), low, high):
            text += "; a slip of the decimal point?"
        text += "; a practitioner may give a reason"
        source = f"protocol: {quantity.source}, grade {quantity.grade}"
        yield Violation(f"protocol.{name}", asked / scale, limit, unit, source, hard=False, message=text)


def _same(planned: str | None, meant: float | None) -> bool:
    """Whether the plan's decimal text is the protocol's number, exactly."""
    if planned is None or meant is None:
        return planned is None and meant is None
    try:
        return Decimal(planned) == Decimal(repr(meant))
    except InvalidOperation:
        return False


def _agent(name: str, concentration: object, unit: str | None) -> str:
    return f"{name} ({'no concentration' if concentration is None else f'{concentration} {unit}'})"


def _hard(rule: str, text: str) -> Violation:
    return Violation(rule, None, None, "", "mesogun", hard=True, message=text)
