"""The orders as data: what each one is called, what it does, what is asked on the way, and the usual reasons.

Not responsible for asking (``forms``) or for the keys (``keymap``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from mesogun.record import Mark


class Step(Enum):
    """What is being asked."""

    NUMBER = auto()
    RIGHT = auto()
    UP = auto()
    SURE = auto()
    WHY = auto()
    WORDS = auto()
    EXPIRY = auto()
    PASSPHRASE = auto()


@dataclass(frozen=True, slots=True)
class Kind:
    """One order: its title, what it does, its steps and the reasons that a digit gives."""

    title: str
    meaning: str
    steps: tuple[Step, ...]
    reasons: tuple[str, ...] = ()
    fits: tuple[Mark, ...] = ()
    misfit: str = ""


_TO_COME = (Mark.PENDING, Mark.LOADED)
_FIRED = (Mark.GIVEN, Mark.PARTIAL, Mark.INDETERMINATE)

KINDS: dict[str, Kind] = {
    "skip": Kind(
        "SKIP", "It is not given. If it is loaded, the magazine is taken back and arming is asked anew.",
        (Step.NUMBER, Step.WHY), ("the skin there is not fit", "the subject wishes it", "it cannot be reached"),
        _TO_COME, "is not to come: nothing to skip",
    ),
    "goto": Kind(
        "GO TO", "The points before it come later. What is loaded is taken back and arming is asked anew.",
        (Step.NUMBER,), (), _TO_COME, "is not to come; a point on record can be redone",
    ),
    "moved": Kind(
        "WENT ELSEWHERE", "The volume stays as recorded; the place is your testimony.",
        (Step.RIGHT, Step.UP, Step.WHY), ("the gun slipped", "the subject moved", "it was held elsewhere"),
    ),
    "redo": Kind(
        "REDO", "The point is given once MORE, and both count in every limit.",
        (Step.NUMBER, Step.WHY), ("it ran out of the skin", "it was not given in full", "it missed the skin"),
        _FIRED, "has no record yet: nothing to redo",
    ),
    "note": Kind("NOTE", "For the record; no names.", (Step.WORDS,)),
    "handover": Kind(
        "HAND OVER", "From then on the record names them as operator.", (Step.WORDS,),
    ),
    "lot": Kind(
        "SYRINGE'S LOT", "As printed on the one in the gun; what has expired is refused.", (Step.WORDS, Step.EXPIRY),
    ),
}  # fmt: skip
