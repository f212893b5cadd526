"""The dose map's colours: 32 steps of cividis, which all types of colour vision see as rising lightness.

Below true colour a colour map keeps too few steps, so there the steps are characters. Colour map: Nunez, Anderton and
Renslow 2018, doi 10.1371/journal.pone.0199239. Not responsible for the dose (``dosemap``).
"""

from __future__ import annotations

LEVELS = 32
_ANCHORS = (
    "#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838",
)  # fmt: skip
RAMP = " .:-=+*#%@"


def _mix(one: str, other: str, share: float) -> str:
    parts = (round(int(one[i : i + 2], 16) * (1 - share) + int(other[i : i + 2], 16) * share) for i in (1, 3, 5))
    return "#" + "".join(f"{part:02x}" for part in parts)


def colours(inside: str, *, dark: bool) -> tuple[str, ...]:
    """Level 0 is ``inside``, untouched skin; 1 to 31 run through cividis, away from the background."""
    anchors = _ANCHORS if dark else _ANCHORS[::-1]
    steps: list[str] = [inside]
    for level in range(1, LEVELS):
        place = (level - 1) / (LEVELS - 2) * (len(anchors) - 1)
        index = min(int(place), len(anchors) - 2)
        steps.append(_mix(anchors[index], anchors[index + 1], place - index))
    return tuple(steps)


def character(level: float) -> str:
    """The step as a character, for screens without enough colours."""
    place = round(level / (LEVELS - 1) * (len(RAMP) - 1))
    return RAMP[max(0, min(len(RAMP) - 1, place))] if level < 0.5 else RAMP[max(1, min(len(RAMP) - 1, place))]
