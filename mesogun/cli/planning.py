"""The options of a plan: shared by ``plan``, ``treat`` and others.

Not responsible for making it (``mesogun.visit.planning``, whose names stand here too).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from mesogun.cli.kinds import FINITE, PLACE
from mesogun.errors import InputError
from mesogun.units import nl_from_ml, um_from_mm
from mesogun.visit.planning import (
    STEP_NL,
    PlanOptions,
    asked_for,
    build_plan,
    demonstrated,
    filled,
    gun_profile_for,
    of_school,
    read_area,
    supplied,
)

__all__ = [
    "STEP_NL",
    "SYRINGE_NL",
    "PlanOptions",
    "asked_for",
    "bent_around",
    "build_plan",
    "demonstrated",
    "filled",
    "gun_profile_for",
    "of_school",
    "on_body",
    "plan_options",
    "read_area",
    "supplied",
    "take_plan_options",
]

F = TypeVar("F", bound=Callable[..., Any])

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
