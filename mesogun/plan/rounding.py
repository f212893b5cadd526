"""Volumes in whole steps of the gun, with an exact total, by error diffusion along the path.

After every shot the sum given so far is within half a step of the sum wanted so far, so the syringe's level is
right everywhere (error diffusion after Floyd and Steinberg, Proceedings of the SID 17, 1976, 75, in one dimension).
Not responsible for what total is wanted (``reconcile``).
"""

from __future__ import annotations

from collections.abc import Sequence

from mesogun.errors import InputError


def whole_steps(total_nl: int, step_nl: int) -> int:
    """The number of steps nearest to a total, half to even."""
    low, rest = divmod(total_nl, step_nl)
    return low + (2 * rest > step_nl or (2 * rest == step_nl and low % 2 == 1))


def diffuse(weights: Sequence[int], units: int) -> list[int]:
    """Share ``units`` over shots in proportion to ``weights``, in order; integers only.

    Parameters
    ----------
    weights : sequence of int
        Wanted relative volume of each shot along the path, above 0.
    units : int
        What is to be shared, 0 or more.

    Returns
    -------
    list of int
        One number a shot; every partial sum is within 1/2 of ``units * partial weight / total weight``.
    """
    if not weights or min(weights) <= 0 or units < 0:
        raise InputError("shots need positive wanted volumes and a total of 0 steps or more")
    whole = sum(weights)
    given: list[int] = []
    running, so_far = 0, 0
    for weight in weights:
        running += weight
        upto = (2 * running * units + whole) // (2 * whole)
        given.append(upto - so_far)
        so_far = upto
    return given


def split_evenly(volume_nl: int, needles: int) -> list[int]:
    """One shot's volume over the needles of a head; the odd nanolitres go to the first needles."""
    share, odd = divmod(volume_nl, needles)
    return [share + (k < odd) for k in range(needles)]
