"""From a protocol, an area and options to a plan: shared by ``plan``, ``treat`` and ``demo``.

Not responsible for the planner itself (``mesogun.plan``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from mesogun.cli.kinds import FINITE, PLACE
from mesogun.errors import InputError, Refused

F = TypeVar("F", bound=Callable[..., Any])

STEP_NL = 100
SYRINGE_NL = 5_000_000


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What the command line says about a plan; ``None`` leaves it to the protocol."""

    depth_mm: float | None = None
    spacing_mm: float | None = None
    volume_ul: float | None = None
    total_ml: float | None = None
    head: str | None = None
    order: str | None = None
    values: Path | None = None


def plan_options(command: F) -> F:
    """The options that narrow a protocol down to one plan."""
    for option in (
        click.option("--depth-mm", type=FINITE, help="Depth of the needle, mm."),
        click.option("--spacing-mm", type=FINITE, help="Distance between points, mm."),
        click.option("--volume-ul", type=FINITE, help="Volume per point, µL."),
        click.option("--total-ml", type=FINITE, help="Total volume, mL."),
        click.option("--head", help="Needle head: single, line-5, plus-5, ..."),
        click.option("--order", type=click.Choice(["short", "comfort"]), help="Shortest path, or rows for the hand."),
        click.option(
            "--values",
            type=PLACE,
            help="TOML file with the numbers that the protocol demands from the practitioner.",
        ),
    ):
        command = option(command)
    return command


def take_plan_options(options: Mapping[str, Any]) -> PlanOptions:
    """The plan options out of a command's keyword arguments."""
    return PlanOptions(**{name: options.get(name) for name in PlanOptions.__slots__})


def read_area(name: str) -> Any:
    """An area file, or a bundled example area by its name."""
    from mesogun.area import example, examples, read

    if name in examples():
        return example(name)
    return read(Path(name))


def supplied(protocol: Any, options: PlanOptions, who: str) -> Any:
    """The protocol with the practitioner's numbers in it: from a values file, then from single options."""
    from mesogun.protocol import supply

    values: dict[str, float] = {}
    for key, value in (
        ("shot.depth_mm", options.depth_mm),
        ("shot.spacing_mm", options.spacing_mm),
        ("shot.volume_ul", options.volume_ul),
        ("shot.total_ml", options.total_ml),
    ):
        if value is not None:
            values[key] = value
    if options.values is not None:
        values = {**read_values(options.values), **values}
    return supply(protocol, values, source=who, grade="site") if values else protocol


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
    protocol: Any, area: Any, options: PlanOptions, *, step_nl: int, syringe_nl: int, prime_nl: int, residual_nl: int
) -> Any:
    """A plan for this area within the protocol's ranges."""
    from mesogun.plan import make_plan, request_from_protocol

    if not protocol.metered:
        raise Refused(protocol.refusal)
    others: dict[str, Any] = {} if options.order is None else {"order": options.order}
    request = request_from_protocol(
        protocol,
        step_nl=step_nl,
        syringe_nl=syringe_nl,
        head=options.head,
        prime_nl=prime_nl,
        residual_nl=residual_nl,
        **others,
    )
    return make_plan(area, request)


def step_for(gun_step_nl: int) -> int:
    """The smallest multiple of the gun's step that is at least ``STEP_NL``: finer steps than that mean nothing."""
    return -(-STEP_NL // gun_step_nl) * gun_step_nl


def demonstrated(protocol: Any) -> tuple[Any, Any, tuple[str, ...]]:
    """The protocol with the bundled demonstration values in it, the demonstration limits, and what was filled in."""
    from mesogun.limits import bundled_demonstration

    shown = bundled_demonstration()
    values = shown.values.get(protocol.id, {})
    notes = tuple(f"{key} = {value:g}" for key, value in values.items())
    return shown.fill(protocol), shown.site(), notes


PROFILES = {"line-5": "five-pin-body", "3x3": "nine-pin"}
"""Simulated guns for the heads of the bundled protocols; every other head is a single needle there."""


def gun_profile_for(protocol: Any) -> str:
    """The simulated gun that has the head which the protocol asks for."""
    return PROFILES.get(protocol.head, "standard")
