"""From a protocol, an area and options to a plan: shared by ``plan``, ``treat`` and ``demo``.

Not responsible for the planner itself (``mesogun.plan``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from mesogun.cli.kinds import FINITE, PLACE
from mesogun.errors import InputError, Refused
from mesogun.units import nl_from_ml, um_from_mm

F = TypeVar("F", bound=Callable[..., Any])

STEP_NL = 100
SYRINGE_NL = 5_000_000


SIDES = {"right": 0, "above": 90, "left": 180, "below": 270}
"""Where the operator stands, seen on the outline as it is drawn, as a direction counter-clockwise from +x."""


def _side(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    """A side by its name, or degrees; thousandths of a degree."""
    if value is None or value in SIDES:
        return None if value is None else SIDES[value] * 1_000
    try:
        degrees = float(value)
    except ValueError:
        raise InputError(
            f"--operator-side: {value!r} is neither one of {', '.join(SIDES)} nor a number of degrees"
        ) from None
    if not abs(degrees) <= 360:
        raise InputError(f"--operator-side: {value} degrees: give -360 to 360, counter-clockwise from +x")
    return round(degrees * 1_000)


def _spot(_ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, int] | None:
    """A place ``X,Y`` in mm; micrometres."""
    if value is None:
        return None
    try:
        x, y = (float(part) for part in value.split(","))
        return um_from_mm(x), um_from_mm(y)
    except (ValueError, InputError):
        raise InputError(f"{param.opts[0]}: {value!r} is no place; write X,Y in mm, as in 12.5,-30") from None


def _named(convert: Callable[[float], int]) -> Callable[..., tuple[tuple[str, int], ...]]:
    """``ZONE=NUMBER``, any number of times; the zone and what ``convert`` makes of the number."""

    def parsed(_ctx: click.Context, param: click.Parameter, values: Sequence[str]) -> tuple[tuple[str, int], ...]:
        found = []
        for value in values:
            zone, equals, number = value.rpartition("=")
            try:
                found.append((zone, convert(float(number))))
            except (ValueError, InputError):
                equals = ""
            if not zone or not equals:
                raise InputError(f"{param.opts[0]} {value!r}: write the zone, = and a number, as in chin=0.5")
        return tuple(found)

    return parsed


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What the command line says about a plan; ``None`` leaves it to the protocol."""

    depth_mm: float | None = None
    spacing_mm: float | None = None
    volume_ul: float | None = None
    total_ml: float | None = None
    points: int | None = None
    zone_total: tuple[tuple[str, int], ...] = ()
    zone_spacing: tuple[tuple[str, int], ...] = ()
    head: str | None = None
    lattice: str | None = None
    margin_mm: float = 0.0
    exclusion_margin_mm: float = 0.0
    relax_edges: bool = False
    order: str | None = None
    operator_side: int | None = None
    start_at: tuple[int, int] | None = None
    end_at: tuple[int, int] | None = None
    values: Path | None = None
    school: str | None = None


