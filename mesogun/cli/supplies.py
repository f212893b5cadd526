"""The options that say what a treatment uses up, and the order that names a syringe again.

Not responsible for reading and counting what they say (``mesogun.visit.supplies``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from mesogun.cli.kinds import FINITE
from mesogun.treatment import NameSyringe
from mesogun.visit import Supplies

F = TypeVar("F", bound=Callable[..., Any])


def supplies_options(command: F) -> F:
    """The options that say what is used up."""
    for option in (
        click.option("--lot", help="Lot on the vial, with --expiry."),
        click.option("--expiry", help="Expiry on the vial: YYYY-MM-DD, YYYY-MM, or the barcode's YYMMDD."),
        click.option("--opened", help="When an open vial was opened, 2026-01-05T09:00; without it, it is new."),
        click.option("--open-for-h", type=FINITE, help="Hours that an open vial may be used, from its label."),
        click.option("--part", multiple=True, metavar="KIND:SERIAL", help="A needle, nozzle, ... on the gun; repeat."),
    ):
        command = option(command)
    return command


def syringe_order(supplies: Supplies) -> NameSyringe | None:
    """The syringe of a treatment that is resumed."""
    return None if supplies.code is None or supplies.expires is None else NameSyringe(supplies.code, supplies.expires)
