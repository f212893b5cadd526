"""What a test asks of its simulated gun: the arguments of ``@pytest.mark.mesogun``, read and checked before it begins.

Nothing is ignored: markers of function, class and module add up, the nearest one wins, and what cannot be honoured is
refused in one line. Not responsible for building the world (``world``), where profiles and faults are checked.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mesogun.errors import InputError

SEEDS = 2**63


@dataclass(frozen=True, slots=True)
class Asked:
    """One test's gun. ``faults`` is JSON text; ``fence`` is whether the test body may touch nothing but the world."""

    profile: str
    seed: int
    faults: str | None
    hand: bool
    fence: bool


NAMES = ("profile", "seed", "faults", "hand", "fence")


def read(test: str, marks: Iterable[tuple[tuple[object, ...], Mapping[str, Any]]], *, seed: int | None = None) -> Asked:
    """Add up the markers of a test.

    Parameters
    ----------
    test
        Its name, from which the seed comes when nobody gives one.
    marks
        Arguments of each marker, the nearest first.
    seed
        Wins over every marker (``--mesogun-seed``).

    Raises
    ------
    InputError
        One line with the test, the argument and what would work.
    """
    given: dict[str, Any] = {}
    for values, named in marks:
        if values:
            raise InputError(
                f"{test}: mesogun({', '.join(map(repr, values))}) does not say what it is; name it, such as"
                f" mesogun(profile={values[0]!r}); names: {', '.join(NAMES)}"
            )
        unknown = sorted(set(named) - set(NAMES))
        if unknown:
            raise InputError(f"{test}: marker mesogun: unknown {', '.join(unknown)}; known: {', '.join(NAMES)}")
        given = {**named, **given}
    return Asked(
        _profile(test, given.get("profile", "standard")),
        _seed(test, zlib.crc32(test.encode()) if "seed" not in given else given["seed"]) if seed is None else seed,
        _faults(test, given.get("faults")),
        _switch(test, "hand", given.get("hand", True)),
        _switch(test, "fence", given.get("fence", True)),
    )


def _profile(test: str, value: object) -> str:
    if isinstance(value, str) and value:
        return value
    raise InputError(f"{test}: mesogun(profile={value!r}) is no name of a profile; give one, such as profile='soft'")


def _seed(test: str, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < SEEDS:
        return value
    raise InputError(f"{test}: mesogun(seed={value!r}) is not an integer from 0 to 2^63 - 1; give one, such as seed=7")


def _faults(test: str, value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, (list, tuple)):
        try:
            return json.dumps(value)
        except TypeError:
            pass  # refused below
    raise InputError(
        f"{test}: mesogun(faults={value!r}) is no fault plan; give JSON text or a list, such as"
        """ faults=[{"fault": "gun.reset", "at": {"time_us": 0}}]"""
    )


def _switch(test: str, name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise InputError(f"{test}: mesogun({name}={value!r}) is neither True nor False; give {name}=False to do without")
