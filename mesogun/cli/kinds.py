"""What an option may hold: a finite number, the name of a file or folder, a seed; and one that screens share.

Not responsible for what the values mean; whatever passes here is still checked by the package that takes it.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import click

from mesogun.errors import InputError


class _Finite(click.types.FloatParamType):
    """A number; neither nan nor infinite."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            raise InputError(f"{_told(param)} {value}: not a finite number")
        return number


class _Place(click.Path):
    """A path with a name in it: an empty one would mean the folder one stands in."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        if value == "":
            raise InputError(f"{_told(param)}: the name is empty; name a file or folder, or leave the option out")
        return Path(os.fsdecode(super().convert(value, param, ctx)))


class _Seed(click.types.IntParamType):
    """An integer from 0 to 2^63 - 1, as every simulated gun takes it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        seed = int(super().convert(value, param, ctx))
        if not 0 <= seed < 2**63:
            raise InputError(f"{_told(param)} {seed}: a seed is an integer from 0 to 2^63 - 1")
        return seed


def _told(param: click.Parameter | None) -> str:
    """The option as people type it, or the argument in capitals."""
    if param is None:
        return "this value"
    return param.opts[0] if isinstance(param, click.Option) else str(param.name).upper()


FINITE = _Finite()
PLACE = _Place(path_type=Path)
SEED = _Seed()


def _steady(_ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted:
        os.environ["MESOGUN_NO_FLASH"] = "1"


NO_FLASH = click.option(
    "--no-flash", is_flag=True, expose_value=False, callback=_steady, help="Urgent banners stay steady."
)