PLAN_OPTIONS = (
    click.option("--depth-mm", type=FINITE, help="Depth of the needle, mm."),
    click.option("--spacing-mm", type=FINITE, help="Distance between points, mm."),
    click.option("--volume-ul", type=FINITE, help="Volume per point, µL."),
    click.option("--total-ml", type=FINITE, help="Total volume, mL."),
    click.option("--points", type=int, help="Number of points, hit exactly or the nearest reachable named."),
    click.option(
        "--zone-total",
        metavar="ZONE=ML",
        callback=_named(nl_from_ml),
        multiple=True,
        help="A zone's own total, mL; the others share the rest.  [repeatable]",
    ),
    click.option(
        "--zone-spacing",
        metavar="ZONE=MM",
        callback=_named(um_from_mm),
        multiple=True,
        help="A zone's own distance between points, mm: denser or sparser than elsewhere.  [repeatable]",
    ),
    click.option("--head", help="Needle head: single, line-5, plus-5, quincunx-5, 3+2, 3x3."),
    click.option("--lattice", type=click.Choice(["hex", "square"]), help="Lattice of the points."),
    click.option("--margin-mm", type=FINITE, default=0.0, help="Keep needles this far inside the outline, mm."),
    click.option(
        "--exclusion-margin-mm", type=FINITE, default=0.0, help="Keep needles this far from exclusion zones, mm."
    ),
    click.option("--relax-edges", is_flag=True, help="Move points along the edges to where they cover it better."),
    click.option("--order", type=click.Choice(["short", "comfort"]), help="Shortest path, or rows for the hand."),
    click.option(
        "--operator-side",
        metavar="SIDE",
        callback=_side,
        help=f"Where you stand: {', '.join(SIDES)}, or degrees from +x; comfortable rows move away from you.",
    ),
    click.option("--start-at", metavar="X,Y", callback=_spot, help="Begin at the point nearest to this place, mm."),
    click.option("--end-at", metavar="X,Y", callback=_spot, help="End at the point nearest to this place, mm."),
    click.option("--values", type=PLACE, help="TOML file with the numbers that the protocol leaves to you."),
    click.option("--school", help="Whose numbers of a technique, where schools disagree: see mesogun protocol show."),
)


def plan_options(command: F) -> F:
    """The options that narrow a protocol down to one plan."""
    for option in reversed(PLAN_OPTIONS):
        command = option(command)
    return command


def take_plan_options(options: Mapping[str, Any]) -> PlanOptions:
    """The plan options out of a command's keyword arguments."""
    return PlanOptions(**{name: options[name] for name in PlanOptions.__slots__})


def read_area(name: str, units: str | None = None) -> Any:
    """An area file, or a bundled example area by its name; ``units`` for files that do not say theirs."""
    from mesogun.area import example, examples, read

    if name in examples():
        return example(name)
    return read(Path(name), units=units)


def of_plausible_size(area: Any, protocol: Any) -> None:
    """Refuse an area whose size is plausible for none of the places that the protocol is for, where those are known."""
    from mesogun.area.plausible import SHARES, check_site

    known = [site for name in protocol.areas for site in (name, name.removesuffix("s")) if site in SHARES]
    if known:
        check_site(area, max(known, key=lambda site: SHARES[site]))


def on_body(area: Any, cylinder: tuple[float, float] | None, sphere_mm: float | None) -> Any:
    """The area as traced on a photo, laid out by arc length on what the skin is bent around."""
    from mesogun.area import Cylinder, Sphere, laid_out

    if cylinder is not None and sphere_mm is not None:
        raise InputError("--on-cylinder and --on-sphere: skin is bent around one of them; leave one out")
    if cylinder is not None:
        return laid_out(area, Cylinder(*cylinder))
    return area if sphere_mm is None else laid_out(area, Sphere(sphere_mm))


