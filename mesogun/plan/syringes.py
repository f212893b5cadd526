"""Where the syringe is changed: as few syringes as possible, at the end of a row where that costs none.

Not responsible for loading or counting what a gun has given (``mesogun.treatment``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mesogun.errors import Refused


def changes(volumes_nl: Sequence[int], usable_nl: int, breaks: Collection[int]) -> tuple[int, ...]:
    """Indices of the shots before which the syringe is changed.

    Parameters
    ----------
    volumes_nl : sequence of int
        Shots in order.
    usable_nl : int
        What one syringe can give.
    breaks : collection of int
        Shots at which a pause comes naturally (first of a row, first after a lift).

    Raises
    ------
    Refused
        If a single shot is more than a syringe can give.
    """
    for index, volume_nl in enumerate(volumes_nl):
        if volume_nl > usable_nl:
            raise Refused(
                f"shot {index + 1} needs {volume_nl / 1e6:g} mL and one syringe gives {usable_nl / 1e6:g} mL; "
                "take a larger syringe, a smaller head or less volume per point"
            )
    latest = _greedy(volumes_nl, usable_nl)
    backwards = _greedy(list(reversed(volumes_nl)), usable_nl)
    # a change may move from its latest place back to the place where the remaining shots just fit the rest
    earliest = [len(volumes_nl) - cut for cut in reversed(backwards)]
    chosen: list[int] = []
    before = 0
    for low, high in zip(earliest, latest, strict=True):
        fits = _reach(volumes_nl, usable_nl, before)
        places = range(min(high, fits), max(low, before + 1) - 1, -1)
        before = next((place for place in places if place in breaks), places[0])
        chosen.append(before)
    return tuple(chosen)


def _greedy(volumes_nl: Sequence[int], usable_nl: int) -> list[int]:
    cuts: list[int] = []
    start = 0
    while (end := _reach(volumes_nl, usable_nl, start)) < len(volumes_nl):
        cuts.append(end)
        start = end
    return cuts


def _reach(volumes_nl: Sequence[int], usable_nl: int, start: int) -> int:
    """The first shot that no longer fits a syringe which starts with shot ``start``."""
    left_nl, index = usable_nl, start
    while index < len(volumes_nl) and volumes_nl[index] <= left_nl:
        left_nl -= volumes_nl[index]
        index += 1
    return index
