"""What a plan is asked for: numbers with their ranges, the gun's step, head, lattice, syringe, order.

Validated when built. Not responsible for where the numbers come from (``adopt``) or for solving them
(``reconcile``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from mesogun.errors import InputError
from mesogun.plan.model import PlannedAgent

Lattice = Literal["hex", "square"]
Order = Literal["short", "comfort"]
Layer = Literal["epidermis", "dermis", "subcutis"]

NO_AGENT = PlannedAgent("", "", None, None)


@dataclass(frozen=True, slots=True)
class Span:
    """A number that the planner may choose: fixed, or a range with or without a preferred value.

    ``source`` says in words where it comes from and is printed with every change. The unit is that of the field
    that holds the span: um for lengths, nl for volumes.
    """

    low: int
    high: int
    preferred: int | None = None
    source: str = "asked for"

    def __post_init__(self) -> None:
        if not 0 < self.low <= self.high:
            raise InputError(f"range {self.low} to {self.high}: needs 0 < low <= high")
        if self.preferred is not None and not self.low <= self.preferred <= self.high:
            raise InputError(f"preferred {self.preferred} is outside its range {self.low} to {self.high}")

    @classmethod
    def exactly(cls, value: int, source: str = "asked for") -> Span:
        """A number that may not move."""
        return cls(value, value, value, source)

    @property
    def fixed(self) -> bool:
        """Whether there is nothing to choose."""
        return self.low == self.high

    @property
    def start(self) -> int:
        """Where the planner starts: the preferred value, else the middle of the range."""
        return self.preferred if self.preferred is not None else (self.low + self.high) // 2

    def holds(self, value: float) -> bool:
        """Whether a value lies in the range, both ends included."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Pace:
    """Assumptions behind the estimated minutes; not measured, stated so that a site can put its own."""

    shot_ms: int = 1_000
    travel_um_per_s: int = 20_000
    lift_ms: int = 2_000
    syringe_change_ms: int = 90_000


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What to plan.

    Attributes
    ----------
    depth : Span
        Needle depth, um. A range is not reconciled with anything: its start is taken, and the plan says so.
    spacing, volume : Span
        Distance between neighbouring points, um; volume per point, nl.
    total : Span or None
        Fluid of the whole plan, nl; None when it follows from spacing and volume.
    step_nl : int
        The gun's volume step; every shot is a whole number of steps.
    points : int or None
        Number of points to hit exactly.
    head : str
        Id of a bundled head, or of the one given beside the request.
    turn_head : bool
        Whether the hand may turn the head between stamps, to other directions of the lattice.
    zone_totals_nl : mapping as pairs
        Totals of single zones, nl; the other zones share what is left of the total.
    zone_spacings_um : mapping as pairs
        Spacing of single zones, um, for more or fewer points there than elsewhere; within the spacing's range.
    relax_edges : bool
        Whether points along the edges move off the lattice to where they cover the skin there better.
    layer : str
        Where the depots are meant to lie; the dose model's width law follows it.
    margin_um, exclusion_margin_um : int
        Least distance of a needle from the outline and from an exclusion zone.
    syringe_nl, dead_volume_nl, prime_nl, residual_nl : int
        Fill of one syringe, and what of it no shot can give: dead volume of needle or head, priming, what is left.
    start_um, end_um : pair of int or None
        Where the path is to start and end (the nearest shots are taken).
    operator_mdeg : int or None
        Direction in which the operator stands, counter-clockwise from +x; comfortable rows lie across
        that line and move away from there.
    angle_mdeg : int or None
        Direction of the lattice's rows; chosen for coverage when None.
    """

    depth: Span
    spacing: Span
    volume: Span
    step_nl: int
    syringe_nl: int
    total: Span | None = None
    points: int | None = None
    zone_totals_nl: tuple[tuple[str, int], ...] = ()
    zone_spacings_um: tuple[tuple[str, int], ...] = ()
    relax_edges: bool = False
    head: str = "single"
    turn_head: bool = False
    lattice: Lattice = "hex"
    order: Order = "short"
    layer: Layer = "dermis"
    margin_um: int = 0
    exclusion_margin_um: int = 0
    dead_volume_nl: int = 0
    prime_nl: int = 0
    residual_nl: int = 0
    start_um: tuple[int, int] | None = None
    end_um: tuple[int, int] | None = None
    operator_mdeg: int | None = None
    angle_mdeg: int | None = None
    pace: Pace = field(default_factory=Pace)
    protocol_id: str = ""
    protocol_title: str = ""
    protocol_version: str = ""
    protocol_sha256: str = ""
    agent: PlannedAgent = NO_AGENT

    def __post_init__(self) -> None:
        for name, allowed in (("lattice", get_args(Lattice)), ("order", get_args(Order)), ("layer", get_args(Layer))):
            if getattr(self, name) not in allowed:
                raise InputError(f"{name} {getattr(self, name)!r}: use one of {', '.join(allowed)}")
        if self.step_nl <= 0:
            raise InputError(f"volume step {self.step_nl} nL: a gun's step is above 0")
        if self.points is not None and self.points < 1:
            raise InputError(f"{self.points} points: ask for at least one")
        for name in ("margin_um", "exclusion_margin_um", "dead_volume_nl", "prime_nl", "residual_nl"):
            if getattr(self, name) < 0:
                raise InputError(f"{name} {getattr(self, name)}: cannot be negative")
        if self.usable_nl < self.step_nl:
            raise InputError(
                f"syringe of {self.syringe_nl / 1e6:g} mL: dead volume, priming and residual take "
                f"{self.unusable_nl / 1e6:g} mL of it, nothing is left for shots; take a larger syringe"
            )
        if self.head != "single" and (self.relax_edges or self.zone_spacings_um):
            what = "relaxed edges" if self.relax_edges else "zones with a spacing of their own"
            raise InputError(f"{what} need a single needle: head {self.head!r} sits on one lattice only")
        for name, spacing_um in self.zone_spacings_um:
            if not self.spacing.holds(spacing_um):
                raise InputError(
                    f"zone {name!r}: a spacing of {spacing_um / 1000:g} mm is outside {self.spacing.low / 1000:g} to "
                    f"{self.spacing.high / 1000:g} mm ({self.spacing.source}); choose within it"
                )
        for name, total_nl in self.zone_totals_nl:
            if total_nl < self.step_nl:
                raise InputError(f"zone {name!r}: a total of {total_nl} nL is less than one step of {self.step_nl} nL")

    @property
    def unusable_nl(self) -> int:
        """What of each syringe no shot can give, nl."""
        return self.dead_volume_nl + self.prime_nl + self.residual_nl

    @property
    def usable_nl(self) -> int:
        """What each syringe can give in shots, nl."""
        return self.syringe_nl - self.unusable_nl
