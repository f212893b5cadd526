"""From a protocol, an area and options to a plan: shared by ``plan``, ``treat`` and ``demo``.

Not responsible for the planner itself (``mesogun.plan``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from mesogun.errors import InputError

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
        click.option("--depth-mm", type=float, help="Depth of the needle, mm."),
        click.option("--spacing-mm", type=float, help="Distance between points, mm."),
        click.option("--volume-ul", type=float, help="Volume per point, µL."),
        click.option("--total-ml", type=float, help="Total volume, mL."),
        click.option("--head", help="Needle head: single, line-5, plus-5, ..."),
        click.option("--order", type=click.Choice(["short", "comfort"]), help="Shortest path, or rows for the hand."),
        click.option(
            "--values",
            type=click.Path(path_type=Path),
            help="TOML file with the numbers that the protocol demands from the practitioner.",
        ),
    ):
        command = option(command)
    return command


def take_plan_options(options: Mapping[str, Any]) -> PlanOptions:
    """The plan options out of a command's keyword arguments."""
    return PlanOptions(**{name: options.get(name) for name in PlanOptions.__slots__})