def bent_around(_ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[float, float] | None:
    """``RADIUS`` or ``RADIUS@AXIS``: mm, and the direction of the axis in degrees, upright where it is not said."""
    if value is None:
        return None
    radius, at, axis = value.partition("@")
    try:
        radius_mm, axis_deg = float(radius), float(axis) if at else 90.0
    except ValueError:
        radius_mm = axis_deg = math.nan
    if not (math.isfinite(radius_mm) and abs(axis_deg) <= 360):
        raise InputError(
            f"{param.opts[0]}: {value!r}: write the radius in mm, and @ and the axis in degrees, as in 60@90"
        )
    return radius_mm, axis_deg


def of_school(protocol: Any, options: PlanOptions) -> Any:
    """The protocol with the numbers of the school that was named, where it leaves them open."""
    from mesogun.protocol import with_school

    return protocol if options.school is None else with_school(protocol, options.school)


def supplied(protocol: Any, options: PlanOptions, who: str) -> Any:
    """The protocol with the practitioner's numbers in it: from a values file, then from single options."""
    from mesogun.protocol import supply

    values = asked_for(options)
    return supply(protocol, values, source=who, grade="site") if values else protocol


def asked_for(options: PlanOptions) -> dict[str, float]:
    """The protocol's numbers that options and values file give, by their dotted keys."""
    values: dict[str, float] = {} if options.values is None else read_values(options.values)
    for key, value in (
        ("shot.depth_mm", options.depth_mm),
        ("shot.spacing_mm", options.spacing_mm),
        ("shot.volume_ul", options.volume_ul),
        ("shot.total_ml", options.total_ml),
    ):
        if value is not None:
            values[key] = value
    return values


def read_values(path: Path) -> dict[str, float]:
    """The numbers of a values file: a flat TOML table of dotted keys, ``"shot.depth_mm" = 1.2``."""
    import tomllib

    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: not TOML ({error})") from error
    bad = [key for key, value in table.items() if isinstance(value, bool) or not isinstance(value, int | float)]
    if bad:
        raise InputError(f'{path}: {", ".join(bad)} must be a number, as in "shot.depth_mm" = 1.2')
    return {key: float(value) for key, value in table.items()}


def build_plan(
    protocol: Any,
    area: Any,
    options: PlanOptions,
    *,
    step_nl: int,
    syringe_nl: int,
    prime_nl: int,
    residual_nl: int,
    dead_volume_nl: int = 0,
) -> Any:
    """A plan for this area within the protocol's ranges."""
    from mesogun.plan import make_plan, request_from_protocol

    if not protocol.metered:
        raise Refused(protocol.refusal)
    of_plausible_size(area, protocol)
    for name in ("margin_mm", "exclusion_margin_mm"):
        if getattr(options, name) < 0:
            told = name.replace("_", "-")
            raise InputError(
                f"--{told} {getattr(options, name):g}: a margin is 0 or more; negative would reach outside"
            )
    chosen: dict[str, Any] = {
        "order": options.order,
        "points": options.points,
        "operator_mdeg": options.operator_side,
        "start_um": options.start_at,
        "end_um": options.end_at,
    }
    if options.operator_side is not None and options.order is None:
        chosen["order"] = "comfort"
    request = request_from_protocol(
        protocol,
        step_nl=step_nl,
        syringe_nl=syringe_nl,
        head=options.head,
        lattice=options.lattice,  # type: ignore[arg-type]  # click has checked it
        prime_nl=prime_nl,
        residual_nl=residual_nl,
        dead_volume_nl=dead_volume_nl,
        margin_um=um_from_mm(options.margin_mm),
        exclusion_margin_um=um_from_mm(options.exclusion_margin_mm),
        zone_totals_nl=options.zone_total,
        zone_spacings_um=options.zone_spacing,
        relax_edges=options.relax_edges,
        **{name: value for name, value in chosen.items() if value is not None},
    )
    return make_plan(area, request)


def step_for(gun_step_nl: int) -> int:
    """The smallest multiple of the gun's step that is at least ``STEP_NL``: finer steps than that mean nothing."""
    return -(-STEP_NL // gun_step_nl) * gun_step_nl


def demonstrated(protocol: Any, own: Collection[str] = ()) -> tuple[Any, Any, tuple[str, ...]]:
    """The protocol with the bundled demonstration values in it, the demonstration limits, and what was filled in.

    ``own`` are the keys that the practitioner gives: nothing is filled in for them, nor beside a school's own range.
    """
    from mesogun.limits import bundled_demonstration
    from mesogun.protocol import supply

    shown = bundled_demonstration()
    known = {key: quantity.bounds() for key, quantity in protocol.quantities()}
    values = {
        key: value
        for key, value in shown.values.get(protocol.id, {}).items()
        if key not in own and ((span := known.get(key)) is None or span[0] <= value <= span[1])
    }
    notes = tuple(f"{key} = {value:g}" for key, value in values.items())
    filled = supply(protocol, values, source=shown.label, grade="demo") if values else protocol
    return filled, shown.site(), notes


PROFILES = {"line-5": "five-pin-body", "3x3": "nine-pin"}
"""Simulated guns for the heads of the bundled protocols; every other head is a single needle there."""


def gun_profile_for(protocol: Any) -> str:
    """The simulated gun that has the head which the protocol asks for."""
    return PROFILES.get(protocol.head, "standard")
